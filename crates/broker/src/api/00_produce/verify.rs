//! Asking the coordinator of a transaction, before the first batch of that is appended to a partition (KIP-890).
//!
//! Clients of older versions have added the partition to the transaction before, which is checked; for others it is
//! added. Partitions that know the transaction to be open already need no question.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ottla_coordinator::TransactionalProducer;
use ottla_log::producer_state::VerificationGuard;
use ottla_record::Timestamp;
use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::{Instant, sleep};

use super::decode::Request;
use super::find::{find_topic, header};
use crate::broker::Broker;
use crate::coordinator::transaction::{ClientSupport, PartitionKey, Question};
use crate::partitions::{Partition, Partitions};

/// What is known of a partition's batch before its append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be appended, and shows this.
    Append(Option<VerificationGuard>),
    /// It must not.
    Refuse(ErrorCode),
}

/// A partition that asks.
struct Asking {
    /// Which of the request's partitions it is.
    index: usize,
    partition: Arc<Partition>,
    base_sequence: i32,
}

/// The batches of a request that belong to a transaction.
pub(super) struct Verification {
    transactional_id: KafkaString,
    producer: TransactionalProducer,
    support: ClientSupport,
    asking: Vec<Asking>,
    verdicts: Vec<Verdict>,
}

impl Verification {
    /// What is to be asked about a request before it is appended, if anything is.
    pub(super) fn of(partitions: &Partitions, version: i16, request: &Request, body: &[u8]) -> Option<Self> {
        let transactional_id = request.transactional_id.clone()?;
        let support = ClientSupport::of_produce(version);
        let topics = partitions.topics();
        let mut producer = None;
        let mut asking = Vec::new();
        for at in &request.topics {
            let Ok(topic) = find_topic(&topics, version, at, body) else { continue };
            for index in at.partitions.clone() {
                let asked = &request.partitions[index];
                let header = asked.records.clone().and_then(|records| header(&body[records]));
                let Some(header) =
                    header.filter(|header| header.attributes.is_transactional() && header.has_producer_id())
                else {
                    continue;
                };
                let Ok(partition) = topic.partition(asked.index) else { continue };
                if !support.adds_partitions() && !partition.verifies_transactions() {
                    continue;
                }
                let this = TransactionalProducer { id: header.producer_id, epoch: header.producer_epoch };
                if *producer.get_or_insert(this) != this {
                    return None;
                }
                let partition = Arc::clone(partition);
                asking.push(Asking { index, partition, base_sequence: header.base_sequence });
            }
        }
        let transactional_id = Bytes::copy_from_slice(&body[transactional_id]);
        Some(Self {
            transactional_id: KafkaString::from_bytes_lossy(transactional_id),
            producer: producer?,
            support,
            asking,
            verdicts: vec![Verdict::Append(None); request.partitions.len()],
        })
    }

    /// Has the partitions note that they ask; the question, if there is one.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<Question> {
        let mut partitions: Vec<PartitionKey> = Vec::new();
        for asking in &self.asking {
            let started = asking.partition.start_verification(
                self.producer,
                asking.base_sequence,
                self.support.adds_partitions(),
                now,
            );
            if let Ok(Some(_)) = started {
                partitions.push(asking.key());
            }
            self.verdicts[asking.index] = match started {
                Ok(guard) => Verdict::Append(guard),
                Err(failure) => Verdict::Refuse(failure.code()),
            };
        }
        (!partitions.is_empty()).then(|| Question {
            transactional_id: self.transactional_id.clone(),
            producer: self.producer,
            support: self.support,
            partitions,
        })
    }

    /// Asks until there is an answer. While the transaction before is still being ended, which takes a moment, a client
    /// that relies on its partitions being added is kept waiting rather than sent away with its batch.
    pub(super) async fn ask(&mut self, broker: &Broker, mut question: Question) {
        let keys = &broker.config.keys;
        let backoff = millis(keys.transaction.add_partitions_to_txn_retry_backoff_ms);
        let longest = millis(keys.transaction.add_partitions_to_txn_retry_backoff_max_ms);
        let longest = longest.min(millis(keys.general.request_timeout_ms));
        let began = Instant::now();
        loop {
            let errors = question.ask(&*broker.membership).await;
            let is_busy = errors.values().any(|error| *error == ErrorCode::ConcurrentTransactions);
            if is_busy && self.support.adds_partitions() && began.elapsed() < longest {
                sleep(backoff).await;
                match self.begin(broker.now()) {
                    Some(again) => question = again,
                    None => return,
                }
                continue;
            }
            for asking in &self.asking {
                if let Some(error) = errors.get(&asking.key()) {
                    self.verdicts[asking.index] = Verdict::Refuse(*error);
                }
            }
            return;
        }
    }

    /// What is known now of each of the request's partitions.
    pub(super) fn into_verdicts(self) -> Vec<Verdict> {
        self.verdicts
    }

    /// What the client is told of a refusal; errors of the coordinator that it would not try again after are replaced by
    /// one that it does, without asking for metadata first.
    pub(super) fn told(support: ClientSupport, error: ErrorCode) -> (ErrorCode, Option<KafkaString>) {
        let is_retried = match error {
            ErrorCode::NetworkException
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator => true,
            ErrorCode::ConcurrentTransactions => !support.adds_partitions(),
            _ => false,
        };
        match error {
            _ if is_retried => {
                let name = error.name();
                let message =
                    format!("cannot verify that the partition was added to the transaction: {name}");
                (ErrorCode::NotEnoughReplicas, Some(message.into()))
            }
            ErrorCode::InvalidTxnState => {
                (error, Some("the partition was not added to the transaction".into()))
            }
            _ => (error, None),
        }
    }
}

impl Asking {
    fn key(&self) -> PartitionKey {
        (self.partition.topic().name.clone(), self.partition.index())
    }
}

fn millis(value: i32) -> Duration {
    Duration::from_millis(value.unsigned_abs().into())
}
