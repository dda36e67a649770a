//! Members that are not heard of any more.

use ottla_wire::KafkaString;

use super::Turn;
use crate::classic::ClassicGroupState;

impl Turn<'_> {
    /// The session of a member has ended, or the time to join of who was given its id.
    pub(crate) fn session_timed_out(&mut self, member_id: &KafkaString) {
        if self.group.pending_joins.contains(member_id) {
            tracing::info!(group = %self.group.id, member = %member_id, "member never joined");
            self.group.remove(member_id);
            self.complete_join_after_removal();
            return;
        }
        let Some(member) = self.group.member(member_id) else { return };
        if member.has_satisfied_heartbeat() {
            // It waits for others. Its session begins anew when it is answered.
            return;
        }
        tracing::info!(group = %self.group.id, member = %member_id, "member has failed");
        self.remove_member(member_id);
        match self.group.state {
            ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
                self.prepare_rebalance("member has failed");
            }
            ClassicGroupState::PreparingRebalance(_) | ClassicGroupState::Empty => {
                self.complete_join_after_removal();
            }
        }
    }

    /// Ends a join phase, even a first one, if the last that was waited for is gone.
    fn complete_join_after_removal(&mut self) {
        let joining = matches!(self.group.state, ClassicGroupState::PreparingRebalance(_));
        if joining && self.group.has_all_members_joined() {
            self.complete_join();
        }
    }

    /// Members have not asked for their assignment in time: the others go on without them.
    pub(crate) fn sync_timed_out(&mut self) {
        let in_sync_phase =
            matches!(self.group.state, ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable);
        if !in_sync_phase || self.group.pending_syncs.is_empty() {
            return;
        }
        for member_id in std::mem::take(&mut self.group.pending_syncs) {
            tracing::info!(group = %self.group.id, member = %member_id, "member did not sync in time");
            self.remove_member(&member_id);
        }
        self.prepare_rebalance("members did not sync in time");
    }
}
