//! ShareGroupTargetAssignmentMember, type 13 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of one share group member's target assignment (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 13, valid = "0", flexible = "none")]
pub struct ShareGroupTargetAssignmentMemberKey {
    /// Share group the member is in.
    pub group_id: KafkaString,
    /// Member the target assignment is for.
    pub member_id: KafkaString,
}

/// Partitions a share group member should fetch (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 13, valid = "0", flexible = "0+")]
pub struct ShareGroupTargetAssignmentMemberValue {
    /// Partitions meant for the member, by topic.
    pub topic_partitions: Vec<TopicPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic meant for the member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartition {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Numbers of the partitions meant for the member.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
