//! A static member that comes back without knowing its member id, as after a restart.

use ottla_wire::messages::JoinGroupResponse;
use ottla_wire::{ErrorCode, KafkaString};

use super::{Join, Turn};
use crate::classic::{ClassicGroupState, Protocol};
use crate::outcome::group_metadata_error;
use crate::record::GroupRecord;
use crate::writes::{Completion, StaticMember};

/// First version whose clients can be told not to assign though they lead (KIP-814).
const SKIP_ASSIGNMENT_VERSION: i16 = 9;

impl Turn<'_> {
    /// Gives the static member its new id. In a stable group that goes on as before, nothing else changes.
    pub(super) fn replace_static(
        &mut self,
        join: &Join<'_>,
        protocols: Vec<Protocol>,
        old_id: KafkaString,
        new_id: KafkaString,
    ) {
        let Some(instance_id) = join.request.group_instance_id.as_ref().map(KafkaString::detach) else {
            return;
        };
        let former_leader = self.group.leader.clone();
        self.fence_waiting(&old_id);
        self.group.rename_static(&instance_id, new_id.clone());
        self.cancel_session(&old_id);
        let Some(member) = self.group.member(&new_id) else { return };
        let replacement = StaticMember {
            group: self.group.id.clone(),
            instance_id,
            new_id: new_id.clone(),
            old_protocols: member.protocols.clone(),
            old_rebalance_timeout_ms: member.rebalance_timeout_ms,
            old_session_timeout_ms: member.session_timeout_ms,
            old_id,
            former_leader,
            supports_skipping_assignment: join.context.api_version >= SKIP_ASSIGNMENT_VERSION,
        };
        tracing::info!(
            group = %self.group.id, instance_id = %replacement.instance_id, former = %replacement.old_id,
            member = %new_id, reason = join.reason(), "static member comes back"
        );
        self.refresh_session(&new_id);
        self.update_and_await(&new_id, join, protocols);
        match self.group.state {
            ClassicGroupState::Stable if self.keeps_protocol() => self.write_replacement(replacement),
            ClassicGroupState::Stable => self.prepare_rebalance("static member changes the protocol"),
            // The leader may be assigning to the former id by now.
            ClassicGroupState::CompletingRebalance => self.prepare_rebalance("static member comes back"),
            ClassicGroupState::PreparingRebalance(_) | ClassicGroupState::Empty => {
                self.complete_join_if_all_joined();
            }
        }
    }

    /// Tells whoever waits under the former id that another has taken its place.
    fn fence_waiting(&mut self, old_id: &KafkaString) {
        if let Some(token) = self.group.take_awaiting_join(old_id) {
            let response = JoinGroupResponse {
                error_code: ErrorCode::FencedInstanceId.number(),
                member_id: old_id.clone(),
                protocol_name: None,
                ..JoinGroupResponse::default()
            };
            self.reply_join(token, response);
        }
        let member = self.group.member_mut(old_id);
        if let Some(token) = member.and_then(|member| member.awaiting_sync.take()) {
            self.fail_sync(token, ErrorCode::FencedInstanceId);
        }
    }

    fn keeps_protocol(&self) -> bool {
        self.group.protocol_name.as_ref() == Some(&self.group.select_protocol())
    }

    fn write_replacement(&mut self, replacement: StaticMember) {
        let record = GroupRecord::group_metadata(self.group, |member| member.assignment.clone());
        self.write(vec![record], Completion::StaticMember(Box::new(replacement)));
    }

    /// The new member id is safe: the member goes on with the assignment it had.
    ///
    /// It may be that a rebalance has begun since; then its request waits for the end of that.
    pub(crate) fn static_member_written(&mut self, replacement: &StaticMember) {
        if self.group.state != ClassicGroupState::Stable {
            return;
        }
        let new_id = &replacement.new_id;
        let Some(token) = self.group.take_awaiting_join(new_id) else { return };
        let mut response = self.joined(new_id);
        if replacement.supports_skipping_assignment {
            response.skip_assignment = self.group.is_leader(new_id);
        } else {
            response.members = Vec::new();
            response.leader = replacement.former_leader.clone().unwrap_or_default();
        }
        self.refresh_session(new_id);
        self.reply_join(token, response);
    }

    /// The new member id could not be written: the member is its former self again.
    pub(crate) fn static_member_failed(&mut self, replacement: StaticMember, append: ErrorCode) {
        let current = self.group.static_member_id(&replacement.instance_id);
        if current != Some(&replacement.new_id) {
            return;
        }
        let new_id = &replacement.new_id;
        if let Some(token) = self.group.take_awaiting_join(new_id) {
            let group = &self.group;
            let response = JoinGroupResponse {
                error_code: group_metadata_error(append).number(),
                generation_id: group.generation,
                protocol_type: group.protocol_type.clone(),
                protocol_name: group.protocol_name.clone(),
                leader: replacement.former_leader.clone().unwrap_or_default(),
                ..JoinGroupResponse::default()
            };
            self.reply_join(token, response);
        }
        self.group.update_protocols(new_id, replacement.old_protocols);
        if let Some(member) = self.group.member_mut(new_id) {
            member.rebalance_timeout_ms = replacement.old_rebalance_timeout_ms;
            member.session_timeout_ms = replacement.old_session_timeout_ms;
        }
        self.cancel_session(new_id);
        self.group.rename_static(&replacement.instance_id, replacement.old_id.clone());
        self.refresh_session(&replacement.old_id);
    }
}
