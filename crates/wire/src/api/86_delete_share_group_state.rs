//! DeleteShareGroupState, API key 86.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by the group coordinator to the share coordinator to drop the state of share-partitions (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 86, valid = "0", flexible = "0+")]
pub struct DeleteShareGroupStateRequest {
    /// Share group whose state is dropped.
    pub group_id: KafkaString,
    /// Partitions to drop, by topic.
    pub topics: Vec<DeleteStateData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic to drop.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteStateData {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// The topic's partitions to drop.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One share-partition to drop.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for each share-partition dropped (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 86, valid = "0", flexible = "0+")]
pub struct DeleteShareGroupStateResponse {
    /// Outcomes by topic.
    pub results: Vec<DeleteStateResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteStateResult {
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
