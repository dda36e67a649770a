//! What all connections of a node share.

use std::fmt;
use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_io::Clock;
use ottla_record::Timestamp;
use ottla_wire::KafkaString;

use crate::coordinator::group::GroupCoordinators;
use crate::coordinator::transaction::{MarkerWriter, Membership, TransactionCoordinators};
use crate::fetch_sessions::FetchSessions;
use crate::metadata::cache::MetadataCache;
use crate::metadata::config::DynamicConfig;
use crate::metadata::producer_ids::ProducerIds;
use crate::metadata::thread::ControllerHandle;
use crate::metrics::RequestMetrics;
use crate::partitions::Partitions;

/// What all connections of a node share.
pub(crate) struct Broker {
    /// The cluster this node is part of.
    pub(crate) cluster_id: KafkaString,
    /// The configuration the node was started with.
    pub(crate) config: Arc<ServerConfig>,
    /// The configuration in force, dynamic values included.
    pub(crate) dynamic_config: Arc<DynamicConfig>,
    /// The time of day and the time that never goes back.
    pub(crate) clock: Arc<dyn Clock>,
    /// What the cluster is made of.
    pub(crate) metadata: Arc<MetadataCache>,
    /// Where changes of that are asked for.
    pub(crate) controller: ControllerHandle,
    /// Ids for producers that ask for one.
    pub(crate) producer_ids: Arc<ProducerIds>,
    /// The partitions of which this node has a replica.
    pub(crate) partitions: Arc<Partitions>,
    /// The groups that this node coordinates.
    pub(crate) groups: Arc<GroupCoordinators>,
    /// The transactions that this node coordinates.
    pub(crate) transactions: Arc<TransactionCoordinators>,
    /// Whom partitions ask whether they are part of a transaction.
    pub(crate) membership: Arc<dyn Membership>,
    /// Writes the markers that end transactions.
    pub(crate) markers: Arc<MarkerWriter>,
    /// What clients read, between their requests.
    pub(crate) fetch_sessions: FetchSessions,
    /// What has been asked.
    pub(crate) requests: RequestMetrics,
}

impl Broker {
    /// The time of day.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }

    /// Whether versions of requests that are still in development are served.
    pub(crate) fn unstable_api_versions(&self) -> bool {
        self.config.keys.general.unstable_api_versions_enable
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("node_id", &self.config.node_id).finish_non_exhaustive()
    }
}
