//! Offsets by time: ListOffsets.

use ottla_record::{BatchHeader, HEADER_SIZE, LeaderEpoch, Offset, Timestamp, TimestampType};

use super::Log;
use super::error::StorageError;
use super::options::TimestampQuery;
use crate::error::{CorruptBatchError, DiskError, SegmentError};
use crate::index::TimestampOffset;
use crate::offsets::TimestampAndOffset;
use crate::segment::{BatchPosition, Segment};

impl Log {
    /// The offset a query by time stands for; `None` where no record answers it.
    pub fn offset_for_timestamp(
        &mut self,
        query: TimestampQuery,
    ) -> Result<Option<TimestampAndOffset>, StorageError> {
        self.check_usable()?;
        Ok(match query {
            TimestampQuery::Earliest | TimestampQuery::EarliestLocal => {
                let earliest = self.leader_epochs.earliest_entry();
                let known = earliest.filter(|entry| entry.start_offset <= self.log_start_offset);
                Some(bound(self.log_start_offset, known.map(|entry| entry.epoch)))
            }
            TimestampQuery::Latest => Some(bound(self.log_end_offset, self.latest_epoch())),
            // Without tiered storage there is none, which Kafka says with -1 for both.
            TimestampQuery::LatestTiered | TimestampQuery::EarliestPendingUpload => {
                Some(bound(Offset::NONE, Some(LeaderEpoch::NONE)))
            }
            TimestampQuery::MaxTimestamp => self.offset_of_max_timestamp()?,
            TimestampQuery::At(timestamp) => self.first_at_or_after(timestamp)?,
        })
    }

    fn first_at_or_after(
        &mut self,
        timestamp: Timestamp,
    ) -> Result<Option<TimestampAndOffset>, StorageError> {
        let log_start_offset = self.log_start_offset;
        for index in 0..self.segments.as_slice().len() {
            if self.with_sound_indexes(index, Segment::largest_timestamp)? < timestamp {
                continue;
            }
            // The record that reached the timestamp may lie below the log start offset. Kafka asks no later segment then.
            let find = |segment: &Segment| segment.find_offset_by_timestamp(timestamp, log_start_offset);
            return self.with_sound_indexes(index, find);
        }
        Ok(None)
    }

    fn offset_of_max_timestamp(&mut self) -> Result<Option<TimestampAndOffset>, StorageError> {
        let mut best: Option<(usize, TimestampOffset)> = None;
        for index in 0..self.segments.as_slice().len() {
            let max = self.with_sound_indexes(index, Segment::max_timestamp_and_offset)?;
            if best.is_none_or(|(_, best)| max.timestamp > best.timestamp) {
                best = Some((index, max));
            }
        }
        let Some((index, max)) = best.filter(|(_, max)| max.timestamp.is_some()) else { return Ok(None) };
        let locate = |segment: &Segment| segment.translate_offset(max.offset);
        let Some(batch) = self.with_sound_indexes(index, locate)? else { return Ok(None) };
        let header = read_header(&self.segments.as_slice()[index], batch)?;
        if header.timestamp_type() == TimestampType::LogAppendTime {
            let leader_epoch = Some(header.partition_leader_epoch).filter(|epoch| epoch.is_some());
            return Ok(Some(TimestampAndOffset {
                timestamp: max.timestamp,
                offset: header.last_offset(),
                leader_epoch,
            }));
        }
        let find = |segment: &Segment| segment.find_offset_by_timestamp(max.timestamp, batch.base_offset);
        self.with_sound_indexes(index, find)
    }
}

/// An end of the log, which no record's timestamp goes with.
fn bound(offset: Offset, leader_epoch: Option<LeaderEpoch>) -> TimestampAndOffset {
    TimestampAndOffset { timestamp: Timestamp::NONE, offset, leader_epoch }
}

fn read_header(segment: &Segment, batch: BatchPosition) -> Result<BatchHeader, SegmentError> {
    let path = || segment.log_place().path();
    let mut bytes = [0; HEADER_SIZE];
    let len = HEADER_SIZE.min(batch.size as usize);
    let position = u64::from(batch.position);
    segment.file()?.read_exact_at(&mut bytes[..len], position).map_err(|source| DiskError {
        action: "read",
        path: path(),
        source,
    })?;
    BatchHeader::parse(&bytes[..len])
        .map_err(|error| CorruptBatchError { path: path(), position, what: error.to_string() }.into())
}
