//! This broker's standing with its controller: registered, unfenced, heard of, and at last gone (KIP-631).

use std::collections::BTreeMap;
use std::time::Duration;

use ottla_config::Endpoint;
use ottla_controller::features::VersionRange;
use ottla_record::Offset;
use ottla_wire::api::assign_replicas_to_dirs::{
    AssignReplicasToDirsRequest, RequestDirectoryData, RequestPartitionData, RequestTopicData,
};
use ottla_wire::api::broker_heartbeat::BrokerHeartbeatRequest;
use ottla_wire::api::broker_registration::{self, BrokerRegistrationRequest};
use ottla_wire::api::controller_registration::{self, ControllerRegistrationRequest};
use ottla_wire::{KafkaString, Uuid};

use super::MisplacedReplica;

/// What a broker says of itself when it registers.
#[derive(Debug, Clone)]
pub(crate) struct BrokerIdentity {
    /// The node.
    pub(crate) node_id: i32,
    /// The cluster its directories belong to.
    pub(crate) cluster_id: String,
    /// Random id of this start.
    pub(crate) incarnation_id: Uuid,
    /// Where clients and brokers reach it; hosts and ports are known.
    pub(crate) broker_endpoints: Vec<Endpoint>,
    /// Where controllers and brokers reach its controller.
    pub(crate) controller_endpoints: Vec<Endpoint>,
    /// `broker.rack`.
    pub(crate) rack: Option<String>,
    /// The levels of features that it can run.
    pub(crate) supported_features: BTreeMap<String, VersionRange>,
    /// Ids of its usable log directories.
    pub(crate) directories: Vec<Uuid>,
    /// Ids of those that get no new replicas (KIP-1066).
    pub(crate) cordoned_directories: Vec<Uuid>,
    /// Its epoch before a clean shutdown; -1 after another end.
    pub(crate) previous_broker_epoch: i64,
}

/// Where a broker stands with its controller.
#[derive(Debug)]
pub(super) struct Lifecycle {
    identity: BrokerIdentity,
    pub(super) heartbeat_interval: Duration,
    pub(super) broker_epoch: i64,
    offline_directories: Vec<Uuid>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// It gives up its leaderships.
    ShuttingDown,
    /// It may stop; no more is heard of it.
    Gone,
}

impl Lifecycle {
    pub(super) fn new(identity: BrokerIdentity, heartbeat_interval: Duration) -> Self {
        Self {
            identity,
            heartbeat_interval,
            broker_epoch: -1,
            offline_directories: Vec::new(),
            stage: Stage::Running,
        }
    }

    pub(super) fn node_id(&self) -> i32 {
        self.identity.node_id
    }

    /// Whether heartbeats are still to be sent.
    pub(super) fn is_alive(&self) -> bool {
        self.stage != Stage::Gone && self.broker_epoch >= 0
    }

    pub(super) fn begin_shutdown(&mut self) {
        self.stage = Stage::ShuttingDown;
    }

    pub(super) fn end(&mut self) {
        self.stage = Stage::Gone;
    }

    pub(super) fn fail_directories(&mut self, directories: Vec<Uuid>) {
        for directory in directories {
            if !self.offline_directories.contains(&directory) {
                self.offline_directories.push(directory);
            }
        }
    }

    pub(super) fn registration(&self) -> BrokerRegistrationRequest {
        use broker_registration::{Feature, Listener};
        let identity = &self.identity;
        let listener = |endpoint: &Endpoint| Listener {
            name: KafkaString::from(endpoint.listener.as_str()),
            host: host_of(endpoint),
            port: endpoint.port,
            security_protocol: endpoint.security_protocol.id(),
            ..Listener::default()
        };
        let features = identity.supported_features.iter().map(|(name, range)| Feature {
            name: KafkaString::from(name.as_str()),
            min_supported_version: range.min,
            max_supported_version: range.max,
            ..Feature::default()
        });
        BrokerRegistrationRequest {
            broker_id: identity.node_id,
            cluster_id: KafkaString::from(identity.cluster_id.as_str()),
            incarnation_id: identity.incarnation_id,
            listeners: identity.broker_endpoints.iter().map(listener).collect(),
            features: features.collect(),
            rack: identity.rack.as_deref().map(KafkaString::from),
            log_dirs: identity.directories.clone(),
            previous_broker_epoch: identity.previous_broker_epoch,
            ..BrokerRegistrationRequest::default()
        }
    }

    pub(super) fn controller_registration(&self) -> ControllerRegistrationRequest {
        use controller_registration::{Feature, Listener};
        let identity = &self.identity;
        let listener = |endpoint: &Endpoint| Listener {
            name: KafkaString::from(endpoint.listener.as_str()),
            host: host_of(endpoint),
            port: endpoint.port,
            security_protocol: endpoint.security_protocol.id(),
            ..Listener::default()
        };
        let features = identity.supported_features.iter().map(|(name, range)| Feature {
            name: KafkaString::from(name.as_str()),
            min_supported_version: range.min,
            max_supported_version: range.max,
            ..Feature::default()
        });
        ControllerRegistrationRequest {
            controller_id: identity.node_id,
            incarnation_id: identity.incarnation_id,
            listeners: identity.controller_endpoints.iter().map(listener).collect(),
            features: features.collect(),
            ..ControllerRegistrationRequest::default()
        }
    }

    /// A report of where replicas lie; none while the broker is not registered, or for no replicas.
    pub(super) fn assignment(
        &self,
        mut replicas: Vec<MisplacedReplica>,
    ) -> Option<AssignReplicasToDirsRequest> {
        if replicas.is_empty() || !self.is_alive() {
            return None;
        }
        replicas.sort_unstable();
        let in_one_directory = replicas.chunk_by(|one, other| one.directory == other.directory);
        let directories = in_one_directory.map(|replicas| RequestDirectoryData {
            id: replicas[0].directory,
            topics: replicas.chunk_by(|one, other| one.topic_id == other.topic_id).map(topic_of).collect(),
            ..RequestDirectoryData::default()
        });
        Some(AssignReplicasToDirsRequest {
            broker_id: self.identity.node_id,
            broker_epoch: self.broker_epoch,
            directories: directories.collect(),
            ..AssignReplicasToDirsRequest::default()
        })
    }

    /// A heartbeat of a broker that has applied everything up to this offset.
    pub(super) fn heartbeat(&self, current_metadata_offset: Offset) -> BrokerHeartbeatRequest {
        BrokerHeartbeatRequest {
            broker_id: self.identity.node_id,
            broker_epoch: self.broker_epoch,
            current_metadata_offset: current_metadata_offset.0,
            want_fence: false,
            want_shut_down: self.stage == Stage::ShuttingDown,
            offline_log_dirs: self.offline_directories.clone(),
            cordoned_log_dirs: Some(self.identity.cordoned_directories.clone()),
            ..BrokerHeartbeatRequest::default()
        }
    }
}

/// Replicas of one topic.
fn topic_of(replicas: &[MisplacedReplica]) -> RequestTopicData {
    let partition = |replica: &MisplacedReplica| RequestPartitionData {
        partition_index: replica.partition,
        ..RequestPartitionData::default()
    };
    RequestTopicData {
        topic_id: replicas[0].topic_id,
        partitions: replicas.iter().map(partition).collect(),
        ..RequestTopicData::default()
    }
}

fn host_of(endpoint: &Endpoint) -> KafkaString {
    KafkaString::from(endpoint.host.as_deref().unwrap_or("localhost"))
}
