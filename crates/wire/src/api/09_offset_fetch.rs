//! OffsetFetch, API key 9.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent to the group coordinator to read the offsets a group has committed; several groups at once from
/// version 8 (KIP-709).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 9, valid = "1-10", flexible = "6+")]
pub struct OffsetFetchRequest {
    /// Group to read, up to version 7.
    #[field(versions = "0-7")]
    pub group_id: KafkaString,
    /// Partitions to read, up to version 7; null for all.
    #[field(versions = "0-7", nullable = "2-7")]
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// Groups to read, from version 8.
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Whether pending transactional commits should yield a retriable error (KIP-447).
    #[field(versions = "7+")]
    pub require_stable: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic whose offsets are wanted, up to version 7.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchRequestTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Partition numbers whose offsets are wanted.
    pub partition_indexes: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One group whose offsets are wanted.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchRequestGroup {
    /// Group to read offsets of.
    pub group_id: KafkaString,
    /// Consumer-protocol member that asks; null when not a member.
    #[field(versions = "9+", nullable = "9+", default = null, ignorable)]
    pub member_id: Option<KafkaString>,
    /// Epoch of that member; -1 when not a member.
    #[field(versions = "9+", default = -1, ignorable)]
    pub member_epoch: i32,
    /// Partitions to read; null for all that have offsets.
    #[field(nullable = "8+")]
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic whose offsets are wanted, from version 8.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchRequestTopics {
    /// Topic name; replaced by `topic_id` from version 10.
    #[field(versions = "8-9", ignorable)]
    pub name: KafkaString,
    /// Topic id; stands in for `name` from version 10.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Partition numbers whose offsets are wanted.
    pub partition_indexes: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The committed offsets an `OffsetFetchRequest` asked for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 9, valid = "1-10", flexible = "6+")]
pub struct OffsetFetchResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    /// Offsets of the single group, up to version 7.
    #[field(versions = "0-7")]
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// Error for the single group, versions 2 to 7.
    #[field(versions = "2-7", ignorable)]
    pub error_code: i16,
    /// Offsets of each group, from version 8.
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchResponseGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets of one topic, up to version 7.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchResponseTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Committed offset of each partition.
    pub partitions: Vec<OffsetFetchResponsePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Committed offset of one partition, up to version 7.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchResponsePartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Next offset the group will read; -1 if none is stored.
    pub committed_offset: i64,
    /// Leader epoch stored with the offset; -1 if none.
    #[field(versions = "5-7", default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    /// Note stored with the offset; empty or null if none.
    #[field(nullable = "0-7")]
    pub metadata: Option<KafkaString>,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets of one group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchResponseGroup {
    /// Group these offsets belong to.
    pub group_id: KafkaString,
    /// Offsets of this group, by topic.
    pub topics: Vec<OffsetFetchResponseTopics>,
    /// Error for this group as a whole; 0 for none.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets of one topic, from version 8.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchResponseTopics {
    /// Topic name; replaced by `topic_id` from version 10.
    #[field(versions = "8-9", ignorable)]
    pub name: KafkaString,
    /// Topic id; stands in for `name` from version 10.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Committed offset of each partition.
    pub partitions: Vec<OffsetFetchResponsePartitions>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Committed offset of one partition, from version 8.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetFetchResponsePartitions {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Next offset the group will read; -1 if none is stored.
    pub committed_offset: i64,
    /// Leader epoch stored with the offset; -1 if none.
    #[field(default = -1)]
    pub committed_leader_epoch: i32,
    /// Note stored with the offset; empty or null if none.
    #[field(nullable = "8+")]
    pub metadata: Option<KafkaString>,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
