//! Finding out what of a segment is left after a crash.

use std::sync::OnceLock;

use ottla_record::{BatchHeader, Decompressor, Magic, Offset, Timestamp};

use super::{BatchScanner, Recovered, ScannedBatch, Segment, SegmentConfig};
use crate::error::{CorruptBatchError, IndexError, SegmentError};
use crate::index::{OffsetIndex, OffsetPosition, TimeIndex, TimestampOffset, TransactionIndex};
use crate::leader_epoch::{EpochEntry, LeaderEpochCache};
use crate::producer_state::ProducerStateManager;

/// Markers are tiny and never compressed by us; this is for those that lie.
const MARKER_BYTES_MAX: usize = 64 << 10;

impl Segment {
    /// Checks every batch, rebuilds all indexes, feeds producer state and leader epochs, and cuts the log file behind
    /// the last valid batch.
    ///
    /// A batch is valid if it is all there, its checksum is right, and its offsets, which the checksum does not cover,
    /// are above those before it, not too far from the base offset and below `next_segment`, the base offset of the
    /// segment behind this one.
    pub fn recover(
        &mut self,
        next_segment: Option<Offset>,
        producer_state: &mut ProducerStateManager,
        leader_epochs: &mut LeaderEpochCache,
    ) -> Result<Recovered, SegmentError> {
        self.offset_index.create()?;
        self.time_index.create()?;
        self.transaction_index.reset()?;
        let mut rebuild = Rebuild {
            last_offset_max: self.last_offset_max(next_segment),
            config: self.config,
            offset_index: &mut self.offset_index,
            time_index: &mut self.time_index,
            transaction_index: &mut self.transaction_index,
            producer_state,
            leader_epochs,
            decompressor: Decompressor::with_limit(MARKER_BYTES_MAX),
            next_offset: self.base_offset,
            last_index_position: 0,
            max: TimestampOffset { timestamp: Timestamp::NONE, offset: self.base_offset },
        };
        let mut scanner = BatchScanner::verifying(&self.log, 0);
        let mut valid_bytes = 0;
        let mut stopped = None;
        while let Some(scanned) = scanner.next()? {
            if let Some(what) = rebuild.objection(&scanned) {
                stopped = Some(self.log.corrupt(scanned.position, what));
                break;
            }
            rebuild.take(&scanned)?;
            valid_bytes = scanner.position();
        }
        let stopped: Option<CorruptBatchError> = stopped.or_else(|| scanner.into_end().into());
        let (next_offset, max) = (rebuild.next_offset, rebuild.max);
        self.time_index.append_closing(max)?;
        self.offset_index.trim()?;
        self.time_index.trim()?;
        let truncated_bytes = self.log.truncate(valid_bytes)?;
        self.log.assume_unsynced();
        self.active = true;
        self.bytes_since_index_entry = 0;
        self.max_timestamp = OnceLock::from(max);
        self.first_batch_timestamp = OnceLock::new();
        Ok(Recovered { valid_bytes, truncated_bytes, next_offset, stopped })
    }

    fn last_offset_max(&self, next_segment: Option<Offset>) -> Offset {
        // The very last offset has none behind it, where the log would have to end.
        let next_segment = next_segment.unwrap_or(Offset(i64::MAX));
        let fitting = self.base_offset.0.saturating_add(i64::from(i32::MAX));
        Offset(fitting.min(next_segment.0.saturating_sub(1)))
    }
}

/// What recovery builds anew from batch to batch.
struct Rebuild<'a> {
    /// Highest offset that fits the indexes and belongs here.
    last_offset_max: Offset,
    config: SegmentConfig,
    offset_index: &'a mut OffsetIndex,
    time_index: &'a mut TimeIndex,
    transaction_index: &'a mut TransactionIndex,
    producer_state: &'a mut ProducerStateManager,
    leader_epochs: &'a mut LeaderEpochCache,
    decompressor: Decompressor,
    /// Lowest offset the next batch may have.
    next_offset: Offset,
    last_index_position: u32,
    max: TimestampOffset,
}

impl Rebuild<'_> {
    /// Why a batch whose checksum is right cannot stand here all the same: its offset is not covered by the checksum.
    fn objection(&self, scanned: &ScannedBatch<'_>) -> Option<String> {
        let header = &scanned.header;
        let (first, last) = (header.base_offset, header.last_offset());
        if first < self.next_offset {
            return Some(format!(
                "the batch begins at offset {first}, {} or more would be right",
                self.next_offset
            ));
        }
        let last_max = self.last_offset_max;
        if last < first || last > last_max {
            return Some(format!("the batch has offsets {first} to {last}, up to {last_max} would be right"));
        }
        if is_marker(header) && scanned.batch.is_none() {
            return Some(format!("a transaction marker of {} bytes", header.size_in_bytes()));
        }
        None
    }

    fn take(&mut self, scanned: &ScannedBatch<'_>) -> Result<(), IndexError> {
        let header = &scanned.header;
        let last_offset = header.last_offset();
        if header.max_timestamp > self.max.timestamp {
            self.max = TimestampOffset { timestamp: header.max_timestamp, offset: last_offset };
        }
        if scanned.position - self.last_index_position > self.config.index_interval_bytes {
            self.offset_index.append(OffsetPosition { offset: last_offset, position: scanned.position })?;
            self.time_index.maybe_append(self.max)?;
            self.last_index_position = scanned.position;
        }
        self.next_offset = header.next_offset();
        if header.magic == Magic::V2 {
            self.assign_epoch(header);
            self.update_producers(scanned)?;
        }
        Ok(())
    }

    fn assign_epoch(&mut self, header: &BatchHeader) {
        let epoch = header.partition_leader_epoch;
        let start_offset = header.base_offset;
        let is_known = |offset| self.leader_epochs.epoch_for_offset(offset) == Some(epoch);
        if !epoch.is_some() || (is_known(start_offset) && is_known(header.last_offset())) {
            return;
        }
        // The file may be older than a cut and tell of epochs whose records are gone: the batches know better.
        self.leader_epochs.truncate_from_end(start_offset);
        if self.leader_epochs.latest_epoch().is_none_or(|latest| epoch > latest) {
            self.leader_epochs.assign(EpochEntry { epoch, start_offset });
        }
    }

    fn update_producers(&mut self, scanned: &ScannedBatch<'_>) -> Result<(), IndexError> {
        let ScannedBatch { header, batch, .. } = scanned;
        let completed = self.producer_state.replay(header, batch.as_ref(), &mut self.decompressor);
        let Some(completed) = completed else { return Ok(()) };
        if completed.aborted {
            let last_stable_offset = self.producer_state.last_stable_offset(&completed);
            self.transaction_index.append(&completed.index_entry(last_stable_offset))?;
        }
        self.producer_state.complete_transaction(&completed);
        Ok(())
    }
}

fn is_marker(header: &BatchHeader) -> bool {
    header.magic == Magic::V2 && header.has_producer_id() && header.attributes.is_control()
}
