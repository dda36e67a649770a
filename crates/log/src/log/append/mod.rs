//! Appending: as a leader, which gives offsets, or as a follower, which takes them.
//!
//! Whatever can be refused is checked before anything is changed; then the batches go to the active segment with one
//! write. A failure from there on takes the log out of use.

mod assigned;
mod error;
mod leader;

use std::io::IoSlice;

use ottla_record::{LeaderEpoch, Offset, Timestamp};

pub use assigned::FollowerAppendOptions;
pub use error::{AppendError, SegmentSizeError};
pub use leader::LeaderAppendOptions;

use super::Log;
use super::error::StorageError;
use super::roll::Placement;
use crate::leader_epoch::EpochEntry;
use crate::producer_state::CompletedTransaction;
use crate::segment::AppendedBatch;

/// What an append did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset of the first record.
    pub first_offset: Offset,
    /// Offset of the last record.
    pub last_offset: Offset,
    /// Largest timestamp of the records.
    pub max_timestamp: Timestamp,
    /// The time the records got, on a topic of `LogAppendTime`; of a duplicate, the one of the batch it repeats.
    pub log_append_time: Option<Timestamp>,
    /// First offset of the log.
    pub log_start_offset: Offset,
    /// Leader epoch of the last batch.
    pub last_leader_epoch: Option<LeaderEpoch>,
    /// Bytes that were appended; none of a duplicate.
    pub bytes: u32,
    /// Whether the batch had been appended before: the offsets are those it got then.
    pub is_duplicate: bool,
    /// Whether `flush.messages` records are unflushed, so that the log must be flushed before the append is answered.
    pub must_flush: bool,
}

/// Batches that passed all checks.
struct Checked<'a> {
    bytes: &'a [u8],
    batches: &'a [AppendedBatch],
    last_offset: Offset,
    placement: Placement,
}

impl Log {
    /// Writes batches where they were placed; the log ends behind them then.
    fn write(&mut self, checked: &Checked<'_>, now: Timestamp) -> Result<(), StorageError> {
        self.touched = true;
        if let Some(base_offset) = checked.placement.roll_to {
            self.roll_to(base_offset, now)?;
        }
        self.segments.active_mut().append(&mut [IoSlice::new(checked.bytes)], checked.batches, now)?;
        self.log_end_offset = checked.last_offset + 1;
        Ok(())
    }

    /// Ends a transaction, of which an aborted one goes into the index.
    fn complete_transaction(&mut self, completed: &CompletedTransaction) -> Result<(), StorageError> {
        let last_stable_offset = self.producers.last_stable_offset(completed);
        self.segments.active_mut().update_transaction_index(completed, last_stable_offset)?;
        self.producers.complete_transaction(completed);
        Ok(())
    }

    /// What every append ends with.
    fn finish_append(&mut self) {
        self.producers.update_map_end_offset(self.log_end_offset);
        self.follow_log_end_with_high_watermark();
        self.update_first_unstable_offset();
    }

    fn assign_epoch(&mut self, epoch: LeaderEpoch, start_offset: Offset) {
        if epoch.is_some() {
            self.leader_epochs.assign(EpochEntry { epoch, start_offset });
        }
    }

    fn check_segment_size(&self, size: usize) -> Result<u32, SegmentSizeError> {
        let size_max = self.config.segment_bytes;
        u32::try_from(size).ok().filter(|size| *size <= size_max).ok_or(SegmentSizeError { size, size_max })
    }
}
