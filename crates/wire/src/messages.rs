//! Every top-level message by its name, and a table of them for tools and tests that handle any message.

use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::error::{DecodeError, EncodeError};
use crate::schema::Schema;
use crate::{Message, api, control, files, group, header, metadata, protocol, remote, share, transaction};

/// A message whose type is only known at run time.
pub trait AnyMessage: fmt::Debug {
    /// The message as data.
    fn schema(&self) -> &'static Schema;

    /// Appends the message to `buffer`.
    ///
    /// # Errors
    ///
    /// The message cannot be written at the version; then `buffer` is left as it was.
    fn encode(&self, version: i16, buffer: &mut BytesMut) -> Result<(), EncodeError>;
}

impl<M: Message> AnyMessage for M {
    fn schema(&self) -> &'static Schema {
        M::SCHEMA
    }

    fn encode(&self, version: i16, buffer: &mut BytesMut) -> Result<(), EncodeError> {
        Message::encode(self, version, buffer)
    }
}

/// How to make a message whose type is only known at run time.
#[derive(Debug)]
pub struct MessageType {
    /// The message as data.
    pub schema: &'static Schema,
    /// Reads a message that takes up all of the bytes, see [`Message::decode`].
    pub decode: fn(Bytes, i16) -> Result<Box<dyn AnyMessage>, DecodeError>,
    /// A message with every field at its default.
    pub default: fn() -> Box<dyn AnyMessage>,
}

impl MessageType {
    const fn of<M: Message + 'static>() -> Self {
        Self {
            schema: M::SCHEMA,
            decode: |bytes, version| Ok(Box::new(M::decode(bytes, version)?)),
            default: || Box::new(M::default()),
        }
    }

    /// The message of this name, as in Kafka's schemas.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|message| message.schema.name == name)
    }
}

macro_rules! messages {
    ($($($module:ident)::+::{$($message:ident),+};)+) => {
        $(pub use $($module)::+::{$($message),+};)+

        /// Every message.
        pub static ALL: &[MessageType] = &[$($(MessageType::of::<$message>()),+),+];
    };
}

messages! {
    api::produce::{ProduceRequest, ProduceResponse};
    api::fetch::{FetchRequest, FetchResponse};
    api::list_offsets::{ListOffsetsRequest, ListOffsetsResponse};
    api::metadata::{MetadataRequest, MetadataResponse};
    api::offset_commit::{OffsetCommitRequest, OffsetCommitResponse};
    api::offset_fetch::{OffsetFetchRequest, OffsetFetchResponse};
    api::find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
    api::join_group::{JoinGroupRequest, JoinGroupResponse};
    api::heartbeat::{HeartbeatRequest, HeartbeatResponse};
    api::leave_group::{LeaveGroupRequest, LeaveGroupResponse};
    api::sync_group::{SyncGroupRequest, SyncGroupResponse};
    api::describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse};
    api::list_groups::{ListGroupsRequest, ListGroupsResponse};
    api::sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
    api::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
    api::create_topics::{CreateTopicsRequest, CreateTopicsResponse};
    api::delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse};
    api::delete_records::{DeleteRecordsRequest, DeleteRecordsResponse};
    api::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
    api::offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
    api::add_partitions_to_txn::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};
    api::add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};
    api::end_txn::{EndTxnRequest, EndTxnResponse};
    api::write_txn_markers::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};
    api::txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
    api::describe_acls::{DescribeAclsRequest, DescribeAclsResponse};
    api::create_acls::{CreateAclsRequest, CreateAclsResponse};
    api::delete_acls::{DeleteAclsRequest, DeleteAclsResponse};
    api::describe_configs::{DescribeConfigsRequest, DescribeConfigsResponse};
    api::alter_configs::{AlterConfigsRequest, AlterConfigsResponse};
    api::alter_replica_log_dirs::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};
    api::describe_log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse};
    api::sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
    api::create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse};
    api::create_delegation_token::{CreateDelegationTokenRequest, CreateDelegationTokenResponse};
    api::renew_delegation_token::{RenewDelegationTokenRequest, RenewDelegationTokenResponse};
    api::expire_delegation_token::{ExpireDelegationTokenRequest, ExpireDelegationTokenResponse};
    api::describe_delegation_token::{DescribeDelegationTokenRequest, DescribeDelegationTokenResponse};
    api::delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse};
    api::elect_leaders::{ElectLeadersRequest, ElectLeadersResponse};
    api::incremental_alter_configs::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};
    api::alter_partition_reassignments::{AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse};
    api::list_partition_reassignments::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse};
    api::offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse};
    api::describe_client_quotas::{DescribeClientQuotasRequest, DescribeClientQuotasResponse};
    api::alter_client_quotas::{AlterClientQuotasRequest, AlterClientQuotasResponse};
    api::describe_user_scram_credentials::{DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse};
    api::alter_user_scram_credentials::{AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse};
    api::vote::{VoteRequest, VoteResponse};
    api::begin_quorum_epoch::{BeginQuorumEpochRequest, BeginQuorumEpochResponse};
    api::end_quorum_epoch::{EndQuorumEpochRequest, EndQuorumEpochResponse};
    api::describe_quorum::{DescribeQuorumRequest, DescribeQuorumResponse};
    api::alter_partition::{AlterPartitionRequest, AlterPartitionResponse};
    api::update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse};
    api::envelope::{EnvelopeRequest, EnvelopeResponse};
    api::fetch_snapshot::{FetchSnapshotRequest, FetchSnapshotResponse};
    api::describe_cluster::{DescribeClusterRequest, DescribeClusterResponse};
    api::describe_producers::{DescribeProducersRequest, DescribeProducersResponse};
    api::broker_registration::{BrokerRegistrationRequest, BrokerRegistrationResponse};
    api::broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
    api::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};
    api::describe_transactions::{DescribeTransactionsRequest, DescribeTransactionsResponse};
    api::list_transactions::{ListTransactionsRequest, ListTransactionsResponse};
    api::allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
    api::consumer_group_heartbeat::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};
    api::consumer_group_describe::{ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse};
    api::controller_registration::{ControllerRegistrationRequest, ControllerRegistrationResponse};
    api::get_telemetry_subscriptions::{GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse};
    api::push_telemetry::{PushTelemetryRequest, PushTelemetryResponse};
    api::assign_replicas_to_dirs::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse};
    api::list_config_resources::{ListConfigResourcesRequest, ListConfigResourcesResponse};
    api::describe_topic_partitions::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};
    api::share_group_heartbeat::{ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse};
    api::share_group_describe::{ShareGroupDescribeRequest, ShareGroupDescribeResponse};
    api::share_fetch::{ShareFetchRequest, ShareFetchResponse};
    api::share_acknowledge::{ShareAcknowledgeRequest, ShareAcknowledgeResponse};
    api::add_raft_voter::{AddRaftVoterRequest, AddRaftVoterResponse};
    api::remove_raft_voter::{RemoveRaftVoterRequest, RemoveRaftVoterResponse};
    api::update_raft_voter::{UpdateRaftVoterRequest, UpdateRaftVoterResponse};
    api::initialize_share_group_state::{InitializeShareGroupStateRequest, InitializeShareGroupStateResponse};
    api::read_share_group_state::{ReadShareGroupStateRequest, ReadShareGroupStateResponse};
    api::write_share_group_state::{WriteShareGroupStateRequest, WriteShareGroupStateResponse};
    api::delete_share_group_state::{DeleteShareGroupStateRequest, DeleteShareGroupStateResponse};
    api::read_share_group_state_summary::{ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse};
    api::streams_group_heartbeat::{StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse};
    api::streams_group_describe::{StreamsGroupDescribeRequest, StreamsGroupDescribeResponse};
    api::describe_share_group_offsets::{DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse};
    api::alter_share_group_offsets::{AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse};
    api::delete_share_group_offsets::{DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse};
    metadata::register_broker::{RegisterBrokerRecord};
    metadata::unregister_broker::{UnregisterBrokerRecord};
    metadata::topic::{TopicRecord};
    metadata::partition::{PartitionRecord};
    metadata::config::{ConfigRecord};
    metadata::partition_change::{PartitionChangeRecord};
    metadata::fence_broker::{FenceBrokerRecord};
    metadata::unfence_broker::{UnfenceBrokerRecord};
    metadata::remove_topic::{RemoveTopicRecord};
    metadata::delegation_token::{DelegationTokenRecord};
    metadata::user_scram_credential::{UserScramCredentialRecord};
    metadata::feature_level::{FeatureLevelRecord};
    metadata::client_quota::{ClientQuotaRecord};
    metadata::producer_ids::{ProducerIdsRecord};
    metadata::broker_registration_change::{BrokerRegistrationChangeRecord};
    metadata::access_control_entry::{AccessControlEntryRecord};
    metadata::remove_access_control_entry::{RemoveAccessControlEntryRecord};
    metadata::no_op::{NoOpRecord};
    metadata::zk_migration_state::{ZkMigrationStateRecord};
    metadata::remove_user_scram_credential::{RemoveUserScramCredentialRecord};
    metadata::begin_transaction::{BeginTransactionRecord};
    metadata::end_transaction::{EndTransactionRecord};
    metadata::abort_transaction::{AbortTransactionRecord};
    metadata::remove_delegation_token::{RemoveDelegationTokenRecord};
    metadata::register_controller::{RegisterControllerRecord};
    metadata::clear_elr::{ClearElrRecord};
    control::record_type::{ControlRecordTypeSchema};
    control::end_txn_marker::{EndTxnMarker};
    control::leader_change::{LeaderChangeMessage};
    control::snapshot::{SnapshotHeaderRecord, SnapshotFooterRecord};
    control::kraft_version::{KRaftVersionRecord};
    control::voters::{VotersRecord};
    group::legacy_offset_commit::{LegacyOffsetCommitKey, LegacyOffsetCommitValue};
    group::offset_commit::{OffsetCommitKey, OffsetCommitValue};
    group::group_metadata::{GroupMetadataKey, GroupMetadataValue};
    group::consumer_group_metadata::{ConsumerGroupMetadataKey, ConsumerGroupMetadataValue};
    group::consumer_group_partition_metadata::{ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue};
    group::consumer_group_member_metadata::{ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue};
    group::consumer_group_target_assignment_metadata::{ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue};
    group::consumer_group_target_assignment_member::{ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue};
    group::consumer_group_current_member_assignment::{ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue};
    group::share_group_member_metadata::{ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue};
    group::share_group_metadata::{ShareGroupMetadataKey, ShareGroupMetadataValue};
    group::share_group_target_assignment_metadata::{ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue};
    group::share_group_target_assignment_member::{ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue};
    group::share_group_current_member_assignment::{ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue};
    group::share_group_state_partition_metadata::{ShareGroupStatePartitionMetadataKey, ShareGroupStatePartitionMetadataValue};
    group::consumer_group_regular_expression::{ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue};
    group::streams_group_metadata::{StreamsGroupMetadataKey, StreamsGroupMetadataValue};
    group::streams_group_member_metadata::{StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue};
    group::streams_group_target_assignment_metadata::{StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue};
    group::streams_group_target_assignment_member::{StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue};
    group::streams_group_current_member_assignment::{StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue};
    group::streams_group_topology::{StreamsGroupTopologyKey, StreamsGroupTopologyValue};
    transaction::transaction_log::{TransactionLogKey, TransactionLogValue};
    share::share_snapshot::{ShareSnapshotKey, ShareSnapshotValue};
    share::share_update::{ShareUpdateKey, ShareUpdateValue};
    remote::remote_log_segment_metadata::{RemoteLogSegmentMetadataRecord};
    remote::remote_log_segment_metadata_update::{RemoteLogSegmentMetadataUpdateRecord};
    remote::remote_partition_delete_metadata::{RemotePartitionDeleteMetadataRecord};
    remote::remote_log_segment_metadata_snapshot::{RemoteLogSegmentMetadataSnapshotRecord};
    files::quorum_state::{QuorumStateData};
    files::producer_snapshot::{ProducerSnapshot};
    protocol::consumer_subscription::{ConsumerProtocolSubscription};
    protocol::consumer_assignment::{ConsumerProtocolAssignment};
    protocol::connect::{ConnectWorkerState, ConnectAssignment};
    protocol::streams::{SubscriptionInfoData};
    protocol::principal::{DefaultPrincipalData};
    header::{RequestHeader, ResponseHeader};
}
