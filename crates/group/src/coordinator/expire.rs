//! Offsets and groups that nobody has used for long.

use ottla_coordinator::Now;
use ottla_record::Timestamp;
use ottla_wire::KafkaString;

use super::GroupCoordinator;
use crate::classic::{ClassicGroup, ClassicGroupState};
use crate::offsets::OffsetAndMetadata;
use crate::record::GroupRecord;
use crate::timer::Timer;

/// From when on an offset's retention counts.
enum RetainedSince {
    /// Since its commit.
    Commit,
    /// Since the group lost its last member.
    Emptied(Timestamp),
}

impl GroupCoordinator {
    pub(super) fn schedule_expiration(&mut self, now: Now) {
        let interval_ms = self.config.offsets_retention_check_interval_ms;
        self.timers.schedule(Timer::Expiration, Timestamp(now.steady.0.saturating_add(interval_ms)));
    }

    /// Deletes offsets that have expired, and empty groups without any.
    pub(super) fn expire(&mut self, now: Now) {
        let mut records = Vec::new();
        for group in self.groups.values() {
            let all_expired = self.expire_offsets(now.time_of_day, group, &mut records);
            if all_expired && group.is_empty() {
                records.push(GroupRecord::group_tombstone(&group.id));
            }
        }
        if !records.is_empty() {
            tracing::info!(tombstones = records.len(), "offsets and groups have expired");
        }
        self.write_in_parts(records);
        self.schedule_expiration(now);
    }

    /// Deletes the group's offsets that have expired. Returns whether that leaves none.
    fn expire_offsets(&self, now: Timestamp, group: &ClassicGroup, records: &mut Vec<GroupRecord>) -> bool {
        let in_transaction = self.pending_offsets.has_group(&group.id);
        let Some(topics) = self.offsets.of_group(&group.id) else { return !in_transaction };
        let Some(since) = retained_since(group) else { return false };
        let mut all_expired = !in_transaction;
        for (topic, partitions) in topics {
            if group.is_subscribed_to(topic) {
                all_expired = false;
                continue;
            }
            for (&partition, offset) in partitions {
                let expired = self.is_expired(now, &since, offset)
                    && !self.pending_offsets.has_partition(&group.id, topic, partition);
                all_expired &= expired;
                if expired {
                    records.push(expired_record(&group.id, topic, partition));
                }
            }
        }
        all_expired
    }

    fn is_expired(&self, now: Timestamp, since: &RetainedSince, offset: &OffsetAndMetadata) -> bool {
        if let Some(expire_timestamp) = offset.expire_timestamp {
            return now >= expire_timestamp;
        }
        let since = match since {
            RetainedSince::Commit => offset.commit_timestamp,
            RetainedSince::Emptied(timestamp) => *timestamp,
        };
        now.0.saturating_sub(since.0) >= self.config.offsets_retention_ms
    }
}

/// From when on the retention of a group's offsets counts; none while they are in use.
fn retained_since(group: &ClassicGroup) -> Option<RetainedSince> {
    match group.state {
        // Nobody ever joined: offsets are all there is.
        _ if group.protocol_type.is_none() => Some(RetainedSince::Commit),
        ClassicGroupState::Empty => {
            Some(group.state_timestamp.map_or(RetainedSince::Commit, RetainedSince::Emptied))
        }
        // Of consumers it is known which topics they do not read any more.
        ClassicGroupState::Stable if group.uses_consumer_protocol() => {
            group.subscribed_topics.as_ref().map(|_| RetainedSince::Commit)
        }
        ClassicGroupState::Stable
        | ClassicGroupState::PreparingRebalance(_)
        | ClassicGroupState::CompletingRebalance => None,
    }
}

fn expired_record(group: &KafkaString, topic: &KafkaString, partition: i32) -> GroupRecord {
    tracing::debug!(%group, %topic, partition, "offset has expired");
    GroupRecord::offset_tombstone(group, topic, partition)
}
