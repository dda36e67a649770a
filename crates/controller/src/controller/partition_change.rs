//! What becomes of a partition: who leads it, who is in sync, which replicas it has.

use std::collections::BTreeSet;

use ottla_wire::Uuid;
use ottla_wire::metadata::partition_change::PartitionChangeRecord;

use super::index::TopicIdPartition;
use super::reassignment;
use crate::features::MetadataVersion;
use crate::image::{LeaderRecoveryState, NO_LEADER, NO_LEADER_CHANGE, PartitionRegistration};

/// How to look for a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Election {
    /// The preferred replica if it can, else the present leader, else any that can.
    Preferred,
    /// The present leader if it can, else any that can.
    Online,
    /// As online, and as a last resort any living replica, even if records are lost.
    Unclean,
}

/// A change of a partition in the making: what is wanted, from which [`build`](Self::build) finds what must follow.
pub(crate) struct PartitionChange<'a> {
    pub(crate) id: TopicIdPartition,
    pub(crate) partition: &'a PartitionRegistration,
    pub(crate) version: MetadataVersion,
    pub(crate) min_isr: usize,
    pub(crate) elr_enabled: bool,
    /// Whether a broker is up to lead, by its state and its replica's directory.
    pub(crate) is_acceptable_leader: Box<dyn Fn(i32) -> bool + 'a>,
    /// The directory of a new replica of a broker.
    pub(crate) default_directory: Box<dyn Fn(i32) -> Uuid + 'a>,
    pub(crate) election: Election,
    pub(crate) target_isr: Vec<i32>,
    pub(crate) target_replicas: Vec<i32>,
    pub(crate) target_removing: Vec<i32>,
    pub(crate) target_adding: Vec<i32>,
    pub(crate) target_recovery_state: LeaderRecoveryState,
    /// A broker's replica has moved to a directory.
    pub(crate) moved: Option<(i32, Uuid)>,
    /// A broker may have lost records at its last stop and is no longer eligible to lead.
    pub(crate) unclean_shutdown: Option<i32>,
}

struct Elected {
    leader: i32,
    unclean: bool,
}

impl PartitionChange<'_> {
    /// The record of the change; none if nothing changes.
    pub(crate) fn build(mut self) -> Option<PartitionChangeRecord> {
        let mut record = PartitionChangeRecord {
            topic_id: self.id.topic,
            partition_id: self.id.partition,
            ..PartitionChangeRecord::default()
        };
        self.complete_reassignment();
        let mut target_elr = self.target_elr();
        self.elect(&mut record, &mut target_elr);
        self.bump_epoch_for_lost_replicas(&mut record);
        self.set_elr(&mut record, target_elr);
        let may_set_isr = record.isr.is_none() && (!self.target_isr.is_empty() || self.elr_enabled);
        if may_set_isr && self.target_isr != self.partition.isr {
            record.isr = Some(self.target_isr.clone());
        }
        self.bump_epoch_for_shrunk_isr(&mut record);
        self.set_last_known_leader(&mut record);
        self.set_assignment(&mut record);
        if self.target_recovery_state != self.partition.leader_recovery_state {
            record.leader_recovery_state = self.target_recovery_state.id();
        }
        (!is_no_change(&record)).then_some(record)
    }

    fn complete_reassignment(&mut self) {
        let completed = reassignment::completed(
            &self.target_removing,
            &self.target_adding,
            &self.target_replicas,
            &self.target_isr,
        );
        if let Some(completed) = completed {
            self.target_isr = completed.isr;
            self.target_replicas = completed.replicas;
            self.target_removing.clear();
            self.target_adding.clear();
        }
    }

    /// Replicas that drop out of the ISR stay eligible while it is smaller than it must be for a promise: nothing was promised
    /// without them.
    fn target_elr(&self) -> Vec<i32> {
        if !self.elr_enabled {
            return self.partition.elr.clone();
        }
        if self.target_isr.len() >= self.min_isr {
            return Vec::new();
        }
        let candidates: BTreeSet<i32> =
            self.partition.elr.iter().chain(&self.partition.isr).copied().collect();
        let stays =
            |replica: &i32| !self.target_isr.contains(replica) && self.unclean_shutdown != Some(*replica);
        candidates.into_iter().filter(stays).collect()
    }

    fn elect(&mut self, record: &mut PartitionChangeRecord, target_elr: &mut Vec<i32>) {
        let elected = self.elected(target_elr);
        if elected.leader == self.partition.leader {
            return;
        }
        if target_elr.contains(&elected.leader) {
            self.target_isr = vec![elected.leader];
            target_elr.retain(|&replica| replica != elected.leader);
        }
        record.leader = elected.leader;
        if elected.unclean {
            // The others may hold records that the new leader lacks.
            record.isr = Some(vec![elected.leader]);
            if self.partition.leader_recovery_state != LeaderRecoveryState::Recovering {
                record.leader_recovery_state = LeaderRecoveryState::Recovering.id();
            }
        }
    }

    fn elected(&self, target_elr: &[i32]) -> Elected {
        let can_lead = |replica: i32| {
            let holds_all = self.target_isr.contains(&replica)
                || self.target_isr.is_empty() && target_elr.contains(&replica);
            holds_all && (self.is_acceptable_leader)(replica)
        };
        let replicas = || self.target_replicas.iter().copied();
        let preferred = replicas().next().filter(|_| self.election == Election::Preferred);
        let in_order = preferred.into_iter().chain([self.partition.leader]).chain(replicas());
        if let Some(leader) = in_order.into_iter().find(|&replica| can_lead(replica)) {
            return Elected { leader, unclean: false };
        }
        if let Some(leader) = self.last_known_leader(target_elr) {
            return Elected { leader, unclean: true };
        }
        let any = replicas().find(|&replica| (self.is_acceptable_leader)(replica));
        match any.filter(|_| self.election == Election::Unclean) {
            Some(leader) => Elected { leader, unclean: true },
            None => Elected { leader: NO_LEADER, unclean: false },
        }
    }

    /// With neither ISR nor ELR left, the last leader is the best guess (KIP-966).
    fn last_known_leader(&self, target_elr: &[i32]) -> Option<i32> {
        if !self.elr_enabled || !target_elr.is_empty() || !self.target_isr.is_empty() {
            return None;
        }
        match self.partition.last_known_elr.as_slice() {
            [leader] if (self.is_acceptable_leader)(*leader) => Some(*leader),
            _ => None,
        }
    }

    /// A replica that goes away must not be written to by a leader that does not know: a new epoch tells.
    fn bump_epoch_for_lost_replicas(&self, record: &mut PartitionChangeRecord) {
        let keeps_all = self.partition.replicas.iter().all(|replica| self.target_replicas.contains(replica));
        if record.leader == NO_LEADER_CHANGE && !keeps_all {
            record.leader = self.partition.leader;
        }
    }

    fn bump_epoch_for_shrunk_isr(&self, record: &mut PartitionChangeRecord) {
        if !self.version.bumps_leader_epoch_on_shrink() || record.leader != NO_LEADER_CHANGE {
            return;
        }
        let Some(isr) = &record.isr else { return };
        if !self.partition.isr.iter().all(|replica| isr.contains(replica)) {
            record.leader = self.partition.leader;
        }
    }

    fn set_elr(&self, record: &mut PartitionChangeRecord, target_elr: Vec<i32>) {
        let is_clean = record.isr.is_none();
        let target_elr = if is_clean && self.elr_enabled { target_elr } else { Vec::new() };
        if target_elr != self.partition.elr {
            record.eligible_leader_replicas = Some(target_elr);
        }
    }

    fn set_last_known_leader(&self, record: &mut PartitionChangeRecord) {
        if !self.elr_enabled {
            return;
        }
        let is_known = !self.partition.last_known_elr.is_empty();
        if record.leader == NO_LEADER && !is_known && self.partition.has_leader() {
            record.last_known_elr = Some(vec![self.partition.leader]);
        } else if record.leader >= 0 && is_known {
            record.last_known_elr = Some(Vec::new());
        }
    }

    fn set_assignment(&self, record: &mut PartitionChangeRecord) {
        let partition = self.partition;
        if !self.target_replicas.is_empty() {
            if self.version.has_directories() {
                let directories: Vec<Uuid> =
                    self.target_replicas.iter().map(|&replica| self.directory(replica)).collect();
                record.directories = Some(directories).filter(|new| *new != partition.directories);
            }
            let changed = self.target_replicas != partition.replicas;
            record.replicas = changed.then(|| self.target_replicas.clone());
        }
        let removing = self.target_removing != partition.removing_replicas;
        record.removing_replicas = removing.then(|| self.target_removing.clone());
        let adding = self.target_adding != partition.adding_replicas;
        record.adding_replicas = adding.then(|| self.target_adding.clone());
    }

    fn directory(&self, replica: i32) -> Uuid {
        match self.moved {
            Some((broker, directory)) if broker == replica => directory,
            _ => self.partition.directory(replica).unwrap_or_else(|| (self.default_directory)(replica)),
        }
    }
}

fn is_no_change(record: &PartitionChangeRecord) -> bool {
    let unchanged = PartitionChangeRecord {
        topic_id: record.topic_id,
        partition_id: record.partition_id,
        ..PartitionChangeRecord::default()
    };
    *record == unchanged
}
