//! One partition after the other, whatever the key (`RoundRobinPartitioner`).

use std::collections::HashMap;

use ottla_wire::KafkaString;
use parking_lot::Mutex;

use super::Partitioner;
use crate::metadata::TopicMetadata;

/// One partition after the other, whatever the key, those without a leader left out as long as one has one.
#[derive(Debug, Default)]
pub struct RoundRobin {
    /// By topic; bounded by the topics that are produced to.
    next: Mutex<HashMap<KafkaString, usize>>,
}

impl Partitioner for RoundRobin {
    fn partition(&self, topic: &TopicMetadata, _: Option<&[u8]>, _: Option<&[u8]>) -> i32 {
        let mut counters = self.next.lock();
        let next = counters.entry(topic.name.clone()).or_default();
        let turn = *next;
        *next = next.wrapping_add(1);
        let with_leader = topic.partitions.iter().filter(|partition| partition.leader.is_some());
        match with_leader.clone().count() {
            0 if topic.partitions.is_empty() => 0,
            0 => topic.partitions[turn % topic.partitions.len()].index,
            count => with_leader.clone().nth(turn % count).map_or(0, |partition| partition.index),
        }
    }
}
