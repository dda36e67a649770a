//! What the metadata says of one partition, as far as its replica here goes.

use ottla_controller::image::PartitionRegistration;
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

impl Assignment {
    /// What a registration says to the node of this number.
    pub(super) fn of(registration: &PartitionRegistration, node_id: i32) -> Self {
        let is_placeholder = |id: &Uuid| [Uuid::UNASSIGNED_DIRECTORY, Uuid::MIGRATING_DIRECTORY].contains(id);
        Self {
            replicas: registration.replicas.clone(),
            isr: registration.isr.clone(),
            leader: registration.leader,
            leader_epoch: registration.leader_epoch,
            directory: registration.directory(node_id).filter(|id| !is_placeholder(id)),
        }
    }
}
