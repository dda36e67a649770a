//! DescribeQuorum, API key 55.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the KRaft leader for the state of the metadata quorum; brokers forward it there (KIP-595).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 55, valid = "0-2", flexible = "0+")]
pub struct DescribeQuorumRequest {
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

/// The metadata partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Leader, voters and observers of the metadata quorum, with their progress.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 55, valid = "0-2", flexible = "0+")]
pub struct DescribeQuorumResponse {
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(versions = "2+", nullable = "2+", ignorable)]
    pub error_message: Option<KafkaString>,
    /// Always the metadata topic alone.
    pub topics: Vec<ResponseTopicData>,
    /// Addresses of the voters, from version 2 (KIP-853).
    #[field(versions = "2+")]
    pub nodes: Vec<Node>,
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

/// State of the quorum.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponsePartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(versions = "2+", nullable = "2+", ignorable)]
    pub error_message: Option<KafkaString>,
    /// Node id of the leader; -1 for none.
    pub leader_id: i32,
    /// Epoch of that leader.
    pub leader_epoch: i32,
    /// End of the committed log; -1 if not known yet.
    pub high_watermark: i64,
    /// Voters, the leader among them.
    pub current_voters: Vec<ReplicaState>,
    /// Nodes that replicate without a vote, such as brokers.
    pub observers: Vec<ReplicaState>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Progress of one voter or observer.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReplicaState {
    /// Node id of the replica.
    pub replica_id: i32,
    /// Log directory id of the replica; all zeros if unknown.
    #[field(versions = "2+")]
    pub replica_directory_id: Uuid,
    /// End of its log as the leader knows it; -1 if unknown.
    pub log_end_offset: i64,
    /// Leader's clock at its last fetch; -1 for leader or unknown (KIP-836).
    #[field(versions = "1+", default = -1, ignorable)]
    pub last_fetch_timestamp: i64,
    /// Leader's clock when it last was up to date; -1 if unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub last_caught_up_timestamp: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Addresses of one voter.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Node {
    /// Node id of the voter.
    #[field(key)]
    pub node_id: i32,
    /// Listeners on which the voter can be reached.
    pub listeners: Vec<Listener>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One listener of a voter.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Listener {
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
