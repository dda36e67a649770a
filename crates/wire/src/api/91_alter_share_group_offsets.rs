//! AlterShareGroupOffsets, API key 91.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the coordinator to move an empty share group to other offsets (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 91, valid = "0", flexible = "0+")]
pub struct AlterShareGroupOffsetsRequest {
    /// Share group to move.
    pub group_id: KafkaString,
    /// New offsets by topic.
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// New offsets for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterShareGroupOffsetsRequestTopic {
    /// Name of the topic to move in.
    #[field(key)]
    pub topic_name: KafkaString,
    /// New offsets by partition.
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// New offset for one share-partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterShareGroupOffsetsRequestPartition {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Offset delivery should start from.
    pub start_offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome of each offset change asked for (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 91, valid = "0", flexible = "0+")]
pub struct AlterShareGroupOffsetsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Outcomes by topic.
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterShareGroupOffsetsResponseTopic {
    /// Name of the topic.
    #[field(key)]
    pub topic_name: KafkaString,
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Outcomes by partition.
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for one share-partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterShareGroupOffsetsResponsePartition {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the partition's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
