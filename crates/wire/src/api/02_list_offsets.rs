//! ListOffsets, API key 2.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by clients and followers to find an offset by timestamp or by a special position such as earliest or
/// latest (KIP-79).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 2, valid = "1-11", flexible = "6+")]
pub struct ListOffsetsRequest {
    /// Broker id of a follower, -1 for a client, -2 for debugging.
    pub replica_id: i32,
    /// 1 makes latest mean the last stable offset; 0 the high watermark.
    #[field(versions = "2+")]
    pub isolation_level: i8,
    /// Partitions to look up, grouped by topic.
    pub topics: Vec<ListOffsetsTopic>,
    /// Milliseconds to wait for lookups in remote storage (KIP-1075).
    #[field(versions = "10+", ignorable)]
    pub timeout_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to look up.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ListOffsetsTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Lookups to make, one per partition.
    pub partitions: Vec<ListOffsetsPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One lookup in one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ListOffsetsPartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Leader epoch the sender believes in, for fencing; -1 skips the check.
    #[field(versions = "4+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    /// Milliseconds, or -1 latest, -2 earliest, -3 maximum timestamp, -4 to -6 tiered positions.
    pub timestamp: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The offsets found for a `ListOffsetsRequest`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 2, valid = "1-11", flexible = "6+")]
pub struct ListOffsetsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    /// Lookup results, grouped by topic.
    pub topics: Vec<ListOffsetsTopicResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Lookup results of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ListOffsetsTopicResponse {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Lookup result of each partition.
    pub partitions: Vec<ListOffsetsPartitionResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Lookup result of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ListOffsetsPartitionResponse {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Timestamp of the record found; -1 for special positions or no match.
    #[field(default = -1)]
    pub timestamp: i64,
    /// Offset found; -1 when nothing matches.
    #[field(default = -1)]
    pub offset: i64,
    /// Leader epoch of the record found; -1 if not known.
    #[field(versions = "4+", default = -1)]
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
