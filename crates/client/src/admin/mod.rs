//! Asking about a cluster and changing it. One file an operation.

use std::collections::BTreeMap;
use std::time::Duration;

use ottla_wire::api::Request;
use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::Instant;

use crate::client::{CallOptions, Client, Target};
use crate::config::{ClientConfig, ConfigError};
use crate::error::{ApiError, ClientError};

mod abort_transaction;
mod alter_configs;
mod alter_group_offsets;
mod alter_partition_reassignments;
mod alter_replica_log_dirs;
mod api_versions;
mod by_leader;
mod config_resource;
mod create_partitions;
mod create_topics;
mod delete_group_offsets;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod describe_producers;
mod describe_quorum;
mod describe_topics;
mod describe_transactions;
mod elect_leaders;
mod features;
mod fence_producers;
mod list_config_resources;
mod list_group_offsets;
mod list_groups;
mod list_offsets;
mod list_partition_reassignments;
mod list_topics;
mod list_transactions;
#[cfg(test)]
mod tests;
mod unregister_broker;

pub use abort_transaction::HangingTransaction;
pub use alter_configs::{AlterConfigsOptions, AlterOperation, ConfigChange};
pub use alter_partition_reassignments::AlterReassignmentsOptions;
pub use alter_replica_log_dirs::Replica;
pub use api_versions::BrokerVersions;
pub use config_resource::{ConfigResource, ConfigResourceType};
pub use create_partitions::{CreatePartitionsOptions, NewPartitions};
pub use create_topics::{CreateTopicsOptions, CreatedTopic, NewTopic, TopicLayout};
pub use delete_topics::TopicSelector;
pub use describe_cluster::{ClusterDescription, ClusterNode, DescribeClusterOptions};
pub use describe_configs::{ConfigEntry, ConfigSource, ConfigSynonym, DescribeConfigsOptions};
pub use describe_groups::{GroupDescription, GroupMember, MemberKind};
pub use describe_log_dirs::{LogDir, ReplicaSize};
pub use describe_producers::ActiveProducer;
pub use describe_quorum::{QuorumDescription, QuorumNode, QuorumReplica};
pub use describe_topics::{DescribeTopicsOptions, DescribedPartition, TopicDescription};
pub use describe_transactions::TransactionDescription;
pub use elect_leaders::ElectionType;
pub use features::{Features, FinalizedFeatures, UpdateFeature, UpgradeType};
pub use fence_producers::FencedProducer;
pub use list_groups::{GroupFilter, GroupListing};
pub use list_offsets::{IsolationLevel, ListedOffset, OffsetSpec};
pub use list_partition_reassignments::Reassignment;
pub use list_topics::TopicListing;
pub use list_transactions::{TransactionFilter, TransactionListing};

/// A result for each thing that an operation is about, in order.
pub type Results<K, V> = BTreeMap<K, Result<V, ClientError>>;

/// A client that asks about a cluster and changes it.
///
/// Where an operation is about several things, each has a [result of its own](Results): one that fails does not
/// keep the others from being done. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Admin {
    client: Client,
    timeout: Option<Duration>,
}

impl Admin {
    /// An admin client that connects when first used.
    pub fn new(config: ClientConfig) -> Self {
        Self::of(Client::new(config))
    }

    /// An admin client that shares connections and metadata with others.
    pub const fn of(client: Client) -> Self {
        Self { client, timeout: None }
    }

    /// An admin client from Kafka's configuration keys.
    ///
    /// # Errors
    ///
    /// A value is not one that its key can have.
    pub fn from_properties<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(ClientConfig::admin(entries)?))
    }

    /// The same client with another time limit for operations than `default.api.timeout.ms`.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { client: self.client.clone(), timeout: Some(timeout) }
    }

    /// What it stands on, for requests of other APIs.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Closes all connections.
    pub fn close(&self) {
        self.client.close();
    }

    fn deadline(&self) -> Instant {
        self.timeout.map_or_else(|| self.client.deadline(), |timeout| Instant::now() + timeout)
    }

    fn options(&self) -> CallOptions {
        CallOptions { deadline: Some(self.deadline()), ..CallOptions::default() }
    }

    /// How long a node may take with a request, as the request itself says it.
    fn timeout_ms(&self) -> i32 {
        let limit = self.client.config().request_timeout;
        let timeout = self.timeout.unwrap_or_else(|| self.client.config().default_api_timeout).min(limit);
        i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
    }

    /// Sends a request until it is answered without an error that may pass.
    async fn call<R: Request>(
        &self,
        target: &Target,
        request: R,
        check: impl Fn(&R::Response) -> ErrorCode,
    ) -> Result<R::Response, ClientError> {
        self.client.call(target, self.options(), |_| request.clone(), check).await
    }
}

/// `NOT_CONTROLLER` if any of the errors is that one: the whole request went to the wrong node.
fn not_controller(mut codes: impl Iterator<Item = i16>) -> ErrorCode {
    let is_wrong = |code| ErrorCode::from(code) == ErrorCode::NotController;
    if codes.any(is_wrong) { ErrorCode::NotController } else { ErrorCode::None }
}

/// The outcome of one thing.
fn outcome(code: i16, message: Option<&KafkaString>) -> Result<(), ClientError> {
    Ok(ApiError::check(code, message)?)
}

/// Gives everything that was asked for and has no result yet the error that there is none.
fn complete<K: Ord + Clone, V>(
    mut results: Results<K, V>,
    asked: impl IntoIterator<Item = K>,
    missing: impl Fn() -> ClientError,
) -> Results<K, V> {
    for key in asked {
        results.entry(key).or_insert_with(|| Err(missing()));
    }
    results
}
