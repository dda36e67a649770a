//! The active controller.

mod activation;
mod api;
mod configs;
mod elections;
mod error;
mod index;
mod options;
mod partition_change;
mod placement;
mod reassignment;
mod sessions;
mod timers;
mod topic_name;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_record::{Offset, Timestamp};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

pub use topic_name::topic_name_fault;

pub use options::{ActivationError, ControllerOptions, RandomBytes, Via};
pub use placement::place_replicas;

use crate::features::MetadataVersion;
use crate::image::{MetadataImage, PartitionRegistration, Provenance, ReplayError};
use error::ApiError;
use index::{PartitionIndex, TopicIdPartition};
use sessions::Sessions;
use timers::Timers;

/// The controller of a cluster. Replays the metadata log always, and decides while it is [active](Self::activate).
///
/// Each `handle_` method decides one request and comes to an [`Outcome`](crate::Outcome). The shell appends its records, replays
/// each here with its offset, and answers when they are committed. It handles the next request after the replay only. If the
/// records cannot be appended, nothing has changed, except that a broker was heard from.
///
/// Who may ask for what is for the shell to check before.
pub struct Controller {
    options: ControllerOptions,
    random: RandomBytes,
    image: MetadataImage,
    /// Where the open transaction began, and the image before it.
    transaction: Option<(Offset, MetadataImage)>,
    index: PartitionIndex,
    /// Names of topics by what they are in metrics, where dots become underscores. Only of those with either.
    similar_names: BTreeMap<String, BTreeSet<KafkaString>>,
    /// Offset of the last registration record of each broker, up to which it must have replayed the log before it is unfenced.
    registered_at: BTreeMap<i32, Offset>,
    active: Option<Active>,
}

/// What only an active controller has.
struct Active {
    sessions: Sessions,
    timers: Timers,
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controller")
            .field("node_id", &self.options.node_id)
            .field("provenance", &self.image.provenance)
            .field("is_active", &self.is_active())
            .finish_non_exhaustive()
    }
}

impl Controller {
    /// A controller before the first record.
    pub fn new(options: ControllerOptions, random: RandomBytes) -> Self {
        Self {
            options,
            random,
            image: MetadataImage::default(),
            transaction: None,
            index: PartitionIndex::default(),
            similar_names: BTreeMap::new(),
            registered_at: BTreeMap::new(),
            active: None,
        }
    }

    /// What all records replayed so far amount to, those of an open transaction included.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Whether it decides.
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Whether a transaction is open in the log.
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// Stops deciding: another controller has taken over.
    pub fn deactivate(&mut self) {
        self.active = None;
    }

    /// Tells that the process in which a broker registered last has ended, so that it can register again at once. Otherwise its
    /// session has to run out first. A node that is broker and controller in one knows it of itself.
    pub fn broker_ended(&mut self, broker: i32) {
        if let Some(active) = &mut self.active {
            active.sessions.ended(broker);
        }
    }

    /// Forgets all and takes the records of a snapshot.
    ///
    /// # Errors
    /// If one of the records does not fit those before it; then nothing was taken.
    pub fn load_snapshot<'a>(
        &mut self,
        provenance: Provenance,
        records: impl IntoIterator<Item = &'a MetadataRecord>,
    ) -> Result<(), ReplayError> {
        let image = MetadataImage::of_snapshot(provenance, records)?;
        self.registered_at =
            image.cluster().brokers.keys().map(|&broker| (broker, provenance.offset)).collect();
        self.transaction = None;
        self.active = None;
        self.reset(image);
        Ok(())
    }

    /// Takes another image and everything that follows from it.
    fn reset(&mut self, image: MetadataImage) {
        self.index = PartitionIndex::of(image.topics());
        self.similar_names = similar_names(&image);
        let registered = |broker: &i32| image.cluster().brokers.contains_key(broker);
        self.registered_at.retain(|broker, _| registered(broker));
        self.image = image;
    }

    /// Replays a record that is in the log.
    ///
    /// # Errors
    /// If the record does not fit what came before; then nothing has changed. The log is damaged, or of another release.
    pub fn replay(&mut self, provenance: Provenance, record: &MetadataRecord) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        match record {
            R::BeginTransaction(_) if self.transaction.is_some() => {
                return Err(ReplayError::NestedTransaction);
            }
            R::BeginTransaction(_) => self.transaction = Some((provenance.offset, self.image.clone())),
            R::EndTransaction(_) => drop(self.transaction.take().ok_or(ReplayError::NoTransaction)?),
            R::AbortTransaction(_) => {
                let (_, before) = self.transaction.take().ok_or(ReplayError::NoTransaction)?;
                self.reset(before);
            }
            record => self.replay_change(provenance, record)?,
        }
        self.image.provenance = provenance;
        Ok(())
    }

    fn replay_change(&mut self, provenance: Provenance, record: &MetadataRecord) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        match record {
            R::Partition(change) => {
                self.replay_partition(change.topic_id, change.partition_id, record)?;
            }
            R::PartitionChange(change) => {
                self.replay_partition(change.topic_id, change.partition_id, record)?;
            }
            R::Topic(topic) => {
                self.image.replay(record)?;
                self.add_similar_name(topic.topic_id);
            }
            R::RemoveTopic(topic) => self.replay_remove_topic(topic.topic_id, record)?,
            R::ClearElr(_) => {
                self.image.replay(record)?;
                self.index = PartitionIndex::of(self.image.topics());
            }
            R::RegisterBroker(broker) => {
                self.image.replay(record)?;
                self.registered_at.insert(broker.broker_id, provenance.offset);
                self.refresh_session(broker.broker_id);
            }
            R::UnregisterBroker(broker) => {
                self.image.replay(record)?;
                self.registered_at.remove(&broker.broker_id);
                self.refresh_session(broker.broker_id);
            }
            R::FenceBroker(broker) => {
                self.image.replay(record)?;
                self.refresh_session(broker.id);
            }
            R::BrokerRegistrationChange(broker) => {
                self.image.replay(record)?;
                self.refresh_session(broker.broker_id);
            }
            other => self.image.replay(other)?,
        }
        Ok(())
    }

    fn replay_partition(
        &mut self,
        topic: Uuid,
        partition: i32,
        record: &MetadataRecord,
    ) -> Result<(), ReplayError> {
        let previous: Option<Arc<PartitionRegistration>> =
            self.image.topics().partition(topic, partition).cloned();
        self.image.replay(record)?;
        let current = self.image.topics().partition(topic, partition);
        let id = TopicIdPartition { topic, partition };
        self.index.update(id, previous.as_deref(), current.map(|current| &**current));
        Ok(())
    }

    fn replay_remove_topic(&mut self, topic: Uuid, record: &MetadataRecord) -> Result<(), ReplayError> {
        let removed = self.image.topics().topic(topic).cloned();
        self.image.replay(record)?;
        let Some(removed) = removed else { return Ok(()) };
        for (&partition, registration) in &removed.partitions {
            self.index.update(TopicIdPartition { topic, partition }, Some(registration), None);
        }
        if let Some(similar) = topic_name::in_metrics(&removed.name)
            && let Some(names) = self.similar_names.get_mut(&similar)
        {
            names.remove(&removed.name);
            if names.is_empty() {
                self.similar_names.remove(&similar);
            }
        }
        Ok(())
    }

    fn add_similar_name(&mut self, topic: Uuid) {
        let Some(topic) = self.image.topics().topic(topic) else { return };
        if let Some(similar) = topic_name::in_metrics(&topic.name) {
            self.similar_names.entry(similar).or_default().insert(topic.name.clone());
        }
    }

    fn refresh_session(&mut self, broker: i32) {
        let Some(active) = &mut self.active else { return };
        match self.image.cluster().broker(broker) {
            Some(registration) => active.sessions.registered(registration),
            None => active.sessions.unregistered(broker),
        }
    }

    /// The cluster's level, which an active controller knows.
    fn metadata_version(&self) -> Result<MetadataVersion, ApiError> {
        if self.active.is_none() {
            return Err(ApiError::new(ErrorCode::NotController, "No controller appears to be active."));
        }
        let version = self.image.features().metadata_version();
        version.ok_or_else(|| ApiError::plain(ErrorCode::UnknownServerError))
    }

    /// Refuses brokers that are not registered, or have registered again since.
    fn check_broker_epoch(&self, broker: i32, epoch: i64) -> Result<(), ApiError> {
        let stale = |message: String| Err(ApiError::new(ErrorCode::StaleBrokerEpoch, message));
        match self.image.cluster().broker(broker) {
            None => stale(format!("No broker registration found for broker id {broker}")),
            Some(registration) if registration.epoch != epoch => {
                stale(format!("Expected broker epoch {}, but got broker epoch {epoch}", registration.epoch))
            }
            Some(_) => Ok(()),
        }
    }

    /// Checks that all parts agree.
    ///
    /// # Panics
    /// If they do not, which is a bug.
    pub fn invariants(&self) {
        self.image.invariants();
        assert_eq!(self.index, PartitionIndex::of(self.image.topics()), "the index follows from the image");
        assert_eq!(self.similar_names, similar_names(&self.image), "so do the similar names");
        let registered: Vec<_> = self.image.cluster().brokers.keys().collect();
        assert_eq!(self.registered_at.keys().collect::<Vec<_>>(), registered, "and the registered brokers");
        if let Some(active) = &self.active {
            active.sessions.invariants(self.image.cluster());
        }
    }
}

fn similar_names(image: &MetadataImage) -> BTreeMap<String, BTreeSet<KafkaString>> {
    let mut names: BTreeMap<String, BTreeSet<KafkaString>> = BTreeMap::new();
    for topic in image.topics().iter() {
        if let Some(similar) = topic_name::in_metrics(&topic.name) {
            names.entry(similar).or_default().insert(topic.name.clone());
        }
    }
    names
}

/// When something is due that the active controller does unasked, whichever comes first.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
