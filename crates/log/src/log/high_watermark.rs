//! How far the log is replicated, and how far its transactions are decided.

use ottla_record::Offset;

use super::Log;
use super::error::{IncrementError, LogStartOffsetError, StorageError};
use super::options::LogOffsetSnapshot;
use crate::offsets::{LogOffsetMetadata, SegmentPosition};

impl Log {
    /// Offset below which every record is replicated.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark.offset
    }

    /// Offset below which every record is replicated and no transaction is undecided.
    pub fn last_stable_offset(&self) -> Offset {
        match self.first_unstable_offset {
            Some(unstable) => unstable.offset.min(self.high_watermark.offset),
            None => self.high_watermark.offset,
        }
    }

    /// First offset of the oldest transaction that is open, or whose end is not replicated.
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        self.first_unstable_offset.map(|unstable| unstable.offset)
    }

    /// Sets the high watermark, within the bounds of the log; it may move back. What it is now.
    pub fn update_high_watermark(&mut self, high_watermark: LogOffsetMetadata) -> Offset {
        let bounded = if high_watermark.offset < self.log_start_offset {
            LogOffsetMetadata::offset_only(self.log_start_offset)
        } else if high_watermark.offset >= self.log_end_offset {
            self.log_end_offset_metadata()
        } else {
            high_watermark
        };
        self.set_high_watermark(bounded);
        bounded.offset
    }

    /// Moves the high watermark up, as a leader does; the former one if it moved.
    ///
    /// The same offset in a newer segment counts as a move: a fetch then sees that the older one is complete.
    ///
    /// # Panics
    ///
    /// If it is above the log end offset.
    pub fn maybe_increment_high_watermark(&mut self, new: LogOffsetMetadata) -> Option<LogOffsetMetadata> {
        let log_end_offset = self.log_end_offset;
        assert!(new.offset <= log_end_offset, "high watermark {new:?} above log end offset {log_end_offset}");
        let old = self.high_watermark_metadata();
        if old.offset < new.offset || (old.offset == new.offset && is_on_older_segment(&old, &new)) {
            self.set_high_watermark(new);
            Some(old)
        } else {
            None
        }
    }

    /// The high watermark with its place.
    pub fn high_watermark_metadata(&mut self) -> LogOffsetMetadata {
        if self.high_watermark.position.is_none() {
            self.high_watermark = self.with_position(self.high_watermark.offset);
        }
        self.high_watermark
    }

    /// The last stable offset with its place.
    pub fn last_stable_offset_metadata(&mut self) -> LogOffsetMetadata {
        match &mut self.first_unstable_offset {
            Some(unstable) if unstable.offset < self.high_watermark.offset => {
                let offset = unstable.offset;
                if unstable.position.is_none() {
                    self.first_unstable_offset = Some(self.with_position(offset));
                }
                self.first_unstable_offset.expect("set above")
            }
            _ => self.high_watermark_metadata(),
        }
    }

    /// The offsets the log is bounded by.
    pub fn offset_snapshot(&mut self) -> LogOffsetSnapshot {
        LogOffsetSnapshot {
            log_start_offset: self.log_start_offset,
            log_end_offset: self.log_end_offset_metadata(),
            high_watermark: self.high_watermark_metadata(),
            last_stable_offset: self.last_stable_offset_metadata(),
        }
    }

    /// Moves the log start offset up, for DeleteRecords or retention; whether it moved.
    ///
    /// The segments below it go with the next pass of retention. The new start becomes durable with the log directory's
    /// next checkpoint.
    pub fn maybe_increment_log_start_offset(&mut self, new: Offset) -> Result<bool, IncrementError> {
        self.check_usable().map_err(StorageError::from)?;
        let high_watermark = self.high_watermark.offset;
        if new > high_watermark {
            return Err(LogStartOffsetError { requested: new, high_watermark }.into());
        }
        Ok(self.raise_log_start_offset(new))
    }

    /// Moves the log start offset up; whether it moved.
    pub(super) fn raise_log_start_offset(&mut self, new: Offset) -> bool {
        if new <= self.log_start_offset {
            return false;
        }
        self.log_start_offset = new;
        self.leader_epochs.truncate_from_start(new);
        self.producers.on_log_start_offset_incremented(new);
        self.update_first_unstable_offset();
        true
    }

    pub(super) fn set_high_watermark(&mut self, new: LogOffsetMetadata) {
        if new.offset < self.high_watermark.offset {
            let (partition, from, to) = (&self.partition, self.high_watermark.offset, new.offset);
            tracing::warn!(%partition, %from, %to, "high watermark moves back");
        }
        self.high_watermark = new;
        self.producers.on_high_watermark_updated(new.offset);
        self.update_first_unstable_offset();
    }

    /// Lets the high watermark follow the end of the log in place, or down to it.
    pub(super) fn follow_log_end_with_high_watermark(&mut self) {
        if self.high_watermark.offset >= self.log_end_offset {
            self.set_high_watermark(self.log_end_offset_metadata());
        }
    }

    pub(super) fn update_first_unstable_offset(&mut self) {
        let unstable = self.producers.first_unstable_offset();
        self.first_unstable_offset = match unstable {
            Some(unstable) if unstable.offset < self.log_start_offset => {
                Some(LogOffsetMetadata::offset_only(self.log_start_offset))
            }
            unstable => unstable,
        };
    }

    /// The offset with its place, or alone if it has none: it is outside the log, or its segment cannot be read.
    pub(super) fn with_position(&self, offset: Offset) -> LogOffsetMetadata {
        if offset == self.log_end_offset {
            return self.log_end_offset_metadata();
        }
        let Some(floor) = self.segments.floor(offset) else { return LogOffsetMetadata::offset_only(offset) };
        for segment in &self.segments.as_slice()[floor..] {
            match segment.translate_offset(offset) {
                Ok(Some(found)) => {
                    let segment_base_offset = segment.base_offset();
                    let position = SegmentPosition { segment_base_offset, position: found.position };
                    return LogOffsetMetadata { offset, position: Some(position) };
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(partition = %self.partition, %offset, %error, "cannot look an offset up");
                    break;
                }
            }
        }
        LogOffsetMetadata::offset_only(offset)
    }
}

fn is_on_older_segment(one: &LogOffsetMetadata, other: &LogOffsetMetadata) -> bool {
    match (one.position, other.position) {
        (Some(one), Some(other)) => one.segment_base_offset < other.segment_base_offset,
        _ => false,
    }
}
