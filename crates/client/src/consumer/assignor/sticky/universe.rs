//! Topics, partitions and members by number, in the order of their names.

use std::collections::BTreeSet;

use ottla_wire::KafkaString;

use super::super::{AssignableTopics, GroupAssignment, GroupSubscription, PartitionRacks};
use crate::consumer::TopicPartition;

/// Number of a member, in the order of member ids.
pub(super) type Member = usize;
/// Number of a topic, in the order of names.
pub(super) type Topic = usize;
/// Number of a partition among those of all topics, in the order of topics and then of partitions.
pub(super) type Partition = usize;

/// Everything of an assignment that has a name.
#[derive(Debug)]
pub(super) struct Universe<'a> {
    pub(super) members: Vec<&'a KafkaString>,
    pub(super) topics: Vec<&'a KafkaString>,
    /// The first partition of each topic, and behind the last topic the number of all.
    first: Vec<Partition>,
    topic_of: Vec<Topic>,
    racks: Vec<&'a PartitionRacks>,
}

impl<'a> Universe<'a> {
    /// Topics that nobody subscribes to are no part of it.
    pub(super) fn new(topics: &'a AssignableTopics, group: &'a GroupSubscription) -> Self {
        let subscribed: BTreeSet<_> = group.values().flat_map(|member| &member.topics).collect();
        let mut universe = Self {
            members: group.keys().collect(),
            topics: Vec::with_capacity(topics.len()),
            first: vec![0],
            topic_of: Vec::new(),
            racks: Vec::new(),
        };
        for (topic, partitions) in topics.iter().filter(|(topic, _)| subscribed.contains(topic)) {
            universe.topic_of.extend(std::iter::repeat_n(universe.topics.len(), partitions.len()));
            universe.racks.extend(partitions);
            universe.topics.push(topic);
            universe.first.push(universe.topic_of.len());
        }
        universe
    }

    pub(super) fn partitions_len(&self) -> usize {
        self.topic_of.len()
    }

    pub(super) fn partitions_of(&self, topic: Topic) -> std::ops::Range<Partition> {
        self.first[topic]..self.first[topic + 1]
    }

    pub(super) fn topic_of(&self, partition: Partition) -> Topic {
        self.topic_of[partition]
    }

    /// The number that the partition has within its topic.
    pub(super) fn number_of(&self, partition: Partition) -> usize {
        partition - self.first[self.topic_of[partition]]
    }

    pub(super) fn racks_of(&self, partition: Partition) -> &'a PartitionRacks {
        self.racks[partition]
    }

    pub(super) fn topic(&self, name: &KafkaString) -> Option<Topic> {
        self.topics.binary_search(&name).ok()
    }

    /// `None` if there is no such topic or it has no partition of that number.
    pub(super) fn partition(&self, partition: &TopicPartition) -> Option<Partition> {
        let number = usize::try_from(partition.partition).ok()?;
        self.partitions_of(self.topic(&partition.topic)?).nth(number)
    }

    pub(super) fn name(&self, partition: Partition) -> TopicPartition {
        TopicPartition {
            topic: self.topics[self.topic_of[partition]].clone(),
            partition: self.number_of(partition) as i32,
        }
    }

    /// Names for the numbers, partitions in order.
    pub(super) fn assignment(&self, by_member: Vec<Vec<Partition>>) -> GroupAssignment {
        let named = |mut partitions: Vec<Partition>| {
            partitions.sort_unstable();
            partitions.into_iter().map(|partition| self.name(partition)).collect()
        };
        self.members.iter().map(|id| (*id).clone()).zip(by_member.into_iter().map(named)).collect()
    }
}
