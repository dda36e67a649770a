//! OffsetForLeaderEpoch, API key 23.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks a leader where a leader epoch ends, so that followers and consumers can find out whether their log
/// was truncated (KIP-320).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 23, valid = "2-4", flexible = "4+")]
pub struct OffsetForLeaderEpochRequest {
    /// Broker id of a follower; -1 or -2 for a consumer.
    #[field(versions = "3+", default = -2, ignorable)]
    pub replica_id: i32,
    /// Epochs to look up, grouped by topic.
    pub topics: Vec<OffsetForLeaderTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to look up.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetForLeaderTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub topic: KafkaString,
    /// Epoch to look up in each partition.
    pub partitions: Vec<OffsetForLeaderPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One epoch to look up.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetForLeaderPartition {
    /// Partition number within the topic.
    pub partition: i32,
    /// Leader epoch the sender believes in, for fencing; -1 skips the check.
    #[field(default = -1)]
    pub current_leader_epoch: i32,
    /// Epoch whose end is wanted.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells where each requested epoch ends.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 23, valid = "2-4", flexible = "4+")]
pub struct OffsetForLeaderEpochResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// End offsets, grouped by topic.
    pub topics: Vec<OffsetForLeaderTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// End offsets of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OffsetForLeaderTopicResult {
    /// Topic name this entry is about.
    #[field(key)]
    pub topic: KafkaString,
    /// End offset of each partition.
    pub partitions: Vec<EpochEndOffset>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Where an epoch ends in one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct EpochEndOffset {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Partition number within the topic.
    pub partition: i32,
    /// Greatest known epoch not above the requested one; -1 for none.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Offset after the last record of that epoch; -1 if unknown.
    #[field(default = -1)]
    pub end_offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
