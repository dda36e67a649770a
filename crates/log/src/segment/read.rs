//! Finding batches by offset and by time.

use std::sync::Arc;

use ottla_record::{Batch, Decompressor, Offset, Timestamp};

use super::scan::read_batch;
use super::walk::{Found, HeaderWalk};
use super::{BatchPosition, BatchScanner, Segment, SegmentRead, SegmentSlice};
use crate::error::{CorruptIndexError, SegmentError};
use crate::index::{AbortedTransactions, OffsetPosition, TimestampOffset};
use crate::offsets::TimestampAndOffset;

impl Segment {
    /// Finds the batches to send from an offset on; `None` where the segment ends before it.
    pub fn read(&self, read: SegmentRead) -> Result<Option<SegmentSlice>, SegmentError> {
        let Some(first) = self.translate_offset(read.start_offset)? else { return Ok(None) };
        let bytes_max = if read.min_one_message { read.bytes_max.max(first.size) } else { read.bytes_max };
        let position_max = read.position_max.min(self.size());
        Ok(Some(SegmentSlice {
            file: Arc::clone(self.file()?),
            position: first.position,
            len: position_max.saturating_sub(first.position).min(bytes_max),
            base_offset: first.base_offset,
            first_batch_incomplete: bytes_max < first.size,
        }))
    }

    /// Finds the first batch whose last offset is at or above `offset`.
    pub fn translate_offset(&self, offset: Offset) -> Result<Option<BatchPosition>, SegmentError> {
        let mut walk = self.walk_from(self.offset_index.lookup(offset)?)?;
        while let Some(Found { position, header }) = walk.next()? {
            if header.last_offset() >= offset {
                let size = header.size_in_bytes() as u32;
                return Ok(Some(BatchPosition { base_offset: header.base_offset, position, size }));
            }
        }
        Ok(None)
    }

    /// Finds the first record at or above `starting_offset` whose timestamp is at or above `timestamp`.
    pub fn find_offset_by_timestamp(
        &self,
        timestamp: Timestamp,
        starting_offset: Offset,
    ) -> Result<Option<TimestampAndOffset>, SegmentError> {
        let reached = self.time_index.lookup(timestamp)?;
        let from = self.offset_index.lookup(reached.offset.max(starting_offset))?;
        let mut walk = self.walk_from(from)?;
        let mut bytes = Vec::new();
        let mut decompressor = Decompressor::with_limit(RECORDS_BYTES_MAX);
        while let Some(Found { position, header }) = walk.next()? {
            if header.max_timestamp < timestamp || header.last_offset() < starting_offset {
                continue;
            }
            read_batch(&self.log, position, header.size_in_bytes(), &mut bytes)?;
            let found = first_record_at(&bytes, timestamp, starting_offset, &mut decompressor);
            match found.map_err(|what| self.log.corrupt(position, what))? {
                Some(found) => return Ok(Some(found)),
                None => continue,
            }
        }
        Ok(None)
    }

    /// Offset after the last batch, found by reading the end of the log file; the base offset where there is none.
    pub fn read_next_offset(&self) -> Result<Offset, SegmentError> {
        let last = self.offset_index.last_offset()?;
        let mut walk = self.walk_from(self.offset_index.lookup(last)?)?;
        let mut next_offset = self.base_offset;
        while let Some(found) = walk.next()? {
            next_offset = found.header.next_offset();
        }
        Ok(next_offset)
    }

    /// Largest timestamp and the last offset of the batch that has it.
    pub fn max_timestamp_and_offset(&self) -> Result<TimestampOffset, SegmentError> {
        if let Some(max) = self.max_timestamp.get() {
            return Ok(*max);
        }
        let max = self.time_index.last_entry()?;
        Ok(*self.max_timestamp.get_or_init(|| max))
    }

    /// Largest timestamp of a record, `None` where no record has one.
    pub fn largest_record_timestamp(&self) -> Result<Option<Timestamp>, SegmentError> {
        Ok(Some(self.max_timestamp_and_offset()?.timestamp).filter(|timestamp| timestamp.is_some()))
    }

    /// Largest timestamp of a record; where none has one, when the log file was last written.
    pub fn largest_timestamp(&self) -> Result<Timestamp, SegmentError> {
        Ok(self.largest_record_timestamp()?.unwrap_or(self.modified))
    }

    /// Largest timestamp of the first batch, by which the segment's age is counted; `None` where there is no batch.
    pub fn first_batch_timestamp(&self) -> Result<Option<Timestamp>, SegmentError> {
        if let Some(timestamp) = self.first_batch_timestamp.get() {
            return Ok(Some(*timestamp));
        }
        let Some(first) = HeaderWalk::new(&self.log, 0).next()? else { return Ok(None) };
        Ok(Some(*self.first_batch_timestamp.get_or_init(|| first.header.max_timestamp)))
    }

    /// The aborted transactions that overlap the offsets from `fetch_offset` to below `upper_bound`.
    pub fn collect_aborted(
        &self,
        fetch_offset: Offset,
        upper_bound: Offset,
    ) -> Result<AbortedTransactions, SegmentError> {
        Ok(self.transaction_index.collect(fetch_offset, upper_bound)?)
    }

    /// The first offset in the index at or behind `position + bytes`, a bound on what a fetch from there can hold.
    pub fn fetch_upper_bound_offset(
        &self,
        position: u32,
        bytes: u32,
    ) -> Result<Option<Offset>, SegmentError> {
        let end = u64::from(position) + u64::from(bytes);
        Ok(self.offset_index.first_at_or_behind(end)?.map(|entry| entry.offset))
    }

    /// Reads batches from `position`, where one begins, to the end of the segment.
    pub fn scan(&self, position: u32) -> BatchScanner<'_> {
        BatchScanner::new(&self.log, position.min(self.size()))
    }

    /// Largest timestamp from `position` on, with the last offset of its batch.
    pub(super) fn max_timestamp_from(&self, from: OffsetPosition) -> Result<TimestampOffset, SegmentError> {
        let mut max = TimestampOffset { timestamp: Timestamp::NONE, offset: Offset::NONE };
        let mut walk = self.walk_from(from)?;
        while let Some(found) = walk.next()? {
            if found.header.max_timestamp > max.timestamp {
                max = TimestampOffset {
                    timestamp: found.header.max_timestamp,
                    offset: found.header.last_offset(),
                };
            }
        }
        Ok(max)
    }

    /// Walks from where an index entry points to, unless no batch that it can mean begins there.
    ///
    /// The entry's offset is the last one of its batch; releases before 4.0 wrote that of the last batch appended
    /// together.
    fn walk_from(&self, entry: OffsetPosition) -> Result<HeaderWalk<'_>, SegmentError> {
        let OffsetPosition { offset, position } = entry;
        let mut walk = HeaderWalk::new(&self.log, position);
        if position == 0 {
            return Ok(walk);
        }
        let what = match walk.peek() {
            Ok(Some(found)) if found.header.base_offset <= offset => return Ok(walk),
            Ok(Some(found)) => format!("the batch there begins at offset {}", found.header.base_offset),
            Ok(None) => format!("the log has {} bytes", self.size()),
            Err(SegmentError::Batch(error)) => error.what,
            Err(error) => return Err(error),
        };
        let what = format!("it has offset {offset} at position {position} of the log, but {what}");
        let path = self.offset_index.place().path();
        let position = self.offset_index.position_of(entry)?;
        Err(SegmentError::Index(CorruptIndexError { path, position, what }))
    }
}

/// Bytes to which the records of one batch may decompress in a search by time or a cleaning.
pub(crate) const RECORDS_BYTES_MAX: usize = 256 << 20;

fn first_record_at(
    bytes: &[u8],
    timestamp: Timestamp,
    starting_offset: Offset,
    decompressor: &mut Decompressor,
) -> Result<Option<TimestampAndOffset>, String> {
    let batch = Batch::parse(bytes).map_err(|cause| cause.to_string())?;
    for record in batch.records(decompressor).map_err(|cause| cause.to_string())? {
        let record = record.map_err(|cause| cause.to_string())?;
        if record.timestamp >= timestamp && record.offset >= starting_offset {
            let leader_epoch = Some(batch.partition_leader_epoch).filter(|epoch| epoch.is_some());
            return Ok(Some(TimestampAndOffset {
                timestamp: record.timestamp,
                offset: record.offset,
                leader_epoch,
            }));
        }
    }
    Ok(None)
}
