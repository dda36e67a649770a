//! DescribeTransactions (KIP-664).

use std::collections::BTreeSet;

use futures_util::future::join_all;
use ottla_record::{ProducerId, Timestamp};
use ottla_wire::api::ApiKey;
use ottla_wire::api::describe_transactions::{DescribeTransactionsRequest, TransactionState};
use ottla_wire::{ErrorCode, KafkaString};

use super::{Admin, Results, outcome};
use crate::client::Target;
use crate::coordinator::CoordinatorKind;
use crate::error::ClientError;
use crate::topic_partition::TopicPartition;

/// A transactional id as its coordinator knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionDescription {
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// The state, as Kafka writes it: `Empty`, `Ongoing`, `CompleteCommit`.
    pub state: KafkaString,
    /// The producer id that it maps to.
    pub producer_id: ProducerId,
    /// The epoch of its producer.
    pub producer_epoch: i16,
    /// Milliseconds after which an open transaction is aborted.
    pub timeout_ms: i32,
    /// When the transaction began, if one is open.
    pub start: Option<Timestamp>,
    /// Partitions that take part, and that have no marker yet.
    pub partitions: BTreeSet<TopicPartition>,
}

impl Admin {
    /// Describes transactional ids, each by itself, as their coordinators see them.
    pub async fn describe_transactions(
        &self,
        transactional_ids: &[KafkaString],
    ) -> Results<KafkaString, TransactionDescription> {
        let asked = transactional_ids
            .iter()
            .map(|id| async move { (id.clone(), self.describe_transaction(id).await) });
        join_all(asked).await.into_iter().collect()
    }

    async fn describe_transaction(&self, id: &KafkaString) -> Result<TransactionDescription, ClientError> {
        let request =
            DescribeTransactionsRequest { transactional_ids: vec![id.clone()], ..Default::default() };
        let target = Target::transaction(id.clone());
        let response = self
            .call(&target, request, |response| {
                response.transaction_states.first().map_or(ErrorCode::None, |state| state.error_code.into())
            })
            .await?;
        let mut states = response.transaction_states.into_iter();
        let state = states.find(|state| state.transactional_id == *id).ok_or_else(|| {
            let missing = format!("transactional id {id}");
            ClientError::Incomplete { api: ApiKey::DescribeTransactions, missing }
        })?;
        outcome(state.error_code, None)?;
        let coordinator = self.client.known_coordinator(CoordinatorKind::Transaction, id);
        Ok(description(coordinator.unwrap_or(-1), state))
    }
}

fn description(coordinator: i32, state: TransactionState) -> TransactionDescription {
    let mut partitions = BTreeSet::new();
    for topic in state.topics {
        let of_topic = topic.partitions.iter();
        partitions.extend(of_topic.map(|index| TopicPartition::new(topic.topic.clone(), *index)));
    }
    TransactionDescription {
        coordinator,
        state: state.transaction_state,
        producer_id: ProducerId(state.producer_id),
        producer_epoch: state.producer_epoch,
        timeout_ms: state.transaction_timeout_ms,
        start: Some(Timestamp(state.transaction_start_time_ms)).filter(|start| start.is_some()),
        partitions,
    }
}
