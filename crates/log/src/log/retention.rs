//! Letting old segments go.

use ottla_record::Timestamp;

use super::Log;
use super::error::StorageError;
use crate::segment::Segment;

impl Log {
    /// Removes the oldest segments that are below the log start offset or beyond the limits of age and size; how many.
    ///
    /// A segment goes only if all of it is below the high watermark, and only together with all older ones. A compacted
    /// topic loses only what is below its log start offset, unless its policy says delete as well.
    pub fn delete_old_segments(&mut self, now: Timestamp) -> Result<usize, StorageError> {
        self.check_usable()?;
        let deleted = self.delete_breached(now);
        self.poison_on_failure(deleted)
    }

    fn delete_breached(&mut self, now: Timestamp) -> Result<usize, StorageError> {
        let mut deleted = self.delete_oldest(self.below_log_start(), now)?;
        if self.config.cleanup_policy.delete {
            deleted += self.delete_oldest(self.beyond_size(), now)?;
            let beyond_age = self.beyond_age(now)?;
            deleted += self.delete_oldest(beyond_age, now)?;
        }
        Ok(deleted)
    }

    /// How many of the oldest segments end at or below the log start offset. The active one is never among them.
    fn below_log_start(&self) -> usize {
        let ends = self.segments.as_slice().iter().skip(1).map(Segment::base_offset);
        ends.take_while(|end| *end <= self.log_start_offset).count()
    }

    /// How many of the oldest segments can go with the rest still as large as `retention.bytes`.
    fn beyond_size(&self) -> usize {
        let Some(retention_bytes) = self.config.retention_bytes else { return 0 };
        let Some(mut excess) = self.size().checked_sub(retention_bytes) else { return 0 };
        let mut count = 0;
        for segment in self.segments.as_slice() {
            match excess.checked_sub(u64::from(segment.size())) {
                Some(left) => excess = left,
                None => break,
            }
            count += 1;
        }
        count
    }

    /// How many of the oldest segments have no record as young as `retention.ms`.
    fn beyond_age(&mut self, now: Timestamp) -> Result<usize, StorageError> {
        let Some(retention_ms) = self.config.retention_ms else { return Ok(0) };
        let mut count = 0;
        for index in 0..self.segments.as_slice().len() {
            let largest = self.with_sound_indexes(index, Segment::largest_timestamp)?;
            if largest > now {
                let segment = self.segments.as_slice()[index].base_offset();
                tracing::warn!(partition = %self.partition, %segment, %largest, "a timestamp in the future keeps a segment");
            }
            if now.0.saturating_sub(largest.0) <= retention_ms {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// Removes as many of the oldest `count` segments as the high watermark allows.
    fn delete_oldest(&mut self, count: usize, now: Timestamp) -> Result<usize, StorageError> {
        let count = (0..count).take_while(|index| self.is_replicated(*index)).count();
        if count == 0 {
            return Ok(0);
        }
        if count == self.segments.as_slice().len() {
            if self.segments.active().size() == 0 {
                return self.delete_oldest(count - 1, now);
            }
            self.roll_to(self.log_end_offset, now)?;
        }
        let new_start = self.segments.as_slice()[count].base_offset();
        self.raise_log_start_offset(new_start);
        self.segments_version += 1;
        let removed = self.segments.split_off_oldest(count);
        tracing::info!(partition = %self.partition, count, log_start_offset = %self.log_start_offset, "old segments go");
        self.retire(removed, now)?;
        Ok(count)
    }

    /// Whether the high watermark has passed all of a segment.
    fn is_replicated(&self, index: usize) -> bool {
        let end = self.segments.base_offset_after(index).unwrap_or(self.log_end_offset);
        self.high_watermark.offset >= end
    }
}
