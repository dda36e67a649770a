//! AddPartitionsToTxn and AddOffsetsToTxn.

use ottla_coordinator::{Now, Token};
use ottla_record::ProducerId;
use ottla_wire::api::add_partitions_to_txn::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnResult, AddPartitionsToTxnTopicResult,
    AddPartitionsToTxnTransaction,
};
use ottla_wire::messages::AddOffsetsToTxnRequest;
use ottla_wire::{ErrorCode, KafkaString};

use super::transaction::{Producer, Transaction};
use super::{TransactionCoordinator, error_for_client};
use crate::metadata::TransactionMetadata;
use crate::outcome::{Outcome, Reply, Response, add_offsets_to_txn_error};
use crate::partitions::Partitions;
use crate::state::TransactionState;
use crate::version::TransactionVersion;

/// First version of either request whose clients know `PRODUCER_FENCED`.
const FENCED_VERSION: i16 = 2;
/// Topic of the offsets that groups commit.
const CONSUMER_OFFSETS: KafkaString = KafkaString::from_static("__consumer_offsets");

impl TransactionCoordinator {
    /// Partitions join a transaction, or, if the request is only to verify, tells of each whether it is part of it:
    /// `TRANSACTION_ABORTABLE` if it is not.
    ///
    /// A request up to version 3 is one such transaction. Partitions that there are not, or that the client may not
    /// write to, are refused by the sender, and with them all others (see [`partitions_result`]).
    pub fn handle_add_partitions_to_txn(
        &mut self,
        now: Now,
        api_version: i16,
        request: &AddPartitionsToTxnTransaction,
        token: Token,
    ) -> Outcome {
        let producer = Producer { id: ProducerId(request.producer_id), epoch: request.producer_epoch };
        if request.verify_only {
            let result = self.verify_partitions(request, producer);
            self.reply(token, Response::AddPartitionsToTxn(result));
            return self.take_outcome();
        }
        let partitions = request
            .topics
            .iter()
            .flat_map(|topic| topic.partitions.iter().map(move |&partition| (&topic.name, partition)));
        let added: Partitions = partitions.collect();
        let version = TransactionVersion::of_add_partitions(api_version);
        let result = |error| {
            let error = error_for_client(error, api_version, FENCED_VERSION);
            Response::AddPartitionsToTxn(partitions_result(request, |_, _| error))
        };
        self.add_partitions(now, &request.transactional_id, producer, &added, version, token, result);
        self.take_outcome()
    }

    /// The offsets of a group join a transaction: the partition of `__consumer_offsets` that holds the group.
    pub fn handle_add_offsets_to_txn(
        &mut self,
        now: Now,
        api_version: i16,
        request: &AddOffsetsToTxnRequest,
        offsets_partition: i32,
        token: Token,
    ) -> Outcome {
        let producer = Producer { id: ProducerId(request.producer_id), epoch: request.producer_epoch };
        let added: Partitions = [(&CONSUMER_OFFSETS, offsets_partition)].into_iter().collect();
        // Clients that go by version 2 leave the request out.
        let version = TransactionVersion::V0;
        let result = |error| {
            let error = error_for_client(error, api_version, FENCED_VERSION);
            Response::AddOffsetsToTxn(add_offsets_to_txn_error(error))
        };
        self.add_partitions(now, &request.transactional_id, producer, &added, version, token, result);
        self.take_outcome()
    }

    #[expect(clippy::too_many_arguments, reason = "two requests with much in common")]
    fn add_partitions(
        &mut self,
        now: Now,
        transactional_id: &KafkaString,
        producer: Producer,
        added: &Partitions,
        version: TransactionVersion,
        token: Token,
        result: impl Fn(ErrorCode) -> Response,
    ) {
        match self.decide_add(now, transactional_id, producer, added, version) {
            Ok(Some(next)) => {
                let reply = Reply { token, response: result(ErrorCode::None) };
                self.write_state(transactional_id, next, Some(reply));
            }
            Ok(None) => self.reply(token, result(ErrorCode::None)),
            Err(error) => self.reply(token, result(error)),
        }
    }

    /// The next state of the transactional id; none if the partitions are part of the transaction already.
    fn decide_add(
        &self,
        now: Now,
        transactional_id: &str,
        producer: Producer,
        added: &Partitions,
        version: TransactionVersion,
    ) -> Result<Option<TransactionMetadata>, ErrorCode> {
        let transaction = self.find(transactional_id)?;
        // First of all: the producer may go by an id that it was just promised and that is being written.
        if transaction.pending.is_some() {
            return Err(ErrorCode::ConcurrentTransactions);
        }
        let metadata = &transaction.metadata;
        check_producer(metadata, producer)?;
        let is_ongoing = metadata.state == TransactionState::Ongoing;
        if is_ongoing && added.iter().all(|(topic, partition)| metadata.partitions.contains(topic, partition))
        {
            return Ok(None);
        }
        Ok(Some(metadata.with_partitions(added, version, now.time_of_day)))
    }

    fn verify_partitions(
        &self,
        request: &AddPartitionsToTxnTransaction,
        producer: Producer,
    ) -> AddPartitionsToTxnResult {
        let found = self.find(&request.transactional_id).and_then(|transaction| {
            check_producer(&transaction.metadata, producer)?;
            Ok(&transaction.metadata.partitions)
        });
        partitions_result(request, |topic, partition| match found {
            Ok(partitions) if partitions.contains(topic, partition) => ErrorCode::None,
            Ok(_) => ErrorCode::TransactionAbortable,
            Err(error) => error,
        })
    }

    fn find(&self, transactional_id: &str) -> Result<&Transaction, ErrorCode> {
        if transactional_id.is_empty() {
            return Err(ErrorCode::InvalidRequest);
        }
        self.transactions.get(transactional_id).ok_or(ErrorCode::InvalidProducerIdMapping)
    }
}

/// Whether it is this producer's transaction, and open to more partitions.
fn check_producer(metadata: &TransactionMetadata, producer: Producer) -> Result<(), ErrorCode> {
    if metadata.producer_id != producer.id {
        return Err(ErrorCode::InvalidProducerIdMapping);
    }
    if metadata.producer_epoch != producer.epoch {
        return Err(ErrorCode::ProducerFenced);
    }
    if metadata.state.prepared().is_some() {
        return Err(ErrorCode::ConcurrentTransactions);
    }
    Ok(())
}

/// The answer to one transaction's part of AddPartitionsToTxn, with an error, or none, for each of its partitions.
pub fn partitions_result(
    request: &AddPartitionsToTxnTransaction,
    mut error_of: impl FnMut(&KafkaString, i32) -> ErrorCode,
) -> AddPartitionsToTxnResult {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|&partition| AddPartitionsToTxnPartitionResult {
            partition_index: partition,
            partition_error_code: error_of(&topic.name, partition).number(),
            ..AddPartitionsToTxnPartitionResult::default()
        });
        AddPartitionsToTxnTopicResult {
            name: topic.name.clone(),
            results_by_partition: partitions.collect(),
            ..AddPartitionsToTxnTopicResult::default()
        }
    });
    AddPartitionsToTxnResult {
        transactional_id: request.transactional_id.clone(),
        topic_results: topics.collect(),
        ..AddPartitionsToTxnResult::default()
    }
}
