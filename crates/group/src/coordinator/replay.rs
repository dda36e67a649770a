//! What records make of the coordinator.

use ottla_coordinator::Now;
use ottla_record::{ProducerId, Timestamp};
use ottla_wire::KafkaString;
use ottla_wire::group::group_metadata::{GroupMetadataValue, MemberMetadata};
use ottla_wire::group::legacy_offset_commit::LegacyOffsetCommitValue;
use ottla_wire::group::offset_commit::{OffsetCommitKey, OffsetCommitValue};
use ottla_wire::group::{GroupKey, GroupValue};

use super::GroupCoordinator;
use crate::classic::{ClassicGroup, ClassicGroupState, Member, Protocol};
use crate::offsets::OffsetAndMetadata;
use crate::record::RecordOrigin;
use crate::timer::Timer;

impl GroupCoordinator {
    /// Takes in a record of the partition; `value` is none for one that deletes what the key names.
    ///
    /// `now` is when a group came to be that only its offsets tell of.
    pub fn replay(&mut self, now: Now, origin: RecordOrigin, key: GroupKey, value: Option<GroupValue>) {
        match (key, value) {
            (GroupKey::OffsetCommit(key), Some(GroupValue::OffsetCommit(value))) => {
                self.replay_offset(now, origin, &key, value);
            }
            (GroupKey::OffsetCommit(key), _) => self.replay_offset_tombstone(&key),
            (GroupKey::LegacyOffsetCommit(key), value) => {
                let key = OffsetCommitKey { group: key.group, topic: key.topic, partition: key.partition };
                match value {
                    Some(GroupValue::LegacyOffsetCommit(value)) => {
                        self.replay_offset(now, origin, &key, from_legacy(value));
                    }
                    _ => self.replay_offset_tombstone(&key),
                }
            }
            (GroupKey::GroupMetadata(key), Some(GroupValue::GroupMetadata(value))) => {
                self.replay_group(&key.group, value);
            }
            (GroupKey::GroupMetadata(key), _) => drop(self.remove_group(&key.group)),
            (GroupKey::ConsumerGroupMetadata(key), value) => {
                self.replay_other(&key.group_id, value.is_some())
            }
            (GroupKey::ShareGroupMetadata(key), value) => self.replay_other(&key.group_id, value.is_some()),
            (GroupKey::StreamsGroupMetadata(key), value) => self.replay_other(&key.group_id, value.is_some()),
            // Parts of groups of other protocols.
            (
                GroupKey::ConsumerGroupPartitionMetadata(_)
                | GroupKey::ConsumerGroupMemberMetadata(_)
                | GroupKey::ConsumerGroupTargetAssignmentMetadata(_)
                | GroupKey::ConsumerGroupTargetAssignmentMember(_)
                | GroupKey::ConsumerGroupCurrentMemberAssignment(_)
                | GroupKey::ConsumerGroupRegularExpression(_)
                | GroupKey::ShareGroupMemberMetadata(_)
                | GroupKey::ShareGroupTargetAssignmentMetadata(_)
                | GroupKey::ShareGroupTargetAssignmentMember(_)
                | GroupKey::ShareGroupCurrentMemberAssignment(_)
                | GroupKey::ShareGroupStatePartitionMetadata(_)
                | GroupKey::StreamsGroupMemberMetadata(_)
                | GroupKey::StreamsGroupTargetAssignmentMetadata(_)
                | GroupKey::StreamsGroupTargetAssignmentMember(_)
                | GroupKey::StreamsGroupCurrentMemberAssignment(_)
                | GroupKey::StreamsGroupTopology(_),
                _,
            ) => {}
        }
    }

    /// The producer's transaction has ended: what it committed counts, or never will.
    pub fn replay_end_transaction(&mut self, producer_id: ProducerId, committed: bool) {
        let ended = self.pending_offsets.take(producer_id);
        if !committed {
            return;
        }
        for (group, topic, partition, offset) in ended.iter() {
            // Of a commit within the transaction and one outside of it, the later one counts.
            let known = self.offsets.find(group, topic, partition);
            if known.is_none_or(|known| offset.record_offset > known.record_offset) {
                self.offsets.put(group, topic, partition, offset.clone());
            }
        }
    }

    fn replay_offset(
        &mut self,
        now: Now,
        origin: RecordOrigin,
        key: &OffsetCommitKey,
        value: OffsetCommitValue,
    ) {
        if !self.groups.contains_key(&key.group) && !self.others.contains(&key.group) {
            let group = ClassicGroup::new(key.group.detach(), now.time_of_day);
            self.groups.insert(group.id.clone(), group);
        }
        let offset = OffsetAndMetadata::from_record(origin.offset, value);
        if origin.producer_id.is_some() {
            self.pending_offsets.put(origin.producer_id, &key.group, &key.topic, key.partition, offset);
        } else {
            self.offsets.put(&key.group, &key.topic, key.partition, offset);
        }
    }

    fn replay_offset_tombstone(&mut self, key: &OffsetCommitKey) {
        self.offsets.remove(&key.group, &key.topic, key.partition);
        self.pending_offsets.remove_partition(&key.group, &key.topic, key.partition);
    }

    fn replay_group(&mut self, id: &KafkaString, value: GroupMetadataValue) {
        self.others.remove(id);
        self.remove_group(id);
        let id = id.detach();
        let mut group = ClassicGroup::new(id.clone(), Timestamp(value.current_state_timestamp));
        let known_timestamp = value.current_state_timestamp != -1;
        group.state_timestamp = group.state_timestamp.filter(|_| known_timestamp);
        group.generation = value.generation;
        group.protocol_type =
            Some(value.protocol_type.detach()).filter(|protocol_type| !protocol_type.is_empty());
        let protocol_name = value.protocol.unwrap_or_default();
        for member in value.members {
            let member = loaded_member(member, &protocol_name);
            if group.member(&member.id).is_none() {
                group.add(member, &value.protocol_type);
            }
        }
        if group.members().len() > 0 {
            group.state = ClassicGroupState::Stable;
            group.protocol_name = Some(protocol_name.detach());
            let leader = value.leader.filter(|leader| group.member(leader).is_some());
            group.leader = leader.map(|leader| leader.detach()).or(group.leader);
        }
        group.subscribed_topics = group.read_subscribed_topics();
        self.groups.insert(id, group);
    }

    /// A group of a protocol that is not served here. One that offsets alone told of is that group.
    fn replay_other(&mut self, id: &KafkaString, exists: bool) {
        if !exists {
            self.others.remove(id);
            return;
        }
        if self.groups.get(id).is_some_and(ClassicGroup::is_simple) {
            self.remove_group(id);
        }
        if !self.groups.contains_key(id) {
            self.others.insert(id.detach());
        }
    }

    pub(super) fn remove_group(&mut self, id: &str) -> Option<ClassicGroup> {
        let group = self.groups.remove(id)?;
        self.timers.cancel(&Timer::Join(group.id.clone()));
        self.timers.cancel(&Timer::Sync(group.id.clone()));
        let members = group.members().map(|member| &member.id);
        for member_id in members.chain(&group.pending_joins) {
            self.timers.cancel(&Timer::Session(group.id.clone(), member_id.clone()));
        }
        Some(group)
    }
}

fn loaded_member(member: MemberMetadata, protocol_name: &KafkaString) -> Member {
    let rebalance_timeout_ms = match member.rebalance_timeout {
        -1 => member.session_timeout,
        timeout_ms => timeout_ms,
    };
    Member {
        id: member.member_id.detach(),
        instance_id: member.group_instance_id.as_ref().map(KafkaString::detach),
        client_id: member.client_id.detach(),
        client_host: member.client_host.detach(),
        rebalance_timeout_ms,
        session_timeout_ms: member.session_timeout,
        protocols: vec![Protocol {
            name: protocol_name.detach(),
            metadata: bytes::Bytes::copy_from_slice(&member.subscription),
        }],
        assignment: bytes::Bytes::copy_from_slice(&member.assignment),
        awaiting_join: None,
        awaiting_sync: None,
        is_new: false,
    }
}

fn from_legacy(value: LegacyOffsetCommitValue) -> OffsetCommitValue {
    OffsetCommitValue {
        offset: value.offset,
        metadata: value.metadata,
        commit_timestamp: value.commit_timestamp,
        ..OffsetCommitValue::default()
    }
}
