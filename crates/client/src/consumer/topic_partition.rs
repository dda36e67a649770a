//! A partition by its topic's name and its number.

use std::fmt;

use ottla_wire::KafkaString;

/// A partition of a topic, ordered by name and then by number, as Kafka sorts them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: KafkaString,
    /// Number of the partition, counted from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition of this number in the topic of this name.
    pub fn new(topic: impl Into<KafkaString>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

impl fmt::Debug for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
