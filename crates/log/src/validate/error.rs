//! Why a leader refuses a batch.

use ottla_record::{
    AppendError, BatchError, BuildError, CrcMismatch, InvalidRecord, Offset, RecordsError, Timestamp,
};

/// A batch that breaks the rules of its format or of its origin; Kafka's `INVALID_RECORD`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBatch {
    /// No whole batch is there.
    #[error("the append holds no whole batch")]
    NoBatch,
    /// Only one may be.
    #[error("the append holds more than one batch, exactly one is allowed")]
    MoreThanOne,
    /// Only magic 2 may be.
    #[error("batch has magic {0}, only magic 2 can be appended")]
    Magic(i8),
    /// A client's batch counts its offsets from 0.
    #[error("base offset is {0}, a batch from a client must have 0")]
    BaseOffset(Offset),
    /// Only coordinators write control records.
    #[error("batch holds control records, which clients must not write")]
    Control,
    /// The header claims no records.
    #[error("records count is {0}, must be at least 1")]
    Count(i32),
    /// The header's two ways to tell the number of records differ.
    #[error("last offset delta {last_offset_delta} does not go with {count} records")]
    OffsetRange {
        /// Last offset less base offset.
        last_offset_delta: i32,
        /// Number of records.
        count: i32,
    },
    /// An idempotent producer counts its records.
    #[error("base sequence is {0}, a batch with a producer id must have one of at least 0")]
    Sequence(i32),
    /// The records cannot be read.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// A record cannot stand in the batch that takes this one's place.
    #[error("batch cannot be built anew: {0}")]
    Append(#[from] AppendError),
    /// The batch that takes this one's place cannot be.
    #[error("batch cannot be built anew: {0}")]
    Build(#[from] BuildError),
}

impl From<InvalidRecord> for InvalidBatch {
    fn from(error: InvalidRecord) -> Self {
        Self::Records(error.into())
    }
}

/// Bytes that are not the batch they claim to be; Kafka's `CORRUPT_MESSAGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorruptBatch {
    /// The frame is wrong.
    #[error("batch is corrupt: {0}")]
    Frame(#[from] BatchError),
    /// The checksum is.
    #[error("batch is corrupt: {0}")]
    Crc(#[from] CrcMismatch),
    /// The offsets are, which the checksum does not cover.
    #[error("batch is corrupt: it goes from offset {first} to {last}")]
    Offsets {
        /// Offset of the first record.
        first: Offset,
        /// Offset of the last one.
        last: Offset,
    },
}

/// A batch above `max.message.bytes`; Kafka's `MESSAGE_TOO_LARGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("batch of {size} bytes is larger than max.message.bytes, {size_max}")]
pub struct RecordTooLargeError {
    /// Size of the batch in bytes, as it would be stored.
    pub size: usize,
    /// The limit in bytes.
    pub size_max: u32,
}

/// A record that may not be appended to this topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {index}: {cause}")]
pub struct RecordError {
    /// Number of the record in its batch, from 0.
    pub index: u32,
    /// What is wrong with it.
    pub cause: RecordErrorCause,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordErrorCause {
    /// Compaction needs a key.
    #[error("a compacted topic takes no record without a key")]
    NoKey,
    /// The producer's clock is too far off.
    #[error("timestamp {timestamp} is outside {earliest} to {latest}")]
    Timestamp {
        /// The record's timestamp.
        timestamp: Timestamp,
        /// Lowest that is allowed.
        earliest: Timestamp,
        /// Highest that is allowed.
        latest: Timestamp,
    },
    /// Only leaders set append times.
    #[error("the batch says LogAppendTime, which only the leader may set")]
    TimestampType,
}

/// Records of a batch may not be appended, so none is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{count} records of the batch are refused, the first is {}", errors[0])]
pub struct RejectedRecordsError {
    /// What is wrong with each, at most [`RejectedRecordsError::ERRORS_MAX`] of them; never empty.
    pub errors: Vec<RecordError>,
    /// How many are refused.
    pub count: usize,
    /// Whether any has a wrong timestamp: then Kafka's code is `INVALID_TIMESTAMP`, else `INVALID_RECORD`.
    pub invalid_timestamp: bool,
}

impl RejectedRecordsError {
    /// Most errors that are listed; a small compressed batch can hold very many records.
    pub const ERRORS_MAX: usize = 1000;

    pub(super) fn add(rejected: &mut Option<Self>, error: RecordError) {
        let rejected =
            rejected.get_or_insert_with(|| Self { errors: Vec::new(), count: 0, invalid_timestamp: false });
        rejected.count += 1;
        rejected.invalid_timestamp |= !matches!(error.cause, RecordErrorCause::NoKey);
        if rejected.errors.len() < Self::ERRORS_MAX {
            rejected.errors.push(error);
        }
    }
}

/// Why a leader refuses an append before the log is even asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// The batch breaks a rule.
    #[error("invalid batch: {0}")]
    Invalid(InvalidBatch),
    /// The batch is not what was sent.
    #[error(transparent)]
    Corrupt(CorruptBatch),
    /// The batch is too large.
    #[error(transparent)]
    TooLarge(#[from] RecordTooLargeError),
    /// Some of its records are refused.
    #[error(transparent)]
    Rejected(#[from] RejectedRecordsError),
}

impl<E: Into<InvalidBatch>> From<E> for ValidationError {
    fn from(error: E) -> Self {
        Self::Invalid(error.into())
    }
}
