//! InitializeShareGroupState, API key 83.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by the group coordinator to the share coordinator to set up state for new share-partitions (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 83, valid = "0", flexible = "0+")]
pub struct InitializeShareGroupStateRequest {
    /// Share group that starts to consume the partitions.
    pub group_id: KafkaString,
    /// Partitions to set up, by topic.
    pub topics: Vec<InitializeStateData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic to set up.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct InitializeStateData {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// The topic's partitions to set up.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Starting state of one share-partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Group's epoch for the state; later writes must match it.
    pub state_epoch: i32,
    /// Offset consumption starts at, -1 to decide it later.
    pub start_offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for each share-partition set up (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 83, valid = "0", flexible = "0+")]
pub struct InitializeShareGroupStateResponse {
    /// Outcomes by topic.
    pub results: Vec<InitializeStateResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct InitializeStateResult {
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
