//! StreamsGroupTargetAssignmentMember, type 21 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of one streams group member's target assignment (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 21, valid = "0", flexible = "none")]
pub struct StreamsGroupTargetAssignmentMemberKey {
    /// Streams group the member is in.
    pub group_id: KafkaString,
    /// Member the target assignment is for.
    pub member_id: KafkaString,
}

/// Tasks a streams group member should end up with (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 21, valid = "0", flexible = "0+")]
pub struct StreamsGroupTargetAssignmentMemberValue {
    /// Active tasks meant for the member.
    pub active_tasks: Vec<TaskIds>,
    /// Standby tasks meant for the member.
    pub standby_tasks: Vec<TaskIds>,
    /// Warm-up tasks meant for the member.
    pub warmup_tasks: Vec<TaskIds>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tasks of one subtopology.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TaskIds {
    /// Subtopology the tasks run.
    pub subtopology_id: KafkaString,
    /// Partition numbers, one task for each.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
