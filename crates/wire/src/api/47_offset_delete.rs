//! OffsetDelete, API key 47.

use crate::{KafkaString, Message, Struct};

/// Asks a group coordinator to delete committed offsets of topics the group no longer reads (KIP-496).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 47, valid = "0", flexible = "none")]
pub struct OffsetDeleteRequest {
    /// Group whose offsets to delete.
    pub group_id: KafkaString,
    /// Offsets to delete, grouped by topic.
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

/// Offsets of one topic to delete.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetDeleteRequestTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Partitions whose offsets to delete.
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

/// One partition whose offset to delete.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetDeleteRequestPartition {
    /// Partition number within the topic.
    pub partition_index: i32,
}

/// Tells which offsets were deleted.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 47, valid = "0", flexible = "none")]
pub struct OffsetDeleteResponse {
    /// Error of the group as a whole; 0 for none.
    pub error_code: i16,
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Results, grouped by topic.
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetDeleteResponseTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Result for each partition.
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetDeleteResponsePartition {
    /// Partition number within the topic.
    #[field(key)]
    pub partition_index: i32,
    /// 0, or a code such as `GROUP_SUBSCRIBED_TO_TOPIC`.
    pub error_code: i16,
}
