//! Which partitions are part of a transaction: what their leaders ask its coordinator before the first append (KIP-890).

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;

use ottla_coordinator::TransactionalProducer;
use ottla_wire::api::add_partitions_to_txn::{
    AddPartitionsToTxnResult, AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction,
};
use ottla_wire::{ErrorCode, KafkaString};

/// What the client of a transaction understands, by the version of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientSupport {
    /// It adds partitions itself, and does not know `TRANSACTION_ABORTABLE`.
    DefaultError,
    /// It adds partitions itself.
    GenericError,
    /// It leaves it to the leaders to add partitions, and has an epoch for each transaction.
    AddPartition,
}

impl ClientSupport {
    /// That of the sender of a Produce request.
    pub(crate) const fn of_produce(version: i16) -> Self {
        match version {
            ..=10 => Self::DefaultError,
            11 => Self::GenericError,
            12.. => Self::AddPartition,
        }
    }

    /// That of the sender of a TxnOffsetCommit request.
    pub(crate) const fn of_txn_offset_commit(version: i16) -> Self {
        match version {
            ..=3 => Self::DefaultError,
            4 => Self::GenericError,
            5.. => Self::AddPartition,
        }
    }

    /// Whether partitions are added for it.
    pub(crate) fn adds_partitions(self) -> bool {
        self == Self::AddPartition
    }
}

/// An answer on its way.
pub(crate) type MembershipFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AddPartitionsToTxnResult, ErrorCode>> + Send + 'a>>;

/// Asks the coordinator of a transaction, wherever that is, to add partitions or to tell whether they are part of it.
///
/// The answer has each partition's error, or there is one for all.
pub(crate) trait Membership: Send + Sync + fmt::Debug {
    /// Asks once.
    fn ask(&self, transaction: AddPartitionsToTxnTransaction) -> MembershipFuture<'_>;
}

/// A topic and the number of a partition.
pub(crate) type PartitionKey = (KafkaString, i32);

/// Partitions that are about to get the first batch of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) transactional_id: KafkaString,
    pub(crate) producer: TransactionalProducer,
    pub(crate) support: ClientSupport,
    /// The partitions; those of a topic stand together.
    pub(crate) partitions: Vec<PartitionKey>,
}

impl Question {
    /// Has the coordinator asked; the errors of the partitions that must not be appended to.
    pub(crate) async fn ask(&self, membership: &dyn Membership) -> BTreeMap<PartitionKey, ErrorCode> {
        match membership.ask(self.request()).await {
            Err(error) => self.partitions.iter().map(|key| (key.clone(), error)).collect(),
            Ok(result) => self.errors(result),
        }
    }

    fn request(&self) -> AddPartitionsToTxnTransaction {
        let topics =
            self.partitions.chunk_by(|one, next| one.0 == next.0).map(|partitions| AddPartitionsToTxnTopic {
                name: partitions[0].0.clone(),
                partitions: partitions.iter().map(|(_, index)| *index).collect(),
                ..AddPartitionsToTxnTopic::default()
            });
        AddPartitionsToTxnTransaction {
            transactional_id: self.transactional_id.clone(),
            producer_id: self.producer.id.0,
            producer_epoch: self.producer.epoch,
            verify_only: !self.support.adds_partitions(),
            topics: topics.collect(),
            ..AddPartitionsToTxnTransaction::default()
        }
    }

    fn errors(&self, result: AddPartitionsToTxnResult) -> BTreeMap<PartitionKey, ErrorCode> {
        let partitions = result.topic_results.into_iter().flat_map(|topic| {
            let name = topic.name;
            topic.results_by_partition.into_iter().map(move |partition| {
                ((name.clone(), partition.partition_index), ErrorCode::from(partition.partition_error_code))
            })
        });
        let refused = partitions.filter(|(_, error)| *error != ErrorCode::None);
        refused.map(|(key, error)| (key, self.as_told(error))).collect()
    }

    /// A coordinator's error in the words that clients expect from a leader.
    fn as_told(&self, error: ErrorCode) -> ErrorCode {
        match error {
            ErrorCode::ProducerFenced => ErrorCode::InvalidProducerEpoch,
            ErrorCode::TransactionAbortable if self.support == ClientSupport::DefaultError => {
                ErrorCode::InvalidTxnState
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use ottla_record::ProducerId;
    use ottla_wire::api::add_partitions_to_txn::{
        AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
    };

    use super::*;

    /// Answers every partition with one error, or the request as a whole.
    #[derive(Debug)]
    struct Coordinator(Result<ErrorCode, ErrorCode>);

    impl Membership for Coordinator {
        fn ask(&self, transaction: AddPartitionsToTxnTransaction) -> MembershipFuture<'_> {
            let answer = self.0.map(|error| {
                let topics = transaction.topics.into_iter().map(|topic| AddPartitionsToTxnTopicResult {
                    name: topic.name,
                    results_by_partition: topic
                        .partitions
                        .into_iter()
                        .map(|partition_index| AddPartitionsToTxnPartitionResult {
                            partition_index,
                            partition_error_code: error.number(),
                            ..AddPartitionsToTxnPartitionResult::default()
                        })
                        .collect(),
                    ..AddPartitionsToTxnTopicResult::default()
                });
                AddPartitionsToTxnResult { topic_results: topics.collect(), ..Default::default() }
            });
            Box::pin(std::future::ready(answer))
        }
    }

    #[tokio::test]
    async fn errors_are_told_as_the_client_knows_them() {
        use ClientSupport::{AddPartition, DefaultError, GenericError};
        let cases = [
            (DefaultError, Ok(ErrorCode::None), None),
            (AddPartition, Ok(ErrorCode::ProducerFenced), Some(ErrorCode::InvalidProducerEpoch)),
            (DefaultError, Ok(ErrorCode::TransactionAbortable), Some(ErrorCode::InvalidTxnState)),
            (GenericError, Ok(ErrorCode::TransactionAbortable), Some(ErrorCode::TransactionAbortable)),
            (AddPartition, Ok(ErrorCode::ConcurrentTransactions), Some(ErrorCode::ConcurrentTransactions)),
            (GenericError, Err(ErrorCode::NotCoordinator), Some(ErrorCode::NotCoordinator)),
        ];
        for (support, answer, expected) in cases {
            let question = Question {
                transactional_id: "id".into(),
                producer: TransactionalProducer { id: ProducerId(1), epoch: 0 },
                support,
                partitions: vec![("a".into(), 0), ("a".into(), 1), ("b".into(), 0)],
            };
            assert_eq!(question.request().topics.len(), 2);
            let errors = question.ask(&Coordinator(answer)).await;
            let expected: BTreeMap<_, _> = expected
                .iter()
                .flat_map(|error| question.partitions.iter().map(|key| (key.clone(), *error)))
                .collect();
            assert_eq!(errors, expected, "{support:?} {answer:?}");
        }
    }

    #[test]
    fn versions_tell_what_clients_understand() {
        let produce: Vec<_> = (3..=13).map(ClientSupport::of_produce).collect();
        assert_eq!(produce.iter().filter(|support| **support == ClientSupport::DefaultError).count(), 8);
        assert_eq!(
            produce[8..],
            [ClientSupport::GenericError, ClientSupport::AddPartition, ClientSupport::AddPartition]
        );
        let commit: Vec<_> = (3..=5).map(ClientSupport::of_txn_offset_commit).collect();
        assert_eq!(
            commit,
            [ClientSupport::DefaultError, ClientSupport::GenericError, ClientSupport::AddPartition]
        );
    }
}
