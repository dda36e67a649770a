//! What follows when records are written, are safe, or could not be written.

use ottla_coordinator::{Now, WriteId, WriteTransaction};
use ottla_record::{Offset, ProducerId, TransactionResult};
use ottla_wire::{ErrorCode, KafkaString};

use super::{GroupCoordinator, failed_reply};
use crate::outcome::{Outcome, Reply, group_metadata_error};
use crate::record::RecordOrigin;
use crate::turn::{failed_join, failed_sync};
use crate::writes::{Completion, Write};

impl GroupCoordinator {
    /// The records are appended, the first at `base_offset`, and count from now on. They may still be lost, so
    /// nobody is told yet.
    pub fn written(&mut self, now: Now, write: Write, base_offset: Offset) {
        let pending = self.writes.find(write.id);
        if !pending.is_some_and(|pending| matches!(pending.completion, Completion::Replay)) {
            return;
        }
        let producer_id = match write.transaction {
            None => ProducerId::NONE,
            Some(WriteTransaction::Within(producer)) => producer.id,
            Some(WriteTransaction::Ends(end)) => {
                let committed = end.marker.result == TransactionResult::Commit;
                return self.replay_end_transaction(end.producer.id, committed);
            }
        };
        for (index, record) in write.records.into_iter().enumerate() {
            let offset = base_offset + index as i64;
            self.replay(
                now,
                RecordOrigin { offset, producer_id },
                record.key,
                record.value.map(|(value, _)| value),
            );
        }
    }

    /// The records cannot be lost any more.
    pub fn committed(&mut self, now: Now, id: WriteId) -> Outcome {
        let Some(write) = self.writes.take(id) else { return self.take_outcome() };
        self.outcome.replies.extend(write.replies);
        match write.completion {
            Completion::Replay | Completion::Done | Completion::NewGroup(_) => {}
            Completion::Assignment { group, generation, assignments } => {
                self.with_group(now, &group, |turn| turn.assignments_written(generation, &assignments));
            }
            Completion::StaticMember(member) => {
                self.with_group(now, &member.group, |turn| turn.static_member_written(&member));
            }
        }
        self.take_outcome()
    }

    /// The records could not be appended, or nobody knows whether they are safe.
    pub fn failed(&mut self, now: Now, id: WriteId, error: ErrorCode) -> Outcome {
        let Some(write) = self.writes.take(id) else { return self.take_outcome() };
        tracing::warn!(%error, "records of groups could not be written");
        self.outcome.replies.extend(write.replies.into_iter().map(|reply| failed_reply(reply, error)));
        match write.completion {
            Completion::Replay | Completion::Done => {}
            Completion::NewGroup(group) => self.abandon_group(&group, group_metadata_error(error)),
            Completion::Assignment { group, generation, .. } => {
                self.with_group(now, &group, |turn| turn.assignments_failed(generation, error));
            }
            Completion::StaticMember(member) => {
                let group = member.group.clone();
                self.with_group(now, &group, |turn| turn.static_member_failed(*member, error));
            }
        }
        self.take_outcome()
    }

    /// Forgets a group and tells its members.
    fn abandon_group(&mut self, id: &KafkaString, error: ErrorCode) {
        let Some(mut group) = self.remove_group(id) else { return };
        for member in group.members_mut() {
            let join = member.awaiting_join.take();
            let sync = member.awaiting_sync.take();
            let joins = join.map(|token| Reply { token, response: failed_join(&member.id, error) });
            let syncs = sync.map(|token| Reply { token, response: failed_sync(error) });
            self.outcome.replies.extend(joins.into_iter().chain(syncs));
        }
    }
}
