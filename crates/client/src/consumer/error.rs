//! What can go wrong while consuming.

use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::ErrorCode;

use super::TopicPartition;
use crate::error::{ApiError, ClientError};

/// Why a consumer could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConsumerError {
    /// A request failed, or a node answered an error that does not go away.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Topics by name, topics by pattern and partitions exclude each other.
    #[error("subscription to topics, partitions and pattern are mutually exclusive")]
    MixedSubscription,
    /// There is nothing to read.
    #[error("the consumer is not subscribed to any topics or assigned any partitions")]
    NothingSubscribed,
    /// The operation needs a group.
    #[error(
        "to use the group management or offset commit APIs, group.id must be set to a name that is not empty"
    )]
    NoGroup,
    /// The pattern is no regular expression.
    #[error("invalid pattern {pattern}: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The partition is not among those that the consumer reads.
    #[error("partition {0} is not assigned to this consumer")]
    NotAssigned(TopicPartition),
    /// Nothing is committed, and there is no policy where to begin.
    #[error("undefined offset with no reset policy for partitions: {}", names(.0))]
    NoOffset(Vec<TopicPartition>),
    /// The log no longer has the position, or not yet, and there is no policy for that.
    #[error("fetch position {offset} is out of range for partition {partition}")]
    OutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The position.
        offset: Offset,
    },
    /// The log was cut below what was read already (KIP-320), and there is no policy for that.
    #[error(
        "truncated partition {partition}: records before offset {offset} are no longer those that were read"
    )]
    Truncated {
        /// The partition.
        partition: TopicPartition,
        /// The position.
        offset: Offset,
        /// Where the logs part, with the epoch of the last record in common, if the leader knows.
        diverging: Option<(Offset, Option<LeaderEpoch>)>,
    },
    /// What a partition leader sent is damaged. To go on, seek past it.
    #[error(
        "cannot read partition {partition} at offset {offset}, if needed seek past it to go on: {reason}"
    )]
    Corrupt {
        /// The partition.
        partition: TopicPartition,
        /// Where it cannot be read.
        offset: Offset,
        /// What is wrong.
        reason: String,
    },
    /// The member is no longer part of its group, so that its commit does not count.
    #[error(
        "offset commit cannot be completed since the consumer is not part of an active group for auto partition \
         assignment; it is likely that the consumer was kicked out of the group"
    )]
    CommitFailed,
    /// The commit must wait for the rebalance, which the next `poll` completes.
    #[error(
        "offset commit cannot be completed since the consumer is undergoing a rebalance; it can complete the \
         rebalance by calling poll and then retry"
    )]
    RebalanceInProgress,
    /// Partitions are not shared out as the members agreed.
    #[error("{0}")]
    Protocol(String),
    /// [`Waker::wake`](super::Waker::wake) was called.
    #[error("the consumer was woken up")]
    Woken,
    /// The consumer is closed.
    #[error("the consumer has already been closed")]
    Closed,
}

fn names(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl From<ErrorCode> for ConsumerError {
    fn from(code: ErrorCode) -> Self {
        Self::Client(ClientError::Api(ApiError::new(code)))
    }
}

impl From<crate::error::CallError> for ConsumerError {
    fn from(error: crate::error::CallError) -> Self {
        Self::Client(error.into())
    }
}

impl ConsumerError {
    /// Whether the same operation may succeed later.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Client(error) => error.is_retriable(),
            Self::RebalanceInProgress => true,
            _ => false,
        }
    }
}
