//! CreatePartitions, API key 37.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to add partitions to existing topics (KIP-195).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 37, valid = "0-3", flexible = "2+")]
pub struct CreatePartitionsRequest {
    /// Topics that need more partitions.
    pub topics: Vec<CreatePartitionsTopic>,
    /// Milliseconds to wait for the partitions to be made.
    pub timeout_ms: i32,
    /// Whether to check the request only and change nothing.
    pub validate_only: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to enlarge.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatePartitionsTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Total number of partitions afterwards, not the number to add.
    pub count: i32,
    /// Placement of each new partition; null lets the controller choose.
    #[field(nullable = "0+")]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Placement of one new partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatePartitionsAssignment {
    /// Brokers to hold it, preferred leader first.
    pub broker_ids: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which topics were enlarged.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 37, valid = "0-3", flexible = "2+")]
pub struct CreatePartitionsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each topic.
    pub results: Vec<CreatePartitionsTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatePartitionsTopicResult {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
