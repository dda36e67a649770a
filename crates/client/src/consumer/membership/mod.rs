//! A consumer's membership in its group, as the consumer and its heartbeats see it.
//!
//! Knows no network and no clock: makes requests and takes answers, and tells what follows from them. The rules
//! are those of the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use ottla_wire::api::heartbeat::HeartbeatRequest;
use ottla_wire::api::join_group::{
    JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse, JoinGroupResponseMember,
};
use ottla_wire::api::leave_group::{LeaveGroupRequest, MemberIdentity};
use ottla_wire::api::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse};
use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::Instant;

/// The protocol type of groups of consumers.
const PROTOCOL_TYPE: KafkaString = KafkaString::from_static("consumer");
/// Brokers take reasons of at most so many characters.
const REASON_LENGTH_MAX: usize = 255;

/// One membership: changes with every rebalance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    /// -1 before the first.
    pub(crate) id: i32,
    /// Empty before the coordinator gave one.
    pub(crate) member_id: KafkaString,
    /// The assignor that the group agreed upon.
    pub(crate) protocol: Option<KafkaString>,
}

impl Generation {
    const NONE: Self = Self { id: -1, member_id: KafkaString::EMPTY, protocol: None };

    /// Whether the member has no part in its group, so that whatever it held is lost.
    pub(crate) fn is_none(&self) -> bool {
        self.id < 0 || self.member_id.is_empty()
    }
}

/// How far a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberState {
    Unjoined,
    /// JoinGroup is on its way.
    Preparing,
    /// The group has a new generation, and waits for its leader's assignment.
    Completing,
    Stable,
}

/// What never changes about a member.
#[derive(Clone, Debug)]
pub(crate) struct MemberSettings {
    pub(crate) group_id: KafkaString,
    pub(crate) instance_id: Option<KafkaString>,
    pub(crate) session_timeout: Duration,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) max_poll_interval: Duration,
    pub(crate) retry_backoff: Duration,
}

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupFailure {
    /// Join again at once.
    Again,
    /// Join again after a pause.
    Later,
    /// Join again after a pause, with the coordinator looked up anew.
    Elsewhere,
    /// Give up.
    Fatal(ErrorCode),
}

/// A member's part in a new generation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Joined {
    Follower,
    /// It must share out the partitions, unless all stays as it is.
    Leader {
        members: Vec<JoinGroupResponseMember>,
        skip_assignment: bool,
    },
}

/// What the heartbeats do next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum HeartbeatAction {
    /// Nothing, as long as nothing changes.
    Rest,
    /// Nothing before this time.
    WaitUntil(Instant),
    /// Send a heartbeat.
    Send(HeartbeatRequest, Generation),
    /// Nothing was heard of the coordinator for the session: look it up anew.
    CoordinatorLost,
    /// The user did not poll for too long: leave, so that others go on with the partitions.
    Leave(Option<LeaveGroupRequest>),
}

/// A consumer's membership in its group.
#[derive(Debug)]
pub(crate) struct Membership {
    settings: MemberSettings,
    state: MemberState,
    generation: Generation,
    rejoin_reason: Option<String>,
    /// Whether what is held must be given up, or committed, before the member joins again.
    pub(crate) needs_join_prepare: bool,
    next_heartbeat: Instant,
    session_end: Instant,
    poll_end: Instant,
    heartbeat_in_flight: bool,
    /// What ended the heartbeats for good; told by the next poll.
    failure: Option<ErrorCode>,
}

impl Membership {
    pub(crate) fn new(settings: MemberSettings, now: Instant) -> Self {
        Self {
            state: MemberState::Unjoined,
            generation: Generation::NONE,
            rejoin_reason: Some(String::new()),
            needs_join_prepare: true,
            next_heartbeat: now,
            session_end: now + settings.session_timeout,
            poll_end: now + settings.max_poll_interval,
            heartbeat_in_flight: false,
            failure: None,
            settings,
        }
    }

    pub(crate) fn state(&self) -> MemberState {
        self.state
    }

    pub(crate) fn generation(&self) -> &Generation {
        &self.generation
    }

    pub(crate) fn settings(&self) -> &MemberSettings {
        &self.settings
    }

    pub(crate) fn is_rejoin_needed(&self) -> bool {
        self.rejoin_reason.is_some()
    }

    pub(crate) fn request_rejoin(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        tracing::info!(group = %self.settings.group_id, reason, "joining the group again");
        self.rejoin_reason = Some(reason);
    }

    /// Back to the start. The member id is kept where the coordinator still knows it.
    fn reset(&mut self, keep_member_id: bool) {
        self.state = MemberState::Unjoined;
        let member_id = std::mem::take(&mut self.generation.member_id);
        self.generation = Generation::NONE;
        if keep_member_id {
            self.generation.member_id = member_id;
        }
        self.needs_join_prepare = true;
    }

    /// Back to the start after an error that only a new membership mends.
    pub(crate) fn reset_after(&mut self, code: ErrorCode) {
        self.reset(code == ErrorCode::IllegalGeneration);
        self.request_rejoin(format!("encountered {} from a response of the coordinator", code.name()));
    }

    /// Begins to join, with what is asked for in the words of each assignor.
    pub(crate) fn join_request(&mut self, protocols: Vec<(KafkaString, Bytes)>) -> JoinGroupRequest {
        self.state = MemberState::Preparing;
        let protocol = |(name, metadata)| JoinGroupRequestProtocol { name, metadata, ..Default::default() };
        let reason: String =
            self.rejoin_reason.iter().flat_map(|reason| reason.chars()).take(REASON_LENGTH_MAX).collect();
        JoinGroupRequest {
            group_id: self.settings.group_id.clone(),
            session_timeout_ms: milliseconds(self.settings.session_timeout),
            rebalance_timeout_ms: milliseconds(self.settings.max_poll_interval),
            member_id: self.generation.member_id.clone(),
            group_instance_id: self.settings.instance_id.clone(),
            protocol_type: PROTOCOL_TYPE,
            protocols: protocols.into_iter().map(protocol).collect(),
            reason: Some(reason.into()),
            ..Default::default()
        }
    }

    /// Takes the answer to a JoinGroup that was sent by the generation `sent`.
    pub(crate) fn handle_join(
        &mut self,
        now: Instant,
        sent: &Generation,
        response: JoinGroupResponse,
    ) -> Result<Joined, GroupFailure> {
        let code = ErrorCode::from(response.error_code);
        match code {
            ErrorCode::None => self.joined(now, response),
            ErrorCode::CoordinatorLoadInProgress => Err(GroupFailure::Later),
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => Err(GroupFailure::Elsewhere),
            ErrorCode::UnknownMemberId => {
                if self.generation == *sent {
                    self.reset_after(code);
                }
                Err(GroupFailure::Again)
            }
            ErrorCode::MemberIdRequired => {
                let member_id = response.member_id.detach();
                let reason = format!("need to re-join with the given member-id: {member_id}");
                self.generation = Generation { member_id, ..Generation::NONE };
                self.request_rejoin(reason);
                Err(GroupFailure::Again)
            }
            ErrorCode::RebalanceInProgress => Err(GroupFailure::Again),
            other => Err(GroupFailure::Fatal(other)),
        }
    }

    fn joined(&mut self, now: Instant, response: JoinGroupResponse) -> Result<Joined, GroupFailure> {
        if response.protocol_type.as_ref().is_some_and(|kind| *kind != PROTOCOL_TYPE) {
            return Err(GroupFailure::Fatal(ErrorCode::InconsistentGroupProtocol));
        }
        if self.state != MemberState::Preparing {
            // The member has left in the meantime.
            return Err(GroupFailure::Later);
        }
        self.state = MemberState::Completing;
        self.generation = Generation {
            id: response.generation_id,
            member_id: response.member_id.detach(),
            protocol: response.protocol_name.as_ref().map(KafkaString::detach),
        };
        self.session_end = now + self.settings.session_timeout;
        self.next_heartbeat = now + self.settings.heartbeat_interval;
        if response.leader != response.member_id {
            return Ok(Joined::Follower);
        }
        Ok(Joined::Leader { members: response.members, skip_assignment: response.skip_assignment })
    }

    /// Asks for the assignment; a leader brings it along.
    pub(crate) fn sync_request(&self, assignments: Vec<(KafkaString, Bytes)>) -> SyncGroupRequest {
        let given = |(member_id, assignment)| SyncGroupRequestAssignment {
            member_id,
            assignment,
            ..Default::default()
        };
        SyncGroupRequest {
            group_id: self.settings.group_id.clone(),
            generation_id: self.generation.id,
            member_id: self.generation.member_id.clone(),
            group_instance_id: self.settings.instance_id.clone(),
            protocol_type: Some(PROTOCOL_TYPE),
            protocol_name: self.generation.protocol.clone(),
            assignments: assignments.into_iter().map(given).collect(),
            ..Default::default()
        }
    }

    /// Takes the answer to a SyncGroup that was sent by the generation `sent`: the assignment's bytes.
    pub(crate) fn handle_sync(
        &mut self,
        sent: &Generation,
        response: SyncGroupResponse,
    ) -> Result<Bytes, GroupFailure> {
        let code = ErrorCode::from(response.error_code);
        match code {
            ErrorCode::None => self.synced(response),
            ErrorCode::RebalanceInProgress => Err(GroupFailure::Again),
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => {
                if self.generation == *sent {
                    self.reset_after(code);
                }
                Err(GroupFailure::Again)
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => Err(GroupFailure::Elsewhere),
            other => Err(GroupFailure::Fatal(other)),
        }
    }

    fn synced(&mut self, response: SyncGroupResponse) -> Result<Bytes, GroupFailure> {
        let inconsistent = response.protocol_type.as_ref().is_some_and(|kind| *kind != PROTOCOL_TYPE);
        if inconsistent {
            return Err(GroupFailure::Fatal(ErrorCode::InconsistentGroupProtocol));
        }
        if self.state != MemberState::Completing || self.generation.is_none() {
            // The generation ended while the answer was under way.
            return Err(GroupFailure::Again);
        }
        if response.protocol_name.is_some() && response.protocol_name != self.generation.protocol {
            return Err(GroupFailure::Fatal(ErrorCode::InconsistentGroupProtocol));
        }
        self.state = MemberState::Stable;
        self.rejoin_reason = None;
        Ok(response.assignment)
    }

    /// A join did not come to its end.
    pub(crate) fn join_failed(&mut self, reason: &str) {
        if self.state != MemberState::Unjoined {
            self.state = MemberState::Unjoined;
        }
        if self.rejoin_reason.as_ref().is_none_or(String::is_empty) {
            self.rejoin_reason = Some(format!("rebalance failed due to {reason}"));
        }
    }

    /// The user polls: signs of life go on.
    pub(crate) fn polled(&mut self, now: Instant) -> Result<(), ErrorCode> {
        self.poll_end = now + self.settings.max_poll_interval;
        self.failure.take().map_or(Ok(()), Err)
    }

    /// A coordinator was found: the session counts from now.
    pub(crate) fn coordinator_found(&mut self, now: Instant) {
        self.session_end = now + self.settings.session_timeout;
    }

    /// What the heartbeats do next.
    pub(crate) fn heartbeat(&mut self, now: Instant) -> HeartbeatAction {
        if matches!(self.state, MemberState::Unjoined | MemberState::Preparing) || self.failure.is_some() {
            return HeartbeatAction::Rest;
        }
        if now >= self.poll_end {
            tracing::warn!(
                group = %self.settings.group_id,
                max_poll_interval_ms = self.settings.max_poll_interval.as_millis() as u64,
                "the time between two polls was longer than max.poll.interval.ms, leaving the group; make that \
                 longer, or max.poll.records less"
            );
            return HeartbeatAction::Leave(self.leave("consumer poll timeout has expired."));
        }
        if now >= self.session_end {
            return HeartbeatAction::CoordinatorLost;
        }
        if now < self.next_heartbeat || self.heartbeat_in_flight {
            let next = if self.heartbeat_in_flight { self.session_end } else { self.next_heartbeat };
            return HeartbeatAction::WaitUntil(next.min(self.poll_end).min(self.session_end));
        }
        self.heartbeat_in_flight = true;
        self.next_heartbeat = now + self.settings.heartbeat_interval;
        let request = HeartbeatRequest {
            group_id: self.settings.group_id.clone(),
            generation_id: self.generation.id,
            member_id: self.generation.member_id.clone(),
            group_instance_id: self.settings.instance_id.clone(),
            ..Default::default()
        };
        HeartbeatAction::Send(request, self.generation.clone())
    }

    /// Takes the answer to a heartbeat that was sent by the generation `sent`. Returns whether the coordinator
    /// must be looked up anew.
    pub(crate) fn handle_heartbeat(&mut self, now: Instant, sent: &Generation, code: ErrorCode) -> bool {
        self.heartbeat_in_flight = false;
        match code {
            ErrorCode::None => self.session_end = now + self.settings.session_timeout,
            ErrorCode::RebalanceInProgress => {
                // Until the rebalance has come so far, the session goes on.
                self.session_end = now + self.settings.session_timeout;
                if self.state == MemberState::Stable && self.generation == *sent && !self.is_rejoin_needed() {
                    self.request_rejoin("group is already rebalancing");
                }
            }
            ErrorCode::IllegalGeneration | ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => {
                if self.generation == *sent {
                    self.reset_after(code);
                    if code == ErrorCode::FencedInstanceId {
                        self.failure = Some(code);
                    }
                }
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => return true,
            code if code.is_retriable() => self.heartbeat_failed(now),
            code => self.failure = Some(code),
        }
        false
    }

    /// No answer came to a heartbeat: the next one comes soon.
    pub(crate) fn heartbeat_failed(&mut self, now: Instant) {
        self.heartbeat_in_flight = false;
        self.next_heartbeat = now + self.settings.retry_backoff;
    }

    /// Leaves the group: the request, if there is something to leave. Static members stay members, so that they
    /// find their partitions when they come back.
    pub(crate) fn leave(&mut self, reason: &str) -> Option<LeaveGroupRequest> {
        let is_member = self.state != MemberState::Unjoined && !self.generation.member_id.is_empty();
        let request = (is_member && self.settings.instance_id.is_none()).then(|| LeaveGroupRequest {
            group_id: self.settings.group_id.clone(),
            members: vec![MemberIdentity {
                member_id: self.generation.member_id.clone(),
                reason: Some(reason.into()),
                ..Default::default()
            }],
            ..Default::default()
        });
        self.reset(false);
        self.request_rejoin("consumer pro-actively leaving the group");
        request
    }
}

/// Milliseconds as requests have them.
pub(crate) fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
