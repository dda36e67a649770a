//! OffsetCommit, API key 8.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by consumers to the group coordinator to store how far they have read. Topics are named by id from
/// version 10 on (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 8, valid = "2-10", flexible = "8+")]
pub struct OffsetCommitRequest {
    /// Group the offsets belong to.
    pub group_id: KafkaString,
    /// Classic generation or consumer-protocol member epoch; -1 outside group management.
    #[field(default = -1)]
    pub generation_id_or_member_epoch: i32,
    /// Member that commits; empty outside group management.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "7+", nullable = "7+", default = null)]
    pub group_instance_id: Option<KafkaString>,
    /// Milliseconds to keep the offsets; -1 for the broker's own setting.
    #[field(versions = "2-4", default = -1, ignorable)]
    pub retention_time_ms: i64,
    /// Offsets to store, grouped by topic.
    pub topics: Vec<OffsetCommitRequestTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetCommitRequestTopic {
    /// Topic name; replaced by `topic_id` from version 10.
    #[field(versions = "0-9", ignorable)]
    pub name: KafkaString,
    /// Topic id; stands in for `name` from version 10.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Offset to store for each partition.
    pub partitions: Vec<OffsetCommitRequestPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offset to store for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetCommitRequestPartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Offset of the next record the group will read.
    pub committed_offset: i64,
    /// Leader epoch of the last record read; -1 if not known.
    #[field(versions = "6+", default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    /// Note the client keeps along with the offset; may be null.
    #[field(nullable = "0+")]
    pub committed_metadata: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells for each partition whether its offset was stored.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 8, valid = "2-10", flexible = "8+")]
pub struct OffsetCommitResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    /// Commit results, grouped by topic.
    pub topics: Vec<OffsetCommitResponseTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Commit results of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetCommitResponseTopic {
    /// Topic name; replaced by `topic_id` from version 10.
    #[field(versions = "0-9", ignorable)]
    pub name: KafkaString,
    /// Topic id; stands in for `name` from version 10.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Commit result of each partition.
    pub partitions: Vec<OffsetCommitResponsePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Commit result of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetCommitResponsePartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
