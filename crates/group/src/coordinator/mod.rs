//! The state machine of one partition of `__consumer_offsets`.

mod check;
mod commit;
mod delete;
mod describe;
mod expire;
mod fetch;
mod list;
mod members;
mod replay;
#[cfg(test)]
mod tests;
mod transaction;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use ottla_coordinator::{Now, Timers, Token, WriteTransaction};
use ottla_record::{ProducerId, Timestamp};
use ottla_wire::{ErrorCode, KafkaString};

use crate::classic::ClassicGroup;
use crate::config::GroupCoordinatorConfig;
use crate::offsets::{OffsetAndMetadata, Offsets, PendingOffsets};
use crate::outcome::{Outcome, Reply, Response};
use crate::timer::Timer;
use crate::turn::Turn;
use crate::writes::{Completion, Writes};

pub use delete::DeletedTopic;
pub use members::MemberIdSeed;

/// Timers that one call of [`GroupCoordinator::handle_timeout`] deals with; the rest is due at once.
const TIMERS_PER_CALL: usize = 1000;

/// The coordinator of the groups in one partition of `__consumer_offsets`.
///
/// It is loaded by [`replay`](Self::replay) and [`on_loaded`](Self::on_loaded); from then on requests may come. The
/// writes of an [`Outcome`] are appended in their order before anything else is handled; each is followed by
/// [`written`](Self::written) and, once it cannot be lost any more, by [`committed`](Self::committed), or by
/// [`failed`](Self::failed) in place of either.
///
/// Every request is answered once, by a [`Reply`] with its token. A reply that rests on records which might yet be
/// lost waits for them.
#[derive(Debug)]
pub struct GroupCoordinator {
    config: GroupCoordinatorConfig,
    groups: BTreeMap<KafkaString, ClassicGroup>,
    /// Groups of protocols that are not served here.
    others: BTreeSet<KafkaString>,
    offsets: Offsets,
    pending_offsets: PendingOffsets,
    timers: Timers<Timer>,
    writes: Writes,
    outcome: Outcome,
}

impl GroupCoordinator {
    /// A coordinator that knows nothing yet.
    pub fn new(config: GroupCoordinatorConfig) -> Self {
        Self {
            config,
            groups: BTreeMap::new(),
            others: BTreeSet::new(),
            offsets: Offsets::default(),
            pending_offsets: PendingOffsets::default(),
            timers: Timers::default(),
            writes: Writes::default(),
            outcome: Outcome::default(),
        }
    }

    /// The classic groups, by id.
    pub fn groups(&self) -> impl Iterator<Item = &ClassicGroup> {
        self.groups.values()
    }

    /// The classic group of this id.
    pub fn group(&self, id: &str) -> Option<&ClassicGroup> {
        self.groups.get(id)
    }

    /// All committed offsets.
    pub fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    /// The offsets of transactions that have not ended: producer, group, topic, partition, offset.
    pub fn pending_offsets(
        &self,
    ) -> impl Iterator<Item = (ProducerId, &KafkaString, &KafkaString, i32, &OffsetAndMetadata)> {
        self.pending_offsets.by_producer()
    }

    /// All records are replayed: members of loaded groups get the time of a session to be heard of.
    pub fn on_loaded(&mut self, now: Now) -> Outcome {
        self.schedule_expiration(now);
        let ids: Vec<KafkaString> = self.groups.keys().cloned().collect();
        for id in ids {
            let max = self.config.group_max_size;
            let Some(mut turn) = self.turn(now, &id) else { continue };
            for member_id in turn.group.member_ids() {
                turn.refresh_session(&member_id);
            }
            let size = turn.group.members().len();
            tracing::info!(group = %id, members = size, generation = turn.group.generation, "group is loaded");
            if size > max {
                turn.prepare_rebalance("loaded group is larger than it may be");
            }
        }
        self.take_outcome()
    }

    /// The partition has gone to another coordinator: whoever waits is told. The coordinator is of no more use.
    pub fn on_unloaded(mut self) -> Vec<Reply> {
        let moved = ErrorCode::NotCoordinator;
        let mut replies = Vec::new();
        for group in self.groups.values_mut() {
            for member in group.members_mut() {
                let join = member.awaiting_join.take();
                let sync = member.awaiting_sync.take();
                replies.extend(
                    join.map(|token| Reply { token, response: crate::turn::failed_join(&member.id, moved) }),
                );
                replies.extend(sync.map(|token| Reply { token, response: crate::turn::failed_sync(moved) }));
            }
        }
        for write in self.writes.take_all() {
            replies.extend(write.replies.into_iter().map(|reply| failed_reply(reply, moved)));
        }
        replies
    }

    /// The steady time to call [`handle_timeout`](Self::handle_timeout) at, if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// Does what is due by the steady time.
    pub fn handle_timeout(&mut self, now: Now) -> Outcome {
        for _ in 0..TIMERS_PER_CALL {
            let Some(timer) = self.timers.pop(now.steady) else { break };
            match timer {
                Timer::Expiration => self.expire(now),
                Timer::Join(group) => self.with_group(now, &group, |turn| turn.join_timed_out()),
                Timer::Sync(group) => self.with_group(now, &group, |turn| turn.sync_timed_out()),
                Timer::Session(group, member) => {
                    self.with_group(now, &group, |turn| turn.session_timed_out(&member));
                }
            }
        }
        self.take_outcome()
    }

    fn with_group(&mut self, now: Now, id: &str, act: impl FnOnce(&mut Turn<'_>)) {
        if let Some(mut turn) = self.turn(now, id) {
            act(&mut turn);
        }
    }

    /// The group's turn, if there is such a group.
    fn turn(&mut self, now: Now, id: &str) -> Option<Turn<'_>> {
        Some(Turn {
            now,
            config: &self.config,
            timers: &mut self.timers,
            writes: &mut self.writes,
            outcome: &mut self.outcome,
            group: self.groups.get_mut(id)?,
        })
    }

    /// Sends the reply once nothing that it may rest on can be lost.
    fn reply(&mut self, token: Token, response: Response) {
        let reply = self.writes.hold(Reply { token, response });
        self.outcome.replies.extend(reply);
    }

    /// Appends records that are replayed when they are written.
    fn write(&mut self, records: Vec<crate::GroupRecord>) {
        if !records.is_empty() {
            let write = self.writes.begin(records, Completion::Replay);
            self.outcome.writes.push(write);
        }
    }

    /// Appends records that are replayed when they are written, in as many batches as they need.
    fn write_in_parts(&mut self, records: Vec<crate::GroupRecord>) {
        if !records.is_empty() {
            let write = self.writes.begin(records, Completion::Replay);
            self.outcome.writes.push(crate::Write { atomic: false, ..write });
        }
    }

    /// Appends in a transaction; records are replayed as part of it when they are written.
    fn write_in_transaction(&mut self, records: Vec<crate::GroupRecord>, transaction: WriteTransaction) {
        let write = self.writes.begin(records, Completion::Replay);
        self.outcome.writes.push(crate::Write { transaction: Some(transaction), ..write });
    }

    fn take_outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.outcome)
    }
}

fn failed_reply(reply: Reply, error: ErrorCode) -> Reply {
    Reply { token: reply.token, response: reply.response.into_failure(error) }
}
