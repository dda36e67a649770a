//! ListPartitionReassignments, API key 46.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks which partition reassignments are under way (KIP-455).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 46, valid = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsRequest {
    /// Milliseconds to wait for the answer.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Partitions of interest; null for all.
    #[field(nullable = "0+", default = null)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic to look at.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ListPartitionReassignmentsTopics {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Partition numbers to look at.
    pub partition_indexes: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The reassignments that are under way.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 46, valid = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Partitions being moved, grouped by topic.
    pub topics: Vec<OngoingTopicReassignment>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Moving partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OngoingTopicReassignment {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Partitions on the move.
    pub partitions: Vec<OngoingPartitionReassignment>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one partition on the move.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OngoingPartitionReassignment {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// All brokers that hold the partition meanwhile, old and new.
    pub replicas: Vec<i32>,
    /// Brokers still to catch up and join.
    pub adding_replicas: Vec<i32>,
    /// Brokers to be dropped once the move is done.
    pub removing_replicas: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
