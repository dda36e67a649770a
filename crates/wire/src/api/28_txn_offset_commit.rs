//! TxnOffsetCommit, API key 28.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by a transactional producer to the group coordinator to store offsets that count once the transaction
/// commits. From version 5 the broker adds the group by itself (KIP-890).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 28, valid = "0-5", flexible = "3+")]
pub struct TxnOffsetCommitRequest {
    /// Transactional id of the producer.
    pub transactional_id: KafkaString,
    /// Group the offsets belong to.
    pub group_id: KafkaString,
    /// Producer id of the open transaction.
    pub producer_id: i64,
    /// Producer epoch of the open transaction.
    pub producer_epoch: i16,
    /// Generation or member epoch of the consumer; -1 skips the check.
    #[field(versions = "3+", default = -1)]
    pub generation_id: i32,
    /// Member that consumed the records; empty if not given.
    #[field(versions = "3+")]
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<KafkaString>,
    /// Offsets to store, grouped by topic.
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offsets of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TxnOffsetCommitRequestTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Offset to store for each partition.
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Offset to store for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TxnOffsetCommitRequestPartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Offset of the next record the group will read.
    pub committed_offset: i64,
    /// Leader epoch of the last record read; -1 if not known.
    #[field(versions = "2+", default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    /// Note the client keeps along with the offset; may be null.
    #[field(nullable = "0+")]
    pub committed_metadata: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells for each partition whether its pending offset was stored.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 28, valid = "0-5", flexible = "3+")]
pub struct TxnOffsetCommitResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Results, grouped by topic.
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TxnOffsetCommitResponseTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Result for each partition.
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TxnOffsetCommitResponsePartition {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
