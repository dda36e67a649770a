//! ShareUpdate, type 1 of the records of `__share_group_state`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of a change to a share-partition's state in `__share_group_state` (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 1, valid = "0", flexible = "none")]
pub struct ShareUpdateKey {
    /// Share group the change is for.
    pub group_id: KafkaString,
    /// Id of the topic consumed.
    pub topic_id: Uuid,
    /// Number of the partition within its topic.
    pub partition: i32,
}

/// Change to a share-partition's state since its last snapshot (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 1, valid = "0", flexible = "0+")]
pub struct ShareUpdateValue {
    /// Number of the snapshot the change builds on.
    pub snapshot_epoch: i32,
    /// Leader epoch of the broker that sent the change.
    pub leader_epoch: i32,
    /// New first offset to deliver, -1 when unchanged.
    pub start_offset: i64,
    /// Offsets from the start offset on already settled, -1 when unknown.
    #[field(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    /// Delivery states that changed, in offset order.
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
