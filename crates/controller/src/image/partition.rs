//! The state of one partition.

use ottla_record::LeaderEpoch;
use ottla_wire::Uuid;
use ottla_wire::metadata::partition::PartitionRecord;
use ottla_wire::metadata::partition_change::PartitionChangeRecord;

use super::error::ReplayError;
use crate::features::MetadataVersion;

/// In place of a leader: there is none.
pub const NO_LEADER: i32 = -1;
/// In place of a leader in a [`PartitionChangeRecord`]: it stays, and so does its epoch.
pub const NO_LEADER_CHANGE: i32 = -2;

/// Whether a leader has caught up with what was promised before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeaderRecoveryState {
    /// It has.
    #[default]
    Recovered,
    /// It was elected uncleanly and is repairing its log.
    Recovering,
}

impl LeaderRecoveryState {
    /// The state of a number in records and requests.
    pub const fn from_id(id: i8) -> Option<Self> {
        match id {
            0 => Some(Self::Recovered),
            1 => Some(Self::Recovering),
            _ => None,
        }
    }

    /// The number in records and requests.
    pub const fn id(self) -> i8 {
        match self {
            Self::Recovered => 0,
            Self::Recovering => 1,
        }
    }
}

/// The state of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionRegistration {
    /// Brokers that have a replica, the preferred leader first.
    pub replicas: Vec<i32>,
    /// The log directory of each replica, in the order of `replicas`, or a placeholder such as [`Uuid::UNASSIGNED_DIRECTORY`].
    pub directories: Vec<Uuid>,
    /// Replicas in sync.
    pub isr: Vec<i32>,
    /// Replicas that a running reassignment takes away.
    pub removing_replicas: Vec<i32>,
    /// Replicas that a running reassignment brings in.
    pub adding_replicas: Vec<i32>,
    /// Replicas out of sync that hold all that was promised.
    pub elr: Vec<i32>,
    /// The last leader, once ISR and ELR ran empty.
    pub last_known_elr: Vec<i32>,
    /// The leader, or [`NO_LEADER`].
    pub leader: i32,
    /// Whether the leader has caught up after an unclean election.
    pub leader_recovery_state: LeaderRecoveryState,
    /// Grows with every election.
    pub leader_epoch: LeaderEpoch,
    /// Grows with every change.
    pub partition_epoch: i32,
}

impl PartitionRegistration {
    /// The state that a record holds in full.
    pub(crate) fn from_record(record: &PartitionRecord) -> Result<Self, ReplayError> {
        let directories =
            directories(record.topic_id, record.partition_id, &record.replicas, &record.directories)?;
        Ok(Self {
            replicas: record.replicas.clone(),
            directories,
            isr: record.isr.clone(),
            removing_replicas: record.removing_replicas.clone(),
            adding_replicas: record.adding_replicas.clone(),
            elr: record.eligible_leader_replicas.clone().unwrap_or_default(),
            last_known_elr: record.last_known_elr.clone().unwrap_or_default(),
            leader: record.leader,
            leader_recovery_state: recovery_state(record.leader_recovery_state)?,
            leader_epoch: LeaderEpoch(record.leader_epoch),
            partition_epoch: record.partition_epoch,
        })
    }

    /// The state after a change.
    ///
    /// # Errors
    /// If the change has not as many directories as replicas, or an unknown recovery state.
    pub fn changed(&self, record: &PartitionChangeRecord) -> Result<Self, ReplayError> {
        let or = |new: &Option<Vec<i32>>, old: &Vec<i32>| new.as_ref().unwrap_or(old).clone();
        let replicas = or(&record.replicas, &self.replicas);
        let given = record.directories.as_ref().unwrap_or(&self.directories);
        let (leader, leader_epoch) = match record.leader {
            NO_LEADER_CHANGE => (self.leader, self.leader_epoch),
            leader => (leader, LeaderEpoch(self.leader_epoch.0.wrapping_add(1))),
        };
        Ok(Self {
            directories: directories(record.topic_id, record.partition_id, &replicas, given)?,
            replicas,
            isr: or(&record.isr, &self.isr),
            removing_replicas: or(&record.removing_replicas, &self.removing_replicas),
            adding_replicas: or(&record.adding_replicas, &self.adding_replicas),
            elr: or(&record.eligible_leader_replicas, &self.elr),
            last_known_elr: or(&record.last_known_elr, &self.last_known_elr),
            leader,
            leader_recovery_state: match record.leader_recovery_state {
                -1 => self.leader_recovery_state,
                state => recovery_state(state)?,
            },
            leader_epoch,
            partition_epoch: self.partition_epoch.wrapping_add(1),
        })
    }

    /// The state without eligible leader replicas; none if it has none anyway.
    pub(crate) fn without_elr(&self) -> Option<Self> {
        if self.elr.is_empty() && self.last_known_elr.is_empty() {
            return None;
        }
        let mut cleared = self.clone();
        cleared.elr.clear();
        cleared.last_known_elr.clear();
        cleared.partition_epoch = cleared.partition_epoch.wrapping_add(1);
        Some(cleared)
    }

    /// The record that holds all of the state that `version` has words for.
    pub fn to_record(
        &self,
        topic_id: Uuid,
        partition_id: i32,
        version: MetadataVersion,
        with_elr: bool,
    ) -> PartitionRecord {
        let with_elr = with_elr && version.has_eligible_leader_replicas();
        let elr = |replicas: &Vec<i32>| (with_elr && !replicas.is_empty()).then(|| replicas.clone());
        PartitionRecord {
            partition_id,
            topic_id,
            replicas: self.replicas.clone(),
            isr: self.isr.clone(),
            removing_replicas: self.removing_replicas.clone(),
            adding_replicas: self.adding_replicas.clone(),
            leader: self.leader,
            leader_recovery_state: self.leader_recovery_state.id(),
            leader_epoch: self.leader_epoch.0,
            partition_epoch: self.partition_epoch,
            directories: if version.has_directories() { self.directories.clone() } else { Vec::new() },
            eligible_leader_replicas: elr(&self.elr),
            last_known_elr: elr(&self.last_known_elr),
            ..PartitionRecord::default()
        }
    }

    /// Whether there is a leader.
    pub fn has_leader(&self) -> bool {
        self.leader != NO_LEADER
    }

    /// The replica that leads when all is well; [`NO_LEADER`] without replicas.
    pub fn preferred_replica(&self) -> i32 {
        self.replicas.first().copied().unwrap_or(NO_LEADER)
    }

    /// Whether the preferred replica leads.
    pub fn has_preferred_leader(&self) -> bool {
        self.leader == self.preferred_replica()
    }

    /// Whether replicas are being brought in or taken away.
    pub fn is_reassigning(&self) -> bool {
        !self.adding_replicas.is_empty() || !self.removing_replicas.is_empty()
    }

    /// The log directory of a broker's replica; none if it has no replica.
    pub fn directory(&self, broker: i32) -> Option<Uuid> {
        let index = self.replicas.iter().position(|&replica| replica == broker)?;
        self.directories.get(index).copied()
    }

    pub(crate) fn invariants(&self) {
        let within = |ids: &[i32]| ids.iter().all(|id| self.replicas.contains(id));
        assert!(!self.replicas.is_empty(), "a partition has replicas: {self:?}");
        assert_eq!(self.replicas.len(), self.directories.len(), "each in a directory: {self:?}");
        assert!(within(&self.isr), "only replicas are in sync: {self:?}");
        assert!(!self.has_leader() || self.isr.contains(&self.leader), "a leader is in sync: {self:?}");
    }
}

fn recovery_state(id: i8) -> Result<LeaderRecoveryState, ReplayError> {
    LeaderRecoveryState::from_id(id)
        .ok_or(ReplayError::Meaningless { field: "leader recovery state", value: id })
}

/// As many directories as replicas. Where none are told, or only placeholders of a cluster that did not assign any, all are
/// such placeholders.
fn directories(
    topic: Uuid,
    partition: i32,
    replicas: &[i32],
    given: &[Uuid],
) -> Result<Vec<Uuid>, ReplayError> {
    if given.iter().all(|&directory| directory == Uuid::MIGRATING_DIRECTORY) {
        return Ok(vec![Uuid::MIGRATING_DIRECTORY; replicas.len()]);
    }
    if given.len() != replicas.len() {
        return Err(ReplayError::Directories {
            topic,
            partition,
            replicas: replicas.len(),
            directories: given.len(),
        });
    }
    Ok(given.to_vec())
}
