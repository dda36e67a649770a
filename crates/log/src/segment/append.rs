//! Appending, and when to stop.

use std::io::IoSlice;

use ottla_record::{Offset, Timestamp};

use super::{AppendedBatch, RollParams, Segment};
use crate::error::{OffsetOverflowError, SegmentError};
use crate::index::{OffsetPosition, TimestampOffset};
use crate::producer_state::CompletedTransaction;

impl Segment {
    /// Whether an offset fits the indexes' four bytes.
    pub fn fits(&self, offset: Offset) -> bool {
        let relative = offset.0.checked_sub(self.base_offset.0);
        relative.is_some_and(|relative| (0..=i64::from(i32::MAX)).contains(&relative))
    }

    /// Whether the next append needs a new segment: for size, age, full indexes or a far offset.
    pub fn should_roll(&self, params: &RollParams) -> Result<bool, SegmentError> {
        let too_large = u64::from(self.size()) + u64::from(params.size) > u64::from(params.segment_bytes_max);
        let roll = too_large
            || !self.fits(params.last_offset)
            || (self.size() > 0 && self.age_ms(params.now, params.max_timestamp)? > params.segment_ms_max)
            || self.offset_index.is_full()?
            || self.time_index.is_full()?;
        Ok(roll)
    }

    /// Milliseconds from the first batch's timestamp to `timestamp`; where records have none, since the segment was
    /// created.
    pub fn age_ms(&self, now: Timestamp, timestamp: Timestamp) -> Result<i64, SegmentError> {
        Ok(match self.first_batch_timestamp()? {
            Some(first) if first.is_some() => timestamp.0.saturating_sub(first.0),
            _ => now.0.saturating_sub(self.created.0),
        })
    }

    /// Appends batches with one vectored write and adds index entries where they are due.
    ///
    /// After an error the file may hold a part of the bytes behind [`Segment::size`]; nothing reads them, but the
    /// segment must be recovered before it is appended to again.
    ///
    /// # Panics
    ///
    /// If the batches' sizes are not those of `bytes`, or offsets do not grow.
    pub fn append(
        &mut self,
        bytes: &mut [IoSlice<'_>],
        batches: &[AppendedBatch],
        now: Timestamp,
    ) -> Result<(), SegmentError> {
        let Some(last) = batches.last() else { return Ok(()) };
        let len = batches.iter().map(|batch| u64::from(batch.size)).sum::<u64>();
        let given = bytes.iter().map(|slice| slice.len() as u64).sum::<u64>();
        assert_eq!(len, given, "batches of {len} bytes in buffers of {given}");
        let len =
            u32::try_from(len).ok().filter(|len| u64::from(self.size()) + u64::from(*len) <= i32::MAX as u64);
        let len = len.expect("a segment is rolled before its positions overflow");
        if !self.fits(last.last_offset) {
            let path = self.log.place().path();
            let (base_offset, offset) = (self.base_offset, last.last_offset);
            return Err(OffsetOverflowError { path, base_offset, offset }.into());
        }
        // Looked up before the write, since nothing may fail behind it that need not.
        self.max_timestamp_and_offset()?;
        let position = self.size();
        self.log.append(bytes, len)?;
        self.modified = now;
        self.index(position, batches)
    }

    fn index(&mut self, mut position: u32, batches: &[AppendedBatch]) -> Result<(), SegmentError> {
        if position == 0 {
            self.first_batch_timestamp.get_or_init(|| batches[0].max_timestamp);
        }
        let max = self.max_timestamp.get_mut().expect("looked up before the write");
        for batch in batches {
            if batch.max_timestamp > max.timestamp {
                *max = TimestampOffset { timestamp: batch.max_timestamp, offset: batch.last_offset };
            }
            if self.bytes_since_index_entry > self.config.index_interval_bytes {
                self.offset_index.append(OffsetPosition { offset: batch.last_offset, position })?;
                self.time_index.maybe_append(*max)?;
                self.bytes_since_index_entry = 0;
            }
            position += batch.size;
            self.bytes_since_index_entry = self.bytes_since_index_entry.saturating_add(batch.size);
        }
        Ok(())
    }

    /// Puts an aborted transaction in the transaction index; a committed one leaves no trace.
    pub fn update_transaction_index(
        &mut self,
        completed: &CompletedTransaction,
        last_stable_offset: Offset,
    ) -> Result<(), SegmentError> {
        if completed.aborted {
            self.transaction_index.append(&completed.index_entry(last_stable_offset))?;
        }
        Ok(())
    }
}
