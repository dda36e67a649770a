//! Writing headers, and batches that are nothing else.

use crate::attributes::Attributes;
use crate::bytes::put;
use crate::crc::crc32c;
use crate::header::{BatchHeader, HEADER_SIZE, LOG_OVERHEAD, Magic, at};
use crate::ids::Timestamp;

impl BatchHeader {
    /// Writes the header over the start of `batch`, with the checksum of what follows instead of its own.
    pub(super) fn write(&self, batch: &mut [u8]) {
        assert!(self.magic == Magic::V2, "legacy messages are never written");
        put(batch, at::BASE_OFFSET, self.base_offset.0.to_be_bytes());
        put(batch, at::BATCH_LENGTH, self.batch_length.to_be_bytes());
        put(batch, at::PARTITION_LEADER_EPOCH, self.partition_leader_epoch.0.to_be_bytes());
        put(batch, at::MAGIC, [Magic::V2 as u8]);
        put(batch, at::ATTRIBUTES, self.attributes.0.to_be_bytes());
        put(batch, at::LAST_OFFSET_DELTA, self.last_offset_delta.to_be_bytes());
        put(batch, at::BASE_TIMESTAMP, self.base_timestamp.0.to_be_bytes());
        put(batch, at::MAX_TIMESTAMP, self.max_timestamp.0.to_be_bytes());
        put(batch, at::PRODUCER_ID, self.producer_id.0.to_be_bytes());
        put(batch, at::PRODUCER_EPOCH, self.producer_epoch.to_be_bytes());
        put(batch, at::BASE_SEQUENCE, self.base_sequence.to_be_bytes());
        put(batch, at::RECORDS_COUNT, self.records_count.to_be_bytes());
        let crc = crc32c(&batch[at::ATTRIBUTES..]);
        put(batch, at::CRC, crc.to_be_bytes());
    }
}

/// Appends the batch that compaction leaves of one whose records are all gone but whose offsets, producer and
/// sequence must stay.
///
/// # Panics
/// If `of` is the header of a legacy message: such a one leaves nothing.
pub fn write_empty_batch(of: &BatchHeader, out: &mut Vec<u8>) {
    let mut attributes = Attributes::default().with_timestamp_type(of.timestamp_type());
    if of.attributes.is_transactional() {
        attributes = attributes.transactional();
    }
    if of.attributes.is_control() {
        attributes = attributes.control();
    }
    let header = BatchHeader {
        batch_length: (HEADER_SIZE - LOG_OVERHEAD) as i32,
        attributes,
        base_timestamp: Timestamp::NONE,
        records_count: 0,
        ..*of
    };
    let start = out.len();
    out.resize(start + HEADER_SIZE, 0);
    header.write(&mut out[start..]);
}
