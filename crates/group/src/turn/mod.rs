//! What happens to one classic group: the protocol's decisions, with all that they may touch.

mod join;
mod leave;
mod rebalance;
mod static_member;
mod sync;
mod timeout;

use ottla_coordinator::{Now, Timers, Token};
use ottla_record::Timestamp;
use ottla_wire::messages::{JoinGroupResponse, SyncGroupResponse};
use ottla_wire::{ErrorCode, KafkaString};

use crate::classic::ClassicGroup;
use crate::config::GroupCoordinatorConfig;
use crate::outcome::{Outcome, Reply, Response};
use crate::record::GroupRecord;
use crate::timer::Timer;
use crate::writes::{Completion, Writes};

pub(crate) use join::Join;

/// One group's turn at the coordinator.
pub(crate) struct Turn<'a> {
    pub(crate) now: Now,
    pub(crate) config: &'a GroupCoordinatorConfig,
    pub(crate) timers: &'a mut Timers<Timer>,
    pub(crate) writes: &'a mut Writes,
    pub(crate) outcome: &'a mut Outcome,
    pub(crate) group: &'a mut ClassicGroup,
}

impl Turn<'_> {
    fn reply(&mut self, token: Token, response: Response) {
        self.outcome.replies.push(Reply { token, response });
    }

    fn reply_join(&mut self, token: Token, response: JoinGroupResponse) {
        self.reply(token, Response::JoinGroup(response));
    }

    fn fail_join(&mut self, token: Token, member_id: &KafkaString, error: ErrorCode) {
        self.reply(token, failed_join(member_id, error));
    }

    fn fail_sync(&mut self, token: Token, error: ErrorCode) {
        self.reply(token, failed_sync(error));
    }

    /// Appends `records` and does what must follow.
    fn write(&mut self, records: Vec<GroupRecord>, completion: Completion) {
        let write = self.writes.begin(records, completion);
        self.outcome.writes.push(write);
    }

    /// Writes that the group has no members any more.
    fn write_empty_generation(&mut self) {
        let record = GroupRecord::group_metadata(self.group, |member| member.assignment.clone());
        self.write(vec![record], Completion::Done);
    }

    /// The time so many milliseconds from now; a negative number is as good as none.
    fn after(&self, milliseconds: i32) -> Timestamp {
        Timestamp(self.now.steady.0.saturating_add(i64::from(milliseconds.max(0))))
    }

    fn schedule_join(&mut self, milliseconds: i32) {
        let deadline = self.after(milliseconds);
        self.timers.schedule(Timer::Join(self.group.id.clone()), deadline);
    }

    fn cancel_join(&mut self) {
        self.timers.cancel(&Timer::Join(self.group.id.clone()));
    }

    fn schedule_sync(&mut self, milliseconds: i32) {
        let deadline = self.after(milliseconds);
        self.timers.schedule(Timer::Sync(self.group.id.clone()), deadline);
    }

    fn cancel_sync(&mut self) {
        self.timers.cancel(&Timer::Sync(self.group.id.clone()));
    }

    /// Expects the next sign of life of a member, or of who was given its id, in so many milliseconds.
    fn schedule_session(&mut self, member_id: &KafkaString, milliseconds: i32) {
        let deadline = self.after(milliseconds);
        self.timers.schedule(Timer::Session(self.group.id.clone(), member_id.clone()), deadline);
    }

    fn cancel_session(&mut self, member_id: &KafkaString) {
        self.timers.cancel(&Timer::Session(self.group.id.clone(), member_id.clone()));
    }

    /// Takes a sign of life of the member.
    pub(crate) fn refresh_session(&mut self, member_id: &str) {
        let Some(member) = self.group.member(member_id) else { return };
        let (id, timeout_ms) = (member.id.clone(), member.session_timeout_ms);
        self.schedule_session(&id, timeout_ms);
    }
}

pub(crate) fn failed_join(member_id: &KafkaString, error: ErrorCode) -> Response {
    Response::JoinGroup(JoinGroupResponse {
        error_code: error.number(),
        member_id: member_id.clone(),
        ..JoinGroupResponse::default()
    })
}

pub(crate) fn failed_sync(error: ErrorCode) -> Response {
    Response::SyncGroup(SyncGroupResponse { error_code: error.number(), ..SyncGroupResponse::default() })
}
