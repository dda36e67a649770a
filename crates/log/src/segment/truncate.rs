//! Dropping the end of a segment.

use std::sync::OnceLock;

use ottla_record::{Offset, Timestamp};

use super::Segment;
use crate::error::SegmentError;
use crate::index::TimestampOffset;

impl Segment {
    /// Drops the batches from the one that holds `offset` on, and their index entries; how many bytes that were. The
    /// segment takes appends again.
    pub fn truncate_to(&mut self, offset: Offset, now: Timestamp) -> Result<u64, SegmentError> {
        let first_dropped = self.translate_offset(offset)?;
        self.active = true;
        self.offset_index.truncate_to(offset)?;
        self.time_index.truncate_to(offset)?;
        self.transaction_index.truncate_to(offset)?;
        let dropped = match first_dropped {
            Some(batch) => self.log.truncate(batch.position)?,
            None => 0,
        };
        if self.size() == 0 {
            self.created = now;
            self.first_batch_timestamp = OnceLock::new();
        }
        self.modified = now;
        self.bytes_since_index_entry = 0;
        self.max_timestamp = OnceLock::from(self.read_max_timestamp()?);
        Ok(dropped)
    }

    /// The largest timestamp by the time index and by the batches behind its last entry.
    fn read_max_timestamp(&self) -> Result<TimestampOffset, SegmentError> {
        let indexed = self.time_index.last_entry()?;
        let behind = self.max_timestamp_from(self.offset_index.lookup(indexed.offset)?)?;
        Ok(if behind.timestamp > indexed.timestamp { behind } else { indexed })
    }
}
