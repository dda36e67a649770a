//! WriteShareGroupState, API key 85.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a partition leader to the share coordinator to store delivery state (KIP-932; complete count
/// KIP-1226).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 85, valid = "0-1", flexible = "0+")]
pub struct WriteShareGroupStateRequest {
    /// Share group whose state is stored.
    pub group_id: KafkaString,
    /// States to store, by topic.
    pub topics: Vec<WriteStateData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// States to store for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WriteStateData {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// States to store, by partition.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Changes to the state of one share-partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Epoch learned when the state was read; a stale one is refused.
    pub state_epoch: i32,
    /// Epoch of the writing leader; a stale one is refused.
    pub leader_epoch: i32,
    /// New first offset to deliver, -1 to leave it as stored.
    pub start_offset: i64,
    /// Offsets from the start offset on already settled, -1 when unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub delivery_complete_count: i32,
    /// Delivery states to merge into the stored ones.
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

/// Outcome for each share-partition stored (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 85, valid = "0-1", flexible = "0+")]
pub struct WriteShareGroupStateResponse {
    /// Outcomes by topic.
    pub results: Vec<WriteStateResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WriteStateResult {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Outcomes by partition.
    pub partitions: Vec<PartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for one share-partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionResult {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the partition's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
