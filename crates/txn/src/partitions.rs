//! Sets of partitions.

use std::collections::{BTreeMap, BTreeSet};

use ottla_wire::KafkaString;

/// A set of partitions, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partitions {
    topics: BTreeMap<KafkaString, BTreeSet<i32>>,
}

impl Partitions {
    /// Adds a partition. Whether it was not there yet.
    pub fn insert(&mut self, topic: &KafkaString, partition: i32) -> bool {
        match self.topics.get_mut(topic) {
            Some(partitions) => partitions.insert(partition),
            None => self.topics.entry(topic.detach()).or_default().insert(partition),
        }
    }

    /// Removes a partition. Whether it was there.
    pub fn remove(&mut self, topic: &str, partition: i32) -> bool {
        let Some(partitions) = self.topics.get_mut(topic) else { return false };
        let removed = partitions.remove(&partition);
        if partitions.is_empty() {
            self.topics.remove(topic);
        }
        removed
    }

    /// Whether the partition is there.
    pub fn contains(&self, topic: &str, partition: i32) -> bool {
        self.topics.get(topic).is_some_and(|partitions| partitions.contains(&partition))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.topics.values().map(BTreeSet::len).sum()
    }

    /// The topics in order, each with its partitions in order.
    pub fn topics(&self) -> impl Iterator<Item = (&KafkaString, &BTreeSet<i32>)> {
        self.topics.iter()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&KafkaString, i32)> {
        self.topics
            .iter()
            .flat_map(|(topic, partitions)| partitions.iter().map(move |&partition| (topic, partition)))
    }
}

impl<'a> FromIterator<(&'a KafkaString, i32)> for Partitions {
    fn from_iter<I: IntoIterator<Item = (&'a KafkaString, i32)>>(partitions: I) -> Self {
        let mut set = Self::default();
        for (topic, partition) in partitions {
            set.insert(topic, partition);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_goes_with_its_last_partition() {
        let (a, b) = (KafkaString::from_static("a"), KafkaString::from_static("b"));
        let mut set: Partitions = [(&b, 0), (&a, 7), (&a, 1), (&a, 7)].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [(&a, 1), (&a, 7), (&b, 0)]);
        assert!(set.contains("a", 7) && !set.contains("a", 0) && set.len() == 3);
        assert!(set.remove("b", 0) && !set.remove("b", 0) && !set.remove("c", 0));
        assert_eq!(set.topics().map(|(topic, _)| topic).collect::<Vec<_>>(), [&a]);
    }
}
