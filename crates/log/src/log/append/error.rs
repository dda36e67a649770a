//! Why an append is refused.

use super::super::error::{
    LeaderEpochMismatchError, OffsetsOutOfOrderError, PoisonedError, StorageError, UnexpectedOffsetError,
};
use crate::producer_state::ProducerStateError;
use crate::validate::{
    CorruptBatch, InvalidBatch, RecordTooLargeError, RejectedRecordsError, ValidationError,
};

/// What an append can end in. Only [`AppendError::Storage`] may have changed anything.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The files failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A batch breaks a rule; Kafka's `INVALID_RECORD`.
    #[error("invalid batch: {0}")]
    Invalid(InvalidBatch),
    /// A batch is not what was sent; Kafka's `CORRUPT_MESSAGE`.
    #[error(transparent)]
    Corrupt(CorruptBatch),
    /// A batch is above `max.message.bytes`; Kafka's `MESSAGE_TOO_LARGE`.
    #[error(transparent)]
    TooLarge(RecordTooLargeError),
    /// The batches are above `segment.bytes`; Kafka's `RECORD_LIST_TOO_LARGE`.
    #[error(transparent)]
    SegmentSize(#[from] SegmentSizeError),
    /// Some records are refused; Kafka's `INVALID_TIMESTAMP` or `INVALID_RECORD`.
    #[error(transparent)]
    Rejected(RejectedRecordsError),
    /// The producer's epoch, sequence or transaction does not fit.
    #[error(transparent)]
    Producer(#[from] ProducerStateError),
    /// The batches do not continue the log.
    #[error(transparent)]
    UnexpectedOffset(#[from] UnexpectedOffsetError),
    /// The batches do not continue each other.
    #[error(transparent)]
    OffsetsOutOfOrder(#[from] OffsetsOutOfOrderError),
    /// A batch is of another epoch than its leader.
    #[error(transparent)]
    LeaderEpoch(#[from] LeaderEpochMismatchError),
}

impl From<ValidationError> for AppendError {
    fn from(error: ValidationError) -> Self {
        match error {
            ValidationError::Invalid(error) => Self::Invalid(error),
            ValidationError::Corrupt(error) => Self::Corrupt(error),
            ValidationError::TooLarge(error) => Self::TooLarge(error),
            ValidationError::Rejected(error) => Self::Rejected(error),
        }
    }
}

impl From<PoisonedError> for AppendError {
    fn from(error: PoisonedError) -> Self {
        Self::Storage(error.into())
    }
}

/// Batches that no segment can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("batches of {size} bytes are larger than segment.bytes, {size_max}")]
pub struct SegmentSizeError {
    /// Their size in bytes.
    pub size: usize,
    /// The limit in bytes.
    pub size_max: u32,
}
