//! JoinGroup: a member comes, or comes again.

use bytes::Bytes;
use ottla_coordinator::Token;
use ottla_wire::messages::{JoinGroupRequest, JoinGroupResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::Turn;
use crate::classic::{ClassicGroupState, InitialDelay, Joining, Member, Protocol};
use crate::coordinator::MemberIdSeed;
use crate::outcome::RequestContext;

/// First version whose new members must come again with the id that they are given (KIP-394).
const MEMBER_ID_REQUIRED_VERSION: i16 = 4;
/// First version with a rebalance timeout of its own.
const REBALANCE_TIMEOUT_VERSION: i16 = 1;
/// Ids that a group may have given out to clients that have not joined yet.
const PENDING_JOINS_MAX: usize = 10_000;

/// A request to join.
pub(crate) struct Join<'a> {
    pub(crate) context: RequestContext<'a>,
    pub(crate) request: &'a JoinGroupRequest,
    pub(crate) token: Token,
    pub(crate) seed: MemberIdSeed,
}

impl Join<'_> {
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        match self.context.api_version < REBALANCE_TIMEOUT_VERSION {
            true => self.request.session_timeout_ms,
            false => self.request.rebalance_timeout_ms,
        }
    }

    pub(super) fn reason(&self) -> &str {
        self.request.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("not provided")
    }
}

impl Turn<'_> {
    pub(crate) fn join(&mut self, join: &Join<'_>) {
        let request = join.request;
        let protocols = Protocol::from_request(&request.protocols);
        let is_unknown = request.member_id.is_empty();
        if !self.accepts(&request.member_id) {
            self.drop_member(&request.member_id);
            self.fail_join(join.token, &KafkaString::EMPTY, ErrorCode::GroupMaxSizeReached);
        } else if !self.group.supports_protocols(&request.protocol_type, &protocols) {
            self.fail_join(join.token, &request.member_id, ErrorCode::InconsistentGroupProtocol);
        } else if is_unknown {
            self.join_new(join, protocols);
        } else {
            self.join_known(join, protocols);
        }
    }

    /// Whether there is room for the member, or it has a place already.
    fn accepts(&self, member_id: &str) -> bool {
        let max = self.config.group_max_size;
        let member = self.group.member(member_id);
        match self.group.state {
            ClassicGroupState::Empty => true,
            // Those that wait are counted, not the members: a group that is larger than what is allowed now
            // gets smaller by its last members to come again.
            ClassicGroupState::PreparingRebalance(_) => {
                member.is_some_and(|member| member.awaiting_join.is_some())
                    || self.group.awaiting_join() < max
            }
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => {
                member.is_some() || self.group.members().len() < max
            }
        }
    }

    /// Forgets the member, without anything following from it.
    fn drop_member(&mut self, member_id: &KafkaString) {
        self.cancel_session(member_id);
        self.group.remove(member_id);
    }

    fn join_new(&mut self, join: &Join<'_>, protocols: Vec<Protocol>) {
        let instance_id = join.request.group_instance_id.as_ref();
        let new_id = join.seed.member_id(instance_id.map_or(join.context.client_id, KafkaString::as_str));
        let existing = instance_id.and_then(|instance_id| self.group.static_member_id(instance_id)).cloned();
        match (instance_id, existing) {
            (Some(_), Some(old_id)) => self.replace_static(join, protocols, old_id, new_id),
            (None, _) if join.context.api_version >= MEMBER_ID_REQUIRED_VERSION => {
                self.require_member_id(join, new_id);
            }
            _ => self.add_member(join, protocols, new_id),
        }
    }

    /// Gives the client an id to come again with, so that one which never does leaves no member behind.
    fn require_member_id(&mut self, join: &Join<'_>, new_id: KafkaString) {
        if self.group.pending_joins.len() >= PENDING_JOINS_MAX {
            self.fail_join(join.token, &KafkaString::EMPTY, ErrorCode::GroupMaxSizeReached);
            return;
        }
        self.schedule_session(&new_id, join.request.session_timeout_ms);
        self.fail_join(join.token, &new_id, ErrorCode::MemberIdRequired);
        self.group.pending_joins.insert(new_id);
    }

    fn join_known(&mut self, join: &Join<'_>, protocols: Vec<Protocol>) {
        let member_id = &join.request.member_id;
        let instance_id = join.request.group_instance_id.as_ref();
        if let Some(pending) = self.group.pending_joins.get(member_id).cloned() {
            // An id that was given out belongs to a dynamic member.
            match instance_id {
                None => self.add_member(join, protocols, pending),
                Some(_) => self.fail_join(join.token, member_id, ErrorCode::UnknownServerError),
            }
            return;
        }
        if let Err(error) = self.group.validate_member(member_id, instance_id) {
            self.refuse_join(join.token, member_id, error);
            return;
        }
        let Some(member) = self.group.member(member_id) else { return };
        let unchanged = member.protocols == protocols;
        match self.group.state {
            ClassicGroupState::Empty => self.fail_join(join.token, member_id, ErrorCode::UnknownMemberId),
            ClassicGroupState::PreparingRebalance(_) => self.update_member(join, protocols),
            // It may not have received its answer, so it is told again.
            ClassicGroupState::CompletingRebalance if unchanged => self.tell_generation(join),
            // Followers with nothing new need no rebalance. A leader asks for one: it has seen something that
            // matters to the assignment, such as a new partition.
            ClassicGroupState::Stable if unchanged && !self.group.is_leader(member_id) => {
                self.tell_generation(join);
            }
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => {
                self.update_member(join, protocols);
            }
        }
    }

    /// Unlike other refusals, this one names no protocol where a version can leave it out.
    fn refuse_join(&mut self, token: Token, member_id: &KafkaString, error: ErrorCode) {
        let response = JoinGroupResponse {
            error_code: error.number(),
            member_id: member_id.clone(),
            protocol_name: None,
            ..JoinGroupResponse::default()
        };
        self.reply_join(token, response);
    }

    /// Answers with the generation that the group is in.
    fn tell_generation(&mut self, join: &Join<'_>) {
        let response = self.joined(&join.request.member_id);
        self.reply_join(join.token, response);
    }

    /// What a member that has joined is told.
    pub(super) fn joined(&self, member_id: &KafkaString) -> JoinGroupResponse {
        let group = &*self.group;
        JoinGroupResponse {
            generation_id: group.generation,
            protocol_type: group.protocol_type.clone(),
            protocol_name: group.protocol_name.clone(),
            leader: group.leader.clone().unwrap_or_default(),
            member_id: member_id.clone(),
            members: if group.is_leader(member_id) { group.joined_members() } else { Vec::new() },
            ..JoinGroupResponse::default()
        }
    }

    fn add_member(&mut self, join: &Join<'_>, protocols: Vec<Protocol>, member_id: KafkaString) {
        if let ClassicGroupState::PreparingRebalance(Joining::Initial(delay)) = &mut self.group.state {
            *delay = InitialDelay { new_member_added: true, ..*delay };
        }
        let member = Member {
            id: member_id.clone(),
            instance_id: join.request.group_instance_id.as_ref().map(KafkaString::detach),
            client_id: join.context.client_id.into(),
            client_host: join.context.client_host.into(),
            rebalance_timeout_ms: join.rebalance_timeout_ms(),
            session_timeout_ms: join.request.session_timeout_ms,
            protocols,
            assignment: Bytes::new(),
            awaiting_join: Some(join.token),
            awaiting_sync: None,
            is_new: true,
        };
        tracing::info!(group = %self.group.id, member = %member_id, reason = join.reason(), "member joins");
        self.group.add(member, &join.request.protocol_type);
        // A new member does not know its id before the join phase ends, so it cannot send heartbeats; should its
        // connection have broken, it must not stay for ever.
        self.schedule_session(&member_id, self.config.new_member_join_timeout_ms);
        self.rebalance_or_complete_join("new member");
    }

    fn update_member(&mut self, join: &Join<'_>, protocols: Vec<Protocol>) {
        let member_id = &join.request.member_id;
        tracing::info!(group = %self.group.id, member = %member_id, reason = join.reason(), "member joins again");
        self.update_and_await(member_id, join, protocols);
        self.rebalance_or_complete_join("member joins again");
    }

    /// Takes over what the member can do now, and lets its request wait for the end of the join phase.
    pub(super) fn update_and_await(&mut self, member_id: &str, join: &Join<'_>, protocols: Vec<Protocol>) {
        self.group.update_protocols(member_id, protocols);
        if let Some(member) = self.group.member_mut(member_id) {
            member.rebalance_timeout_ms = join.rebalance_timeout_ms();
            member.session_timeout_ms = join.request.session_timeout_ms;
        }
        // A client sends again when it has given up on its former request.
        if let Some(former) = self.group.await_join(member_id, join.token) {
            self.fail_join(former, &KafkaString::from(member_id), ErrorCode::RebalanceInProgress);
        }
    }
}
