//! Configurations as the controller needs them: of topics as they come out, and of what is to be altered.

use std::collections::BTreeMap;

use ottla_config::{Change, Layers, Operation};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::clear_elr::ClearElrRecord;
use ottla_wire::metadata::config::ConfigRecord;
use ottla_wire::{ErrorCode, KafkaString};

use super::error::ApiError;
use super::{Controller, Via, topic_name};
use crate::image::{ConfigResource, ConfigResourceType, TopicImage};
use crate::outcome::VersionedRecord;

/// How many replicas must have a record before it is promised.
pub(super) const MIN_ISR: &str = "min.insync.replicas";
const UNCLEAN_ELECTION: &str = "unclean.leader.election.enable";
const CORDONED_LOG_DIRS: &str = "cordoned.log.dirs";

/// The record that sets a value, or removes it.
pub(super) fn record(resource: &ConfigResource, name: &str, value: Option<&str>) -> VersionedRecord {
    let record = ConfigRecord {
        resource_type: resource.resource_type.id(),
        resource_name: resource.name.clone(),
        name: name.into(),
        value: value.map(KafkaString::from),
        ..ConfigRecord::default()
    };
    VersionedRecord::new(record, 0)
}

/// What somebody wants of a resource's configuration.
pub(super) struct Alteration {
    pub(super) resource: ConfigResource,
    pub(super) changes: Vec<Change>,
    pub(super) is_new: bool,
    pub(super) via: Via,
}

impl Controller {
    /// A dynamic value of a topic's key: its own, this node's, or that of all brokers.
    fn dynamic_topic_value(&self, topic: &TopicImage, key: &str) -> Option<&KafkaString> {
        let configs = self.image.configs();
        configs
            .value(&ConfigResource::topic(topic.name.clone()), key)
            .or_else(|| configs.value(&ConfigResource::broker(self.options.node_id), key))
            .or_else(|| configs.value(&ConfigResource::ALL_BROKERS, key))
    }

    /// How many replicas must be in sync for a promise, but never more than there are.
    pub(super) fn min_isr(&self, topic: &TopicImage) -> usize {
        let dynamic = self.dynamic_topic_value(topic, MIN_ISR);
        let default = self.options.config.topic_defaults.min_insync_replicas;
        let min_isr = dynamic.and_then(|text| text.trim().parse().ok()).unwrap_or(default);
        let replicas = topic.partitions.values().next().map_or(0, |partition| partition.replicas.len());
        usize::try_from(min_isr).unwrap_or(0).min(replicas)
    }

    /// Whether a replica that is not in sync may lead when no other is left.
    pub(super) fn allows_unclean_elections(&self, topic: &TopicImage) -> bool {
        match self.dynamic_topic_value(topic, UNCLEAN_ELECTION) {
            Some(text) => text.trim().eq_ignore_ascii_case("true"),
            None => self.options.config.topic_defaults.unclean_leader_election_enable,
        }
    }

    /// This node's configuration with the dynamic values laid over.
    pub(super) fn layers(&self) -> Layers {
        let configs = self.image.configs();
        let mut layers = self.options.layers.clone();
        let mut ignored = layers.set_cluster(configs.texts(&ConfigResource::ALL_BROKERS));
        ignored.extend(layers.set_broker(configs.texts(&ConfigResource::broker(self.options.node_id))));
        for reason in ignored {
            tracing::debug!(%reason, "a dynamic value does not hold");
        }
        layers
    }

    /// The records of an alteration, if the outcome is valid.
    pub(super) fn alter(&self, alteration: &Alteration) -> Result<Vec<VersionedRecord>, ApiError> {
        let Alteration { resource, changes, is_new, via } = alteration;
        let existing = self.image.configs().texts(resource);
        let altered = self.altered(resource, &existing, changes)?;
        for change in changes {
            let new = altered.get(&change.name).map(String::as_str);
            self.check_change(resource, &change.name, new, existing.get(&change.name), *via)?;
        }
        if !is_new {
            self.check_exists(resource)?;
        }
        let is_broker = resource.resource_type == ConfigResourceType::Broker;
        let records = changes.iter().filter_map(|change| {
            let (old, new) = (existing.get(&change.name), altered.get(&change.name));
            // Brokers reload what a path points to when it is set again.
            let is_told = is_broker || old != new;
            is_told.then(|| record(resource, &change.name, new.map(String::as_str)))
        });
        Ok(records.collect())
    }

    fn altered(
        &self,
        resource: &ConfigResource,
        existing: &BTreeMap<String, String>,
        changes: &[Change],
    ) -> Result<BTreeMap<String, String>, ApiError> {
        let checked = self.checked_resource(resource)?;
        let altered = match checked {
            // Brokers check changes of their own before they forward them.
            ottla_config::Resource::Broker(_) | ottla_config::Resource::ClusterDefault => {
                ottla_config::apply_alter(&checked, existing, changes)
            }
            _ => ottla_config::validate_alter(
                &self.options.layers,
                &self.options.config,
                &checked,
                existing,
                changes,
            ),
        };
        altered.map_err(|error| ApiError::new(ErrorCode::from(error.code()), error.to_string()))
    }

    fn checked_resource(&self, resource: &ConfigResource) -> Result<ottla_config::Resource, ApiError> {
        let invalid = |message: &str| Err(ApiError::new(ErrorCode::InvalidRequest, message));
        match (resource.resource_type, resource.checked()) {
            (ConfigResourceType::BrokerLogger, _) => invalid("Unknown resource type BROKER_LOGGER"),
            (_, None) => invalid("Unable to parse broker name as a base 10 number."),
            (_, Some(ottla_config::Resource::Broker(id))) if id < 0 => invalid("Invalid negative broker ID."),
            (ConfigResourceType::Topic, Some(topic)) => {
                if !resource.name.is_empty() {
                    topic_name::check(&resource.name)?;
                }
                Ok(topic)
            }
            (_, Some(checked)) => Ok(checked),
        }
    }

    /// Refuses changes that the cluster as a whole does not allow.
    fn check_change(
        &self,
        resource: &ConfigResource,
        name: &str,
        new: Option<&str>,
        old: Option<&String>,
        via: Via,
    ) -> Result<(), ApiError> {
        if resource.resource_type != ConfigResourceType::Broker {
            return Ok(());
        }
        let refused = |message: &str| Err(ApiError::new(ErrorCode::InvalidConfig, message));
        let elr_enabled = self.image.features().is_elr_enabled();
        match name {
            MIN_ISR if elr_enabled && !resource.name.is_empty() => {
                refused("Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
            }
            MIN_ISR if elr_enabled && new.is_none() => {
                refused("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
            }
            CORDONED_LOG_DIRS if !self.metadata_version()?.has_cordoned_directories() => refused(
                "The cordoned.log.dirs configuration value cannot be set because it requires metadata.version >= \
                 4.3-IV0",
            ),
            CORDONED_LOG_DIRS if via == Via::Controller && !is_subset(new, old) => refused(
                "When updating cordoned.log.dirs via controllers,  the new value must be a subset of the current \
                 configuration value.",
            ),
            _ => Ok(()),
        }
    }

    fn check_exists(&self, resource: &ConfigResource) -> Result<(), ApiError> {
        let name = &resource.name;
        match resource.resource_type {
            ConfigResourceType::Topic if self.image.topics().topic_id(name).is_none() => {
                let message = format!("The topic '{name}' does not exist.");
                Err(ApiError::new(ErrorCode::UnknownTopicOrPartition, message))
            }
            ConfigResourceType::Broker if !name.is_empty() => {
                let id = name.parse().unwrap_or(-1);
                let cluster = self.image.cluster();
                let is_known = cluster.brokers.contains_key(&id)
                    || self.options.quorum_node_ids.contains(&id)
                    || cluster.controllers.contains_key(&id);
                let message = || format!("No node with id {name} found.");
                is_known
                    .then_some(())
                    .ok_or_else(|| ApiError::new(ErrorCode::BrokerIdNotRegistered, message()))
            }
            _ => Ok(()),
        }
    }

    /// Where the size of a promise changes, replicas that were eligible by the old one may not be by the new.
    pub(super) fn clear_elr_records(&self, records: &[VersionedRecord]) -> Vec<VersionedRecord> {
        if !self.image.features().is_elr_enabled() {
            return Vec::new();
        }
        let clear = |record: &VersionedRecord| match &record.record {
            MetadataRecord::Config(config) if config.name.as_str() == MIN_ISR => {
                let is_topic = config.resource_type == ConfigResourceType::Topic.id();
                let topic_name = if is_topic { config.resource_name.clone() } else { KafkaString::EMPTY };
                Some(VersionedRecord::new(ClearElrRecord { topic_name, ..ClearElrRecord::default() }, 0))
            }
            _ => None,
        };
        records.iter().filter_map(clear).collect()
    }

    /// What must hold before eligible leader replicas are turned on: one size of a promise for all brokers.
    pub(super) fn elr_safety_records(&self) -> Vec<VersionedRecord> {
        let mut records = Vec::new();
        if self.image.configs().value(&ConfigResource::ALL_BROKERS, MIN_ISR).is_none() {
            records.push(self.cluster_min_isr_record());
        }
        let is_single_broker = |resource: &ConfigResource| {
            resource.resource_type == ConfigResourceType::Broker && !resource.name.is_empty()
        };
        for (resource, values) in self.image.configs().resources() {
            if is_single_broker(resource) && values.contains_key(MIN_ISR) {
                records.push(record(resource, MIN_ISR, None));
            }
        }
        records
    }
}

/// The changes by which a resource comes to have these values and no others.
pub(super) fn replacing(existing: &BTreeMap<String, String>, wanted: Vec<Change>) -> Vec<Change> {
    let names: std::collections::BTreeSet<String> = wanted.iter().map(|change| change.name.clone()).collect();
    let removed = existing.keys().filter(|name| !names.contains(*name)).map(|name| Change {
        name: name.clone(),
        operation: Operation::Delete,
        value: None,
    });
    let removed: Vec<Change> = removed.collect();
    wanted.into_iter().chain(removed).collect()
}

fn is_subset(new: Option<&str>, old: Option<&String>) -> bool {
    let elements = |text: &str| -> Vec<String> {
        text.trim().split(',').map(|element| element.trim().to_owned()).collect()
    };
    let Some(new) = new.filter(|text| !text.trim().is_empty()) else { return true };
    let old = old.map(|text| elements(text)).unwrap_or_default();
    elements(new).iter().all(|element| old.contains(element))
}
