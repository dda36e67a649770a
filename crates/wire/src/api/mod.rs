//! The RPCs, one module an API, and the table of them all.

use bytes::{Bytes, BytesMut};

use crate::Message;
use crate::error::{DecodeError, EncodeError};
use crate::records::unknown_type;

mod entry;
mod frame;

pub use entry::{Api, Listener, Property};
pub use frame::{decode_request_header, encode_request, encode_response};

/// A request, with the response that answers it.
pub trait Request: Message {
    /// The API that both are of.
    const KEY: ApiKey;
    /// What a node answers with.
    type Response: Message;
}

#[path = "25_add_offsets_to_txn.rs"]
pub mod add_offsets_to_txn;
#[path = "24_add_partitions_to_txn.rs"]
pub mod add_partitions_to_txn;
#[path = "80_add_raft_voter.rs"]
pub mod add_raft_voter;
#[path = "67_allocate_producer_ids.rs"]
pub mod allocate_producer_ids;
#[path = "49_alter_client_quotas.rs"]
pub mod alter_client_quotas;
#[path = "33_alter_configs.rs"]
pub mod alter_configs;
#[path = "56_alter_partition.rs"]
pub mod alter_partition;
#[path = "45_alter_partition_reassignments.rs"]
pub mod alter_partition_reassignments;
#[path = "34_alter_replica_log_dirs.rs"]
pub mod alter_replica_log_dirs;
#[path = "91_alter_share_group_offsets.rs"]
pub mod alter_share_group_offsets;
#[path = "51_alter_user_scram_credentials.rs"]
pub mod alter_user_scram_credentials;
#[path = "18_api_versions.rs"]
pub mod api_versions;
#[path = "73_assign_replicas_to_dirs.rs"]
pub mod assign_replicas_to_dirs;
#[path = "53_begin_quorum_epoch.rs"]
pub mod begin_quorum_epoch;
#[path = "63_broker_heartbeat.rs"]
pub mod broker_heartbeat;
#[path = "62_broker_registration.rs"]
pub mod broker_registration;
#[path = "69_consumer_group_describe.rs"]
pub mod consumer_group_describe;
#[path = "68_consumer_group_heartbeat.rs"]
pub mod consumer_group_heartbeat;
#[path = "70_controller_registration.rs"]
pub mod controller_registration;
#[path = "30_create_acls.rs"]
pub mod create_acls;
#[path = "38_create_delegation_token.rs"]
pub mod create_delegation_token;
#[path = "37_create_partitions.rs"]
pub mod create_partitions;
#[path = "19_create_topics.rs"]
pub mod create_topics;
#[path = "31_delete_acls.rs"]
pub mod delete_acls;
#[path = "42_delete_groups.rs"]
pub mod delete_groups;
#[path = "21_delete_records.rs"]
pub mod delete_records;
#[path = "92_delete_share_group_offsets.rs"]
pub mod delete_share_group_offsets;
#[path = "86_delete_share_group_state.rs"]
pub mod delete_share_group_state;
#[path = "20_delete_topics.rs"]
pub mod delete_topics;
#[path = "29_describe_acls.rs"]
pub mod describe_acls;
#[path = "48_describe_client_quotas.rs"]
pub mod describe_client_quotas;
#[path = "60_describe_cluster.rs"]
pub mod describe_cluster;
#[path = "32_describe_configs.rs"]
pub mod describe_configs;
#[path = "41_describe_delegation_token.rs"]
pub mod describe_delegation_token;
#[path = "15_describe_groups.rs"]
pub mod describe_groups;
#[path = "35_describe_log_dirs.rs"]
pub mod describe_log_dirs;
#[path = "61_describe_producers.rs"]
pub mod describe_producers;
#[path = "55_describe_quorum.rs"]
pub mod describe_quorum;
#[path = "90_describe_share_group_offsets.rs"]
pub mod describe_share_group_offsets;
#[path = "75_describe_topic_partitions.rs"]
pub mod describe_topic_partitions;
#[path = "65_describe_transactions.rs"]
pub mod describe_transactions;
#[path = "50_describe_user_scram_credentials.rs"]
pub mod describe_user_scram_credentials;
#[path = "43_elect_leaders.rs"]
pub mod elect_leaders;
#[path = "54_end_quorum_epoch.rs"]
pub mod end_quorum_epoch;
#[path = "26_end_txn.rs"]
pub mod end_txn;
#[path = "58_envelope.rs"]
pub mod envelope;
#[path = "40_expire_delegation_token.rs"]
pub mod expire_delegation_token;
#[path = "01_fetch.rs"]
pub mod fetch;
#[path = "59_fetch_snapshot.rs"]
pub mod fetch_snapshot;
#[path = "10_find_coordinator.rs"]
pub mod find_coordinator;
#[path = "71_get_telemetry_subscriptions.rs"]
pub mod get_telemetry_subscriptions;
#[path = "12_heartbeat.rs"]
pub mod heartbeat;
#[path = "44_incremental_alter_configs.rs"]
pub mod incremental_alter_configs;
#[path = "22_init_producer_id.rs"]
pub mod init_producer_id;
#[path = "83_initialize_share_group_state.rs"]
pub mod initialize_share_group_state;
#[path = "11_join_group.rs"]
pub mod join_group;
#[path = "13_leave_group.rs"]
pub mod leave_group;
#[path = "74_list_config_resources.rs"]
pub mod list_config_resources;
#[path = "16_list_groups.rs"]
pub mod list_groups;
#[path = "02_list_offsets.rs"]
pub mod list_offsets;
#[path = "46_list_partition_reassignments.rs"]
pub mod list_partition_reassignments;
#[path = "66_list_transactions.rs"]
pub mod list_transactions;
#[path = "03_metadata.rs"]
pub mod metadata;
#[path = "08_offset_commit.rs"]
pub mod offset_commit;
#[path = "47_offset_delete.rs"]
pub mod offset_delete;
#[path = "09_offset_fetch.rs"]
pub mod offset_fetch;
#[path = "23_offset_for_leader_epoch.rs"]
pub mod offset_for_leader_epoch;
#[path = "00_produce.rs"]
pub mod produce;
#[path = "72_push_telemetry.rs"]
pub mod push_telemetry;
#[path = "84_read_share_group_state.rs"]
pub mod read_share_group_state;
#[path = "87_read_share_group_state_summary.rs"]
pub mod read_share_group_state_summary;
#[path = "81_remove_raft_voter.rs"]
pub mod remove_raft_voter;
#[path = "39_renew_delegation_token.rs"]
pub mod renew_delegation_token;
#[path = "36_sasl_authenticate.rs"]
pub mod sasl_authenticate;
#[path = "17_sasl_handshake.rs"]
pub mod sasl_handshake;
#[path = "79_share_acknowledge.rs"]
pub mod share_acknowledge;
#[path = "78_share_fetch.rs"]
pub mod share_fetch;
#[path = "77_share_group_describe.rs"]
pub mod share_group_describe;
#[path = "76_share_group_heartbeat.rs"]
pub mod share_group_heartbeat;
#[path = "89_streams_group_describe.rs"]
pub mod streams_group_describe;
#[path = "88_streams_group_heartbeat.rs"]
pub mod streams_group_heartbeat;
#[path = "14_sync_group.rs"]
pub mod sync_group;
#[path = "28_txn_offset_commit.rs"]
pub mod txn_offset_commit;
#[path = "64_unregister_broker.rs"]
pub mod unregister_broker;
#[path = "57_update_features.rs"]
pub mod update_features;
#[path = "82_update_raft_voter.rs"]
pub mod update_raft_voter;
#[path = "52_vote.rs"]
pub mod vote;
#[path = "85_write_share_group_state.rs"]
pub mod write_share_group_state;
#[path = "27_write_txn_markers.rs"]
pub mod write_txn_markers;

use Listener::{Broker, Controller};
use Property::{ClusterAction, Forwardable, LatestVersionUnstable};

macro_rules! apis {
    (
        $($key:literal $name:ident($module:ident::{$request:ident, $response:ident})
            on [$($listener:ident),+] is [$($property:ident),*];)+
        $(removed $removed_key:literal $removed:ident;)+
    ) => {
        /// The key of an API, the first number in every request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        #[expect(missing_docs, reason = "each API is documented at its request")]
        pub enum ApiKey {
            $($name = $key,)+
            $($removed = $removed_key,)+
        }

        impl ApiKey {
            /// The API of this key, be it one whose versions are all gone.
            pub const fn from_number(key: i16) -> Option<Self> {
                match key {
                    $($key => Some(Self::$name),)+
                    $($removed_key => Some(Self::$removed),)+
                    _ => None,
                }
            }

            /// Kafka's name of the API.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                    $(Self::$removed => stringify!($removed),)+
                }
            }

            /// What the table says of the API; `None` for one whose versions are all gone.
            pub const fn api(self) -> Option<&'static Api> {
                match self {
                    $(Self::$name => Some(&Api {
                        key: Self::$name,
                        request: <$module::$request as Message>::SCHEMA,
                        response: <$module::$response as Message>::SCHEMA,
                        listeners: &[$($listener),+],
                        properties: &[$($property),*],
                    }),)+
                    $(Self::$removed => None,)+
                }
            }
        }

        /// Every API that has versions, by key.
        pub const APIS: &[&Api] = &[$(match ApiKey::$name.api() {
            Some(api) => api,
            None => unreachable!(),
        }),+];

        $(
            impl Request for $module::$request {
                const KEY: ApiKey = ApiKey::$name;
                type Response = $module::$response;
            }
        )+

        bodies! {
            /// The body of a request of any API.
            RequestBody ("request")
            $($key $name($module::$request);)+
        }

        bodies! {
            /// The body of a response of any API.
            ResponseBody ("response")
            $($key $name($module::$response);)+
        }
    };
}

macro_rules! bodies {
    (
        $(#[$doc:meta])*
        $body:ident ($family:literal)
        $($key:literal $name:ident($module:ident::$message:ident);)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at the message it holds")]
        pub enum $body {
            $($name($module::$message),)+
        }

        $(
            impl From<$module::$message> for $body {
                fn from(message: $module::$message) -> Self {
                    Self::$name(message)
                }
            }
        )+

        impl $body {
            /// Reads a body that takes up all of `bytes`.
            ///
            /// # Errors
            ///
            /// The API has no versions any more, the version is unknown, or the bytes are malformed.
            pub fn decode(key: ApiKey, version: i16, bytes: Bytes) -> Result<Self, DecodeError> {
                match key {
                    $(ApiKey::$name => Message::decode(bytes, version).map(Self::$name),)+
                    removed => Err(unknown_type($family, removed.number())),
                }
            }

            /// The API.
            pub fn api_key(&self) -> ApiKey {
                match self {
                    $(Self::$name(_) => ApiKey::$name,)+
                }
            }

            /// Bytes that the body takes at `version`.
            ///
            /// # Errors
            ///
            /// The body cannot be written at the version.
            pub fn encoded_len(&self, version: i16) -> Result<usize, EncodeError> {
                match self {
                    $(Self::$name(message) => message.encoded_len(version),)+
                }
            }

            /// Appends the body to `buffer`.
            ///
            /// # Errors
            ///
            /// The body cannot be written at the version; then `buffer` is left as it was.
            pub fn encode(&self, version: i16, buffer: &mut BytesMut) -> Result<(), EncodeError> {
                match self {
                    $(Self::$name(message) => message.encode(version, buffer),)+
                }
            }
        }
    };
}

apis! {
    0 Produce(produce::{ProduceRequest, ProduceResponse}) on [Broker] is [];
    1 Fetch(fetch::{FetchRequest, FetchResponse}) on [Broker, Controller] is [];
    2 ListOffsets(list_offsets::{ListOffsetsRequest, ListOffsetsResponse}) on [Broker] is [];
    3 Metadata(metadata::{MetadataRequest, MetadataResponse}) on [Broker] is [];
    8 OffsetCommit(offset_commit::{OffsetCommitRequest, OffsetCommitResponse}) on [Broker] is [];
    9 OffsetFetch(offset_fetch::{OffsetFetchRequest, OffsetFetchResponse}) on [Broker] is [];
    10 FindCoordinator(find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse}) on [Broker] is [];
    11 JoinGroup(join_group::{JoinGroupRequest, JoinGroupResponse}) on [Broker] is [];
    12 Heartbeat(heartbeat::{HeartbeatRequest, HeartbeatResponse}) on [Broker] is [];
    13 LeaveGroup(leave_group::{LeaveGroupRequest, LeaveGroupResponse}) on [Broker] is [];
    14 SyncGroup(sync_group::{SyncGroupRequest, SyncGroupResponse}) on [Broker] is [];
    15 DescribeGroups(describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse}) on [Broker] is [];
    16 ListGroups(list_groups::{ListGroupsRequest, ListGroupsResponse}) on [Broker] is [];
    17 SaslHandshake(sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse}) on [Broker, Controller] is [];
    18 ApiVersions(api_versions::{ApiVersionsRequest, ApiVersionsResponse}) on [Broker, Controller] is [];
    19 CreateTopics(create_topics::{CreateTopicsRequest, CreateTopicsResponse}) on [Broker, Controller] is [Forwardable];
    20 DeleteTopics(delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse}) on [Broker, Controller] is [Forwardable];
    21 DeleteRecords(delete_records::{DeleteRecordsRequest, DeleteRecordsResponse}) on [Broker] is [];
    22 InitProducerId(init_producer_id::{InitProducerIdRequest, InitProducerIdResponse}) on [Broker] is [LatestVersionUnstable];
    23 OffsetForLeaderEpoch(offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse}) on [Broker] is [];
    24 AddPartitionsToTxn(add_partitions_to_txn::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse}) on [Broker] is [];
    25 AddOffsetsToTxn(add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse}) on [Broker] is [];
    26 EndTxn(end_txn::{EndTxnRequest, EndTxnResponse}) on [Broker] is [];
    27 WriteTxnMarkers(write_txn_markers::{WriteTxnMarkersRequest, WriteTxnMarkersResponse}) on [Broker] is [ClusterAction];
    28 TxnOffsetCommit(txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitResponse}) on [Broker] is [];
    29 DescribeAcls(describe_acls::{DescribeAclsRequest, DescribeAclsResponse}) on [Broker, Controller] is [];
    30 CreateAcls(create_acls::{CreateAclsRequest, CreateAclsResponse}) on [Broker, Controller] is [Forwardable];
    31 DeleteAcls(delete_acls::{DeleteAclsRequest, DeleteAclsResponse}) on [Broker, Controller] is [Forwardable];
    32 DescribeConfigs(describe_configs::{DescribeConfigsRequest, DescribeConfigsResponse}) on [Broker, Controller] is [];
    33 AlterConfigs(alter_configs::{AlterConfigsRequest, AlterConfigsResponse}) on [Broker, Controller] is [Forwardable];
    34 AlterReplicaLogDirs(alter_replica_log_dirs::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse}) on [Broker] is [];
    35 DescribeLogDirs(describe_log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse}) on [Broker] is [];
    36 SaslAuthenticate(sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse}) on [Broker, Controller] is [];
    37 CreatePartitions(create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse}) on [Broker, Controller] is [Forwardable];
    38 CreateDelegationToken(create_delegation_token::{CreateDelegationTokenRequest, CreateDelegationTokenResponse}) on [Broker, Controller] is [Forwardable];
    39 RenewDelegationToken(renew_delegation_token::{RenewDelegationTokenRequest, RenewDelegationTokenResponse}) on [Broker, Controller] is [Forwardable];
    40 ExpireDelegationToken(expire_delegation_token::{ExpireDelegationTokenRequest, ExpireDelegationTokenResponse}) on [Broker, Controller] is [Forwardable];
    41 DescribeDelegationToken(describe_delegation_token::{DescribeDelegationTokenRequest, DescribeDelegationTokenResponse}) on [Broker, Controller] is [];
    42 DeleteGroups(delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse}) on [Broker] is [];
    43 ElectLeaders(elect_leaders::{ElectLeadersRequest, ElectLeadersResponse}) on [Broker, Controller] is [Forwardable];
    44 IncrementalAlterConfigs(incremental_alter_configs::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse}) on [Broker, Controller] is [Forwardable];
    45 AlterPartitionReassignments(alter_partition_reassignments::{AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse}) on [Broker, Controller] is [Forwardable];
    46 ListPartitionReassignments(list_partition_reassignments::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse}) on [Broker, Controller] is [Forwardable];
    47 OffsetDelete(offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse}) on [Broker] is [];
    48 DescribeClientQuotas(describe_client_quotas::{DescribeClientQuotasRequest, DescribeClientQuotasResponse}) on [Broker] is [];
    49 AlterClientQuotas(alter_client_quotas::{AlterClientQuotasRequest, AlterClientQuotasResponse}) on [Broker, Controller] is [Forwardable];
    50 DescribeUserScramCredentials(describe_user_scram_credentials::{DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse}) on [Broker, Controller] is [];
    51 AlterUserScramCredentials(alter_user_scram_credentials::{AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse}) on [Broker, Controller] is [Forwardable];
    52 Vote(vote::{VoteRequest, VoteResponse}) on [Controller] is [ClusterAction];
    53 BeginQuorumEpoch(begin_quorum_epoch::{BeginQuorumEpochRequest, BeginQuorumEpochResponse}) on [Controller] is [ClusterAction];
    54 EndQuorumEpoch(end_quorum_epoch::{EndQuorumEpochRequest, EndQuorumEpochResponse}) on [Controller] is [ClusterAction];
    55 DescribeQuorum(describe_quorum::{DescribeQuorumRequest, DescribeQuorumResponse}) on [Broker, Controller] is [Forwardable, ClusterAction];
    56 AlterPartition(alter_partition::{AlterPartitionRequest, AlterPartitionResponse}) on [Controller] is [ClusterAction];
    57 UpdateFeatures(update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse}) on [Broker, Controller] is [Forwardable, ClusterAction];
    58 Envelope(envelope::{EnvelopeRequest, EnvelopeResponse}) on [Controller] is [ClusterAction];
    59 FetchSnapshot(fetch_snapshot::{FetchSnapshotRequest, FetchSnapshotResponse}) on [Controller] is [];
    60 DescribeCluster(describe_cluster::{DescribeClusterRequest, DescribeClusterResponse}) on [Broker, Controller] is [];
    61 DescribeProducers(describe_producers::{DescribeProducersRequest, DescribeProducersResponse}) on [Broker] is [];
    62 BrokerRegistration(broker_registration::{BrokerRegistrationRequest, BrokerRegistrationResponse}) on [Controller] is [ClusterAction];
    63 BrokerHeartbeat(broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse}) on [Controller] is [ClusterAction];
    64 UnregisterBroker(unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse}) on [Broker, Controller] is [Forwardable];
    65 DescribeTransactions(describe_transactions::{DescribeTransactionsRequest, DescribeTransactionsResponse}) on [Broker] is [];
    66 ListTransactions(list_transactions::{ListTransactionsRequest, ListTransactionsResponse}) on [Broker] is [];
    67 AllocateProducerIds(allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse}) on [Controller] is [Forwardable, ClusterAction];
    68 ConsumerGroupHeartbeat(consumer_group_heartbeat::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse}) on [Broker] is [];
    69 ConsumerGroupDescribe(consumer_group_describe::{ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse}) on [Broker] is [];
    70 ControllerRegistration(controller_registration::{ControllerRegistrationRequest, ControllerRegistrationResponse}) on [Controller] is [];
    71 GetTelemetrySubscriptions(get_telemetry_subscriptions::{GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse}) on [Broker] is [];
    72 PushTelemetry(push_telemetry::{PushTelemetryRequest, PushTelemetryResponse}) on [Broker] is [];
    73 AssignReplicasToDirs(assign_replicas_to_dirs::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse}) on [Controller] is [];
    74 ListConfigResources(list_config_resources::{ListConfigResourcesRequest, ListConfigResourcesResponse}) on [Broker] is [];
    75 DescribeTopicPartitions(describe_topic_partitions::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse}) on [Broker] is [];
    76 ShareGroupHeartbeat(share_group_heartbeat::{ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse}) on [Broker] is [];
    77 ShareGroupDescribe(share_group_describe::{ShareGroupDescribeRequest, ShareGroupDescribeResponse}) on [Broker] is [];
    78 ShareFetch(share_fetch::{ShareFetchRequest, ShareFetchResponse}) on [Broker] is [];
    79 ShareAcknowledge(share_acknowledge::{ShareAcknowledgeRequest, ShareAcknowledgeResponse}) on [Broker] is [];
    80 AddRaftVoter(add_raft_voter::{AddRaftVoterRequest, AddRaftVoterResponse}) on [Broker, Controller] is [Forwardable];
    81 RemoveRaftVoter(remove_raft_voter::{RemoveRaftVoterRequest, RemoveRaftVoterResponse}) on [Broker, Controller] is [Forwardable];
    82 UpdateRaftVoter(update_raft_voter::{UpdateRaftVoterRequest, UpdateRaftVoterResponse}) on [Controller] is [];
    83 InitializeShareGroupState(initialize_share_group_state::{InitializeShareGroupStateRequest, InitializeShareGroupStateResponse}) on [Broker] is [ClusterAction];
    84 ReadShareGroupState(read_share_group_state::{ReadShareGroupStateRequest, ReadShareGroupStateResponse}) on [Broker] is [ClusterAction];
    85 WriteShareGroupState(write_share_group_state::{WriteShareGroupStateRequest, WriteShareGroupStateResponse}) on [Broker] is [ClusterAction];
    86 DeleteShareGroupState(delete_share_group_state::{DeleteShareGroupStateRequest, DeleteShareGroupStateResponse}) on [Broker] is [ClusterAction];
    87 ReadShareGroupStateSummary(read_share_group_state_summary::{ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse}) on [Broker] is [ClusterAction];
    88 StreamsGroupHeartbeat(streams_group_heartbeat::{StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse}) on [Broker] is [];
    89 StreamsGroupDescribe(streams_group_describe::{StreamsGroupDescribeRequest, StreamsGroupDescribeResponse}) on [Broker] is [];
    90 DescribeShareGroupOffsets(describe_share_group_offsets::{DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse}) on [Broker] is [];
    91 AlterShareGroupOffsets(alter_share_group_offsets::{AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse}) on [Broker] is [];
    92 DeleteShareGroupOffsets(delete_share_group_offsets::{DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse}) on [Broker] is [];
    removed 4 LeaderAndIsr;
    removed 5 StopReplica;
    removed 6 UpdateMetadata;
    removed 7 ControlledShutdown;
}

impl ApiKey {
    /// The number on the wire.
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// The version of the header before a request of this version: 2, which has tagged fields, where the
    /// request is flexible.
    pub fn request_header_version(self, version: i16) -> i16 {
        let flexible = self.api().is_some_and(|api| api.request.flexible.contains(version));
        if flexible { 2 } else { 1 }
    }

    /// The version of the header before a response of this version: 1, which has tagged fields, where the
    /// response is flexible.
    ///
    /// The answer to `ApiVersions` always has header 0, since a client reads it before it knows what the
    /// broker speaks (KIP-511).
    pub fn response_header_version(self, version: i16) -> i16 {
        let flexible = self.api().is_some_and(|api| api.response.flexible.contains(version));
        if flexible && self != Self::ApiVersions { 1 } else { 0 }
    }
}

impl std::fmt::Display for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
