//! The topics a node knows, and how requests find their partitions.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use hashbrown::HashMap;
use ottla_wire::{KafkaString, Uuid};
use parking_lot::Mutex;

use super::Partition;
use super::error::PartitionError;
use super::metrics::TopicMetrics;
use super::settings::TopicSettings;

/// What the partitions of a topic share.
#[derive(Debug)]
pub(crate) struct TopicState {
    /// Its name.
    pub(crate) name: KafkaString,
    /// Its id.
    pub(crate) id: Uuid,
    settings: ArcSwap<TopicSettings>,
    /// What it has seen.
    pub(crate) metrics: TopicMetrics,
}

impl TopicState {
    pub(super) fn new(name: KafkaString, id: Uuid, settings: TopicSettings) -> Arc<Self> {
        let settings = ArcSwap::from_pointee(settings);
        Arc::new(Self { name, id, settings, metrics: TopicMetrics::default() })
    }

    /// What its partitions go by.
    pub(crate) fn settings(&self) -> Guard<Arc<TopicSettings>> {
        self.settings.load()
    }

    pub(super) fn set_settings(&self, settings: TopicSettings) {
        self.settings.store(Arc::new(settings));
    }
}

/// Where a partition is, seen from this node.
#[derive(Debug, Clone)]
pub(crate) enum Replica {
    /// Here.
    Here(Arc<Partition>),
    /// Here, in a log directory that has failed.
    Offline,
    /// On other brokers only.
    Elsewhere,
}

/// A topic with its partitions, by their numbers.
#[derive(Debug)]
pub(crate) struct Topic {
    /// What the partitions share.
    pub(crate) state: Arc<TopicState>,
    /// Where each is.
    pub(crate) replicas: Vec<Replica>,
}

impl Topic {
    /// The partition of a number.
    ///
    /// # Errors
    ///
    /// If there is none, it is elsewhere, or its log directory has failed.
    pub(crate) fn partition(&self, index: i32) -> Result<&Arc<Partition>, PartitionError> {
        let replica = usize::try_from(index).ok().and_then(|index| self.replicas.get(index));
        match replica {
            Some(Replica::Here(partition)) if partition.directory().is_online() => Ok(partition),
            Some(Replica::Here(_) | Replica::Offline) => Err(PartitionError::Offline),
            Some(Replica::Elsewhere) => Err(PartitionError::NotLeader),
            None => Err(PartitionError::UnknownTopicOrPartition),
        }
    }

    /// How many of its replicas are in log directories that have failed.
    pub(crate) fn offline_replicas(&self) -> usize {
        let is_offline = |replica: &&Replica| match replica {
            Replica::Here(partition) => !partition.directory().is_online(),
            Replica::Offline => true,
            Replica::Elsewhere => false,
        };
        self.replicas.iter().filter(is_offline).count()
    }

    /// The partitions that are here, in whatever state.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = &Arc<Partition>> {
        self.replicas.iter().filter_map(|replica| match replica {
            Replica::Here(partition) => Some(partition),
            Replica::Offline | Replica::Elsewhere => None,
        })
    }
}

/// All topics, by name and by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topics {
    by_name: HashMap<KafkaString, Arc<Topic>>,
    by_id: HashMap<Uuid, Arc<Topic>>,
}

impl Topics {
    /// The topic of a name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_name.get(name)
    }

    /// The topic of an id.
    pub(crate) fn by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.by_id.get(&id)
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.by_id.values()
    }

    pub(super) fn insert(&mut self, topic: Topic) {
        let topic = Arc::new(topic);
        self.by_name.insert(topic.state.name.clone(), Arc::clone(&topic));
        self.by_id.insert(topic.state.id, topic);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Arc<Topic>> {
        let topic = self.by_id.remove(&id)?;
        // The name may have gone over to a newer topic.
        if self.by_name.get(&topic.state.name).is_some_and(|named| named.state.id == id) {
            self.by_name.remove(&topic.state.name);
        }
        Some(topic)
    }
}

/// The topics as requests see them. Reading takes no lock; changes copy the table, which they are rare enough for.
#[derive(Debug, Default)]
pub(crate) struct TopicTable {
    topics: ArcSwap<Topics>,
    changing: Mutex<()>,
}

impl TopicTable {
    /// The topics at this moment.
    pub(crate) fn load(&self) -> Guard<Arc<Topics>> {
        self.topics.load()
    }

    /// Changes the topics; others see all of it at once.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Topics) -> T) -> T {
        let _one_at_a_time = self.changing.lock();
        let mut topics = Topics::clone(&self.topics.load());
        let result = change(&mut topics);
        self.topics.store(Arc::new(topics));
        result
    }
}
