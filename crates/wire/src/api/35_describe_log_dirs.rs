//! DescribeLogDirs, API key 35.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks a broker for the size and state of its log directories and the replicas in them (KIP-113).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 35, valid = "1-5", flexible = "2+")]
pub struct DescribeLogDirsRequest {
    /// Replicas to report; null for all.
    #[field(nullable = "0+")]
    pub topics: Option<Vec<DescribableLogDirTopic>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Replicas of one topic to report.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribableLogDirTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub topic: KafkaString,
    /// Partition numbers to report.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The broker's log directories, with the replicas asked for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 35, valid = "1-5", flexible = "2+")]
pub struct DescribeLogDirsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole, from version 3; 0 for none.
    #[field(versions = "3+", ignorable)]
    pub error_code: i16,
    /// One entry for each log directory.
    pub results: Vec<DescribeLogDirsResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one log directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeLogDirsResult {
    /// 0, or `KAFKA_STORAGE_ERROR` for an offline directory.
    pub error_code: i16,
    /// Absolute path of the directory.
    pub log_dir: KafkaString,
    /// Replicas kept there, by topic.
    pub topics: Vec<DescribeLogDirsTopic>,
    /// Size of the file system in bytes (KIP-827); -1 if unknown.
    #[field(versions = "4+", default = -1, ignorable)]
    pub total_bytes: i64,
    /// Free space in bytes (KIP-827); -1 if unknown.
    #[field(versions = "4+", default = -1, ignorable)]
    pub usable_bytes: i64,
    /// Whether new replicas are kept out of the directory (KIP-1066).
    #[field(versions = "5+", ignorable)]
    pub is_cordoned: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Replicas of one topic in the directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeLogDirsTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Replicas, one entry per partition.
    pub partitions: Vec<DescribeLogDirsPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One replica in the directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeLogDirsPartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Bytes the replica's segments take up.
    pub partition_size: i64,
    /// Records behind the high watermark, or behind the current replica if future.
    pub offset_lag: i64,
    /// Whether it is the copy being built by a directory move.
    pub is_future_key: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
