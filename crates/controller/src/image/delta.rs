//! What changed from one image to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_wire::{KafkaString, Uuid};

use super::MetadataImage;
use super::cluster::BrokerRegistration;
use super::configurations::ConfigResource;
use super::partition::PartitionRegistration;
use super::topics::TopicImage;

/// What records have changed, be it for a while only.
#[derive(Debug, Clone, Default)]
pub(super) struct Touched {
    pub(super) topics: BTreeSet<Uuid>,
    pub(super) configs: BTreeSet<ConfigResource>,
    pub(super) brokers: BTreeSet<i32>,
    pub(super) controllers: BTreeSet<i32>,
    pub(super) features: bool,
    pub(super) client_quotas: bool,
    pub(super) security: bool,
}

impl Touched {
    /// All that is in one of two images and may differ in the other.
    pub(super) fn between(one: &MetadataImage, other: &MetadataImage) -> Self {
        let both = [one, other];
        Self {
            topics: both.iter().flat_map(|image| image.topics.iter()).map(|topic| topic.id).collect(),
            configs: both
                .iter()
                .flat_map(|image| image.configs.resources())
                .map(|(resource, _)| resource.clone())
                .collect(),
            brokers: both.iter().flat_map(|image| image.cluster.brokers.keys()).copied().collect(),
            controllers: both.iter().flat_map(|image| image.cluster.controllers.keys()).copied().collect(),
            features: true,
            client_quotas: true,
            security: true,
        }
    }
}

/// What changed from one published image to the next. Things that were changed back, or created and deleted in between, are not
/// told.
#[derive(Debug, Clone)]
pub struct MetadataDelta {
    /// The image before.
    pub previous: Arc<MetadataImage>,
    /// The image after.
    pub image: Arc<MetadataImage>,
    touched: Touched,
}

/// A partition that is new or changed.
#[derive(Debug, Clone, Copy)]
pub struct PartitionChanges<'a> {
    /// Its topic.
    pub topic: &'a Arc<TopicImage>,
    /// Its number.
    pub partition: i32,
    /// Its state before; none if it is new.
    pub previous: Option<&'a Arc<PartitionRegistration>>,
    /// Its state after.
    pub current: &'a Arc<PartitionRegistration>,
}

/// A partition that one broker has a replica of.
#[derive(Debug, Clone)]
pub struct LocalPartition {
    /// Name of the topic.
    pub topic: KafkaString,
    /// Id of the topic.
    pub topic_id: Uuid,
    /// Number of the partition.
    pub partition: i32,
    /// Its state after the change, or before its deletion.
    pub registration: Arc<PartitionRegistration>,
    /// Whether the broker had no replica of it before.
    pub is_new: bool,
    /// Whether the leader's epoch grew.
    pub is_new_leader_epoch: bool,
}

/// What one broker is to do about its replicas.
#[derive(Debug, Clone, Default)]
pub struct LocalChanges {
    /// Replicas to delete: of deleted topics, and those that a reassignment took away.
    pub deleted: Vec<LocalPartition>,
    /// Partitions to lead from now on, or to go on leading with another state.
    pub leaders: Vec<LocalPartition>,
    /// Partitions to follow, or to hold without a leader.
    pub followers: Vec<LocalPartition>,
}

impl MetadataDelta {
    pub(super) fn new(previous: Arc<MetadataImage>, image: Arc<MetadataImage>, touched: Touched) -> Self {
        Self { previous, image, touched }
    }

    /// Topics that are new.
    pub fn created_topics(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        let is_new = |topic: &&Arc<TopicImage>| self.previous.topics.topic(topic.id).is_none();
        self.touched_topics(&self.image).filter(is_new)
    }

    /// Topics that are gone, as they were.
    pub fn deleted_topics(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        let is_gone = |topic: &&Arc<TopicImage>| self.image.topics.topic(topic.id).is_none();
        self.touched_topics(&self.previous).filter(is_gone)
    }

    /// Partitions that are new or changed, in topics new and old.
    pub fn changed_partitions(&self) -> impl Iterator<Item = PartitionChanges<'_>> {
        self.touched_topics(&self.image).flat_map(|topic| {
            let before = self.previous.topics.topic(topic.id);
            topic.partitions.iter().filter_map(move |(&partition, current)| {
                let previous = before.and_then(|topic| topic.partitions.get(&partition));
                let is_same =
                    previous.is_some_and(|previous| Arc::ptr_eq(previous, current) || previous == current);
                (!is_same).then_some(PartitionChanges { topic, partition, previous, current })
            })
        })
    }

    /// What a broker is to do about its replicas.
    pub fn local_changes(&self, broker: i32) -> LocalChanges {
        let mut changes = LocalChanges::default();
        for topic in self.deleted_topics() {
            for (&partition, registration) in &topic.partitions {
                if registration.replicas.contains(&broker) {
                    changes.deleted.push(LocalPartition::deleted(topic, partition, registration));
                }
            }
        }
        for change in self.changed_partitions() {
            let had_replica = change.previous.filter(|previous| previous.replicas.contains(&broker));
            if !change.current.replicas.contains(&broker) {
                if let Some(previous) = had_replica {
                    changes.deleted.push(LocalPartition::deleted(change.topic, change.partition, previous));
                }
                continue;
            }
            let local = LocalPartition {
                topic: change.topic.name.clone(),
                topic_id: change.topic.id,
                partition: change.partition,
                registration: Arc::clone(change.current),
                is_new: had_replica.is_none(),
                is_new_leader_epoch: change
                    .previous
                    .is_none_or(|previous| previous.leader_epoch != change.current.leader_epoch),
            };
            match change.current.leader == broker {
                true => changes.leaders.push(local),
                false => changes.followers.push(local),
            }
        }
        changes
    }

    /// Resources whose dynamic configurations changed. Those of deleted topics are among them.
    pub fn changed_configs(&self) -> impl Iterator<Item = &ConfigResource> {
        let differs = |resource: &&ConfigResource| {
            self.previous.configs.values(resource) != self.image.configs.values(resource)
        };
        self.touched.configs.iter().filter(differs)
    }

    /// Brokers that are new or changed (the registration after), or gone (none).
    pub fn changed_brokers(&self) -> BTreeMap<i32, Option<&Arc<BrokerRegistration>>> {
        let change = |&id: &i32| {
            let (before, after) = (self.previous.cluster.broker(id), self.image.cluster.broker(id));
            (before != after).then_some((id, after))
        };
        self.touched.brokers.iter().filter_map(change).collect()
    }

    /// Whether a controller registered.
    pub fn controllers_changed(&self) -> bool {
        !self.touched.controllers.is_empty()
            && self.previous.cluster.controllers != self.image.cluster.controllers
    }

    /// Whether the level of a feature changed.
    pub fn features_changed(&self) -> bool {
        self.touched.features && self.previous.features != self.image.features
    }

    /// Whether quotas changed.
    pub fn client_quotas_changed(&self) -> bool {
        self.touched.client_quotas && self.previous.client_quotas != self.image.client_quotas
    }

    /// Whether ACLs, credentials or tokens changed.
    pub fn security_changed(&self) -> bool {
        let (before, after) = (&self.previous, &self.image);
        self.touched.security
            && (before.acls != after.acls
                || before.scram != after.scram
                || before.delegation_tokens != after.delegation_tokens)
    }

    fn touched_topics<'a>(&'a self, image: &'a MetadataImage) -> impl Iterator<Item = &'a Arc<TopicImage>> {
        self.touched.topics.iter().filter_map(|&id| image.topics.topic(id))
    }
}

impl LocalPartition {
    fn deleted(topic: &TopicImage, partition: i32, registration: &Arc<PartitionRegistration>) -> Self {
        Self {
            topic: topic.name.clone(),
            topic_id: topic.id,
            partition,
            registration: Arc::clone(registration),
            is_new: false,
            is_new_leader_epoch: false,
        }
    }
}
