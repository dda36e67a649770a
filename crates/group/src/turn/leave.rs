//! LeaveGroup: members go, or are shown out by an administrator.

use ottla_wire::api::leave_group::{MemberIdentity, MemberResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::Turn;
use crate::classic::ClassicGroupState;

impl Turn<'_> {
    /// Removes the members and begins one rebalance for all of them.
    pub(crate) fn leave(&mut self, members: &[MemberIdentity]) -> Vec<MemberResponse> {
        let mut responses = Vec::with_capacity(members.len());
        let mut has_left = false;
        for member in members {
            let result = self.leave_one(member);
            has_left |= result.is_ok();
            responses.push(MemberResponse {
                member_id: member.member_id.clone(),
                group_instance_id: member.group_instance_id.clone(),
                error_code: result.err().unwrap_or(ErrorCode::None).number(),
                ..MemberResponse::default()
            });
        }
        if has_left {
            match self.group.state {
                ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
                    self.prepare_rebalance("members leave");
                }
                ClassicGroupState::PreparingRebalance(_) => self.complete_join_if_all_joined(),
                ClassicGroupState::Empty => {}
            }
        }
        responses
    }

    fn leave_one(&mut self, member: &MemberIdentity) -> Result<(), ErrorCode> {
        let reason = member.reason.as_deref().unwrap_or("not provided");
        let instance_id = member.group_instance_id.as_ref();
        let member_id = if member.member_id.is_empty() {
            // An administrator names static members without knowing their ids.
            let known = instance_id.and_then(|instance_id| self.group.static_member_id(instance_id));
            known.ok_or(ErrorCode::UnknownMemberId)?.clone()
        } else {
            if !self.group.pending_joins.contains(&member.member_id) {
                self.group.validate_member(&member.member_id, instance_id)?;
            }
            member.member_id.clone()
        };
        tracing::info!(group = %self.group.id, member = %member_id, reason, "member leaves");
        self.remove_member(&member_id);
        Ok(())
    }

    /// Removes a member, or an id that was given out. If it waits for the end of a join phase or for its
    /// assignment, it is told to begin anew, should it still be there.
    pub(super) fn remove_member(&mut self, member_id: &KafkaString) {
        self.cancel_session(member_id);
        if let Some(token) = self.group.take_awaiting_join(member_id) {
            self.fail_join(token, &KafkaString::EMPTY, ErrorCode::UnknownMemberId);
        }
        let member = self.group.member_mut(member_id);
        if let Some(token) = member.and_then(|member| member.awaiting_sync.take()) {
            self.fail_sync(token, ErrorCode::UnknownMemberId);
        }
        self.group.remove(member_id);
    }
}
