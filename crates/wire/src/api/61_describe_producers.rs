//! DescribeProducers, API key 61.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks partition leaders for the producers they track, to hunt down hanging transactions (KIP-664).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 61, valid = "0", flexible = "0+")]
pub struct DescribeProducersRequest {
    /// Partitions to look at, grouped by topic.
    pub topics: Vec<TopicRequest>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicRequest {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Partition numbers to look at.
    pub partition_indexes: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The idempotent and transactional producers known to the partition leaders.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 61, valid = "0", flexible = "0+")]
pub struct DescribeProducersResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Results, grouped by topic.
    pub topics: Vec<TopicResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Producers of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicResponse {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Producers of each partition.
    pub partitions: Vec<PartitionResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Producers of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionResponse {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Producers that have not expired yet.
    pub active_producers: Vec<ProducerState>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// What the partition remembers of one producer.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ProducerState {
    /// Id of the producer.
    pub producer_id: i64,
    /// Newest epoch the producer has used.
    pub producer_epoch: i32,
    /// Sequence number of its last record; -1 for none.
    #[field(default = -1)]
    pub last_sequence: i32,
    /// Timestamp of its last batch in milliseconds; -1 for none.
    #[field(default = -1)]
    pub last_timestamp: i64,
    /// Coordinator epoch of its last marker; -1 if there was none.
    pub coordinator_epoch: i32,
    /// Where its open transaction begins; -1 if none is open.
    #[field(default = -1)]
    pub current_txn_start_offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
