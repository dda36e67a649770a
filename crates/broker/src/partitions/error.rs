//! Why a partition refuses, and what the client is told.

use ottla_log::log::{AppendError, IncrementError, ReadError, StorageError};
use ottla_log::producer_state::ProducerStateError;
use ottla_wire::ErrorCode;

/// A partition that cannot be asked, at least not here or not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PartitionError {
    /// No topic of that name, or no partition of that number.
    #[error("this broker does not know the topic or partition")]
    UnknownTopicOrPartition,
    /// No topic of that id.
    #[error("this broker knows no topic of this id")]
    UnknownTopicId,
    /// Another broker leads it.
    #[error("this broker does not lead the partition")]
    NotLeader,
    /// The client knows an older leader epoch.
    #[error("the leader epoch in the request is older than the leader's")]
    FencedLeaderEpoch,
    /// The client knows a newer leader epoch.
    #[error("the leader epoch in the request is newer than the leader's")]
    UnknownLeaderEpoch,
    /// Its log directory has failed.
    #[error("the log directory of the partition is offline")]
    Offline,
}

impl PartitionError {
    /// Kafka's code for it.
    pub(crate) const fn code(self) -> ErrorCode {
        match self {
            Self::UnknownTopicOrPartition => ErrorCode::UnknownTopicOrPartition,
            Self::UnknownTopicId => ErrorCode::UnknownTopicId,
            Self::NotLeader => ErrorCode::NotLeaderOrFollower,
            Self::FencedLeaderEpoch => ErrorCode::FencedLeaderEpoch,
            Self::UnknownLeaderEpoch => ErrorCode::UnknownLeaderEpoch,
            Self::Offline => ErrorCode::KafkaStorageError,
        }
    }
}

/// What an append can end in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendFailure {
    /// The partition cannot be appended to.
    #[error(transparent)]
    Partition(#[from] PartitionError),
    /// Too few replicas are in sync for `acks=all`.
    #[error("{in_sync} replicas are in sync, min.insync.replicas asks for {needed}")]
    NotEnoughReplicas {
        /// Replicas in sync.
        in_sync: u32,
        /// Replicas that must be.
        needed: u32,
    },
    /// A batch or a marker of a transaction without a producer.
    #[error("a transaction has a producer with an epoch")]
    NoProducer,
    /// The log refuses.
    #[error(transparent)]
    Log(#[from] AppendError),
}

impl AppendFailure {
    /// Kafka's code for it.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Partition(error) => error.code(),
            Self::NotEnoughReplicas { .. } => ErrorCode::NotEnoughReplicas,
            Self::NoProducer => ErrorCode::InvalidRequest,
            Self::Log(error) => append_error_code(error),
        }
    }
}

fn append_error_code(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::Storage(_) => ErrorCode::KafkaStorageError,
        AppendError::Invalid(_) => ErrorCode::InvalidRecord,
        AppendError::Corrupt(_) => ErrorCode::CorruptMessage,
        AppendError::TooLarge(_) => ErrorCode::MessageTooLarge,
        AppendError::SegmentSize(_) => ErrorCode::RecordListTooLarge,
        AppendError::Rejected(rejected) if rejected.invalid_timestamp => ErrorCode::InvalidTimestamp,
        AppendError::Rejected(_) => ErrorCode::InvalidRecord,
        AppendError::Producer(error) => producer_error_code(error),
        // Only appends with offsets of their own can end in these.
        AppendError::UnexpectedOffset(_)
        | AppendError::OffsetsOutOfOrder(_)
        | AppendError::LeaderEpoch(_) => ErrorCode::UnknownServerError,
    }
}

fn producer_error_code(error: &ProducerStateError) -> ErrorCode {
    match error {
        ProducerStateError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        ProducerStateError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        ProducerStateError::InvalidTransactionState { .. }
        | ProducerStateError::UnverifiedTransaction { .. } => ErrorCode::InvalidTxnState,
        ProducerStateError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
    }
}

/// What reading a partition can end in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFailure {
    /// The partition cannot be read.
    #[error(transparent)]
    Partition(#[from] PartitionError),
    /// The offset is not in the log, or the files failed.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The log knows no end of the epoch that the client has read last.
    #[error("the log does not reach back to the leader epoch of the request")]
    EpochOutOfRange,
}

impl ReadFailure {
    /// Kafka's code for it.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Partition(error) => error.code(),
            Self::Log(ReadError::Storage(_)) => ErrorCode::KafkaStorageError,
            Self::Log(ReadError::OffsetOutOfRange(_)) | Self::EpochOutOfRange => ErrorCode::OffsetOutOfRange,
        }
    }
}

impl From<StorageError> for ReadFailure {
    fn from(error: StorageError) -> Self {
        Self::Log(error.into())
    }
}

/// What deleting records can end in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeleteFailure {
    /// The partition cannot be changed.
    #[error(transparent)]
    Partition(#[from] PartitionError),
    /// Records of a topic that is only compacted stay.
    #[error("records of a topic without cleanup.policy=delete cannot be deleted")]
    Policy,
    /// The offset is negative.
    #[error("offset {0} is negative and not -1, the high watermark")]
    InvalidOffset(i64),
    /// The offset is above the high watermark, or the files failed.
    #[error(transparent)]
    Log(#[from] IncrementError),
}

impl DeleteFailure {
    /// Kafka's code for it.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Partition(error) => error.code(),
            Self::Policy => ErrorCode::PolicyViolation,
            Self::InvalidOffset(_) | Self::Log(IncrementError::AboveHighWatermark(_)) => {
                ErrorCode::OffsetOutOfRange
            }
            Self::Log(IncrementError::Storage(_)) => ErrorCode::KafkaStorageError,
        }
    }
}
