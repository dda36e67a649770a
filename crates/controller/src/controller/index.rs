//! Partitions by what the controller looks them up by.

use std::collections::{BTreeMap, BTreeSet};

use ottla_wire::Uuid;

use crate::image::{PartitionRegistration, TopicsImage};

/// A partition, by its topic's id and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TopicIdPartition {
    pub(crate) topic: Uuid,
    pub(crate) partition: i32,
}

type Partitions = BTreeSet<TopicIdPartition>;

/// Partitions by what the controller looks them up by. Follows from the image; see [`of`](Self::of).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartitionIndex {
    in_isr: BTreeMap<i32, Partitions>,
    in_elr: BTreeMap<i32, Partitions>,
    led_by: BTreeMap<i32, Partitions>,
    in_directory: BTreeMap<Uuid, Partitions>,
    imbalanced: Partitions,
    reassigning: Partitions,
}

impl PartitionIndex {
    /// The index of all partitions of an image.
    pub(crate) fn of(topics: &TopicsImage) -> Self {
        let mut index = Self::default();
        for topic in topics.iter() {
            for (&partition, registration) in &topic.partitions {
                index.insert(TopicIdPartition { topic: topic.id, partition }, registration);
            }
        }
        index
    }

    /// Follows a partition from one state to the next; either may be none.
    pub(crate) fn update(
        &mut self,
        partition: TopicIdPartition,
        previous: Option<&PartitionRegistration>,
        current: Option<&PartitionRegistration>,
    ) {
        if let Some(previous) = previous {
            self.remove(partition, previous);
        }
        if let Some(current) = current {
            self.insert(partition, current);
        }
    }

    fn insert(&mut self, partition: TopicIdPartition, registration: &PartitionRegistration) {
        for &broker in &registration.isr {
            self.in_isr.entry(broker).or_default().insert(partition);
        }
        for &broker in &registration.elr {
            self.in_elr.entry(broker).or_default().insert(partition);
        }
        self.led_by.entry(registration.leader).or_default().insert(partition);
        for &directory in registration.directories.iter().filter(|&&directory| !is_reserved(directory)) {
            self.in_directory.entry(directory).or_default().insert(partition);
        }
        if !registration.has_preferred_leader() {
            self.imbalanced.insert(partition);
        }
        if registration.is_reassigning() {
            self.reassigning.insert(partition);
        }
    }

    fn remove(&mut self, partition: TopicIdPartition, registration: &PartitionRegistration) {
        for broker in &registration.isr {
            remove_from(&mut self.in_isr, broker, partition);
        }
        for broker in &registration.elr {
            remove_from(&mut self.in_elr, broker, partition);
        }
        remove_from(&mut self.led_by, &registration.leader, partition);
        for directory in &registration.directories {
            remove_from(&mut self.in_directory, directory, partition);
        }
        self.imbalanced.remove(&partition);
        self.reassigning.remove(&partition);
    }

    /// Partitions that have the broker in their ISR.
    pub(crate) fn in_isr(&self, broker: i32) -> Vec<TopicIdPartition> {
        listed(&self.in_isr, &broker)
    }

    /// Partitions that have the broker in their ELR.
    pub(crate) fn in_elr(&self, broker: i32) -> Vec<TopicIdPartition> {
        listed(&self.in_elr, &broker)
    }

    /// Partitions that the broker leads; with [`NO_LEADER`](crate::image::NO_LEADER) those without a leader.
    pub(crate) fn led_by(&self, broker: i32) -> Vec<TopicIdPartition> {
        listed(&self.led_by, &broker)
    }

    /// Whether the broker leads any partition.
    pub(crate) fn leads(&self, broker: i32) -> bool {
        self.led_by.contains_key(&broker)
    }

    /// Partitions with a replica in the directory.
    pub(crate) fn in_directory(&self, directory: Uuid) -> Vec<TopicIdPartition> {
        listed(&self.in_directory, &directory)
    }

    /// Partitions that another than the preferred replica leads, or none.
    pub(crate) fn imbalanced(&self) -> impl Iterator<Item = TopicIdPartition> {
        self.imbalanced.iter().copied()
    }

    /// Partitions whose replicas are being changed.
    pub(crate) fn reassigning(&self) -> impl Iterator<Item = TopicIdPartition> {
        self.reassigning.iter().copied()
    }
}

fn listed<K: Ord>(map: &BTreeMap<K, Partitions>, key: &K) -> Vec<TopicIdPartition> {
    map.get(key).into_iter().flatten().copied().collect()
}

fn remove_from<K: Ord>(map: &mut BTreeMap<K, Partitions>, key: &K, partition: TopicIdPartition) {
    let Some(partitions) = map.get_mut(key) else { return };
    partitions.remove(&partition);
    if partitions.is_empty() {
        map.remove(key);
    }
}

/// Whether an id is none of a directory but one of the first hundred, which stand for something else.
pub(crate) fn is_reserved(directory: Uuid) -> bool {
    u128::from_be_bytes(directory.0) < 100
}
