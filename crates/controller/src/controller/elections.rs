//! Leaders and replicas in sync, as brokers come and go.

use ottla_wire::metadata::broker_registration_change::BrokerRegistrationChangeRecord;
use ottla_wire::metadata::unregister_broker::UnregisterBrokerRecord;
use ottla_wire::{ErrorCode, Uuid};

use super::Controller;
use super::error::ApiError;
use super::index::TopicIdPartition;
use super::partition_change::{Election, PartitionChange};
use crate::features::MetadataVersion;
use crate::image::{NO_LEADER, PartitionRegistration, TopicImage};
use crate::outcome::VersionedRecord;

/// What is about to become of a broker, which the image does not show yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum BrokerTransition {
    /// It leaves the ISRs and leads no more.
    Leaves(i32),
    /// It may lead.
    Comes(i32),
    /// It comes back and may have lost records, so that it is not eligible to lead.
    LostRecords(i32),
}

impl BrokerTransition {
    /// Whether a broker may lead, where the transition says so.
    fn may_lead(self, broker: i32) -> Option<bool> {
        match self {
            Self::Leaves(leaving) if leaving == broker => Some(false),
            Self::LostRecords(unclean) if unclean == broker => Some(false),
            Self::Comes(coming) if coming == broker => Some(true),
            _ => None,
        }
    }

    /// The broker that leaves the ISRs.
    fn out_of_sync(self) -> Option<i32> {
        match self {
            Self::Leaves(broker) | Self::LostRecords(broker) => Some(broker),
            Self::Comes(_) => None,
        }
    }
}

impl Controller {
    /// A change of a partition, with nothing wanted yet.
    pub(super) fn partition_change<'a>(
        &'a self,
        version: MetadataVersion,
        topic: &TopicImage,
        partition_id: i32,
        partition: &'a PartitionRegistration,
    ) -> PartitionChange<'a> {
        let cluster = self.image.cluster();
        PartitionChange {
            id: TopicIdPartition { topic: topic.id, partition: partition_id },
            partition,
            version,
            min_isr: self.min_isr(topic),
            elr_enabled: self.image.features().is_elr_enabled(),
            is_acceptable_leader: Box::new(move |broker| {
                cluster.is_active(broker) && self.is_replica_online(partition, broker)
            }),
            default_directory: Box::new(move |broker| self.default_directory(version, broker)),
            election: Election::Online,
            target_isr: partition.isr.clone(),
            target_replicas: partition.replicas.clone(),
            target_removing: partition.removing_replicas.clone(),
            target_adding: partition.adding_replicas.clone(),
            target_recovery_state: partition.leader_recovery_state,
            moved: None,
            unclean_shutdown: None,
        }
    }

    fn is_replica_online(&self, partition: &PartitionRegistration, broker: i32) -> bool {
        let registration = self.image.cluster().broker(broker);
        let directory = partition.directory(broker);
        registration
            .zip(directory)
            .is_some_and(|(registration, directory)| registration.has_online_directory(directory))
    }

    /// The directory of a new replica, as far as it can be known.
    pub(super) fn default_directory(&self, version: MetadataVersion, broker: i32) -> Uuid {
        if !version.has_directories() {
            return Uuid::MIGRATING_DIRECTORY;
        }
        let registration = self.image.cluster().broker(broker);
        registration.map_or(Uuid::UNASSIGNED_DIRECTORY, |registration| registration.default_directory())
    }

    /// The last resort of a topic's elections.
    pub(super) fn election_of(&self, topic: &TopicImage) -> Election {
        if self.allows_unclean_elections(topic) { Election::Unclean } else { Election::Online }
    }

    /// Finds leaders and ISRs anew for partitions that the transition of a broker concerns.
    pub(super) fn follow_transition(
        &self,
        version: MetadataVersion,
        transition: BrokerTransition,
        partitions: impl IntoIterator<Item = TopicIdPartition>,
        records: &mut Vec<VersionedRecord>,
    ) {
        for id in partitions {
            let Some(topic) = self.image.topics().topic(id.topic) else { continue };
            let Some(partition) = topic.partitions.get(&id.partition) else { continue };
            let mut change = self.partition_change(version, topic, id.partition, partition);
            change.is_acceptable_leader = Box::new(move |broker| {
                let may_lead = transition.may_lead(broker);
                may_lead.unwrap_or_else(|| self.image.cluster().is_active(broker))
                    && self.is_replica_online(partition, broker)
            });
            change.election = self.election_of(topic);
            change.target_isr.retain(|&broker| transition.out_of_sync() != Some(broker));
            if let BrokerTransition::LostRecords(broker) = transition {
                change.unclean_shutdown = Some(broker);
            }
            push_change(change, records);
        }
    }

    /// Fences a broker: it leads no more, and clients no longer see it.
    pub(super) fn fence(&self, version: MetadataVersion, broker: i32, records: &mut Vec<VersionedRecord>) {
        let Some(registration) = self.image.cluster().broker(broker) else { return };
        self.follow_transition(version, BrokerTransition::Leaves(broker), self.index.in_isr(broker), records);
        let record =
            BrokerRegistrationChangeRecord { fenced: 1, ..change_of_broker(broker, registration.epoch) };
        records.push(VersionedRecord::new(record, 0));
    }

    /// Unfences a broker: partitions without a leader may have one again.
    pub(super) fn unfence(
        &self,
        version: MetadataVersion,
        broker: i32,
        epoch: i64,
        records: &mut Vec<VersionedRecord>,
    ) {
        let record = BrokerRegistrationChangeRecord { fenced: -1, ..change_of_broker(broker, epoch) };
        records.push(VersionedRecord::new(record, 0));
        self.follow_transition(
            version,
            BrokerTransition::Comes(broker),
            self.index.led_by(NO_LEADER),
            records,
        );
    }

    /// Moves leadership away from a broker that is stopping.
    pub(super) fn begin_controlled_shutdown(
        &self,
        version: MetadataVersion,
        broker: i32,
        epoch: i64,
        records: &mut Vec<VersionedRecord>,
    ) {
        let is_known =
            self.image.cluster().broker(broker).is_some_and(|broker| broker.in_controlled_shutdown);
        if !is_known {
            let record = BrokerRegistrationChangeRecord {
                in_controlled_shutdown: 1,
                ..change_of_broker(broker, epoch)
            };
            records.push(VersionedRecord::new(record, 1));
        }
        self.follow_transition(version, BrokerTransition::Leaves(broker), self.index.in_isr(broker), records);
    }

    /// What becomes of a broker's partitions when it comes back under another incarnation.
    pub(super) fn follow_restart(
        &self,
        version: MetadataVersion,
        broker: i32,
        was_clean: bool,
        records: &mut Vec<VersionedRecord>,
    ) {
        let in_isr = self.index.in_isr(broker);
        if was_clean || !self.image.features().is_elr_enabled() {
            self.follow_transition(version, BrokerTransition::Leaves(broker), in_isr, records);
            return;
        }
        let lost = BrokerTransition::LostRecords(broker);
        self.follow_transition(version, lost, in_isr, records);
        self.follow_transition(version, lost, self.index.in_elr(broker), records);
    }

    /// Takes a broker out of the cluster.
    pub(super) fn unregister(
        &self,
        version: MetadataVersion,
        broker: i32,
        epoch: i64,
        records: &mut Vec<VersionedRecord>,
    ) {
        let leaves = BrokerTransition::Leaves(broker);
        self.follow_transition(version, leaves, self.index.in_isr(broker), records);
        self.follow_transition(version, leaves, self.index.in_elr(broker), records);
        let record = UnregisterBrokerRecord {
            broker_id: broker,
            broker_epoch: epoch,
            ..UnregisterBrokerRecord::default()
        };
        records.push(VersionedRecord::new(record, 0));
    }

    /// Gives leadership back to preferred replicas, of so many partitions at most.
    pub(super) fn elect_preferred_leaders(
        &self,
        version: MetadataVersion,
        max: usize,
    ) -> Vec<VersionedRecord> {
        let mut records = Vec::new();
        for id in self.index.imbalanced() {
            if records.len() >= max {
                break;
            }
            let Some(topic) = self.image.topics().topic(id.topic) else { continue };
            let Some(partition) = topic.partitions.get(&id.partition) else { continue };
            let mut change = self.partition_change(version, topic, id.partition, partition);
            change.election = Election::Preferred;
            push_change(change, &mut records);
        }
        records
    }

    /// Elects leaders for partitions without one, of topics that allow unclean elections, so many at most.
    pub(super) fn elect_unclean_leaders(&self, version: MetadataVersion, max: usize) -> Vec<VersionedRecord> {
        let mut records = Vec::new();
        for id in self.index.led_by(NO_LEADER) {
            if records.len() >= max {
                break;
            }
            let Some(topic) = self.image.topics().topic(id.topic) else { continue };
            if self.allows_unclean_elections(topic)
                && let Err(error) =
                    self.elect_leader(version, &topic.name, id.partition, Election::Unclean, &mut records)
            {
                tracing::debug!(topic = %topic.name, partition = id.partition, ?error, "no leader to be had");
            }
        }
        records
    }

    /// Elects a leader of a partition because somebody asked for it.
    pub(super) fn elect_leader(
        &self,
        version: MetadataVersion,
        topic_name: &str,
        partition_id: i32,
        election: Election,
        records: &mut Vec<VersionedRecord>,
    ) -> Result<(), ApiError> {
        let unknown = |message: String| ApiError::new(ErrorCode::UnknownTopicOrPartition, message);
        let topic = self.image.topics().topic_by_name(topic_name);
        let topic = topic.ok_or_else(|| unknown(format!("No such topic as {topic_name}")))?;
        let partition = topic.partitions.get(&partition_id);
        let partition =
            partition.ok_or_else(|| unknown(format!("No such partition as {topic_name}-{partition_id}")))?;
        let is_needed = match election {
            Election::Preferred => !partition.has_preferred_leader(),
            Election::Online | Election::Unclean => !partition.has_leader(),
        };
        if !is_needed {
            return Err(ApiError::plain(ErrorCode::ElectionNotNeeded));
        }
        let mut change = self.partition_change(version, topic, partition_id, partition);
        change.election = election;
        if push_change(change, records) {
            return Ok(());
        }
        Err(ApiError::plain(match election {
            Election::Preferred => ErrorCode::PreferredLeaderNotAvailable,
            Election::Online | Election::Unclean => ErrorCode::EligibleLeadersNotAvailable,
        }))
    }
}

/// Adds the record of a change; tells whether there is any.
pub(super) fn push_change(change: PartitionChange<'_>, records: &mut Vec<VersionedRecord>) -> bool {
    let version = change.version.partition_record_version();
    let record = change.build().map(|record| VersionedRecord::new(record, version));
    let is_some = record.is_some();
    records.extend(record);
    is_some
}

pub(super) fn change_of_broker(broker: i32, epoch: i64) -> BrokerRegistrationChangeRecord {
    BrokerRegistrationChangeRecord {
        broker_id: broker,
        broker_epoch: epoch,
        ..BrokerRegistrationChangeRecord::default()
    }
}
