//! ReadShareGroupStateSummary, API key 87.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by the group coordinator to the share coordinator to read start offsets without delivery states
/// (KIP-932; complete count KIP-1226).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 87, valid = "0-1", flexible = "0+")]
pub struct ReadShareGroupStateSummaryRequest {
    /// Share group whose state is read.
    pub group_id: KafkaString,
    /// Partitions to read, by topic.
    pub topics: Vec<ReadStateSummaryData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic to read.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReadStateSummaryData {
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
    /// Partition's leader epoch, 0 when the caller does not lead it.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Start offset and epochs of each share-partition (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 87, valid = "0-1", flexible = "0+")]
pub struct ReadShareGroupStateSummaryResponse {
    /// Summaries by topic.
    pub results: Vec<ReadStateSummaryResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Summaries for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReadStateSummaryResult {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Summaries by partition.
    pub partitions: Vec<PartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Summary of one share-partition, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionResult {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the partition's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Epoch of the stored state.
    pub state_epoch: i32,
    /// Partition leader epoch that last touched the state.
    pub leader_epoch: i32,
    /// First offset still to be delivered, -1 when not decided yet.
    pub start_offset: i64,
    /// Offsets from the start offset on already settled, -1 when unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub delivery_complete_count: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
