//! What a client knows of its cluster.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ottla_record::LeaderEpoch;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::config::Address;

/// A snapshot of the cluster: its nodes, and those of its topics that the client asked for.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// The cluster's id, if a node told it.
    pub cluster_id: Option<String>,
    /// The node that takes requests to the controller, if a node told it.
    pub controller: Option<i32>,
    /// The nodes that are alive, by id.
    pub brokers: BTreeMap<i32, Broker>,
    pub(super) topics: HashMap<KafkaString, Arc<TopicMetadata>>,
    pub(super) names: HashMap<Uuid, KafkaString>,
    /// Counts the changes of this client's view, from 1; 0 as long as nothing is known.
    pub version: u64,
}

/// A node of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: i32,
    /// Where it listens.
    pub address: Address,
    /// Its rack, if it has one.
    pub rack: Option<String>,
}

/// What is known of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMetadata {
    /// Its name.
    pub name: KafkaString,
    /// Its id; zero where nodes do not tell it.
    pub id: Uuid,
    /// Whether the brokers keep it for their own use.
    pub is_internal: bool,
    /// Why it cannot be described; then there are no partitions.
    pub error: ErrorCode,
    /// Its partitions, by index.
    pub partitions: Vec<PartitionMetadata>,
}

/// What is known of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// Its number within the topic.
    pub index: i32,
    /// Its leader, if there is one.
    pub leader: Option<i32>,
    /// The leader's epoch; -1 where nodes do not tell it.
    pub leader_epoch: LeaderEpoch,
    /// Brokers that hold it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Brokers whose copy is in sync.
    pub in_sync: Vec<i32>,
    /// Brokers whose copy is not available.
    pub offline: Vec<i32>,
    /// What is wrong with it, such as a missing leader.
    pub error: ErrorCode,
}

impl Cluster {
    /// What is known of a topic.
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicMetadata>> {
        self.topics.get(name)
    }

    /// What is known of the topic with this id.
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<TopicMetadata>> {
        self.names.get(&id).and_then(|name| self.topics.get(name))
    }

    /// All topics that are known and have no error, in no order.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<TopicMetadata>> {
        self.topics.values().filter(|topic| topic.error == ErrorCode::None)
    }

    /// What is known of a partition.
    pub fn partition(&self, topic: &str, index: i32) -> Option<&PartitionMetadata> {
        self.topic(topic)?.partition(index)
    }

    /// The leader of a partition, if it is known and alive.
    pub fn leader(&self, topic: &str, index: i32) -> Option<&Broker> {
        self.brokers.get(&self.partition(topic, index)?.leader?)
    }
}

impl TopicMetadata {
    /// What is known of a partition.
    pub fn partition(&self, index: i32) -> Option<&PartitionMetadata> {
        let position = self.partitions.binary_search_by_key(&index, |partition| partition.index).ok()?;
        self.partitions.get(position)
    }
}
