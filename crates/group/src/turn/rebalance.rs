//! The join phase: from the first member that wants a new generation to the answers that begin it.

use ottla_wire::{ErrorCode, KafkaString};

use super::Turn;
use crate::classic::{ClassicGroupState, InitialDelay, Joining};

impl Turn<'_> {
    /// Begins a join phase, or ends the one that runs if nobody is left to wait for.
    pub(super) fn rebalance_or_complete_join(&mut self, reason: &str) {
        match self.group.state {
            ClassicGroupState::PreparingRebalance(_) => self.complete_join_if_all_joined(),
            _ => self.prepare_rebalance(reason),
        }
    }

    /// Ends the join phase if nobody is left to wait for. A first one is waited out: nobody knows who will come.
    pub(super) fn complete_join_if_all_joined(&mut self) {
        let waits_for_known =
            self.group.state == ClassicGroupState::PreparingRebalance(Joining::KnownMembers);
        if waits_for_known && self.group.has_all_members_joined() {
            self.complete_join();
        }
    }

    pub(crate) fn prepare_rebalance(&mut self, reason: &str) {
        if self.group.state == ClassicGroupState::CompletingRebalance {
            self.reset_assignments(ErrorCode::RebalanceInProgress);
        }
        self.group.pending_syncs.clear();
        self.cancel_sync();
        let was_empty = self.group.is_empty();
        let joining = if was_empty { self.initial_delay() } else { Joining::KnownMembers };
        self.group.transition_to(ClassicGroupState::PreparingRebalance(joining), self.now.time_of_day);
        tracing::info!(group = %self.group.id, generation = self.group.generation, reason, "rebalance begins");
        if was_empty {
            self.schedule_join(self.config.group_initial_rebalance_delay_ms);
        } else if self.group.has_all_members_joined() {
            self.complete_join();
        } else {
            self.schedule_join(self.group.rebalance_timeout_ms());
        }
    }

    fn initial_delay(&self) -> Joining {
        let delay_ms = self.config.group_initial_rebalance_delay_ms;
        let remaining_ms = self.group.rebalance_timeout_ms().saturating_sub(delay_ms).max(0);
        Joining::Initial(InitialDelay { delay_ms, remaining_ms, new_member_added: false })
    }

    /// The join timer has gone off.
    pub(crate) fn join_timed_out(&mut self) {
        match self.group.state {
            ClassicGroupState::PreparingRebalance(Joining::Initial(delay)) => self.extend_or_complete(delay),
            ClassicGroupState::PreparingRebalance(Joining::KnownMembers) => self.complete_join(),
            _ => {}
        }
    }

    /// Waits once more if somebody has come while waiting, as long as no member would give up.
    fn extend_or_complete(&mut self, delay: InitialDelay) {
        if !delay.new_member_added || delay.remaining_ms == 0 {
            self.complete_join();
            return;
        }
        let extended = InitialDelay {
            delay_ms: self.config.group_initial_rebalance_delay_ms.min(delay.remaining_ms),
            remaining_ms: delay.remaining_ms.saturating_sub(delay.delay_ms).max(0),
            new_member_added: false,
        };
        self.group.state = ClassicGroupState::PreparingRebalance(Joining::Initial(extended));
        self.schedule_join(extended.delay_ms);
    }

    /// Ends the join phase: drops who has not come, and begins a generation with the rest.
    pub(super) fn complete_join(&mut self) {
        self.cancel_join();
        self.drop_members_not_joined();
        if !self.group.elect_joined_leader() && self.group.members().len() > 0 {
            // Static members are kept until their sessions end, but none of them has come.
            tracing::warn!(group = %self.group.id, "no member joined in time, waiting on");
            // Without a rebalance timeout of its own, waiting again must still take some time.
            self.schedule_join(self.group.rebalance_timeout_ms().max(1));
            return;
        }
        self.group.begin_generation(self.now.time_of_day);
        if self.group.is_empty() {
            tracing::info!(group = %self.group.id, generation = self.group.generation, "group is empty");
            self.write_empty_generation();
        } else {
            self.begin_sync_phase();
        }
    }

    fn drop_members_not_joined(&mut self) {
        let late = |member: &&crate::Member| !member.is_static() && member.awaiting_join.is_none();
        let late: Vec<KafkaString> =
            self.group.members().filter(late).map(|member| member.id.clone()).collect();
        for member_id in late {
            tracing::info!(group = %self.group.id, member = %member_id, "member did not join in time");
            self.group.remove(&member_id);
            self.cancel_session(&member_id);
        }
    }

    fn begin_sync_phase(&mut self) {
        let group = &self.group;
        let members = group.members().len();
        tracing::info!(group = %group.id, generation = group.generation, members, "members have joined");
        for member_id in self.group.member_ids() {
            if let Some(token) = self.group.take_awaiting_join(&member_id) {
                let response = self.joined(&member_id);
                self.reply_join(token, response);
            }
            if let Some(member) = self.group.member_mut(&member_id) {
                member.is_new = false;
            }
            self.refresh_session(&member_id);
            self.group.pending_syncs.insert(member_id);
        }
        self.schedule_sync(self.group.rebalance_timeout_ms());
    }
}
