//! ReadShareGroupState, API key 84.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a partition leader to the share coordinator to load stored delivery state (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 84, valid = "0", flexible = "0+")]
pub struct ReadShareGroupStateRequest {
    /// Share group whose state is read.
    pub group_id: KafkaString,
    /// Partitions to read, by topic.
    pub topics: Vec<ReadStateData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic to read.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReadStateData {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// The topic's partitions to read.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One share-partition to read.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Epoch of the asking leader; fences leaders before it.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Stored delivery state of each share-partition (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 84, valid = "0", flexible = "0+")]
pub struct ReadShareGroupStateResponse {
    /// States by topic.
    pub results: Vec<ReadStateResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// States for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReadStateResult {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// States by partition.
    pub partitions: Vec<PartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Stored state of one share-partition, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionResult {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the partition's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Epoch of the state, to be sent back in writes.
    pub state_epoch: i32,
    /// First offset still to be delivered, -1 when not decided yet.
    pub start_offset: i64,
    /// Delivery state of offsets from `start_offset` on, in order.
    pub state_batches: Vec<StateBatch>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Delivery state shared by a range of offsets.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct StateBatch {
    /// Lowest offset the entry covers.
    pub first_offset: i64,
    /// Highest offset the entry covers, inclusive.
    pub last_offset: i64,
    /// 0 for available, 2 for acknowledged, 4 for archived.
    pub delivery_state: i8,
    /// How many times the records have been handed out.
    pub delivery_count: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
