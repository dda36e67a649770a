//! Vote, API key 52.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a KRaft node that wants to lead the metadata quorum, to win a vote or, from version 2, to try its
/// chances by a pre-vote (KIP-996).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 52, valid = "0-2", flexible = "0+")]
pub struct VoteRequest {
    /// Cluster id of the sender; null skips the check.
    #[field(nullable = "0+", default = null)]
    pub cluster_id: Option<KafkaString>,
    /// Node id of the addressed voter; -1 if unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub voter_id: i32,
    /// Always the metadata topic alone.
    pub topics: Vec<RequestTopicData>,
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

/// The claim to lead the partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Epoch the vote is for; for a pre-vote the present one.
    pub replica_epoch: i32,
    /// Node id that seeks the vote.
    pub replica_id: i32,
    /// Directory id of the node that seeks the vote (KIP-853).
    #[field(versions = "1+", ignorable)]
    pub replica_directory_id: Uuid,
    /// Directory id of the addressed voter (KIP-853); all zeros if unknown.
    #[field(versions = "1+", ignorable)]
    pub voter_directory_id: Uuid,
    /// Epoch of the last record in the sender's log.
    pub last_offset_epoch: i32,
    /// End offset of the sender's log.
    pub last_offset: i64,
    /// Whether to sound out only, without binding anyone.
    #[field(versions = "2+")]
    pub pre_vote: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A voter's verdict on a `VoteRequest`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 52, valid = "0-2", flexible = "0+")]
pub struct VoteResponse {
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

/// The verdict for the partition.
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
    /// Whether the sender has this voter's vote.
    pub vote_granted: bool,
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
