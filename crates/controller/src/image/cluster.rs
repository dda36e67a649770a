//! Brokers and controllers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_config::SecurityProtocol;
use ottla_wire::metadata::broker_registration_change::BrokerRegistrationChangeRecord;
use ottla_wire::metadata::register_broker::{BrokerEndpoint, BrokerFeature, RegisterBrokerRecord};
use ottla_wire::metadata::register_controller::{
    ControllerEndpoint, ControllerFeature, RegisterControllerRecord,
};
use ottla_wire::metadata::unregister_broker::UnregisterBrokerRecord;
use ottla_wire::{KafkaString, Uuid};

use super::error::ReplayError;
use crate::features::{MetadataVersion, VersionRange};
use crate::outcome::VersionedRecord;

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The host that others are to connect to.
    pub host: KafkaString,
    /// The port.
    pub port: u16,
    /// How to speak there.
    pub security_protocol: SecurityProtocol,
}

/// A broker as it registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerRegistration {
    /// Its number.
    pub id: i32,
    /// Names this registration: the offset of its record.
    pub epoch: i64,
    /// Random id of the broker's start.
    pub incarnation_id: Uuid,
    /// Where it listens, by the names of the listeners.
    pub listeners: BTreeMap<KafkaString, Listener>,
    /// Levels of features it can run.
    pub supported_features: BTreeMap<KafkaString, VersionRange>,
    /// The rack it stands in.
    pub rack: Option<KafkaString>,
    /// Whether it is kept from leading and from clients' view.
    pub fenced: bool,
    /// Whether it is stopping in an orderly way.
    pub in_controlled_shutdown: bool,
    /// Left over from ZooKeeper; false in 4.x.
    pub is_migrating_zk_broker: bool,
    /// Its working log directories, sorted. Empty if the cluster does not assign directories.
    pub directories: Vec<Uuid>,
    /// Its directories that get no new replicas; none before its first report.
    pub cordoned_directories: Option<Vec<Uuid>>,
}

impl BrokerRegistration {
    fn from_record(record: &RegisterBrokerRecord) -> Result<Self, ReplayError> {
        let mut listeners = BTreeMap::new();
        for endpoint in &record.end_points {
            let listener =
                listener(record.broker_id, &endpoint.host, endpoint.port, endpoint.security_protocol)?;
            listeners.insert(endpoint.name.detach(), listener);
        }
        let range = |feature: &BrokerFeature| {
            (feature.name.detach(), range(feature.min_supported_version, feature.max_supported_version))
        };
        let mut directories = record.log_dirs.clone();
        directories.sort_unstable();
        Ok(Self {
            id: record.broker_id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            listeners,
            supported_features: record.features.iter().map(range).collect(),
            rack: record.rack.as_ref().map(KafkaString::detach),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            is_migrating_zk_broker: record.is_migrating_zk_broker,
            directories,
            cordoned_directories: record.cordoned_log_dirs.clone(),
        })
    }

    /// The record that holds all of the registration that `version` has words for.
    pub fn to_record(&self, version: MetadataVersion) -> RegisterBrokerRecord {
        let endpoint = |(name, listener): (&KafkaString, &Listener)| BrokerEndpoint {
            name: name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            security_protocol: listener.security_protocol.id(),
            ..BrokerEndpoint::default()
        };
        let feature = |(name, range): (&KafkaString, &VersionRange)| BrokerFeature {
            name: name.clone(),
            min_supported_version: range.min,
            max_supported_version: range.max,
            ..BrokerFeature::default()
        };
        let with_directories = version.has_directories();
        let with_cordoned = version.has_cordoned_directories();
        RegisterBrokerRecord {
            broker_id: self.id,
            is_migrating_zk_broker: self.is_migrating_zk_broker && version > MetadataVersion::MINIMUM,
            incarnation_id: self.incarnation_id,
            broker_epoch: self.epoch,
            end_points: self.listeners.iter().map(endpoint).collect(),
            features: self.supported_features.iter().map(feature).collect(),
            rack: self.rack.clone(),
            fenced: self.fenced,
            in_controlled_shutdown: self.in_controlled_shutdown,
            log_dirs: if with_directories { self.directories.clone() } else { Vec::new() },
            cordoned_log_dirs: self.cordoned_directories.clone().filter(|_| with_cordoned),
            ..RegisterBrokerRecord::default()
        }
    }

    /// Whether partitions may be led by it.
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// Whether a directory works, or is a placeholder that may turn out to.
    pub fn has_online_directory(&self, directory: Uuid) -> bool {
        match directory {
            Uuid::UNASSIGNED_DIRECTORY | Uuid::MIGRATING_DIRECTORY => true,
            Uuid::LOST_DIRECTORY => false,
            // A broker that registered before directories were assigned has not told them.
            _ => self.directories.is_empty() || self.directories.binary_search(&directory).is_ok(),
        }
    }

    /// Whether some directory gets new replicas.
    pub fn has_uncordoned_directory(&self) -> bool {
        let Some(cordoned) = &self.cordoned_directories else { return true };
        self.directories.is_empty() || self.directories.iter().any(|directory| !cordoned.contains(directory))
    }

    /// The directory of a new replica, as far as it can be known: that of a broker with only one.
    pub fn default_directory(&self) -> Uuid {
        match self.directories.as_slice() {
            [] => Uuid::MIGRATING_DIRECTORY,
            [only] => *only,
            _ => Uuid::UNASSIGNED_DIRECTORY,
        }
    }
}

/// A controller as it registered (KIP-919).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControllerRegistration {
    /// Its number.
    pub id: i32,
    /// Random id of the controller's start.
    pub incarnation_id: Uuid,
    /// Left over from ZooKeeper; false in 4.x.
    pub zk_migration_ready: bool,
    /// Where it listens, by the names of the listeners.
    pub listeners: BTreeMap<KafkaString, Listener>,
    /// Levels of features it can run.
    pub supported_features: BTreeMap<KafkaString, VersionRange>,
}

impl ControllerRegistration {
    fn from_record(record: &RegisterControllerRecord) -> Result<Self, ReplayError> {
        let mut listeners = BTreeMap::new();
        for endpoint in &record.end_points {
            let listener =
                listener(record.controller_id, &endpoint.host, endpoint.port, endpoint.security_protocol)?;
            listeners.insert(endpoint.name.detach(), listener);
        }
        let range = |feature: &ControllerFeature| {
            (feature.name.detach(), range(feature.min_supported_version, feature.max_supported_version))
        };
        Ok(Self {
            id: record.controller_id,
            incarnation_id: record.incarnation_id,
            zk_migration_ready: record.zk_migration_ready,
            listeners,
            supported_features: record.features.iter().map(range).collect(),
        })
    }

    fn to_record(&self) -> RegisterControllerRecord {
        let endpoint = |(name, listener): (&KafkaString, &Listener)| ControllerEndpoint {
            name: name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            security_protocol: listener.security_protocol.id(),
            ..ControllerEndpoint::default()
        };
        let feature = |(name, range): (&KafkaString, &VersionRange)| ControllerFeature {
            name: name.clone(),
            min_supported_version: range.min,
            max_supported_version: range.max,
            ..ControllerFeature::default()
        };
        RegisterControllerRecord {
            controller_id: self.id,
            incarnation_id: self.incarnation_id,
            zk_migration_ready: self.zk_migration_ready,
            end_points: self.listeners.iter().map(endpoint).collect(),
            features: self.supported_features.iter().map(feature).collect(),
            ..RegisterControllerRecord::default()
        }
    }
}

/// Brokers and controllers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterImage {
    /// Brokers by their numbers.
    pub brokers: BTreeMap<i32, Arc<BrokerRegistration>>,
    /// Controllers by their numbers.
    pub controllers: BTreeMap<i32, Arc<ControllerRegistration>>,
}

/// What a record changes of a broker; none where it leaves things alone.
#[derive(Default)]
struct BrokerChange<'a> {
    fenced: Option<bool>,
    in_controlled_shutdown: Option<bool>,
    directories: Option<&'a Vec<Uuid>>,
    cordoned_directories: Option<&'a Vec<Uuid>>,
}

impl ClusterImage {
    /// A broker.
    pub fn broker(&self, id: i32) -> Option<&Arc<BrokerRegistration>> {
        self.brokers.get(&id)
    }

    /// Whether the broker is registered, not fenced and not stopping.
    pub fn is_active(&self, broker: i32) -> bool {
        self.broker(broker).is_some_and(|registration| registration.is_active())
    }

    /// Brokers that clients may see.
    pub fn unfenced(&self) -> impl Iterator<Item = &Arc<BrokerRegistration>> {
        self.brokers.values().filter(|broker| !broker.fenced)
    }

    pub(super) fn replay_register(&mut self, record: &RegisterBrokerRecord) -> Result<(), ReplayError> {
        let registration = BrokerRegistration::from_record(record)?;
        self.brokers.insert(registration.id, Arc::new(registration));
        Ok(())
    }

    pub(super) fn replay_unregister(&mut self, record: &UnregisterBrokerRecord) -> Result<(), ReplayError> {
        self.checked(record.broker_id, record.broker_epoch)?;
        self.brokers.remove(&record.broker_id);
        Ok(())
    }

    pub(super) fn replay_fencing(&mut self, id: i32, epoch: i64, fenced: bool) -> Result<(), ReplayError> {
        self.change(id, epoch, &BrokerChange { fenced: Some(fenced), ..BrokerChange::default() })
    }

    pub(super) fn replay_change(
        &mut self,
        record: &BrokerRegistrationChangeRecord,
    ) -> Result<(), ReplayError> {
        let change = BrokerChange {
            fenced: switch("fenced", record.fenced)?,
            in_controlled_shutdown: match record.in_controlled_shutdown {
                0 => None,
                1 => Some(true),
                value => return Err(ReplayError::Meaningless { field: "in controlled shutdown", value }),
            },
            directories: Some(&record.log_dirs).filter(|directories| !directories.is_empty()),
            cordoned_directories: record.cordoned_log_dirs.as_ref(),
        };
        self.change(record.broker_id, record.broker_epoch, &change)
    }

    fn change(&mut self, id: i32, epoch: i64, change: &BrokerChange<'_>) -> Result<(), ReplayError> {
        let broker = Arc::make_mut(self.checked(id, epoch)?);
        broker.fenced = change.fenced.unwrap_or(broker.fenced);
        broker.in_controlled_shutdown =
            change.in_controlled_shutdown.unwrap_or(broker.in_controlled_shutdown);
        if let Some(directories) = change.directories {
            broker.directories.clone_from(directories);
            broker.directories.sort_unstable();
        }
        if let Some(cordoned) = change.cordoned_directories {
            broker.cordoned_directories = Some(cordoned.clone());
        }
        Ok(())
    }

    pub(super) fn replay_controller(&mut self, record: &RegisterControllerRecord) -> Result<(), ReplayError> {
        let registration = ControllerRegistration::from_record(record)?;
        self.controllers.insert(registration.id, Arc::new(registration));
        Ok(())
    }

    fn checked(&mut self, id: i32, epoch: i64) -> Result<&mut Arc<BrokerRegistration>, ReplayError> {
        let broker = self.brokers.get_mut(&id).ok_or(ReplayError::UnknownBroker(id))?;
        if broker.epoch != epoch {
            return Err(ReplayError::BrokerEpoch { broker: id, registered: broker.epoch, epoch });
        }
        Ok(broker)
    }

    pub(super) fn write(&self, version: MetadataVersion, records: &mut Vec<VersionedRecord>) {
        for broker in self.brokers.values() {
            let record = broker.to_record(version);
            records.push(VersionedRecord::new(record, version.register_broker_record_version()));
        }
        if version.has_controller_registrations() {
            let record =
                |controller: &Arc<ControllerRegistration>| VersionedRecord::new(controller.to_record(), 0);
            records.extend(self.controllers.values().map(record));
        }
    }

    /// Ids that the image names as directories, each with its broker.
    pub(crate) fn directories(&self) -> impl Iterator<Item = (Uuid, i32)> {
        self.brokers.values().flat_map(|broker| broker.directories.iter().map(|&id| (id, broker.id)))
    }

    pub(crate) fn invariants(&self) {
        let mut seen = BTreeSet::new();
        for (directory, broker) in self.directories() {
            assert!(seen.insert(directory), "directory {directory} belongs to broker {broker} and another");
        }
    }
}

fn range(min: i16, max: i16) -> VersionRange {
    VersionRange { min, max }
}

fn listener(node: i32, host: &KafkaString, port: u16, protocol: i16) -> Result<Listener, ReplayError> {
    let security_protocol =
        security_protocol(protocol).ok_or(ReplayError::SecurityProtocol { node, protocol })?;
    Ok(Listener { host: host.detach(), port, security_protocol })
}

/// The protocol of a number on the wire.
pub(crate) fn security_protocol(id: i16) -> Option<SecurityProtocol> {
    use SecurityProtocol::{Plaintext, SaslPlaintext, SaslSsl, Ssl};
    [Plaintext, Ssl, SaslPlaintext, SaslSsl].into_iter().find(|protocol| protocol.id() == id)
}

/// 1 turns on, -1 turns off.
fn switch(field: &'static str, value: i8) -> Result<Option<bool>, ReplayError> {
    match value {
        -1 => Ok(Some(false)),
        0 => Ok(None),
        1 => Ok(Some(true)),
        value => Err(ReplayError::Meaningless { field, value }),
    }
}
