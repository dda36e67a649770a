//! CreateTopics, API key 19.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the controller to create topics; brokers forward it there (KIP-4).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 19, valid = "2-7", flexible = "5+")]
pub struct CreateTopicsRequest {
    /// Topics to make, each name once.
    pub topics: Vec<CreatableTopic>,
    /// Milliseconds to wait for the topics to be made.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Whether to check the request only and create nothing.
    pub validate_only: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A topic to create.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatableTopic {
    /// Name the new topic will have.
    #[field(key)]
    pub name: KafkaString,
    /// Partitions to create; -1 for the broker default or explicit assignments.
    pub num_partitions: i32,
    /// Copies of each partition; -1 for the default or explicit assignments.
    pub replication_factor: i16,
    /// Explicit replica placement; empty lets the controller choose.
    pub assignments: Vec<CreatableReplicaAssignment>,
    /// Topic configs that differ from the defaults.
    pub configs: Vec<CreatableTopicConfig>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Explicit placement of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatableReplicaAssignment {
    /// Partition number, counted from 0 without gaps.
    #[field(key)]
    pub partition_index: i32,
    /// Brokers to hold the partition, preferred leader first.
    pub broker_ids: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One config of the new topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatableTopicConfig {
    /// Config key, for instance `retention.ms`.
    #[field(key)]
    pub name: KafkaString,
    /// Value to set; null is refused.
    #[field(nullable = "0+")]
    pub value: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which topics were created, and how (KIP-525).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 19, valid = "2-7", flexible = "5+")]
pub struct CreateTopicsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each requested topic.
    pub topics: Vec<CreatableTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatableTopicResult {
    /// Topic name as requested.
    #[field(key)]
    pub name: KafkaString,
    /// Id given to the topic; all zeros if not created.
    #[field(versions = "7+", ignorable)]
    pub topic_id: Uuid,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Why `configs` is withheld; 0 when it is not.
    #[field(versions = "5+", tag = 0, ignorable)]
    pub topic_config_error_code: i16,
    /// Partitions the topic got; -1 if failed or not visible.
    #[field(versions = "5+", default = -1, ignorable)]
    pub num_partitions: i32,
    /// Copies of each partition; -1 if failed or not visible.
    #[field(versions = "5+", default = -1, ignorable)]
    pub replication_factor: i16,
    /// Configs in effect; null if failed or the client may not see them.
    #[field(versions = "5+", nullable = "5+", ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One config in effect for the new topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatableTopicConfigs {
    /// Config key, for instance `cleanup.policy`.
    pub name: KafkaString,
    /// Value in effect; null if sensitive or unset.
    #[field(nullable = "5+")]
    pub value: Option<KafkaString>,
    /// Whether clients are barred from changing it.
    pub read_only: bool,
    /// Where the value comes from: 1 topic, 2–4 broker, 5 default.
    #[field(default = -1)]
    pub config_source: i8,
    /// Whether the value is secret and so withheld.
    pub is_sensitive: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
