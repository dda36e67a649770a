//! Dynamic configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_config::{Definition, Resource};
use ottla_wire::KafkaString;
use ottla_wire::metadata::config::ConfigRecord;

use crate::outcome::VersionedRecord;

/// The kinds of resources that have configurations, by Kafka's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ConfigResourceType {
    /// A topic.
    Topic = 2,
    /// A broker, or all of them.
    Broker = 4,
    /// The log levels of a broker.
    BrokerLogger = 8,
    /// A subscription to metrics of clients.
    ClientMetrics = 16,
    /// A group.
    Group = 32,
}

impl ConfigResourceType {
    /// The kind of a number in records and requests.
    pub const fn from_id(id: i8) -> Option<Self> {
        match id {
            2 => Some(Self::Topic),
            4 => Some(Self::Broker),
            8 => Some(Self::BrokerLogger),
            16 => Some(Self::ClientMetrics),
            32 => Some(Self::Group),
            _ => None,
        }
    }

    /// The number in records and requests.
    pub const fn id(self) -> i8 {
        self as i8
    }

    /// Whether values of this key are kept. What a release no longer knows falls away at the first replay after an upgrade;
    /// brokers' keys may belong to listeners and plugins and are all kept.
    fn keeps(self, key: &str) -> bool {
        match self {
            Self::Topic => Definition::TOPIC.key(key).is_some(),
            Self::Broker => true,
            Self::BrokerLogger => false,
            Self::ClientMetrics => Definition::CLIENT_METRICS.key(key).is_some(),
            Self::Group => Definition::GROUP.key(key).is_some(),
        }
    }
}

/// Something that has configurations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// What it is.
    pub resource_type: ConfigResourceType,
    /// Its name; a broker's number, or empty for all brokers.
    pub name: KafkaString,
}

impl ConfigResource {
    /// A resource.
    pub fn new(resource_type: ConfigResourceType, name: impl Into<KafkaString>) -> Self {
        Self { resource_type, name: name.into() }
    }

    /// A topic.
    pub fn topic(name: impl Into<KafkaString>) -> Self {
        Self::new(ConfigResourceType::Topic, name)
    }

    /// One broker.
    pub fn broker(id: i32) -> Self {
        Self::new(ConfigResourceType::Broker, id.to_string())
    }

    /// All brokers.
    pub const ALL_BROKERS: Self =
        Self { resource_type: ConfigResourceType::Broker, name: KafkaString::EMPTY };

    /// The resource as configurations are checked for; none for loggers and for a broker whose name is no number.
    pub fn checked(&self) -> Option<Resource> {
        let name = self.name.to_string();
        match self.resource_type {
            ConfigResourceType::Topic => Some(Resource::Topic(name)),
            ConfigResourceType::Broker if name.is_empty() => Some(Resource::ClusterDefault),
            ConfigResourceType::Broker => name.parse().ok().map(Resource::Broker),
            ConfigResourceType::BrokerLogger => None,
            ConfigResourceType::ClientMetrics => Some(Resource::ClientMetrics(name)),
            ConfigResourceType::Group => Some(Resource::Group(name)),
        }
    }
}

/// The dynamic configurations of all resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigurationsImage {
    resources: BTreeMap<ConfigResource, Arc<BTreeMap<KafkaString, KafkaString>>>,
}

impl ConfigurationsImage {
    /// The values of a resource by their keys; none if it has none.
    pub fn values(&self, resource: &ConfigResource) -> Option<&BTreeMap<KafkaString, KafkaString>> {
        self.resources.get(resource).map(|values| &**values)
    }

    /// The values of a resource as texts, for [`ottla_config`].
    pub fn texts(&self, resource: &ConfigResource) -> BTreeMap<String, String> {
        let texts = |(key, value): (&KafkaString, &KafkaString)| (key.to_string(), value.to_string());
        self.values(resource).into_iter().flatten().map(texts).collect()
    }

    /// The value of a resource's key.
    pub fn value(&self, resource: &ConfigResource, key: &str) -> Option<&KafkaString> {
        self.resources.get(resource)?.get(key)
    }

    /// All resources that have values.
    pub fn resources(&self) -> impl Iterator<Item = (&ConfigResource, &BTreeMap<KafkaString, KafkaString>)> {
        self.resources.iter().map(|(resource, values)| (resource, &**values))
    }

    /// Sets or removes what a record says, and tells whose value it is; none if the record means nothing to this release.
    pub(super) fn replay(&mut self, record: &ConfigRecord) -> Option<ConfigResource> {
        let resource_type = ConfigResourceType::from_id(record.resource_type)?;
        if !resource_type.keeps(&record.name) {
            return None;
        }
        let resource = ConfigResource { resource_type, name: record.resource_name.detach() };
        match &record.value {
            Some(value) => {
                let values = Arc::make_mut(self.resources.entry(resource.clone()).or_default());
                values.insert(record.name.detach(), value.detach());
            }
            None => self.remove_value(&resource, &record.name),
        }
        Some(resource)
    }

    fn remove_value(&mut self, resource: &ConfigResource, key: &str) {
        let Some(values) = self.resources.get_mut(resource) else { return };
        Arc::make_mut(values).remove(key);
        if values.is_empty() {
            self.resources.remove(resource);
        }
    }

    /// Removes all values of a deleted topic, and tells whose they were; none if it had none.
    pub(super) fn replay_remove_topic(&mut self, name: &KafkaString) -> Option<ConfigResource> {
        let resource = ConfigResource::topic(name.clone());
        self.resources.remove(&resource).map(|_| resource)
    }

    pub(super) fn write(&self, records: &mut Vec<VersionedRecord>) {
        for (resource, values) in &self.resources {
            for (key, value) in &**values {
                let record = ConfigRecord {
                    resource_type: resource.resource_type.id(),
                    resource_name: resource.name.clone(),
                    name: key.clone(),
                    value: Some(value.clone()),
                    ..ConfigRecord::default()
                };
                records.push(VersionedRecord::new(record, 0));
            }
        }
    }
}
