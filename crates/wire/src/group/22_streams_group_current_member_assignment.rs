//! StreamsGroupCurrentMemberAssignment, type 22 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of one streams group member's current assignment (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 22, valid = "0", flexible = "none")]
pub struct StreamsGroupCurrentMemberAssignmentKey {
    /// Streams group the member is in.
    pub group_id: KafkaString,
    /// Member the assignment is of.
    pub member_id: KafkaString,
}

/// Tasks a streams group member runs on its way to the target (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 22, valid = "0", flexible = "0+")]
pub struct StreamsGroupCurrentMemberAssignmentValue {
    /// Epoch the member must send in its heartbeats.
    pub member_epoch: i32,
    /// Epoch before it, still accepted in case the answer got lost.
    pub previous_member_epoch: i32,
    /// 1 stable, 2 still has to revoke, 3 waits for other members.
    pub state: i8,
    /// Active tasks the member owns.
    pub active_tasks: Vec<TaskIds>,
    /// Standby tasks the member owns.
    pub standby_tasks: Vec<TaskIds>,
    /// Warm-up tasks the member owns.
    pub warmup_tasks: Vec<TaskIds>,
    /// Active tasks the member has yet to give up.
    pub active_tasks_pending_revocation: Vec<TaskIds>,
    /// Standby tasks the member has yet to give up.
    pub standby_tasks_pending_revocation: Vec<TaskIds>,
    /// Warm-up tasks the member has yet to give up.
    pub warmup_tasks_pending_revocation: Vec<TaskIds>,
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
    /// Member epoch each active task was given at; null otherwise.
    #[field(nullable = "0+", tag = 0)]
    pub assignment_epochs: Option<Vec<i32>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
