//! What is always true of a coordinator.

use super::GroupCoordinator;
use crate::classic::{ClassicGroup, ClassicGroupState, Member};
use crate::timer::Timer;
use crate::writes::Completion;

impl GroupCoordinator {
    /// Checks what must be true between any two calls: for tests, which know that a step was wrong before its
    /// consequences show.
    ///
    /// # Panics
    /// When something is not true that must always be.
    pub fn invariants(&self) {
        self.timers.check();
        self.offsets.check();
        self.pending_offsets.check();
        assert!(
            self.outcome.replies.is_empty() && self.outcome.writes.is_empty(),
            "the outcome was handed out"
        );
        for (id, group) in &self.groups {
            assert_eq!(*id, group.id, "groups by their ids");
            assert!(!self.others.contains(id), "{id} is a group of one protocol");
            group.check();
            self.check_deadlines(group);
        }
        for (group, ..) in self.offsets.iter().chain(self.pending_offsets.iter()) {
            let known = self.groups.contains_key(group) || self.others.contains(group);
            assert!(known, "offsets belong to a group, but there is no {group}");
        }
    }

    /// Nobody waits for ever, and nobody is forgotten.
    fn check_deadlines(&self, group: &ClassicGroup) {
        let id = &group.id;
        let joining = matches!(group.state, ClassicGroupState::PreparingRebalance(_));
        let join_timer = self.timers.is_scheduled(&Timer::Join(id.clone()));
        assert_eq!(joining, join_timer, "{id}: the join timer runs in the join phase");
        let sync_timer = self.timers.is_scheduled(&Timer::Sync(id.clone()));
        assert_eq!(
            sync_timer,
            !group.pending_syncs.is_empty(),
            "{id}: the sync timer runs for those who need sync"
        );
        for member in group.members() {
            let key = Timer::Session(id.clone(), member.id.clone());
            let has_session = self.timers.is_scheduled(&key);
            assert!(has_session || member.has_satisfied_heartbeat(), "{id}: {} has a session", member.id);
            let waits_for_join = member.awaiting_join.is_some() && !joining;
            assert!(
                !waits_for_join || self.is_coming_back(group, member),
                "{id}: {} waits in vain",
                member.id
            );
            let waits_for_sync = member.awaiting_sync.is_some() && !sync_timer;
            assert!(!waits_for_sync || self.is_assigning(group), "{id}: {} waits in vain", member.id);
        }
        for pending in &group.pending_joins {
            let timer = Timer::Session(id.clone(), pending.clone());
            assert!(self.timers.is_scheduled(&timer), "{id}: {pending} may not be pending for ever");
        }
    }

    /// Whether the new id of a static member is being written.
    fn is_coming_back(&self, group: &ClassicGroup, member: &Member) -> bool {
        self.writes.iter().any(|write| match &write.completion {
            Completion::StaticMember(comes) => comes.group == group.id && comes.new_id == member.id,
            _ => false,
        })
    }

    /// Whether the assignments of the group's generation are being written.
    fn is_assigning(&self, group: &ClassicGroup) -> bool {
        self.writes.iter().any(|write| match &write.completion {
            Completion::Assignment { group: id, generation, .. } => {
                *id == group.id && *generation == group.generation
            }
            _ => false,
        })
    }
}
