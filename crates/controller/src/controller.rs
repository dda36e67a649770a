//! The active controller.

use std::collections::BTreeMap;

use ottla_config::{Layers, ServerConfig};
use ottla_record::{Offset, Timestamp};
use ottla_wire::api::allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
use ottla_wire::api::alter_configs::{AlterConfigsRequest, AlterConfigsResponse};
use ottla_wire::api::alter_partition::{AlterPartitionRequest, AlterPartitionResponse};
use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
};
use ottla_wire::api::assign_replicas_to_dirs::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse};
use ottla_wire::api::broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use ottla_wire::api::broker_registration::{BrokerRegistrationRequest, BrokerRegistrationResponse};
use ottla_wire::api::controller_registration::{
    ControllerRegistrationRequest, ControllerRegistrationResponse,
};
use ottla_wire::api::create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse};
use ottla_wire::api::create_topics::{CreateTopicsRequest, CreateTopicsResponse};
use ottla_wire::api::delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse};
use ottla_wire::api::elect_leaders::{ElectLeadersRequest, ElectLeadersResponse};
use ottla_wire::api::incremental_alter_configs::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};
use ottla_wire::api::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};
use ottla_wire::api::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};
use ottla_wire::api::update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse};
use ottla_wire::metadata::MetadataRecord;

use crate::features::VersionRange;
use crate::image::{MetadataImage, Provenance, ReplayError};
use crate::outcome::{Outcome, VersionedRecord};

/// Where random bytes come from: for ids of topics and for where placement begins.
pub type RandomBytes = Box<dyn FnMut() -> [u8; 16] + Send>;

/// What a controller is told at its start.
#[derive(Debug, Clone)]
pub struct ControllerOptions {
    /// Number of the node.
    pub node_id: i32,
    /// Id of the cluster, which brokers must know.
    pub cluster_id: String,
    /// Levels of features that the node can run; see [`supported_features`](crate::features::supported_features).
    pub supported_features: BTreeMap<String, VersionRange>,
    /// Nodes of the quorum.
    pub quorum_node_ids: Vec<i32>,
    /// Level of `kraft.version`, which stands in the quorum's own records.
    pub kraft_version: i16,
    /// What stands in the node's file, resolved: defaults of topics, session timeout, intervals.
    pub config: ServerConfig,
    /// What stands in the node's file, as layers to lay dynamic values over.
    pub layers: Layers,
    /// The records that a new cluster begins with, of `bootstrap.checkpoint`; at least the level of `metadata.version`.
    pub bootstrap: Vec<VersionedRecord>,
}

/// Which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A broker checked and forwarded it.
    Broker,
    /// A client asked the controller itself.
    Controller,
}

/// Why a controller cannot become active.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// The bootstrap records do not say at which level the cluster begins.
    #[error("the bootstrap records hold no level of metadata.version that this release knows")]
    NoMetadataVersion,
    /// A transaction is open at a level that has none.
    #[error("a transaction is open at offset {0}, but the metadata.version has no transactions")]
    UnexpectedTransaction(Offset),
}

/// The controller of a cluster. Replays the metadata log always, and decides while it is [active](Self::activate).
pub struct Controller {
    options: ControllerOptions,
    random: RandomBytes,
    image: MetadataImage,
}

impl Controller {
    /// A controller before the first record.
    pub fn new(options: ControllerOptions, random: RandomBytes) -> Self {
        Self { options, random, image: MetadataImage::default() }
    }

    /// What all records replayed so far amount to, those of an open transaction included.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Replays a record that is in the log.
    ///
    /// # Errors
    /// If the record does not fit what came before. The log is damaged then, or of another release.
    pub fn replay(&mut self, provenance: Provenance, record: &MetadataRecord) -> Result<(), ReplayError> {
        self.image.replay(record)?;
        self.image.provenance = provenance;
        Ok(())
    }
}

/// The decisions still to come. Until then each answers that nothing was asked.
macro_rules! pending {
    ($($(#[$doc:meta])* $name:ident($request:ty $(, $argument:ident: $type:ty)*) -> $response:ty;)+) => {
        impl Controller {
            $($(#[$doc])*
            pub fn $name(&mut self, now: Timestamp, request: &$request $(, $argument: $type)*) -> Outcome<$response> {
                let _ = (now, request, &self.options, &self.random $(, $argument)*);
                Outcome::unchanged(<$response>::default())
            })+
        }
    };
}

pending! {
    /// CreateTopics.
    handle_create_topics(CreateTopicsRequest, via: Via) -> CreateTopicsResponse;
    /// DeleteTopics, of any version.
    handle_delete_topics(DeleteTopicsRequest, version: i16) -> DeleteTopicsResponse;
    /// AlterConfigs.
    handle_alter_configs(AlterConfigsRequest, via: Via) -> AlterConfigsResponse;
    /// CreatePartitions.
    handle_create_partitions(CreatePartitionsRequest) -> CreatePartitionsResponse;
    /// ElectLeaders.
    handle_elect_leaders(ElectLeadersRequest) -> ElectLeadersResponse;
    /// IncrementalAlterConfigs.
    handle_incremental_alter_configs(IncrementalAlterConfigsRequest, via: Via) -> IncrementalAlterConfigsResponse;
    /// AlterPartitionReassignments.
    handle_alter_partition_reassignments(AlterPartitionReassignmentsRequest) -> AlterPartitionReassignmentsResponse;
    /// ListPartitionReassignments.
    handle_list_partition_reassignments(ListPartitionReassignmentsRequest) -> ListPartitionReassignmentsResponse;
    /// AlterPartition, of any version.
    handle_alter_partition(AlterPartitionRequest, version: i16) -> AlterPartitionResponse;
    /// UpdateFeatures, of any version.
    handle_update_features(UpdateFeaturesRequest, version: i16) -> UpdateFeaturesResponse;
    /// BrokerRegistration. `next_offset` is that of the next record to be appended, which names a new registration.
    handle_broker_registration(BrokerRegistrationRequest, version: i16, next_offset: Offset) -> BrokerRegistrationResponse;
    /// BrokerHeartbeat. `next_offset` is that of the next record to be appended.
    handle_broker_heartbeat(BrokerHeartbeatRequest, next_offset: Offset) -> BrokerHeartbeatResponse;
    /// UnregisterBroker.
    handle_unregister_broker(UnregisterBrokerRequest) -> UnregisterBrokerResponse;
    /// AllocateProducerIds.
    handle_allocate_producer_ids(AllocateProducerIdsRequest) -> AllocateProducerIdsResponse;
    /// ControllerRegistration.
    handle_controller_registration(ControllerRegistrationRequest) -> ControllerRegistrationResponse;
    /// AssignReplicasToDirs.
    handle_assign_replicas_to_dirs(AssignReplicasToDirsRequest) -> AssignReplicasToDirsResponse;
}

impl Controller {
    /// Begins to decide, with the records to append first: those of a new cluster, or the abort of a transaction that the controller
    /// before has left open.
    ///
    /// # Errors
    /// If the log cannot be gone on with.
    pub fn activate(&mut self, now: Timestamp) -> Result<Outcome<()>, ActivationError> {
        let _ = now;
        Ok(Outcome::unchanged(()))
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; none while not active.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    /// Does what is due: fences a broker that fell silent, elects leaders, keeps the log moving.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Outcome<()> {
        let _ = now;
        Outcome::unchanged(())
    }

    /// Checks that all parts agree.
    pub fn invariants(&self) {
        self.image.invariants();
    }
}
