//! JoinGroup, SyncGroup, Heartbeat and LeaveGroup.

use std::collections::BTreeSet;

use ottla_coordinator::{Now, Token};
use ottla_wire::api::leave_group::{MemberIdentity, MemberResponse};
use ottla_wire::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, LeaveGroupRequest, LeaveGroupResponse,
    SyncGroupRequest,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::GroupCoordinator;
use crate::classic::{ClassicGroup, ClassicGroupState};
use crate::outcome::{Outcome, Reply, RequestContext, Response};
use crate::record::GroupRecord;
use crate::turn::{Join, failed_join, failed_sync};
use crate::writes::Completion;

/// First version of LeaveGroup that names several members.
const LEAVE_BATCH_VERSION: i16 = 3;

/// Chance for the id of a member.
#[derive(Debug, Clone, Copy)]
pub struct MemberIdSeed(pub [u8; 16]);

impl MemberIdSeed {
    /// An id that nobody has: the client's or instance's, and a random UUID in hyphenated form.
    pub(crate) fn member_id(self, prefix: &str) -> KafkaString {
        let mut bytes = self.0;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        let (a, b, c, d, e) = (&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
        format!("{prefix}-{a}-{b}-{c}-{d}-{e}").into()
    }
}

/// Whether a protocol stands twice among those of a member, which would count for two members; Kafka fails on it.
fn names_one_twice(request: &JoinGroupRequest) -> bool {
    let mut seen = BTreeSet::new();
    !request.protocols.iter().all(|protocol| seen.insert(&protocol.name))
}

impl GroupCoordinator {
    /// A member joins. The answer may wait until the others have joined, too.
    pub fn handle_join_group(
        &mut self,
        now: Now,
        context: RequestContext<'_>,
        request: &JoinGroupRequest,
        token: Token,
        seed: MemberIdSeed,
    ) -> Outcome {
        let id = &request.group_id;
        if let Err(error) = self.validate_join(request) {
            self.outcome.replies.push(Reply { token, response: failed_join(&request.member_id, error) });
            return self.take_outcome();
        }
        if names_one_twice(request) {
            let response = failed_join(&KafkaString::EMPTY, ErrorCode::UnknownServerError);
            self.outcome.replies.push(Reply { token, response });
            return self.take_outcome();
        }
        let is_new = !self.groups.contains_key(id);
        if is_new {
            let group = ClassicGroup::new(id.detach(), now.time_of_day);
            self.groups.insert(group.id.clone(), group);
        }
        self.with_group(now, id, |turn| turn.join(&Join { context, request, token, seed }));
        if is_new && self.outcome.writes.is_empty() {
            self.write_new_group(id);
        }
        self.take_outcome()
    }

    fn validate_join(&self, request: &JoinGroupRequest) -> Result<(), ErrorCode> {
        let min = self.config.group_min_session_timeout_ms;
        let max = self.config.group_max_session_timeout_ms;
        if request.group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        if request.session_timeout_ms < min || request.session_timeout_ms > max {
            return Err(ErrorCode::InvalidSessionTimeout);
        }
        if self.others.contains(&request.group_id) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if !self.groups.contains_key(&request.group_id) && !request.member_id.is_empty() {
            return Err(ErrorCode::UnknownMemberId);
        }
        Ok(())
    }

    /// Writes that there is a group, so that one which comes after it finds its members' ids given out.
    fn write_new_group(&mut self, id: &str) {
        let Some(group) = self.groups.get(id) else { return };
        let record = GroupRecord::new_group(group);
        let write = self.writes.begin(vec![record], Completion::NewGroup(group.id.clone()));
        self.outcome.writes.push(write);
    }

    /// A member asks for its assignment; the leader brings everybody's.
    pub fn handle_sync_group(&mut self, now: Now, request: &SyncGroupRequest, token: Token) -> Outcome {
        // A group without a name may well hold offsets, but never members.
        let refused = match request.group_id.is_empty() {
            true => Some(ErrorCode::InvalidGroupId),
            false => match self.turn(now, &request.group_id) {
                Some(mut turn) => {
                    turn.sync(request, token);
                    None
                }
                None => Some(ErrorCode::UnknownMemberId),
            },
        };
        if let Some(error) = refused {
            self.outcome.replies.push(Reply { token, response: failed_sync(error) });
        }
        self.take_outcome()
    }

    /// A member is alive, and hears whether its generation still stands.
    pub fn handle_heartbeat(&mut self, now: Now, request: &HeartbeatRequest, token: Token) -> Outcome {
        let error = self.heartbeat(now, request).err().unwrap_or(ErrorCode::None);
        let response = HeartbeatResponse { error_code: error.number(), ..HeartbeatResponse::default() };
        self.reply(token, Response::Heartbeat(response));
        self.take_outcome()
    }

    fn heartbeat(&mut self, now: Now, request: &HeartbeatRequest) -> Result<(), ErrorCode> {
        if request.group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        let mut turn = self.turn(now, &request.group_id).ok_or(ErrorCode::UnknownMemberId)?;
        turn.group.validate_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != turn.group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        turn.refresh_session(&request.member_id);
        match turn.group.state {
            ClassicGroupState::Empty => Err(ErrorCode::UnknownMemberId),
            ClassicGroupState::PreparingRebalance(_) => Err(ErrorCode::RebalanceInProgress),
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => Ok(()),
        }
    }

    /// Members leave their group.
    pub fn handle_leave_group(
        &mut self,
        now: Now,
        context: RequestContext<'_>,
        request: &LeaveGroupRequest,
        token: Token,
    ) -> Outcome {
        let single = [MemberIdentity { member_id: request.member_id.clone(), ..MemberIdentity::default() }];
        let is_batch = context.api_version >= LEAVE_BATCH_VERSION;
        let members = if is_batch { request.members.as_slice() } else { single.as_slice() };
        let mut response = LeaveGroupResponse::default();
        if request.group_id.is_empty() {
            response.error_code = ErrorCode::InvalidGroupId.number();
        } else {
            response.members = match self.turn(now, &request.group_id) {
                Some(mut turn) => turn.leave(members),
                None => members.iter().map(unknown_member).collect(),
            };
        }
        if !is_batch && let Some(member) = std::mem::take(&mut response.members).first() {
            response.error_code = member.error_code;
        }
        self.reply(token, Response::LeaveGroup(response));
        self.take_outcome()
    }
}

fn unknown_member(member: &MemberIdentity) -> MemberResponse {
    MemberResponse {
        member_id: member.member_id.clone(),
        group_instance_id: member.group_instance_id.clone(),
        error_code: ErrorCode::UnknownMemberId.number(),
        ..MemberResponse::default()
    }
}
