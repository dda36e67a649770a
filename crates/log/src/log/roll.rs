//! Closing the active segment and beginning a new one.

use ottla_record::{Offset, Timestamp};

use super::Log;
use super::error::StorageError;
use crate::offsets::SegmentPosition;
use crate::paths::FileState;
use crate::segment::{CreateSegment, RollParams, Segment};

/// What an append brings, as far as it decides whether to roll.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming {
    pub(super) first_offset: Offset,
    pub(super) last_offset: Offset,
    pub(super) max_timestamp: Timestamp,
    pub(super) size: u32,
}

/// Where an append will go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    /// Base offset of the segment to begin first.
    pub(super) roll_to: Option<Offset>,
    pub(super) position: SegmentPosition,
}

impl Log {
    /// Decides where an append goes, before anything is changed.
    pub(super) fn placement(
        &mut self,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<Placement, StorageError> {
        let params = RollParams {
            segment_ms_max: self.config.segment_ms_max().saturating_sub(self.roll_jitter_ms()),
            segment_bytes_max: self.config.segment_bytes,
            max_timestamp: incoming.max_timestamp,
            last_offset: incoming.last_offset,
            size: incoming.size,
            now,
        };
        let active = self.segments.as_slice().len() - 1;
        let should_roll = self.with_sound_indexes(active, |segment| segment.should_roll(&params))?;
        let active = self.segments.active();
        let base_offset = incoming.first_offset.max(self.log_end_offset);
        // An empty segment that already begins there takes the append whatever its indexes can hold.
        let roll_to = (should_roll && base_offset > active.base_offset()).then_some(base_offset);
        let position = match roll_to {
            Some(segment_base_offset) => SegmentPosition { segment_base_offset, position: 0 },
            None => SegmentPosition { segment_base_offset: active.base_offset(), position: active.size() },
        };
        Ok(Placement { roll_to, position })
    }

    /// Closes the active segment, unless it is empty, and begins a new one at the end of the log.
    pub fn roll(&mut self, now: Timestamp) -> Result<(), StorageError> {
        self.check_usable()?;
        if self.segments.active().base_offset() == self.log_end_offset {
            return Ok(());
        }
        let rolled = self.roll_to(self.log_end_offset, now);
        self.poison_on_failure(rolled)
    }

    pub(super) fn roll_to(&mut self, base_offset: Offset, now: Timestamp) -> Result<(), StorageError> {
        self.touched = true;
        let ended = self.segments.active_mut();
        ended.become_inactive()?;
        let flush = ended.prepare_flush()?;
        if self.recovery_point >= base_offset {
            // Recovery would not look at the ended segment any more, so its indexes must be there before the next one is.
            flush.run()?;
            self.unsynced.sync_rolled()?;
        }
        self.unsynced.note_roll(flush, base_offset);
        let segment = self.create_segment(base_offset, now)?;
        self.segments.push(segment);
        self.producers.update_map_end_offset(base_offset);
        if let Some(snapshot) = self.producers.write_snapshot()? {
            self.unsynced.note_snapshot(snapshot);
        }
        self.follow_log_end_with_high_watermark();
        tracing::debug!(partition = %self.partition, %base_offset, "rolled a new segment");
        Ok(())
    }

    pub(super) fn create_segment(
        &self,
        base_offset: Offset,
        now: Timestamp,
    ) -> Result<Segment, StorageError> {
        let create = CreateSegment {
            base_offset,
            state: FileState::Live,
            preallocate: self.config.preallocated_bytes(),
            now,
        };
        Ok(Segment::create(&self.disk, &self.dir, create, self.config.segment())?)
    }

    /// What `segment.jitter.ms` takes off the active segment's time: drawn from the names of partition and segment, so
    /// that it differs between partitions and stays the same for one segment.
    fn roll_jitter_ms(&self) -> i64 {
        let jitter_max = self.config.segment_jitter_ms.min(self.config.segment_ms);
        if jitter_max <= 0 {
            return 0;
        }
        let seed = self.segments.active().base_offset().0.to_be_bytes();
        let partition = self.partition.partition.to_be_bytes();
        let bytes = self.partition.topic.bytes().chain(partition).chain(seed);
        // FNV-1a: spreads short names well and needs no table.
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash % jitter_max as u64) as i64
    }
}
