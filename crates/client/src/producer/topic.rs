//! The partitions of a topic that is produced to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use arc_swap::ArcSwap;
use ottla_wire::KafkaString;
use parking_lot::Mutex;

use super::partition::Batches;
use super::ratio::Ratio;
use crate::metadata::TopicMetadata;
use crate::partitioner::{Load, Sticky};

/// A topic that is produced to.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: KafkaString,
    pub(super) view: ArcSwap<View>,
    pub(super) sticky: Sticky,
    pub(super) ratio: Ratio,
}

/// The topic as it is known now.
#[derive(Debug)]
pub(super) struct View {
    pub(super) metadata: Arc<TopicMetadata>,
    /// By index, as many as are known.
    pub(super) partitions: Vec<Arc<Partition>>,
}

/// A partition that is produced to.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) topic: KafkaString,
    pub(super) index: i32,
    /// The broker that leads it; -1 if none does.
    pub(super) leader: AtomicI32,
    /// Batches that wait, for those who choose partitions.
    pub(super) depth: AtomicU32,
    pub(super) state: Mutex<PartitionState>,
}

#[derive(Debug)]
pub(super) struct PartitionState {
    pub(super) batches: Batches,
    /// Whether some sender looks after it.
    pub(super) is_listed: bool,
    /// Number of the last transaction that it took part in.
    pub(super) transaction: u64,
}

impl Partition {
    fn new(topic: &KafkaString, index: i32) -> Self {
        let state =
            PartitionState { batches: Batches::new(topic.clone(), index), is_listed: false, transaction: 0 };
        Self {
            topic: topic.clone(),
            index,
            leader: AtomicI32::new(-1),
            depth: AtomicU32::new(0),
            state: Mutex::new(state),
        }
    }

    pub(super) fn leader(&self) -> i32 {
        self.leader.load(Ordering::Relaxed)
    }
}

impl Topic {
    pub(super) fn new(metadata: &Arc<TopicMetadata>, batch_size: usize, is_adaptive: bool) -> Self {
        let name = metadata.name.clone();
        let view = View { metadata: Arc::clone(metadata), partitions: Vec::new() };
        let topic = Self {
            name,
            view: ArcSwap::from_pointee(view),
            sticky: Sticky::new(batch_size, is_adaptive),
            ratio: Ratio::new(),
        };
        topic.update(metadata);
        topic
    }

    /// Takes what is new about the topic; the partitions whose leader is another one.
    pub(super) fn update(&self, metadata: &Arc<TopicMetadata>) -> Vec<Arc<Partition>> {
        let view = self.view.load();
        let mut partitions = view.partitions.clone();
        for index in partitions.len()..metadata.partitions.len() {
            partitions.push(Arc::new(Partition::new(&self.name, index as i32)));
        }
        let mut moved = Vec::new();
        for partition in &partitions {
            let known = metadata.partition(partition.index);
            let leader = known.and_then(|known| known.leader).unwrap_or(-1);
            if partition.leader.swap(leader, Ordering::Relaxed) != leader {
                moved.push(Arc::clone(partition));
            }
        }
        self.view.store(Arc::new(View { metadata: Arc::clone(metadata), partitions }));
        moved
    }
}

impl View {
    /// What is known of each partition when one is chosen.
    pub(super) fn loads(&self) -> Vec<Load> {
        let load = |partition: &Arc<Partition>| Load {
            partition: partition.index,
            has_leader: partition.leader() >= 0,
            waiting: partition.depth.load(Ordering::Relaxed),
        };
        self.partitions.iter().map(load).collect()
    }
}
