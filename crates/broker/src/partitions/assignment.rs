//! What the metadata says of one partition, as far as its replica here goes.

use ottla_record::LeaderEpoch;
use ottla_wire::Uuid;

/// The state of one partition in the metadata.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    /// Brokers that have a replica.
    pub(crate) replicas: Vec<i32>,
    /// Those of them in sync.
    pub(crate) isr: Vec<i32>,
    /// The leader, -1 for none.
    pub(crate) leader: i32,
    /// The leader's epoch.
    pub(crate) leader_epoch: LeaderEpoch,
    /// The log directory of this node's replica, if it was assigned one.
    pub(crate) directory: Option<Uuid>,
}
