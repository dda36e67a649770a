//! The requests of a transaction, and what each error code means for it.

use std::sync::Arc;

use ottla_wire::{ErrorCode, KafkaString};

use super::completion::Completion;
use crate::consumer::ConsumerGroupMetadata;
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::producer::batch::Identity;
use crate::topic_partition::TopicPartition;

/// A request to the coordinator of the transaction, or of a group.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::producer) enum Request {
    /// For an identity: the first, or the one after `current` (KIP-360).
    Init {
        current: Option<Identity>,
    },
    AddPartitions {
        identity: Identity,
        partitions: Vec<TopicPartition>,
    },
    AddOffsets {
        identity: Identity,
        group_id: KafkaString,
    },
    CommitOffsets {
        identity: Identity,
        is_v2: bool,
        group: ConsumerGroupMetadata,
        offsets: Offsets,
    },
    End {
        identity: Identity,
        is_v2: bool,
        is_commit: bool,
    },
}

/// Offsets to commit with the transaction.
pub(in crate::producer) type Offsets = Vec<(TopicPartition, OffsetAndMetadata)>;

/// What a coordinator answered, an error of the whole apart.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::producer) enum Reply {
    Initialized(Identity),
    /// Of each partition that was to be added, or whose offset was to be committed.
    Partitions(Vec<(TopicPartition, ErrorCode)>),
    OffsetsAdded,
    /// The identity to go on with, if the coordinator has begun a new epoch (KIP-890).
    Ended(Option<Identity>),
}

/// Offsets of a group that wait for being committed with the transaction.
#[derive(Debug)]
pub(super) struct PendingOffsets {
    pub(super) group: ConsumerGroupMetadata,
    pub(super) offsets: Offsets,
    /// Whether the transaction goes by version 2.
    pub(super) is_v2: bool,
    /// Whether the coordinator knows that the group takes part, or need not be told.
    pub(super) is_added: bool,
    pub(super) completion: Arc<Completion>,
}

/// What an error makes of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The same again, after a while.
    Retry,
    /// The same again, elsewhere.
    RetryElsewhere,
    /// The producer goes back to where it began.
    Uninitialized,
    Abortable,
    /// Abortable, but the epoch has to be bumped, without which it is fatal.
    AbortableWithBump,
    /// One of several partitions failed; the others are still of interest.
    OfPartition,
    Fenced,
    Fatal,
}

impl Request {
    /// What an error code means in the answer to this request.
    pub(super) fn class(&self, code: ErrorCode) -> Class {
        use ErrorCode as E;
        if matches!(code, E::NotCoordinator | E::CoordinatorNotAvailable) {
            return Class::RetryElsewhere;
        }
        if matches!(code, E::RequestTimedOut) && matches!(self, Self::CommitOffsets { .. }) {
            return Class::RetryElsewhere;
        }
        if code.is_retriable() {
            return Class::Retry;
        }
        match (self, code) {
            (_, E::InvalidProducerEpoch | E::ProducerFenced) => Class::Fenced,
            (Self::End { is_commit: false, .. }, E::TransactionAbortable) => Class::Fatal,
            // Before the first identity there is nothing to abort.
            (Self::Init { current: None }, E::TransactionAbortable)
            | (Self::Init { .. }, E::TransactionalIdAuthorizationFailed | E::ClusterAuthorizationFailed) => {
                Class::Uninitialized
            }
            (_, E::TransactionAbortable) => Class::Abortable,
            (
                Self::AddPartitions { .. } | Self::AddOffsets { .. } | Self::End { .. },
                E::UnknownProducerId,
            ) => Class::AbortableWithBump,
            (Self::AddOffsets { .. } | Self::CommitOffsets { .. }, E::GroupAuthorizationFailed) => {
                Class::Abortable
            }
            (Self::CommitOffsets { .. }, E::FencedInstanceId | E::UnknownMemberId | E::IllegalGeneration) => {
                Class::Abortable
            }
            (
                Self::AddPartitions { .. },
                E::TransactionalIdAuthorizationFailed | E::InvalidTxnState | E::InvalidProducerIdMapping,
            ) => Class::Fatal,
            (Self::AddPartitions { .. }, _) => Class::OfPartition,
            _ => Class::Fatal,
        }
    }
}

#[cfg(test)]
mod tests {
    use ottla_record::ProducerId;
    use ottla_wire::ErrorCode as E;

    use super::*;

    #[test]
    fn each_error_has_its_meaning() {
        let id = Identity { producer_id: ProducerId(7), epoch: 0 };
        let group = ConsumerGroupMetadata {
            group_id: "g".into(),
            generation_id: 1,
            member_id: "m".into(),
            group_instance_id: None,
        };
        let requests = [
            Request::Init { current: None },
            Request::AddPartitions { identity: id, partitions: Vec::new() },
            Request::AddOffsets { identity: id, group_id: "g".into() },
            Request::CommitOffsets { identity: id, is_v2: true, group, offsets: Vec::new() },
            Request::End { identity: id, is_v2: true, is_commit: true },
            Request::End { identity: id, is_v2: true, is_commit: false },
        ];
        use Class::{
            Abortable as A, AbortableWithBump as B, Fatal as F, Fenced as X, OfPartition as P, Retry as R,
            RetryElsewhere as L, Uninitialized as U,
        };
        let table = [
            (E::NotCoordinator, [L, L, L, L, L, L]),
            (E::CoordinatorNotAvailable, [L, L, L, L, L, L]),
            (E::CoordinatorLoadInProgress, [R, R, R, R, R, R]),
            (E::ConcurrentTransactions, [R, R, R, R, R, R]),
            (E::RequestTimedOut, [R, R, R, L, R, R]),
            (E::UnknownTopicOrPartition, [R, R, R, R, R, R]),
            (E::InvalidProducerEpoch, [X, X, X, X, X, X]),
            (E::ProducerFenced, [X, X, X, X, X, X]),
            (E::TransactionAbortable, [U, A, A, A, A, F]),
            (E::TransactionalIdAuthorizationFailed, [U, F, F, F, F, F]),
            (E::ClusterAuthorizationFailed, [U, P, F, F, F, F]),
            (E::InvalidTxnState, [F, F, F, F, F, F]),
            (E::InvalidProducerIdMapping, [F, F, F, F, F, F]),
            (E::UnknownProducerId, [F, B, B, F, B, B]),
            (E::TopicAuthorizationFailed, [F, P, F, F, F, F]),
            (E::OperationNotAttempted, [F, P, F, F, F, F]),
            (E::GroupAuthorizationFailed, [F, P, A, A, F, F]),
            (E::FencedInstanceId, [F, P, F, A, F, F]),
            (E::UnknownMemberId, [F, P, F, A, F, F]),
            (E::IllegalGeneration, [F, P, F, A, F, F]),
            (E::InvalidTransactionTimeout, [F, P, F, F, F, F]),
            (E::UnsupportedForMessageFormat, [F, P, F, F, F, F]),
            (E::UnknownServerError, [F, P, F, F, F, F]),
        ];
        for (code, expected) in table {
            let classes = requests.each_ref().map(|request| request.class(code));
            assert_eq!(classes, expected, "{code:?}");
        }
    }
}
