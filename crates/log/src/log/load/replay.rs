//! Producer state from its newest snapshot and the records behind it.

use ottla_record::{Decompressor, Offset, Timestamp};

use super::super::Log;
use super::super::error::StorageError;
use crate::producer_state::ProducerStateManager;
use crate::segment::Segment;

/// Most bytes a marker's batch may expand to; they are some seventy bytes long and never compressed by Kafka.
const MARKER_BYTES_MAX: usize = 64 << 10;

/// Brings producer state to an offset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replay {
    /// Base offset of the first segment: records below the log start offset count as long as they are there, so that the
    /// state does not depend on when the log start moved.
    pub(super) first_offset: Offset,
    /// Offset after the last record that counts.
    pub(super) end_offset: Offset,
    /// Whether to take snapshots: at the end, and on the way at the base offsets of the last two segments, so that the
    /// next truncation needs to read little.
    pub(super) takes_snapshots: bool,
    pub(super) now: Timestamp,
}

impl Replay {
    pub(super) fn run(
        &self,
        producers: &mut ProducerStateManager,
        segments: &[Segment],
    ) -> Result<(), StorageError> {
        // Where there are no producers up to the end, cutting behind it brings none.
        let has_none = producers.is_empty() && producers.map_end_offset() >= self.end_offset;
        producers.truncate_and_reload(self.first_offset, self.end_offset, self.now)?;
        if !has_none && producers.map_end_offset() < self.end_offset {
            self.replay_records(producers, segments)?;
        }
        producers.update_map_end_offset(self.end_offset);
        self.take_snapshot(producers)
    }

    fn replay_records(
        &self,
        producers: &mut ProducerStateManager,
        segments: &[Segment],
    ) -> Result<(), StorageError> {
        let mut decompressor = Decompressor::with_limit(MARKER_BYTES_MAX);
        let loaded_to = producers.map_end_offset();
        let holding =
            segments.partition_point(|segment| segment.base_offset() <= loaded_to).saturating_sub(1);
        for (index, segment) in segments.iter().enumerate().skip(holding) {
            let start = segment.base_offset().max(producers.map_end_offset());
            if start >= self.end_offset {
                break;
            }
            producers.update_map_end_offset(start);
            if index + 2 >= segments.len() && start == segment.base_offset() {
                self.take_snapshot(producers)?;
            }
            self.replay_segment(producers, segment, &mut decompressor)?;
        }
        Ok(())
    }

    fn replay_segment(
        &self,
        producers: &mut ProducerStateManager,
        segment: &Segment,
        decompressor: &mut Decompressor,
    ) -> Result<(), StorageError> {
        let Some(first) = segment.translate_offset(producers.map_end_offset())? else { return Ok(()) };
        let mut scanner = segment.scan(first.position);
        while let Some(scanned) = scanner.next()? {
            if scanned.header.base_offset >= self.end_offset {
                break;
            }
            let completed = producers.replay(&scanned.header, scanned.batch.as_ref(), decompressor);
            if let Some(completed) = completed {
                producers.complete_transaction(&completed);
            }
        }
        Ok(())
    }

    fn take_snapshot(&self, producers: &mut ProducerStateManager) -> Result<(), StorageError> {
        if self.takes_snapshots {
            producers.take_snapshot()?;
        }
        Ok(())
    }
}

impl Log {
    /// Brings producer state in line with a log that was cut.
    pub(in super::super) fn rebuild_producers(&mut self, now: Timestamp) -> Result<(), StorageError> {
        let (first_offset, end_offset) = (self.first_segment_base_offset(), self.log_end_offset);
        let replay = Replay { first_offset, end_offset, takes_snapshots: true, now };
        replay.run(&mut self.producers, self.segments.as_slice())
    }
}
