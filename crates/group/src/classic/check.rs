//! What is always true of a classic group.

use std::collections::BTreeMap;

use super::protocols::SupportedProtocols;
use super::{ClassicGroup, ClassicGroupState};

impl ClassicGroup {
    /// # Panics
    /// When something is not true that must always be.
    pub(crate) fn check(&self) {
        let id = &self.id;
        let awaiting = self.members.values().filter(|member| member.awaiting_join.is_some()).count();
        assert_eq!(self.awaiting_join, awaiting, "{id}: members awaiting the end of the join phase");
        let mut supported = SupportedProtocols::default();
        self.members.values().for_each(|member| supported.add(&member.protocols));
        assert_eq!(self.supported_protocols, supported, "{id}: supported protocols");
        let named = |member: &super::Member| Some((member.instance_id.clone()?, member.id.clone()));
        let static_members: BTreeMap<_, _> = self.members.values().filter_map(named).collect();
        assert_eq!(self.static_members, static_members, "{id}: static members");
        assert!(self.members.iter().all(|(key, member)| *key == member.id), "{id}: members by their ids");
        self.check_roles();
        self.check_state();
    }

    fn check_roles(&self) {
        let id = &self.id;
        match &self.leader {
            Some(leader) => {
                assert!(self.members.contains_key(leader), "{id}: the leader {leader} is a member")
            }
            None => assert!(self.members.is_empty(), "{id}: a group with members has a leader"),
        }
        let pending = self.pending_joins.iter().find(|pending| self.members.contains_key(*pending));
        assert_eq!(pending, None, "{id}: who is a member is not pending");
        let unsynced = self.pending_syncs.iter().find(|pending| !self.members.contains_key(*pending));
        assert_eq!(unsynced, None, "{id}: only members are waited for");
    }

    fn check_state(&self) {
        let id = &self.id;
        let syncing = self.members.values().any(|member| member.awaiting_sync.is_some());
        match self.state {
            ClassicGroupState::Empty => {
                assert!(self.members.is_empty(), "{id}: an empty group has no members");
                assert_eq!(self.protocol_name, None, "{id}: an empty group has no protocol");
            }
            ClassicGroupState::PreparingRebalance(_) => {
                assert!(!syncing, "{id}: nobody waits for an assignment in the join phase");
                assert!(self.pending_syncs.is_empty(), "{id}: nobody need sync in the join phase");
            }
            ClassicGroupState::CompletingRebalance => {
                assert!(!self.members.is_empty(), "{id}: there is someone to assign to");
                assert_eq!(self.awaiting_join, 0, "{id}: the join phase is over");
            }
            ClassicGroupState::Stable => {
                assert!(!self.members.is_empty(), "{id}: a stable group has members");
                assert!(!syncing, "{id}: nobody waits for an assignment that is there");
            }
        }
    }
}
