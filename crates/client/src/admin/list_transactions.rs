//! ListTransactions (KIP-664, KIP-994, KIP-1152).

use std::time::Duration;

use futures_util::future::join_all;
use ottla_record::ProducerId;
use ottla_wire::api::ApiKey;
use ottla_wire::api::list_transactions::{ListTransactionsRequest, ListTransactionsResponse};
use ottla_wire::{ErrorCode, KafkaString, Versions};

use super::{Admin, Results, outcome};
use crate::client::{CallOptions, Target, is_unsupported, unsupported};
use crate::error::ClientError;

/// Which transactional ids to list; what is left out does not limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// In one of these states, as Kafka writes them; all if empty.
    pub states: Vec<KafkaString>,
    /// With one of these producer ids; all if empty.
    pub producer_ids: Vec<ProducerId>,
    /// With a transaction that is open for longer than this (KIP-994).
    pub longer_than: Option<Duration>,
    /// Whose whole name matches this regular expression (KIP-1152).
    pub transactional_id_pattern: Option<KafkaString>,
}

/// A transactional id that a broker coordinates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionListing {
    /// The id.
    pub transactional_id: KafkaString,
    /// The producer id that it maps to.
    pub producer_id: ProducerId,
    /// The state, as Kafka writes it.
    pub state: KafkaString,
}

impl Admin {
    /// The transactional ids that each broker coordinates.
    ///
    /// # Errors
    ///
    /// No node told of the cluster.
    pub async fn list_transactions(
        &self,
        filter: &TransactionFilter,
    ) -> Result<Results<i32, Vec<TransactionListing>>, ClientError> {
        let cluster = self.client.metadata().refresh(self.deadline()).await?;
        let asked = cluster
            .brokers
            .keys()
            .map(|broker| async move { (*broker, self.transactions_of(*broker, filter).await) });
        Ok(join_all(asked).await.into_iter().collect())
    }

    async fn transactions_of(
        &self,
        broker: i32,
        filter: &TransactionFilter,
    ) -> Result<Vec<TransactionListing>, ClientError> {
        let first = match (&filter.transactional_id_pattern, filter.longer_than) {
            (Some(_), _) => 2,
            (None, Some(_)) => 1,
            (None, None) => 0,
        };
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let milliseconds = |longer: Duration| i64::try_from(longer.as_millis()).unwrap_or(i64::MAX);
        let request = ListTransactionsRequest {
            state_filters: filter.states.clone(),
            producer_id_filters: filter.producer_ids.iter().map(|id| id.0).collect(),
            duration_filter: filter.longer_than.map_or(-1, milliseconds),
            transactional_id_pattern: filter.transactional_id_pattern.clone(),
            ..ListTransactionsRequest::default()
        };
        // A coordinator that is not available here is the end of the matter: the broker is shutting down.
        let check = |response: &ListTransactionsResponse| match ErrorCode::from(response.error_code) {
            code @ ErrorCode::CoordinatorLoadInProgress => code,
            _ => ErrorCode::None,
        };
        let response = self.client.call(&Target::Broker(broker), call, |_| request.clone(), check).await;
        let response = response.map_err(|error| match is_unsupported(&error) {
            true => unsupported(ApiKey::ListTransactions, "choose transactions by duration or pattern"),
            false => error,
        })?;
        outcome(response.error_code, None)?;
        let listing = |state: ottla_wire::api::list_transactions::TransactionState| TransactionListing {
            transactional_id: state.transactional_id,
            producer_id: ProducerId(state.producer_id),
            state: state.transaction_state,
        };
        Ok(response.transaction_states.into_iter().map(listing).collect())
    }
}
