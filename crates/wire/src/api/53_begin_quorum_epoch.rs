//! BeginQuorumEpoch, API key 53.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a newly elected KRaft leader to the other voters until they fetch from it (KIP-595).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 53, valid = "0-1", flexible = "1+")]
pub struct BeginQuorumEpochRequest {
    /// Cluster id of the sender; null skips the check.
    #[field(nullable = "0+", default = null)]
    pub cluster_id: Option<KafkaString>,
    /// Node id of the addressed voter; -1 if unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub voter_id: i32,
    /// Always the metadata topic alone.
    pub topics: Vec<RequestTopicData>,
    /// Addresses of the leader, one for each listener (KIP-853).
    #[field(versions = "1+", ignorable)]
    pub leader_endpoints: Vec<LeaderEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The metadata topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestTopicData {
    /// Topic name, always `__cluster_metadata`.
    pub topic_name: KafkaString,
    /// Always partition 0 alone.
    pub partitions: Vec<RequestPartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The new leadership of the partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Directory id of the addressed voter (KIP-853); all zeros if unknown.
    #[field(versions = "1+", ignorable)]
    pub voter_directory_id: Uuid,
    /// Node id of the new leader.
    pub leader_id: i32,
    /// Epoch in which it leads.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One listener of the leader.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct LeaderEndpoint {
    /// Listener name, for instance `CONTROLLER`.
    #[field(key)]
    pub name: KafkaString,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: u16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the voter accepts the new leader.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 53, valid = "0-1", flexible = "1+")]
pub struct BeginQuorumEpochResponse {
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Always the metadata topic alone.
    pub topics: Vec<ResponseTopicData>,
    /// Address of the leader named here, from version 1.
    #[field(versions = "1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The metadata topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseTopicData {
    /// Topic name, always `__cluster_metadata`.
    pub topic_name: KafkaString,
    /// Always partition 0 alone.
    pub partitions: Vec<ResponsePartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The voter's view of the partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponsePartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Node id of the leader the voter knows; -1 for none.
    pub leader_id: i32,
    /// Newest epoch the voter has seen.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Where to reach the leader.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct NodeEndpoint {
    /// Node id that `leader_id` refers to.
    #[field(key)]
    pub node_id: i32,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: u16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
