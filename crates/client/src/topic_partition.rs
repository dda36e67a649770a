//! A partition of a topic.

use std::fmt;

use ottla_wire::KafkaString;

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: KafkaString,
    /// Number of the partition within the topic.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition of this number in the topic of this name.
    pub fn new(topic: impl Into<KafkaString>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

/// `topic-0`.
impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Partitions of the same topic brought together, topics in order.
pub(crate) fn by_topic<T>(
    items: impl IntoIterator<Item = (TopicPartition, T)>,
) -> Vec<(KafkaString, Vec<(i32, T)>)> {
    let mut topics: std::collections::BTreeMap<KafkaString, Vec<(i32, T)>> =
        std::collections::BTreeMap::new();
    for (partition, item) in items {
        topics.entry(partition.topic).or_default().push((partition.partition, item));
    }
    topics.into_iter().collect()
}
