//! AlterPartitionReassignments, API key 45.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to move partitions to other brokers or to cancel such moves (KIP-455).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 45, valid = "0-1", flexible = "0+")]
pub struct AlterPartitionReassignmentsRequest {
    /// Milliseconds to wait until the changes are recorded.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Whether the number of replicas may change (KIP-860).
    #[field(versions = "1+", default = true)]
    pub allow_replication_factor_change: bool,
    /// Partitions to reassign, grouped by topic.
    pub topics: Vec<ReassignableTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic with partitions to reassign.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReassignableTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Moves to start or cancel, one per partition.
    pub partitions: Vec<ReassignablePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One partition to reassign.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReassignablePartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Brokers to move to, preferred leader first; null cancels the move.
    #[field(nullable = "0+", default = null)]
    pub replicas: Option<Vec<i32>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which reassignments were started or cancelled.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 45, valid = "0-1", flexible = "0+")]
pub struct AlterPartitionReassignmentsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Echo of the flag in the request.
    #[field(versions = "1+", default = true, ignorable)]
    pub allow_replication_factor_change: bool,
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Results, grouped by topic.
    pub responses: Vec<ReassignableTopicResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReassignableTopicResponse {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Result for each partition.
    pub partitions: Vec<ReassignablePartitionResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReassignablePartitionResponse {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 if accepted, or a code such as `NO_REASSIGNMENT_IN_PROGRESS`.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
