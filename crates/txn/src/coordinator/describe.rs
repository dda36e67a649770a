//! DescribeTransactions.

use ottla_coordinator::Token;
use ottla_wire::api::describe_transactions::{TopicData, TransactionState};
use ottla_wire::{ErrorCode, KafkaString};

use super::TransactionCoordinator;
use crate::metadata::TransactionMetadata;
use crate::outcome::{Outcome, Response};

impl TransactionCoordinator {
    /// Tells how far transactions are, in the order of the ids. What the client may know is left to the sender.
    pub fn handle_describe_transactions(
        &mut self,
        transactional_ids: &[KafkaString],
        token: Token,
    ) -> Outcome {
        let states = transactional_ids.iter().map(|id| match self.transaction(id) {
            Some(metadata) => described(id, metadata),
            None => TransactionState {
                error_code: not_found(id).number(),
                transactional_id: id.clone(),
                ..TransactionState::default()
            },
        });
        let states = states.collect();
        self.reply(token, Response::DescribeTransactions(states));
        self.take_outcome()
    }
}

fn not_found(id: &str) -> ErrorCode {
    if id.is_empty() { ErrorCode::InvalidRequest } else { ErrorCode::TransactionalIdNotFound }
}

fn described(id: &KafkaString, metadata: &TransactionMetadata) -> TransactionState {
    let topics = metadata.partitions.topics().map(|(topic, partitions)| TopicData {
        topic: topic.clone(),
        partitions: partitions.iter().copied().collect(),
        ..TopicData::default()
    });
    TransactionState {
        transactional_id: id.clone(),
        transaction_state: KafkaString::from_static(metadata.state.name()),
        transaction_timeout_ms: metadata.timeout_ms,
        transaction_start_time_ms: metadata.start_timestamp.0,
        producer_id: metadata.producer_id.0,
        producer_epoch: metadata.producer_epoch,
        topics: topics.collect(),
        ..TransactionState::default()
    }
}
