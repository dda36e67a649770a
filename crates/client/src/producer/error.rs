//! Why a record was not sent.

use std::time::Duration;

use ottla_wire::ErrorCode;

use super::transaction::TransactionError;
use crate::error::{ApiError, ClientError};
use crate::topic_partition::TopicPartition;

/// Why a record was not sent, or is not known to be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProduceError {
    /// The topic could not be learnt about.
    #[error("topic {topic}: {error}")]
    Topic {
        /// The topic.
        topic: String,
        /// Why not.
        error: ClientError,
    },
    /// The topic has no such partition.
    #[error("topic {topic} has {partitions} partitions, and no partition {partition}")]
    NoPartition {
        /// The topic.
        topic: String,
        /// The partition that was asked for.
        partition: i32,
        /// How many there are.
        partitions: usize,
    },
    /// The record alone is more than a request, or all of the buffer.
    #[error("the record takes {size} bytes, more than {key}, which is {limit}")]
    RecordTooLarge {
        /// Bytes that it takes at most.
        size: usize,
        /// The key that limits it.
        key: &'static str,
        /// The key's value.
        limit: usize,
    },
    /// The record's timestamp is negative.
    #[error("timestamp {0} of the record is negative, it counts milliseconds from 1970")]
    NegativeTimestamp(i64),
    /// No memory came free in time.
    #[error("no buffer memory came free within {} ms, {needed} bytes are needed", .after.as_millis())]
    BufferFull {
        /// Bytes that a batch for the record takes.
        needed: usize,
        /// How long the send waited.
        after: Duration,
    },
    /// The broker refused the record.
    #[error(transparent)]
    Rejected(#[from] ApiError),
    /// The broker refused another record of the same batch.
    #[error("the record was in one batch with others that the broker found invalid")]
    InBadCompany,
    /// The time is up. Unless it was never sent, the record may yet have been written.
    #[error(
        "{records} record(s) for {partition} were not acknowledged within {} ms",
        .after.as_millis()
    )]
    Expired {
        /// Where the record was to go.
        partition: TopicPartition,
        /// Records of the batch.
        records: i32,
        /// `delivery.timeout.ms`.
        after: Duration,
    },
    /// The batch could not be made.
    #[error("the batch cannot be built: {0}")]
    Build(String),
    /// The cluster gave the producer no id, for a reason that does not pass.
    #[error("no producer id: {0}")]
    NoProducerId(ClientError),
    /// The connection broke and the retries are used up.
    #[error(transparent)]
    Lost(ClientError),
    /// The record does not fit the producer's transaction, or the transaction failed.
    #[error(transparent)]
    Transaction(Box<TransactionError>),
    /// The transaction was aborted before the record was sent.
    #[error("the transaction was aborted before the record was sent")]
    Aborted,
    /// The producer is closed.
    #[error("the producer is closed")]
    Closed,
}

impl ProduceError {
    /// The code that stands for it, as Kafka's clients would name its exception.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Topic { error, .. } | Self::NoProducerId(error) | Self::Lost(error) => error.code(),
            Self::RecordTooLarge { .. } => ErrorCode::MessageTooLarge,
            Self::Rejected(error) => error.code,
            Self::NoPartition { .. } | Self::BufferFull { .. } | Self::Expired { .. } => {
                ErrorCode::RequestTimedOut
            }
            Self::NegativeTimestamp(_) => ErrorCode::InvalidTimestamp,
            Self::InBadCompany => ErrorCode::InvalidRecord,
            Self::Transaction(error) => error.code(),
            Self::Aborted => ErrorCode::TransactionAbortable,
            Self::Build(_) | Self::Closed => ErrorCode::UnknownServerError,
        }
    }

    /// Whether a transaction cannot be committed after it: not where the user's call could not be.
    pub(super) const fn ends_transaction(&self) -> bool {
        !matches!(self, Self::NegativeTimestamp(_) | Self::Transaction(_) | Self::Aborted | Self::Closed)
    }
}

impl From<TransactionError> for ProduceError {
    fn from(error: TransactionError) -> Self {
        Self::Transaction(Box::new(error))
    }
}
