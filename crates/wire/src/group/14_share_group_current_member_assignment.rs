//! ShareGroupCurrentMemberAssignment, type 14 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of one share group member's current assignment (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 14, valid = "0", flexible = "none")]
pub struct ShareGroupCurrentMemberAssignmentKey {
    /// Share group the member is in.
    pub group_id: KafkaString,
    /// Member the assignment is of.
    pub member_id: KafkaString,
}

/// Partitions a share group member fetches now (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 14, valid = "0", flexible = "0+")]
pub struct ShareGroupCurrentMemberAssignmentValue {
    /// Epoch the member must send in its heartbeats.
    pub member_epoch: i32,
    /// Epoch before it, still accepted in case the answer got lost.
    pub previous_member_epoch: i32,
    /// 0 for stable, the state share members are in.
    pub state: i8,
    /// Partitions the member fetches, by topic.
    pub assigned_partitions: Vec<TopicPartitions>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartitions {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Numbers of the topic's partitions.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
