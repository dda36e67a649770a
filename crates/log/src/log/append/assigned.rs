//! Appends of batches that have their offsets: a follower's, copied from its leader, and those of the quorum's leader.

use ottla_record::{Batch, Batches, Decompressor, LeaderEpoch, Magic, Offset, Timestamp};

use super::super::Log;
use super::super::error::{
    LeaderEpochMismatchError, OffsetsOutOfOrderError, StorageError, UnexpectedOffsetError,
};
use super::super::roll::Incoming;
use super::leader::LeaderAppendOptions;
use super::{AppendError, AppendInfo, Checked};
use crate::segment::AppendedBatch;
use crate::validate::{CorruptBatch, RecordTooLargeError};

/// Most bytes a marker's batch may expand to.
const MARKER_BYTES_MAX: usize = 64 << 10;

/// How a follower appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowerAppendOptions {
    /// The epoch the follower knows its leader by.
    pub leader_epoch: LeaderEpoch,
    /// Now.
    pub now: Timestamp,
}

/// What all batches of an append come to.
struct Analyzed {
    batches: Vec<AppendedBatch>,
    first_offset: Offset,
    last_offset: Offset,
    last_leader_epoch: LeaderEpoch,
    max_timestamp: Timestamp,
    bytes: usize,
}

/// Which batches may be appended.
#[derive(Debug, Clone, Copy)]
enum Accept {
    /// Those up to the first of a higher epoch: a fetch that was answered late may bring records of a leader that this
    /// replica does not know yet, and would have to truncate again (KAFKA-18723).
    UpToEpoch(LeaderEpoch),
    /// Those of this epoch, each of at most so many bytes.
    OfEpoch { epoch: LeaderEpoch, size_max: u32 },
}

impl Log {
    /// Appends batches copied from the leader, as they are. What follows the last whole batch is left out; `None` if
    /// there is none.
    ///
    /// # Errors
    ///
    /// If a batch is corrupt, or the batches do not continue the log; see [`AppendError`].
    pub fn append_as_follower(
        &mut self,
        records: &[u8],
        options: &FollowerAppendOptions,
    ) -> Result<Option<AppendInfo>, AppendError> {
        self.append_assigned(records, Accept::UpToEpoch(options.leader_epoch), options.now)
    }

    /// Appends batches that the quorum's leader has given their offsets and its epoch.
    pub(super) fn append_as_raft_leader(
        &mut self,
        records: &[u8],
        options: &LeaderAppendOptions,
    ) -> Result<AppendInfo, AppendError> {
        let accept = Accept::OfEpoch { epoch: options.leader_epoch, size_max: self.config.max_message_bytes };
        let appended = self.append_assigned(records, accept, options.now)?;
        appended.ok_or(AppendError::Invalid(crate::validate::InvalidBatch::NoBatch))
    }

    fn append_assigned(
        &mut self,
        records: &[u8],
        accept: Accept,
        now: Timestamp,
    ) -> Result<Option<AppendInfo>, AppendError> {
        self.check_usable()?;
        let Some(analyzed) = analyze(records, accept)? else { return Ok(None) };
        let Analyzed { batches, first_offset, last_offset, last_leader_epoch, max_timestamp, bytes } =
            analyzed;
        let log_end_offset = self.log_end_offset;
        if first_offset < log_end_offset {
            return Err(UnexpectedOffsetError { first_offset, last_offset, log_end_offset }.into());
        }
        let size = self.check_segment_size(bytes)?;
        let incoming = Incoming { first_offset, last_offset, max_timestamp, size };
        let placement = self.placement(&incoming, now)?;

        let records = &records[..bytes];
        self.assign_epochs(records);
        let checked = Checked { bytes: records, batches: &batches, last_offset, placement };
        let written = self.write(&checked, now).and_then(|()| self.follow_producers(records));
        self.poison_on_failure(written)?;
        self.finish_append();
        Ok(Some(AppendInfo {
            first_offset,
            last_offset,
            max_timestamp,
            log_append_time: None,
            log_start_offset: self.log_start_offset,
            last_leader_epoch: Some(last_leader_epoch).filter(|epoch| epoch.is_some()),
            bytes: size,
            is_duplicate: false,
            must_flush: self.reached_flush_messages(),
        }))
    }

    fn assign_epochs(&mut self, records: &[u8]) {
        for batch in Batches::new(records).flatten() {
            if batch.magic == Magic::V2 {
                self.assign_epoch(batch.partition_leader_epoch, batch.base_offset);
            } else if self.leader_epochs.latest_epoch().is_some() {
                // Messages without an epoch follow those with one: what is known of epochs no longer holds to the end.
                tracing::warn!(partition = %self.partition, "messages of an old format, forgetting the leader epochs");
                self.leader_epochs.clear();
            }
        }
    }

    /// Lets the producers' state follow batches that the leader has checked.
    fn follow_producers(&mut self, records: &[u8]) -> Result<(), StorageError> {
        let mut decompressor = Decompressor::with_limit(MARKER_BYTES_MAX);
        for batch in Batches::new(records).flatten() {
            let completed = self.producers.replay(batch.header(), Some(&batch), &mut decompressor);
            if let Some(completed) = completed {
                self.complete_transaction(&completed)?;
            }
        }
        Ok(())
    }
}

fn analyze(records: &[u8], accept: Accept) -> Result<Option<Analyzed>, AppendError> {
    let mut analyzed: Option<Analyzed> = None;
    for (index, batch) in Batches::new(records).enumerate() {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) if error.is_truncated() => break,
            Err(error) => return Err(AppendError::Corrupt(error.cause.into())),
        };
        if !accept.allows(&batch)? {
            break;
        }
        batch.verify().map_err(|error| AppendError::Corrupt(error.into()))?;
        check_offsets(&batch)?;
        match &mut analyzed {
            None => analyzed = Some(Analyzed::of(&batch)),
            Some(analyzed) => analyzed.add(index, &batch)?,
        }
    }
    Ok(analyzed)
}

/// A header's offsets are not covered by the checksum's promise: whoever made it may have lied.
fn check_offsets(batch: &Batch<'_>) -> Result<(), AppendError> {
    let (first, last) = (batch.base_offset, batch.last_offset());
    if first.is_some() && first <= last && last < Offset(i64::MAX) {
        Ok(())
    } else {
        Err(AppendError::Corrupt(CorruptBatch::Offsets { first, last }))
    }
}

impl Accept {
    fn allows(self, batch: &Batch<'_>) -> Result<bool, AppendError> {
        let found = batch.partition_leader_epoch;
        match self {
            Self::UpToEpoch(epoch) => {
                if found > epoch {
                    tracing::info!(offset = %batch.base_offset, %found, %epoch, "leaving out batches of an epoch not known yet");
                }
                Ok(found <= epoch)
            }
            Self::OfEpoch { epoch: expected, size_max } => {
                let size = batch.size_in_bytes();
                if found != expected {
                    return Err(LeaderEpochMismatchError { found, expected }.into());
                }
                if size > size_max as usize {
                    return Err(AppendError::TooLarge(RecordTooLargeError { size, size_max }));
                }
                Ok(true)
            }
        }
    }
}

impl Analyzed {
    fn of(batch: &Batch<'_>) -> Self {
        Self {
            batches: vec![AppendedBatch::of(batch)],
            first_offset: batch.base_offset,
            last_offset: batch.last_offset(),
            last_leader_epoch: batch.partition_leader_epoch,
            max_timestamp: batch.max_timestamp,
            bytes: batch.size_in_bytes(),
        }
    }

    fn add(&mut self, index: usize, batch: &Batch<'_>) -> Result<(), OffsetsOutOfOrderError> {
        let previous_last_offset = self.last_offset;
        if batch.base_offset <= previous_last_offset {
            let first_offset = batch.base_offset;
            return Err(OffsetsOutOfOrderError { index, first_offset, previous_last_offset });
        }
        self.batches.push(AppendedBatch::of(batch));
        self.last_offset = batch.last_offset();
        self.last_leader_epoch = batch.partition_leader_epoch;
        self.max_timestamp = self.max_timestamp.max(batch.max_timestamp);
        self.bytes += batch.size_in_bytes();
        Ok(())
    }
}
