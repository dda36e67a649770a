//! DescribeShareGroupOffsets, API key 90.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the coordinator how far share groups have got (KIP-932; lag KIP-1226).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 90, valid = "0-1", flexible = "0+")]
pub struct DescribeShareGroupOffsetsRequest {
    /// Share groups to look up.
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One share group to look up.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeShareGroupOffsetsRequestGroup {
    /// Share group wanted.
    pub group_id: KafkaString,
    /// Partitions wanted, by topic; null for all the group knows.
    #[field(nullable = "0+")]
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic wanted.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeShareGroupOffsetsRequestTopic {
    /// Name of the topic wanted.
    pub topic_name: KafkaString,
    /// Numbers of the partitions wanted.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Start offsets of each share group asked for (KIP-932; lag KIP-1226).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 90, valid = "0-1", flexible = "0+")]
pub struct DescribeShareGroupOffsetsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// One entry for each group asked for.
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets of one share group, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeShareGroupOffsetsResponseGroup {
    /// Share group the entry answers for.
    pub group_id: KafkaString,
    /// Offsets by topic.
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    /// Outcome for this group, 0 on success.
    pub error_code: i16,
    /// Text explaining the group's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeShareGroupOffsetsResponseTopic {
    /// Name of the topic.
    pub topic_name: KafkaString,
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Offsets by partition.
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offset of one share-partition, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeShareGroupOffsetsResponsePartition {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// First offset still to be delivered, -1 when not decided yet.
    pub start_offset: i64,
    /// Partition leader epoch that last touched the state.
    pub leader_epoch: i32,
    /// Records still to be settled, -1 when unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub lag: i64,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the partition's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
