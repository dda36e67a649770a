//! AssignReplicasToDirs, API key 73.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Struct, Uuid};

/// Sent by a broker to tell the controller which log directory holds which replica (KIP-858).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 73, valid = "0", flexible = "0+")]
pub struct AssignReplicasToDirsRequest {
    /// Broker that reports its directories.
    pub broker_id: i32,
    /// Epoch from that broker's registration, checked by the controller.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// Log directories with the replicas placed in them.
    pub directories: Vec<RequestDirectoryData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Replicas placed in one log directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestDirectoryData {
    /// Directory id from its `meta.properties`.
    pub id: Uuid,
    /// Topics with replicas in the directory.
    pub topics: Vec<RequestTopicData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Replicas of one topic placed in the directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestTopicData {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// The topic's partitions placed in the directory.
    pub partitions: Vec<RequestPartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One partition placed in the directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionData {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome of each directory assignment reported by the broker (KIP-858).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 73, valid = "0", flexible = "0+")]
pub struct AssignReplicasToDirsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Outcomes by log directory, as in the request.
    pub directories: Vec<ResponseDirectoryData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one log directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseDirectoryData {
    /// Directory id from the request.
    pub id: Uuid,
    /// Outcomes by topic.
    pub topics: Vec<ResponseTopicData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseTopicData {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Outcomes by partition.
    pub partitions: Vec<ResponsePartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponsePartitionData {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
