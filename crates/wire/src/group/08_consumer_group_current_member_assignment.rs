//! ConsumerGroupCurrentMemberAssignment, type 8 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of one member's current assignment (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 8, valid = "0", flexible = "none")]
pub struct ConsumerGroupCurrentMemberAssignmentKey {
    /// Consumer group the member is in.
    pub group_id: KafkaString,
    /// Member the assignment is of.
    pub member_id: KafkaString,
}

/// Partitions a consumer group member owns on its way to the target (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 8, valid = "0", flexible = "0+")]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    /// Epoch the member must send in its heartbeats.
    pub member_epoch: i32,
    /// Epoch before it, still accepted in case the answer got lost.
    pub previous_member_epoch: i32,
    /// 0 stable, 1 still has to revoke, 2 waits for other members.
    pub state: i8,
    /// Partitions the member owns, by topic.
    pub assigned_partitions: Vec<TopicPartitions>,
    /// Partitions the member has yet to give up.
    pub partitions_pending_revocation: Vec<TopicPartitions>,
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
    /// Member epoch each partition was given at; null when not recorded.
    #[field(nullable = "0+", tag = 0)]
    pub assignment_epochs: Option<Vec<i32>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
