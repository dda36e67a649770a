//! DeleteTopics, API key 20.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the controller to delete topics, by name or, from version 6, by id (KIP-516).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 20, valid = "1-6", flexible = "4+")]
pub struct DeleteTopicsRequest {
    /// Topics to delete, from version 6.
    #[field(versions = "6+")]
    pub topics: Vec<DeleteTopicState>,
    /// Names of the topics to delete, up to version 5.
    #[field(versions = "0-5", ignorable)]
    pub topic_names: Vec<KafkaString>,
    /// Milliseconds to wait for the deletions.
    pub timeout_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A topic to delete, given by name or by id.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteTopicState {
    /// Name to delete by; null to go by id.
    #[field(nullable = "6+", default = null)]
    pub name: Option<KafkaString>,
    /// Id to delete by; all zeros to go by name.
    pub topic_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which topics were deleted.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 20, valid = "1-6", flexible = "4+")]
pub struct DeleteTopicsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each requested topic.
    pub responses: Vec<DeletableTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeletableTopicResult {
    /// Topic name; null if unknown or not to be revealed.
    #[field(nullable = "6+", key)]
    pub name: Option<KafkaString>,
    /// Topic id; all zeros if unknown or not to be revealed.
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
