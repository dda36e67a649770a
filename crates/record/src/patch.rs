//! What a leader changes in a batch before it appends it, in place.

use std::ops::Deref;

use crate::attributes::TimestampType;
use crate::batch::Batch;
use crate::bytes::put;
use crate::crc::crc32c;
use crate::error::BatchError;
use crate::header::{BatchHeader, Magic, at};
use crate::ids::{LeaderEpoch, Offset, ProducerId, Timestamp};

/// A whole batch of magic 2 that may be changed. Derefs to its [`BatchHeader`], which follows the changes.
///
/// Offset and leader epoch stand outside the checksum and cost nothing; the other changes recompute it, if
/// they change anything.
#[derive(Debug)]
pub struct BatchMut<'a> {
    header: BatchHeader,
    bytes: &'a mut [u8],
}

impl Deref for BatchMut<'_> {
    type Target = BatchHeader;

    fn deref(&self) -> &BatchHeader {
        &self.header
    }
}

impl<'a> BatchMut<'a> {
    /// The batch at the start of `bytes`; what follows it is not touched.
    ///
    /// # Errors
    /// If the bytes end within the batch, its length is below what the format needs, or its magic is not 2.
    pub fn parse(bytes: &'a mut [u8]) -> Result<Self, BatchError> {
        let header = *Batch::parse(bytes)?.header();
        if header.magic != Magic::V2 {
            return Err(BatchError::LegacyMagic(header.magic as i8));
        }
        Ok(Self { header, bytes: &mut bytes[..header.size_in_bytes()] })
    }

    /// The same batch to read.
    pub const fn as_batch(&self) -> Batch<'_> {
        Batch::from_parts(self.header, self.bytes)
    }

    /// Sets the offset of the first record; those of the others follow.
    pub fn set_base_offset(&mut self, offset: Offset) {
        self.header.base_offset = offset;
        put(self.bytes, at::BASE_OFFSET, offset.0.to_be_bytes());
    }

    /// Sets the base offset so that the last record has `offset`.
    pub fn set_last_offset(&mut self, offset: Offset) {
        let delta = i64::from(self.header.last_offset_delta);
        self.set_base_offset(Offset(offset.0.wrapping_sub(delta)));
    }

    /// Sets the term of the leader that appends.
    pub fn set_partition_leader_epoch(&mut self, epoch: LeaderEpoch) {
        self.header.partition_leader_epoch = epoch;
        put(self.bytes, at::PARTITION_LEADER_EPOCH, epoch.0.to_be_bytes());
    }

    /// Sets the highest timestamp and who gave it. With [`TimestampType::LogAppendTime`] all records have it
    /// from now on.
    pub fn set_max_timestamp(&mut self, timestamp_type: TimestampType, max_timestamp: Timestamp) {
        if self.header.timestamp_type() == timestamp_type && self.header.max_timestamp == max_timestamp {
            return;
        }
        self.header.attributes = self.header.attributes.known().with_timestamp_type(timestamp_type);
        self.header.max_timestamp = max_timestamp;
        put(self.bytes, at::ATTRIBUTES, self.header.attributes.0.to_be_bytes());
        put(self.bytes, at::MAX_TIMESTAMP, max_timestamp.0.to_be_bytes());
        self.recompute_crc();
    }

    /// Sets whose batch it is.
    pub fn set_producer(&mut self, producer_id: ProducerId, producer_epoch: i16) {
        if self.header.producer_id == producer_id && self.header.producer_epoch == producer_epoch {
            return;
        }
        self.header.producer_id = producer_id;
        self.header.producer_epoch = producer_epoch;
        put(self.bytes, at::PRODUCER_ID, producer_id.0.to_be_bytes());
        put(self.bytes, at::PRODUCER_EPOCH, producer_epoch.to_be_bytes());
        self.recompute_crc();
    }

    /// Sets the sequence of the first record; those of the others follow.
    pub fn set_base_sequence(&mut self, base_sequence: i32) {
        if self.header.base_sequence == base_sequence {
            return;
        }
        self.header.base_sequence = base_sequence;
        put(self.bytes, at::BASE_SEQUENCE, base_sequence.to_be_bytes());
        self.recompute_crc();
    }

    fn recompute_crc(&mut self) {
        self.header.crc = crc32c(&self.bytes[at::ATTRIBUTES..]);
        put(self.bytes, at::CRC, self.header.crc.to_be_bytes());
    }
}
