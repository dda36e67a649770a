//! Committed offsets.

mod pending;

use std::collections::BTreeMap;

use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::group::offset_commit::OffsetCommitValue;
use ottla_wire::{KafkaString, Uuid};

pub(crate) use pending::PendingOffsets;

/// How far a group has read a partition.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetAndMetadata {
    /// Offset of the record that says so; [`Offset::NONE`] before there is one.
    pub record_offset: Offset,
    /// Next offset that the group will read.
    pub committed_offset: Offset,
    /// Epoch of the last record read, or [`LeaderEpoch::NONE`].
    pub leader_epoch: LeaderEpoch,
    /// Note that the client keeps along.
    pub metadata: KafkaString,
    /// When it was committed.
    pub commit_timestamp: Timestamp,
    /// When it lapses, if the client said so.
    pub expire_timestamp: Option<Timestamp>,
    /// Id of the topic, or zero if it was not known.
    pub topic_id: Uuid,
}

impl OffsetAndMetadata {
    pub(crate) fn from_record(record_offset: Offset, value: OffsetCommitValue) -> Self {
        let expires = value.expire_timestamp != -1;
        Self {
            record_offset,
            committed_offset: Offset(value.offset),
            leader_epoch: LeaderEpoch(value.leader_epoch),
            metadata: value.metadata.detach(),
            commit_timestamp: Timestamp(value.commit_timestamp),
            expire_timestamp: expires.then_some(Timestamp(value.expire_timestamp)),
            topic_id: value.topic_id,
        }
    }

    /// Whether it is of another topic that had the same name.
    pub(crate) fn is_of_another(&self, topic_id: Uuid) -> bool {
        !self.topic_id.is_zero() && !topic_id.is_zero() && self.topic_id != topic_id
    }
}

/// The offsets of one topic by partition.
pub(crate) type PartitionOffsets = BTreeMap<i32, OffsetAndMetadata>;
/// The offsets of one group by topic.
pub(crate) type TopicOffsets = BTreeMap<KafkaString, PartitionOffsets>;

/// Committed offsets by group, topic and partition. No group and no topic is without any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offsets(BTreeMap<KafkaString, TopicOffsets>);

impl Offsets {
    /// The offset of a group for a partition.
    pub fn find(&self, group: &str, topic: &str, partition: i32) -> Option<&OffsetAndMetadata> {
        self.0.get(group)?.get(topic)?.get(&partition)
    }

    pub(crate) fn of_group(&self, group: &str) -> Option<&TopicOffsets> {
        self.0.get(group)
    }

    /// All of them: group, topic, partition, offset.
    pub fn iter(&self) -> impl Iterator<Item = (&KafkaString, &KafkaString, i32, &OffsetAndMetadata)> {
        self.0.iter().flat_map(|(group, topics)| {
            topics.iter().flat_map(move |(topic, partitions)| {
                partitions.iter().map(move |(partition, offset)| (group, topic, *partition, offset))
            })
        })
    }

    pub(crate) fn put(
        &mut self,
        group: &KafkaString,
        topic: &KafkaString,
        partition: i32,
        offset: OffsetAndMetadata,
    ) {
        entry(entry(&mut self.0, group), topic).insert(partition, offset);
    }

    pub(crate) fn remove(&mut self, group: &str, topic: &str, partition: i32) {
        let Some(topics) = self.0.get_mut(group) else { return };
        let Some(partitions) = topics.get_mut(topic) else { return };
        partitions.remove(&partition);
        if partitions.is_empty() {
            topics.remove(topic);
        }
        if topics.is_empty() {
            self.0.remove(group);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn check(&self) {
        for (group, topics) in &self.0 {
            assert!(!topics.is_empty(), "{group} is listed without offsets");
            assert!(topics.values().all(|partitions| !partitions.is_empty()), "{group} lists an empty topic");
        }
    }
}

/// The value under `key`, which is copied out of its request only the first time.
fn entry<'a, V: Default>(map: &'a mut BTreeMap<KafkaString, V>, key: &KafkaString) -> &'a mut V {
    if !map.contains_key(key) {
        map.insert(key.detach(), V::default());
    }
    map.entry(key.clone()).or_default()
}
