//! ShareSnapshot, type 0 of the records of `__share_group_state`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of a share-partition's full state in `__share_group_state` (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 0, valid = "0", flexible = "none")]
pub struct ShareSnapshotKey {
    /// Share group the state is of.
    pub group_id: KafkaString,
    /// Id of the topic consumed.
    pub topic_id: Uuid,
    /// Number of the partition within its topic.
    pub partition: i32,
}

/// Full delivery state of a share-partition (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 0, valid = "0", flexible = "0+")]
pub struct ShareSnapshotValue {
    /// Number of this snapshot; updates name the one they build on.
    pub snapshot_epoch: i32,
    /// Epoch of the state, set when the group set it up.
    pub state_epoch: i32,
    /// Partition leader epoch that last touched the state.
    pub leader_epoch: i32,
    /// First offset still to be delivered, -1 when not decided yet.
    pub start_offset: i64,
    /// Offsets from the start offset on already settled, -1 when unknown.
    #[field(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    /// Unix milliseconds when the state first came about.
    pub create_timestamp: i64,
    /// Unix milliseconds when this snapshot was written.
    pub write_timestamp: i64,
    /// Delivery state of offsets from `start_offset` on, in order.
    pub state_batches: Vec<StateBatch>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Delivery state shared by a range of offsets.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct StateBatch {
    /// Lowest offset the entry covers.
    pub first_offset: i64,
    /// Highest offset the entry covers, inclusive.
    pub last_offset: i64,
    /// 0 for available, 2 for acknowledged, 4 for archived.
    pub delivery_state: i8,
    /// How many times the records have been handed out.
    pub delivery_count: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
