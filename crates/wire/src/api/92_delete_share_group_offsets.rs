//! DeleteShareGroupOffsets, API key 92.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the coordinator to drop an empty share group's offsets for whole topics (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 92, valid = "0", flexible = "0+")]
pub struct DeleteShareGroupOffsetsRequest {
    /// Share group to drop offsets of.
    pub group_id: KafkaString,
    /// Topics to drop offsets for.
    pub topics: Vec<DeleteShareGroupOffsetsRequestTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to drop offsets for.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteShareGroupOffsetsRequestTopic {
    /// Name of the topic to drop.
    pub topic_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for each topic dropped (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 92, valid = "0", flexible = "0+")]
pub struct DeleteShareGroupOffsetsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Outcomes by topic.
    pub responses: Vec<DeleteShareGroupOffsetsResponseTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteShareGroupOffsetsResponseTopic {
    /// Name of the topic.
    pub topic_name: KafkaString,
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Outcome for this topic, 0 on success.
    pub error_code: i16,
    /// Text explaining the topic's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
