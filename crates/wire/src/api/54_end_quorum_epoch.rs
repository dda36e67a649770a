//! EndQuorumEpoch, API key 54.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a resigning KRaft leader so that the voters elect a new one without waiting for a timeout
/// (KIP-595).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 54, valid = "0-1", flexible = "1+")]
pub struct EndQuorumEpochRequest {
    /// Cluster id of the sender; null skips the check.
    #[field(nullable = "0+", default = null)]
    pub cluster_id: Option<KafkaString>,
    /// Always the metadata topic alone.
    pub topics: Vec<RequestTopicData>,
    /// Addresses of the resigning leader, one for each listener (KIP-853).
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

/// The end of leadership of the partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Node id of the resigning leader.
    pub leader_id: i32,
    /// Epoch that it ends.
    pub leader_epoch: i32,
    /// Node ids best first, by log end; version 0 only.
    #[field(versions = "0", ignorable)]
    pub preferred_successors: Vec<i32>,
    /// Voters best first, by log end; later ones wait longer.
    #[field(versions = "1+", ignorable)]
    pub preferred_candidates: Vec<ReplicaInfo>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A voter that may succeed the leader.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReplicaInfo {
    /// Node id of the voter.
    pub candidate_id: i32,
    /// Log directory id of that voter.
    pub candidate_directory_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One listener of the resigning leader.
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

/// A voter's reaction to the resignation.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 54, valid = "0-1", flexible = "1+")]
pub struct EndQuorumEpochResponse {
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
