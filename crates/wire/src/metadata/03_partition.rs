//! `PartitionRecord`, type 3 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Written by the controller for a new partition, or as a partition's full state in a snapshot.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 3, valid = "0-2", flexible = "0+")]
pub struct PartitionRecord {
    /// Number of the partition within its topic.
    #[field(default = -1)]
    pub partition_id: i32,
    /// Id of the topic the partition is part of.
    pub topic_id: Uuid,
    /// Broker ids of all replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// Broker ids of the replicas in sync.
    pub isr: Vec<i32>,
    /// Replicas a running reassignment takes away.
    pub removing_replicas: Vec<i32>,
    /// Replicas a running reassignment brings in.
    pub adding_replicas: Vec<i32>,
    /// Broker id of the leader, -1 for none.
    #[field(default = -1)]
    pub leader: i32,
    /// 0 when recovered, 1 after an unclean election.
    #[field(tag = 0)]
    pub leader_recovery_state: i8,
    /// Grows with every change of leader.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Grows with every change to the partition.
    #[field(default = -1)]
    pub partition_epoch: i32,
    /// Log directory ids of the replicas, in the order of `replicas`.
    #[field(versions = "1+")]
    pub directories: Vec<Uuid>,
    /// Replicas outside the ISR that hold all committed data; null for none.
    #[field(versions = "2+", nullable = "2+", tag = 1, default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// Last leader remembered once ISR and ELR ran empty; null for none.
    #[field(versions = "2+", nullable = "2+", tag = 2, default = null)]
    pub last_known_elr: Option<Vec<i32>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
