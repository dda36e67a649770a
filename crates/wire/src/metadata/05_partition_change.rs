//! `PartitionChangeRecord`, type 5 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Written by the controller for changes to a partition; absent fields stay as they were.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 5, valid = "0-2", flexible = "0+")]
pub struct PartitionChangeRecord {
    /// Number of the partition within its topic.
    #[field(default = -1)]
    pub partition_id: i32,
    /// Id of the topic the partition is part of.
    pub topic_id: Uuid,
    /// New in-sync replicas, null when unchanged.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub isr: Option<Vec<i32>>,
    /// New leader; -1 for none, -2 when unchanged.
    #[field(tag = 1, default = -2)]
    pub leader: i32,
    /// New replica list, null when unchanged.
    #[field(nullable = "0+", tag = 2, default = null)]
    pub replicas: Option<Vec<i32>>,
    /// New list of replicas to take away, null when unchanged.
    #[field(nullable = "0+", tag = 3, default = null)]
    pub removing_replicas: Option<Vec<i32>>,
    /// New list of replicas to bring in, null when unchanged.
    #[field(nullable = "0+", tag = 4, default = null)]
    pub adding_replicas: Option<Vec<i32>>,
    /// 0 recovered, 1 after an unclean election, -1 when unchanged.
    #[field(tag = 5, default = -1)]
    pub leader_recovery_state: i8,
    /// New log directory ids, one for each replica; null when unchanged.
    #[field(versions = "1+", nullable = "1+", tag = 8, default = null)]
    pub directories: Option<Vec<Uuid>>,
    /// New eligible leader replicas, null when unchanged.
    #[field(versions = "2+", nullable = "2+", tag = 6, default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// New last known leader, null when unchanged.
    #[field(versions = "2+", nullable = "2+", tag = 7, default = null)]
    pub last_known_elr: Option<Vec<i32>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
