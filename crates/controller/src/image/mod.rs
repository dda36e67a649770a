//! The image of a cluster: what the records of the metadata log amount to.
//!
//! [`MetadataImage`] is cheap to clone, and a clone stays as it is while the original goes on. [`MetadataLoader`] makes images of the
//! records of a log, transactions included; each [`MetadataDelta`] says what changed from one to the next.

mod client_quotas;
mod cluster;
mod configurations;
mod delta;
mod error;
mod features;
mod loader;
mod partition;
mod security;
mod topics;

use std::sync::Arc;

use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::producer_ids::ProducerIdsRecord;

pub use client_quotas::{ClientQuotaEntity, ClientQuotasImage};
pub(crate) use cluster::security_protocol;
pub use cluster::{BrokerRegistration, ClusterImage, ControllerRegistration, Listener};
pub use configurations::{ConfigResource, ConfigResourceType, ConfigurationsImage};
pub use delta::{LocalChanges, LocalPartition, MetadataDelta, PartitionChanges};
pub use error::ReplayError;
pub use features::FeaturesImage;
pub use loader::MetadataLoader;
pub use partition::{LeaderRecoveryState, NO_LEADER, NO_LEADER_CHANGE, PartitionRegistration};
pub use security::{AclsImage, DelegationTokenImage, ScramImage};
pub use topics::{TopicImage, TopicsImage};

use crate::features::MetadataVersion;
use crate::outcome::VersionedRecord;
use delta::Touched;

/// Up to where the log has been replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// Offset of the last record; -1 for none.
    pub offset: Offset,
    /// Epoch of the controller that wrote it.
    pub epoch: LeaderEpoch,
    /// When its batch was appended.
    pub timestamp: Timestamp,
}

impl Provenance {
    /// Before the first record.
    pub const NONE: Self =
        Self { offset: Offset::NONE, epoch: LeaderEpoch::NONE, timestamp: Timestamp::NONE };
}

/// The image of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataImage {
    /// Up to where the log has been replayed.
    pub provenance: Provenance,
    features: Arc<FeaturesImage>,
    cluster: Arc<ClusterImage>,
    topics: Arc<TopicsImage>,
    configs: Arc<ConfigurationsImage>,
    client_quotas: Arc<ClientQuotasImage>,
    next_producer_id: i64,
    acls: Arc<AclsImage>,
    scram: Arc<ScramImage>,
    delegation_tokens: Arc<DelegationTokenImage>,
}

impl Default for MetadataImage {
    fn default() -> Self {
        Self {
            provenance: Provenance::NONE,
            features: Arc::default(),
            cluster: Arc::default(),
            topics: Arc::default(),
            configs: Arc::default(),
            client_quotas: Arc::default(),
            next_producer_id: -1,
            acls: Arc::default(),
            scram: Arc::default(),
            delegation_tokens: Arc::default(),
        }
    }
}

impl MetadataImage {
    /// The image that the records of a snapshot amount to.
    ///
    /// # Errors
    /// If one of the records does not fit those before it.
    pub fn of_snapshot<'a>(
        provenance: Provenance,
        records: impl IntoIterator<Item = &'a MetadataRecord>,
    ) -> Result<Self, ReplayError> {
        let mut image = Self { provenance, ..Self::default() };
        for record in records {
            image.replay(record)?;
        }
        Ok(image)
    }

    /// Finalized levels of features.
    pub fn features(&self) -> &FeaturesImage {
        &self.features
    }

    /// Brokers and controllers.
    pub fn cluster(&self) -> &ClusterImage {
        &self.cluster
    }

    /// Topics and their partitions.
    pub fn topics(&self) -> &TopicsImage {
        &self.topics
    }

    /// Dynamic configurations.
    pub fn configs(&self) -> &ConfigurationsImage {
        &self.configs
    }

    /// Quotas of users, client ids and addresses.
    pub fn client_quotas(&self) -> &ClientQuotasImage {
        &self.client_quotas
    }

    /// The first producer id that is not handed out yet; -1 before the first block.
    pub fn next_producer_id(&self) -> i64 {
        self.next_producer_id
    }

    /// ACLs.
    pub fn acls(&self) -> &AclsImage {
        &self.acls
    }

    /// SCRAM credentials.
    pub fn scram(&self) -> &ScramImage {
        &self.scram
    }

    /// Delegation tokens.
    pub fn delegation_tokens(&self) -> &DelegationTokenImage {
        &self.delegation_tokens
    }

    /// Applies a record. [`provenance`](Self::provenance) is the caller's to move on.
    ///
    /// # Errors
    /// If the record does not fit the image, or begins or ends a transaction, which is [`MetadataLoader`]'s to follow. Then the
    /// image is as it was.
    pub fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        self.replay_touching(record, &mut Touched::default())
    }

    /// Applies a record and notes what it changes.
    fn replay_touching(&mut self, record: &MetadataRecord, touched: &mut Touched) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        match record {
            R::RegisterBroker(_)
            | R::UnregisterBroker(_)
            | R::FenceBroker(_)
            | R::UnfenceBroker(_)
            | R::BrokerRegistrationChange(_)
            | R::RegisterController(_) => self.replay_cluster(record, touched)?,
            R::Topic(_) | R::Partition(_) | R::PartitionChange(_) | R::RemoveTopic(_) | R::ClearElr(_) => {
                self.replay_topics(record, touched)?;
            }
            R::Config(record) => touched.configs.extend(Arc::make_mut(&mut self.configs).replay(record)),
            R::FeatureLevel(record) => {
                Arc::make_mut(&mut self.features).replay(record)?;
                touched.features = true;
            }
            R::ClientQuota(record) => {
                Arc::make_mut(&mut self.client_quotas).replay(record);
                touched.client_quotas = true;
            }
            R::ProducerIds(record) => self.next_producer_id = record.next_producer_id,
            R::AccessControlEntry(_)
            | R::RemoveAccessControlEntry(_)
            | R::UserScramCredential(_)
            | R::RemoveUserScramCredential(_)
            | R::DelegationToken(_)
            | R::RemoveDelegationToken(_) => {
                self.replay_security(record)?;
                touched.security = true;
            }
            R::NoOp(_) | R::ZkMigrationState(_) => {}
            R::BeginTransaction(_) | R::EndTransaction(_) | R::AbortTransaction(_) => {
                return Err(ReplayError::MisplacedTransaction);
            }
        }
        Ok(())
    }

    fn replay_cluster(&mut self, record: &MetadataRecord, touched: &mut Touched) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        let cluster = Arc::make_mut(&mut self.cluster);
        let broker = match record {
            R::RegisterBroker(record) => {
                cluster.replay_register(record)?;
                record.broker_id
            }
            R::UnregisterBroker(record) => {
                cluster.replay_unregister(record)?;
                record.broker_id
            }
            R::FenceBroker(record) => {
                cluster.replay_fencing(record.id, record.epoch, true)?;
                record.id
            }
            R::UnfenceBroker(record) => {
                cluster.replay_fencing(record.id, record.epoch, false)?;
                record.id
            }
            R::BrokerRegistrationChange(record) => {
                cluster.replay_change(record)?;
                record.broker_id
            }
            R::RegisterController(record) => {
                cluster.replay_controller(record)?;
                touched.controllers.insert(record.controller_id);
                return Ok(());
            }
            _ => return Ok(()),
        };
        touched.brokers.insert(broker);
        Ok(())
    }

    fn replay_topics(&mut self, record: &MetadataRecord, touched: &mut Touched) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        let topics = Arc::make_mut(&mut self.topics);
        let topic = match record {
            R::Topic(record) => {
                topics.replay_topic(record)?;
                record.topic_id
            }
            R::Partition(record) => {
                topics.replay_partition(record)?;
                record.topic_id
            }
            R::PartitionChange(record) => {
                topics.replay_change(record)?;
                record.topic_id
            }
            R::RemoveTopic(record) => {
                let name = topics.replay_remove(record.topic_id)?;
                touched.configs.extend(Arc::make_mut(&mut self.configs).replay_remove_topic(&name));
                record.topic_id
            }
            R::ClearElr(record) => {
                touched.topics.append(&mut topics.replay_clear_elr(record)?);
                return Ok(());
            }
            _ => return Ok(()),
        };
        touched.topics.insert(topic);
        Ok(())
    }

    fn replay_security(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        match record {
            R::AccessControlEntry(record) => Arc::make_mut(&mut self.acls).replay(record),
            R::RemoveAccessControlEntry(record) => Arc::make_mut(&mut self.acls).replay_remove(record)?,
            R::UserScramCredential(record) => Arc::make_mut(&mut self.scram).replay(record),
            R::RemoveUserScramCredential(record) => Arc::make_mut(&mut self.scram).replay_remove(record),
            R::DelegationToken(record) => Arc::make_mut(&mut self.delegation_tokens).replay(record),
            R::RemoveDelegationToken(record) => {
                Arc::make_mut(&mut self.delegation_tokens).replay_remove(record);
            }
            _ => {}
        }
        Ok(())
    }

    /// The records of a snapshot, in Kafka's order, as `version` can hold them. What it has no words for is left out.
    pub fn records(&self, version: MetadataVersion) -> Vec<VersionedRecord> {
        let mut records = Vec::new();
        self.features.write(version, &mut records);
        self.cluster.write(version, &mut records);
        self.topics.write(version, self.features.is_elr_enabled(), &mut records);
        self.configs.write(&mut records);
        self.client_quotas.write(&mut records);
        if self.next_producer_id >= 0 {
            let record = ProducerIdsRecord {
                broker_id: -1,
                broker_epoch: -1,
                next_producer_id: self.next_producer_id,
                ..ProducerIdsRecord::default()
            };
            records.push(VersionedRecord::new(record, 0));
        }
        self.acls.write(&mut records);
        self.scram.write(version, &mut records);
        self.delegation_tokens.write(version, &mut records);
        records
    }

    /// Checks that the parts of the image agree.
    pub fn invariants(&self) {
        self.topics.invariants();
        self.cluster.invariants();
    }
}
