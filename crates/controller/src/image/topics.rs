//! Topics and their partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::clear_elr::ClearElrRecord;
use ottla_wire::metadata::partition::PartitionRecord;
use ottla_wire::metadata::partition_change::PartitionChangeRecord;
use ottla_wire::metadata::topic::TopicRecord;
use ottla_wire::{KafkaString, Uuid};

use super::error::ReplayError;
use super::partition::PartitionRegistration;
use crate::features::MetadataVersion;
use crate::outcome::VersionedRecord;

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicImage {
    /// Its name.
    pub name: KafkaString,
    /// Its id.
    pub id: Uuid,
    /// Its partitions by their numbers. A log of Kafka's numbers them from 0 without a gap.
    pub partitions: BTreeMap<i32, Arc<PartitionRegistration>>,
}

/// All topics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicsImage {
    by_id: BTreeMap<Uuid, Arc<TopicImage>>,
    by_name: BTreeMap<KafkaString, Uuid>,
}

impl TopicsImage {
    /// The topic of an id.
    pub fn topic(&self, id: Uuid) -> Option<&Arc<TopicImage>> {
        self.by_id.get(&id)
    }

    /// The topic of a name.
    pub fn topic_by_name(&self, name: &str) -> Option<&Arc<TopicImage>> {
        self.by_id.get(self.by_name.get(name)?)
    }

    /// The id of a name.
    pub fn topic_id(&self, name: &str) -> Option<Uuid> {
        self.by_name.get(name).copied()
    }

    /// A partition.
    pub fn partition(&self, topic: Uuid, partition: i32) -> Option<&Arc<PartitionRegistration>> {
        self.by_id.get(&topic)?.partitions.get(&partition)
    }

    /// All topics in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        self.by_name.values().filter_map(|id| self.by_id.get(id))
    }

    /// The topics from a name on, in the order of their names; for answers that come in pages.
    pub fn iter_from<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Arc<TopicImage>> {
        let from = (std::ops::Bound::Included(name), std::ops::Bound::Unbounded);
        self.by_name.range::<str, _>(from).filter_map(|(_, id)| self.by_id.get(id))
    }

    /// How many topics there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is no topic.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn replay_topic(&mut self, record: &TopicRecord) -> Result<(), ReplayError> {
        let exists = |name: &str, existing| ReplayError::TopicExists {
            name: name.to_owned(),
            existing,
            id: record.topic_id,
        };
        if let Some(&existing) = self.by_name.get(&record.name) {
            return Err(exists(&record.name, existing));
        }
        if let Some(topic) = self.by_id.get(&record.topic_id) {
            return Err(exists(&topic.name, topic.id));
        }
        let name = record.name.detach();
        let topic = TopicImage { name: name.clone(), id: record.topic_id, partitions: BTreeMap::new() };
        self.by_name.insert(name, topic.id);
        self.by_id.insert(topic.id, Arc::new(topic));
        Ok(())
    }

    /// Removes the topic and tells its name.
    pub(super) fn replay_remove(&mut self, id: Uuid) -> Result<KafkaString, ReplayError> {
        let topic = self.by_id.remove(&id).ok_or(ReplayError::UnknownTopic(id))?;
        self.by_name.remove(&topic.name);
        Ok(topic.name.clone())
    }

    pub(super) fn replay_partition(&mut self, record: &PartitionRecord) -> Result<(), ReplayError> {
        let registration = PartitionRegistration::from_record(record)?;
        let topic = self.topic_mut(record.topic_id)?;
        topic.partitions.insert(record.partition_id, Arc::new(registration));
        Ok(())
    }

    pub(super) fn replay_change(&mut self, record: &PartitionChangeRecord) -> Result<(), ReplayError> {
        let topic = self.topic_mut(record.topic_id)?;
        let unknown =
            || ReplayError::UnknownPartition { topic: record.topic_id, partition: record.partition_id };
        let partition = topic.partitions.get_mut(&record.partition_id).ok_or_else(unknown)?;
        *partition = Arc::new(partition.changed(record)?);
        Ok(())
    }

    /// Clears what a record says and tells which topics changed by it.
    pub(super) fn replay_clear_elr(
        &mut self,
        record: &ClearElrRecord,
    ) -> Result<BTreeSet<Uuid>, ReplayError> {
        let topics: Vec<Uuid> = if record.topic_name.is_empty() {
            self.by_id.keys().copied().collect()
        } else {
            let unknown = || ReplayError::UnknownTopicName(record.topic_name.to_string());
            vec![self.topic_id(&record.topic_name).ok_or_else(unknown)?]
        };
        let mut changed = BTreeSet::new();
        for id in topics {
            if self.clear_elr(id) {
                changed.insert(id);
            }
        }
        Ok(changed)
    }

    fn clear_elr(&mut self, id: Uuid) -> bool {
        let Some(topic) = self.by_id.get_mut(&id) else { return false };
        let cleared: Vec<_> = topic
            .partitions
            .iter()
            .filter_map(|(&partition, registration)| Some((partition, registration.without_elr()?)))
            .collect();
        if cleared.is_empty() {
            return false;
        }
        let topic = Arc::make_mut(topic);
        topic.partitions.extend(cleared.into_iter().map(|(partition, new)| (partition, Arc::new(new))));
        true
    }

    fn topic_mut(&mut self, id: Uuid) -> Result<&mut TopicImage, ReplayError> {
        self.by_id.get_mut(&id).map(Arc::make_mut).ok_or(ReplayError::UnknownTopic(id))
    }

    pub(super) fn write(&self, version: MetadataVersion, with_elr: bool, records: &mut Vec<VersionedRecord>) {
        for topic in self.by_id.values() {
            let record =
                TopicRecord { name: topic.name.clone(), topic_id: topic.id, ..TopicRecord::default() };
            records.push(VersionedRecord::new(record, 0));
            for (&partition, registration) in &topic.partitions {
                let record = registration.to_record(topic.id, partition, version, with_elr);
                records.push(VersionedRecord {
                    record: MetadataRecord::Partition(record),
                    version: version.partition_record_version(),
                });
            }
        }
    }

    /// Checks that names and ids agree, and each partition with itself.
    pub(crate) fn invariants(&self) {
        for topic in self.by_id.values() {
            topic.partitions.values().for_each(|partition| partition.invariants());
        }
        assert_eq!(self.by_id.len(), self.by_name.len(), "as many names as ids");
        for (name, id) in &self.by_name {
            let topic = self.by_id.get(id).expect("the id of a name");
            assert_eq!((&topic.name, topic.id), (name, *id), "the topic of a name");
        }
    }
}
