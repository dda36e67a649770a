//! Offsets of transactions that have not ended.

use std::collections::{BTreeMap, BTreeSet};

use ottla_record::ProducerId;
use ottla_wire::KafkaString;

use super::{OffsetAndMetadata, Offsets};

/// Offsets by the producers of their transactions, and which producers have some for a partition.
#[derive(Debug, Clone, Default)]
pub(crate) struct PendingOffsets {
    by_producer: BTreeMap<i64, Offsets>,
    open: BTreeMap<KafkaString, BTreeMap<(KafkaString, i32), BTreeSet<i64>>>,
}

impl PendingOffsets {
    /// Whether a transaction that has not ended commits for the group.
    pub(crate) fn has_group(&self, group: &str) -> bool {
        self.open.contains_key(group)
    }

    /// Whether a transaction that has not ended commits for the partition.
    pub(crate) fn has_partition(&self, group: &str, topic: &KafkaString, partition: i32) -> bool {
        self.open.get(group).is_some_and(|open| open.contains_key(&(topic.clone(), partition)))
    }

    /// The partitions of the group that transactions commit for.
    pub(crate) fn partitions(&self, group: &str) -> impl Iterator<Item = &(KafkaString, i32)> {
        self.open.get(group).into_iter().flat_map(BTreeMap::keys)
    }

    /// All pending offsets: group, topic, partition, offset.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&KafkaString, &KafkaString, i32, &OffsetAndMetadata)> {
        self.by_producer.values().flat_map(Offsets::iter)
    }

    /// The same, with their producers.
    pub(crate) fn by_producer(
        &self,
    ) -> impl Iterator<Item = (ProducerId, &KafkaString, &KafkaString, i32, &OffsetAndMetadata)> {
        self.by_producer.iter().flat_map(|(&producer, offsets)| {
            offsets.iter().map(move |(group, topic, partition, offset)| {
                (ProducerId(producer), group, topic, partition, offset)
            })
        })
    }

    pub(crate) fn put(
        &mut self,
        producer_id: ProducerId,
        group: &KafkaString,
        topic: &KafkaString,
        partition: i32,
        offset: OffsetAndMetadata,
    ) {
        self.by_producer.entry(producer_id.0).or_default().put(group, topic, partition, offset);
        let open = self.open.entry(group.detach()).or_default();
        open.entry((topic.detach(), partition)).or_default().insert(producer_id.0);
    }

    /// Forgets what transactions commit for the partition.
    pub(crate) fn remove_partition(&mut self, group: &str, topic: &KafkaString, partition: i32) {
        let Some(open) = self.open.get_mut(group) else { return };
        let Some(producers) = open.remove(&(topic.clone(), partition)) else { return };
        if open.is_empty() {
            self.open.remove(group);
        }
        for producer in producers {
            let Some(offsets) = self.by_producer.get_mut(&producer) else { continue };
            offsets.remove(group, topic, partition);
            if offsets.is_empty() {
                self.by_producer.remove(&producer);
            }
        }
    }

    /// Ends the producer's transaction and returns what it committed for.
    pub(crate) fn take(&mut self, producer_id: ProducerId) -> Offsets {
        let offsets = self.by_producer.remove(&producer_id.0).unwrap_or_default();
        for (group, topic, partition, _) in offsets.iter() {
            let Some(open) = self.open.get_mut(group) else { continue };
            let key = (topic.clone(), partition);
            if let Some(producers) = open.get_mut(&key) {
                producers.remove(&producer_id.0);
                if producers.is_empty() {
                    open.remove(&key);
                }
            }
            if open.is_empty() {
                self.open.remove(group);
            }
        }
        offsets
    }

    pub(crate) fn check(&self) {
        let mut known = BTreeSet::new();
        for (producer, group, topic, partition, _) in self.by_producer() {
            let open = self.open.get(group).and_then(|open| open.get(&(topic.clone(), partition)));
            assert!(
                open.is_some_and(|open| open.contains(&producer.0)),
                "{group}: {topic}-{partition} is open"
            );
            known.insert((group, topic, partition, producer.0));
        }
        let open = self.open.iter().flat_map(|(group, open)| {
            open.iter().flat_map(move |((topic, partition), producers)| {
                producers.iter().map(move |producer| (group, topic, *partition, *producer))
            })
        });
        assert!(open.eq(known), "a partition is open for those who commit for it");
        let is_empty =
            self.open.values().any(|open| open.is_empty() || open.values().any(BTreeSet::is_empty));
        assert!(!is_empty, "a group is open without partitions, or a partition without producers");
        self.by_producer.values().for_each(Offsets::check);
    }
}
