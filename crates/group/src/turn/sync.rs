//! SyncGroup: the leader says who does what, the others ask.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_coordinator::Token;
use ottla_wire::messages::{SyncGroupRequest, SyncGroupResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::Turn;
use crate::classic::ClassicGroupState;
use crate::outcome::{Response, group_metadata_error};
use crate::record::GroupRecord;
use crate::writes::Completion;

impl Turn<'_> {
    pub(crate) fn sync(&mut self, request: &SyncGroupRequest, token: Token) {
        if let Err(error) = self.validate_sync(request) {
            self.fail_sync(token, error);
            return;
        }
        let member_id = &request.member_id;
        match self.group.state {
            ClassicGroupState::Empty => self.fail_sync(token, ErrorCode::UnknownMemberId),
            ClassicGroupState::PreparingRebalance(_) => self.fail_sync(token, ErrorCode::RebalanceInProgress),
            ClassicGroupState::CompletingRebalance => {
                self.await_sync(member_id, token);
                if self.group.is_leader(member_id) {
                    self.write_assignments(request);
                }
            }
            ClassicGroupState::Stable => {
                self.mark_synced(member_id);
                self.reply_assignment(member_id, token);
            }
        }
    }

    fn validate_sync(&self, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        let group = &*self.group;
        group.validate_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let differs = |asked: &Option<KafkaString>, known: &Option<KafkaString>| {
            asked.as_ref().zip(known.as_ref()).is_some_and(|(asked, known)| asked != known)
        };
        if differs(&request.protocol_type, &group.protocol_type)
            || differs(&request.protocol_name, &group.protocol_name)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    fn await_sync(&mut self, member_id: &str, token: Token) {
        let former = self.group.member_mut(member_id).and_then(|member| member.awaiting_sync.replace(token));
        // A client sends again when it has given up on its former request.
        if let Some(former) = former {
            self.fail_sync(former, ErrorCode::RebalanceInProgress);
        }
        self.mark_synced(member_id);
    }

    fn mark_synced(&mut self, member_id: &str) {
        self.group.pending_syncs.remove(member_id);
        if self.group.pending_syncs.is_empty() {
            self.cancel_sync();
        }
    }

    /// Writes what the leader has decided. Members that it has left out get nothing.
    fn write_assignments(&mut self, request: &SyncGroupRequest) {
        let assignments: BTreeMap<KafkaString, Bytes> = request
            .assignments
            .iter()
            .map(|given| (given.member_id.detach(), Bytes::copy_from_slice(&given.assignment)))
            .collect();
        let group = &*self.group;
        let left_out = group.members().filter(|member| !assignments.contains_key(&member.id)).count();
        tracing::info!(
            group = %group.id, generation = group.generation, leader = %request.member_id, left_out,
            "assignment received"
        );
        let record = GroupRecord::group_metadata(group, |member| {
            assignments.get(&member.id).cloned().unwrap_or_default()
        });
        let completion =
            Completion::Assignment { group: group.id.clone(), generation: group.generation, assignments };
        self.write(vec![record], completion);
    }

    /// The assignments are safe: all members that wait get theirs.
    ///
    /// Another member may have come in the meantime and begun a rebalance; then nothing is left to do.
    pub(crate) fn assignments_written(
        &mut self,
        generation: i32,
        assignments: &BTreeMap<KafkaString, Bytes>,
    ) {
        if !self.is_completing(generation) {
            return;
        }
        for member in self.group.members_mut() {
            member.assignment = assignments.get(&member.id).cloned().unwrap_or_default();
        }
        self.group.transition_to(ClassicGroupState::Stable, self.now.time_of_day);
        for member_id in self.group.member_ids() {
            if let Some(token) = self.take_awaiting_sync(&member_id) {
                self.reply_assignment(&member_id, token);
                // While it waited its session could end without harm, so it must begin anew.
                self.refresh_session(&member_id);
            }
        }
    }

    /// The assignments could not be written: members must join again.
    pub(crate) fn assignments_failed(&mut self, generation: i32, append: ErrorCode) {
        if self.is_completing(generation) {
            self.reset_assignments(group_metadata_error(append));
            self.prepare_rebalance("assignment could not be written");
        }
    }

    fn is_completing(&self, generation: i32) -> bool {
        self.group.state == ClassicGroupState::CompletingRebalance && self.group.generation == generation
    }

    /// Takes all assignments away, and sends who waits for one an error.
    pub(super) fn reset_assignments(&mut self, error: ErrorCode) {
        for member_id in self.group.member_ids() {
            if let Some(member) = self.group.member_mut(&member_id) {
                member.assignment = Bytes::new();
            }
            if let Some(token) = self.take_awaiting_sync(&member_id) {
                self.fail_sync(token, error);
                self.refresh_session(&member_id);
            }
        }
    }

    fn take_awaiting_sync(&mut self, member_id: &str) -> Option<Token> {
        self.group.member_mut(member_id)?.awaiting_sync.take()
    }

    fn reply_assignment(&mut self, member_id: &str, token: Token) {
        let group = &*self.group;
        let response = SyncGroupResponse {
            protocol_type: group.protocol_type.clone(),
            protocol_name: group.protocol_name.clone(),
            assignment: group.member(member_id).map(|member| member.assignment.clone()).unwrap_or_default(),
            ..SyncGroupResponse::default()
        };
        self.reply(token, Response::SyncGroup(response));
    }
}
