//! DeleteRecords, API key 21.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks partition leaders to drop all records below an offset (KIP-107).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 21, valid = "0-2", flexible = "2+")]
pub struct DeleteRecordsRequest {
    /// Partitions to trim, grouped by topic.
    pub topics: Vec<DeleteRecordsTopic>,
    /// Milliseconds to wait until in-sync replicas have trimmed too.
    pub timeout_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to trim.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteRecordsTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Partitions to trim, with the offset for each.
    pub partitions: Vec<DeleteRecordsPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One partition to trim.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteRecordsPartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// New log start; -1 stands for the high watermark.
    pub offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells where each trimmed log begins now.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 21, valid = "0-2", flexible = "2+")]
pub struct DeleteRecordsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Results, grouped by topic.
    pub topics: Vec<DeleteRecordsTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteRecordsTopicResult {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Result for each partition.
    pub partitions: Vec<DeleteRecordsPartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteRecordsPartitionResult {
    /// Partition number within the topic.
    #[field(key)]
    pub partition_index: i32,
    /// Lowest log start among live replicas; -1 after an error.
    pub low_watermark: i64,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
