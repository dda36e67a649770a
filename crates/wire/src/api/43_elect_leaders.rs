//! ElectLeaders, API key 43.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to elect partition leaders anew (KIP-460).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 43, valid = "0-2", flexible = "2+")]
pub struct ElectLeadersRequest {
    /// 0 elects the preferred replica, 1 permits an unclean election.
    #[field(versions = "1+")]
    pub election_type: i8,
    /// Partitions to elect leaders for; null for all.
    #[field(nullable = "0+")]
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    /// Milliseconds to wait for the elections.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartitions {
    /// Topic name this entry is about.
    #[field(key)]
    pub topic: KafkaString,
    /// Partition numbers that need an election.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells how the elections went.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 43, valid = "0-2", flexible = "2+")]
pub struct ElectLeadersResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole, from version 1; 0 for none.
    #[field(versions = "1+")]
    pub error_code: i16,
    /// Results, grouped by topic; needless elections left out when asking for all.
    pub replica_election_results: Vec<ReplicaElectionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReplicaElectionResult {
    /// Topic name this entry is about.
    pub topic: KafkaString,
    /// Result for each partition.
    pub partition_result: Vec<PartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionResult {
    /// Partition number within the topic.
    pub partition_id: i32,
    /// 0 if elected, else a code such as `ELECTION_NOT_NEEDED`.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
