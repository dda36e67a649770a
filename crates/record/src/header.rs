//! The header of a batch, of all three formats.

use crate::attributes::{Attributes, TimestampType};
use crate::bytes::{be_i16, be_i32, be_i64, be_u32};
use crate::error::BatchError;
use crate::ids::{LeaderEpoch, Offset, ProducerId, Timestamp};
use crate::sequence::increment_sequence;

/// Offset and length, which stand before every batch and are not counted by the length.
pub const LOG_OVERHEAD: usize = 12;
/// The bytes that tell a batch's offset, length and magic: enough to find the next one.
pub const PREFIX_SIZE: usize = 17;
/// Size of the header of a batch of magic 2, and so of an empty batch.
pub const HEADER_SIZE: usize = 61;
/// Size of a message of magic 0 without key and value, with offset and length.
pub const LEGACY_V0_OVERHEAD: usize = LOG_OVERHEAD + 14;
/// Size of a message of magic 1 without key and value, with offset and length.
pub const LEGACY_V1_OVERHEAD: usize = LOG_OVERHEAD + 22;
/// Sequence of records that have none.
pub const NO_SEQUENCE: i32 = -1;
/// Epoch of a producer where there is none.
pub const NO_PRODUCER_EPOCH: i16 = -1;

/// Where the fields of a batch of magic 2 stand.
pub(crate) mod at {
    pub(crate) const BASE_OFFSET: usize = 0;
    pub(crate) const BATCH_LENGTH: usize = 8;
    pub(crate) const PARTITION_LEADER_EPOCH: usize = 12;
    pub(crate) const MAGIC: usize = 16;
    pub(crate) const CRC: usize = 17;
    pub(crate) const ATTRIBUTES: usize = 21;
    pub(crate) const LAST_OFFSET_DELTA: usize = 23;
    pub(crate) const BASE_TIMESTAMP: usize = 27;
    pub(crate) const MAX_TIMESTAMP: usize = 35;
    pub(crate) const PRODUCER_ID: usize = 43;
    pub(crate) const PRODUCER_EPOCH: usize = 51;
    pub(crate) const BASE_SEQUENCE: usize = 53;
    pub(crate) const RECORDS_COUNT: usize = 57;
    pub(crate) const RECORDS: usize = 61;

    pub(crate) const LEGACY_CRC: usize = 12;
    pub(crate) const LEGACY_ATTRIBUTES: usize = 17;
    pub(crate) const LEGACY_TIMESTAMP: usize = 18;
    pub(crate) const LEGACY_V0_KEY: usize = 18;
    pub(crate) const LEGACY_V1_KEY: usize = 26;
}

/// Which of the three formats a batch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Magic {
    /// A message without timestamp, before Kafka 0.10.
    V0 = 0,
    /// A message with timestamp, Kafka 0.10.
    V1 = 1,
    /// A record batch, since Kafka 0.11 and the only one written today.
    V2 = 2,
}

impl Magic {
    /// The format with this number.
    ///
    /// # Errors
    /// For any other number than 0, 1 and 2.
    pub fn from_byte(magic: i8) -> Result<Self, BatchError> {
        match magic {
            0 => Ok(Self::V0),
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            _ => Err(BatchError::UnknownMagic(magic)),
        }
    }

    /// The least number of bytes that a batch of this format has.
    pub const fn overhead(self) -> usize {
        match self {
            Self::V0 => LEGACY_V0_OVERHEAD,
            Self::V1 => LEGACY_V1_OVERHEAD,
            Self::V2 => HEADER_SIZE,
        }
    }
}

/// The first 17 bytes, alike in all formats: enough to walk from batch to batch through a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPrefix {
    /// Base offset of a batch; of a legacy message its own (of a compressed one the last inner one).
    pub offset: Offset,
    /// The format.
    pub magic: Magic,
    /// Bytes of the whole batch, from its offset to its last record.
    pub size_in_bytes: usize,
}

impl BatchPrefix {
    /// Reads the prefix at the start of `bytes`, which need not hold the whole batch.
    ///
    /// # Errors
    /// If the bytes end within the prefix, the length is below what the format needs, or the magic is
    /// unknown.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let have = bytes.len();
        if have < LOG_OVERHEAD {
            return Err(BatchError::Truncated { have, need: PREFIX_SIZE });
        }
        let length = be_i32(bytes, at::BATCH_LENGTH);
        let size_in_bytes = checked_size(length, Magic::V0)?;
        if have < PREFIX_SIZE {
            return Err(BatchError::Truncated { have, need: size_in_bytes });
        }
        let magic = Magic::from_byte(bytes[at::MAGIC] as i8)?;
        checked_size(length, magic)?;
        Ok(Self { offset: Offset(be_i64(bytes, at::BASE_OFFSET)), magic, size_in_bytes })
    }
}

fn checked_size(length: i32, magic: Magic) -> Result<usize, BatchError> {
    let minimum = magic.overhead() - LOG_OVERHEAD;
    match usize::try_from(length) {
        Ok(size) if size >= minimum => Ok(size + LOG_OVERHEAD),
        _ => Err(BatchError::LengthTooSmall { length, minimum }),
    }
}

/// What the header of a batch says. Big-endian on the wire:
///
/// | at | size | field |
/// | --- | --- | --- |
/// | 0 | 8 | `base_offset` |
/// | 8 | 4 | `batch_length` |
/// | 12 | 4 | `partition_leader_epoch` |
/// | 16 | 1 | `magic` |
/// | 17 | 4 | `crc`: CRC-32C from 21 to the end |
/// | 21 | 2 | `attributes` |
/// | 23 | 4 | `last_offset_delta` |
/// | 27 | 8 | `base_timestamp` |
/// | 35 | 8 | `max_timestamp` |
/// | 43 | 8 | `producer_id` |
/// | 51 | 2 | `producer_epoch` |
/// | 53 | 4 | `base_sequence` |
/// | 57 | 4 | `records_count` |
/// | 61 | … | the records, compressed as one if the attributes name a codec |
///
/// A legacy message has offset, length, `crc` (CRC-32 from 16 to the end) at 12, `magic` at 16, one byte of
/// attributes at 17, with magic 1 a timestamp at 18, then key and value, each behind a length of four bytes.
/// The fields it lacks are -1 here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record, kept when compaction removes that record. Of a legacy message its own; of
    /// a compressed one that of its *last* inner message, as only decompressing tells the first.
    pub base_offset: Offset,
    /// Bytes after this field: those of the whole batch less [`LOG_OVERHEAD`].
    pub batch_length: i32,
    /// Term of the leader that appended; outside the checksum.
    pub partition_leader_epoch: LeaderEpoch,
    /// The format.
    pub magic: Magic,
    /// Checksum as stored.
    pub crc: u32,
    /// Codec and flags.
    pub attributes: Attributes,
    /// Last offset less `base_offset`, kept when compaction removes the last record. 0 in legacy messages.
    pub last_offset_delta: i32,
    /// To which the records' timestamp deltas are added; the delete horizon if the attributes say so.
    pub base_timestamp: Timestamp,
    /// Highest timestamp of the records, or the append time.
    pub max_timestamp: Timestamp,
    /// Who produced, if idempotent.
    pub producer_id: ProducerId,
    /// The producer's epoch, -1 if none.
    pub producer_epoch: i16,
    /// Sequence of the first record, -1 if none.
    pub base_sequence: i32,
    /// Number of records, as the header claims; -1 in legacy messages, which do not tell.
    pub records_count: i32,
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`, which need not hold the whole batch: [`HEADER_SIZE`] bytes
    /// are enough (fewer for legacy messages).
    ///
    /// # Errors
    /// If the bytes end within the header, the length is below what the format needs, or the magic is
    /// unknown.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let prefix = BatchPrefix::parse(bytes)?;
        let header_size = match prefix.magic {
            Magic::V0 => at::LEGACY_V0_KEY,
            Magic::V1 => at::LEGACY_V1_KEY,
            Magic::V2 => HEADER_SIZE,
        };
        if bytes.len() < header_size {
            return Err(BatchError::Truncated { have: bytes.len(), need: prefix.size_in_bytes });
        }
        Ok(match prefix.magic {
            Magic::V2 => Self::read(bytes),
            Magic::V0 | Magic::V1 => Self::read_legacy(bytes, prefix.magic),
        })
    }

    fn read(bytes: &[u8]) -> Self {
        Self {
            base_offset: Offset(be_i64(bytes, at::BASE_OFFSET)),
            batch_length: be_i32(bytes, at::BATCH_LENGTH),
            partition_leader_epoch: LeaderEpoch(be_i32(bytes, at::PARTITION_LEADER_EPOCH)),
            magic: Magic::V2,
            crc: be_u32(bytes, at::CRC),
            attributes: Attributes(be_i16(bytes, at::ATTRIBUTES)),
            last_offset_delta: be_i32(bytes, at::LAST_OFFSET_DELTA),
            base_timestamp: Timestamp(be_i64(bytes, at::BASE_TIMESTAMP)),
            max_timestamp: Timestamp(be_i64(bytes, at::MAX_TIMESTAMP)),
            producer_id: ProducerId(be_i64(bytes, at::PRODUCER_ID)),
            producer_epoch: be_i16(bytes, at::PRODUCER_EPOCH),
            base_sequence: be_i32(bytes, at::BASE_SEQUENCE),
            records_count: be_i32(bytes, at::RECORDS_COUNT),
        }
    }

    fn read_legacy(bytes: &[u8], magic: Magic) -> Self {
        let (timestamp, known_bits) = match magic {
            Magic::V0 => (Timestamp::NONE, 0x07),
            _ => (Timestamp(be_i64(bytes, at::LEGACY_TIMESTAMP)), 0x0f),
        };
        Self {
            base_offset: Offset(be_i64(bytes, at::BASE_OFFSET)),
            batch_length: be_i32(bytes, at::BATCH_LENGTH),
            partition_leader_epoch: LeaderEpoch::NONE,
            magic,
            crc: be_u32(bytes, at::LEGACY_CRC),
            attributes: Attributes(i16::from(bytes[at::LEGACY_ATTRIBUTES]) & known_bits),
            last_offset_delta: 0,
            base_timestamp: timestamp,
            max_timestamp: timestamp,
            producer_id: ProducerId::NONE,
            producer_epoch: NO_PRODUCER_EPOCH,
            base_sequence: NO_SEQUENCE,
            records_count: -1,
        }
    }

    /// Bytes of the whole batch.
    pub fn size_in_bytes(&self) -> usize {
        LOG_OVERHEAD + usize::try_from(self.batch_length).unwrap_or(0)
    }

    /// Offset of the last record. Wraps where the header lies, as Kafka's does; see [`Self::offset_count`].
    pub const fn last_offset(&self) -> Offset {
        Offset(self.base_offset.0.wrapping_add(self.last_offset_delta as i64))
    }

    /// Offset that the next batch may begin with.
    pub const fn next_offset(&self) -> Offset {
        Offset(self.last_offset().0.wrapping_add(1))
    }

    /// Number of offsets that the batch takes. A client's batch must have as many records; zero or less is a
    /// lie.
    pub const fn offset_count(&self) -> i64 {
        self.last_offset_delta as i64 + 1
    }

    /// Sequence of the last record, which wraps from 2147483647 to 0; -1 if there is none.
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence == NO_SEQUENCE {
            return NO_SEQUENCE;
        }
        increment_sequence(self.base_sequence, self.last_offset_delta)
    }

    /// Whether an idempotent producer wrote it.
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id.0 > ProducerId::NONE.0
    }

    /// Who gave the timestamps.
    pub const fn timestamp_type(&self) -> TimestampType {
        self.attributes.timestamp_type()
    }

    /// The timestamp that all records have, if the leader set it.
    pub const fn log_append_time(&self) -> Option<Timestamp> {
        match self.timestamp_type() {
            TimestampType::CreateTime => None,
            TimestampType::LogAppendTime => Some(self.max_timestamp),
        }
    }

    /// When compaction may drop the tombstones or the marker in this batch (KIP-534), if it is set.
    pub const fn delete_horizon(&self) -> Option<Timestamp> {
        if self.attributes.has_delete_horizon() { Some(self.base_timestamp) } else { None }
    }
}
