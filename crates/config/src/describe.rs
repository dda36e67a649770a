//! Descriptions, as DescribeConfigs gives them.

use std::collections::BTreeSet;

use crate::definition::Definition;
use crate::key::{Key, Type};
use crate::layers::{self, Layers};
use crate::server::ServerConfig;
use crate::synonyms;
use crate::value::Value;
use crate::values::Values;
use crate::written::Written;

/// Where a value comes from, by Kafka's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i8)]
pub enum ConfigSource {
    /// An override of the topic.
    Topic = 1,
    /// A dynamic value of the broker.
    DynamicBroker = 2,
    /// A dynamic value for all brokers.
    DynamicDefaultBroker = 3,
    /// The broker's file.
    StaticBroker = 4,
    /// Nobody set it.
    Default = 5,
    /// An override of a subscription to client metrics.
    ClientMetrics = 7,
    /// An override of the group.
    Group = 8,
}

/// A place where a key has a value, be it under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The name there.
    pub name: String,
    /// The value there; none if it is hidden.
    pub value: Option<String>,
    /// Which place.
    pub source: ConfigSource,
}

/// A key with its value and all that DescribeConfigs says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key.
    pub name: String,
    /// The value; none for null and for what is hidden.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether the value is hidden; so is that of an unknown key.
    pub is_sensitive: bool,
    /// Whether it cannot be changed while the node runs.
    pub read_only: bool,
    /// Everywhere the key has a value, the weightiest first.
    pub synonyms: Vec<ConfigSynonym>,
    /// The type; none for an unknown key.
    pub value_type: Option<Type>,
    /// What the key does; none for keys that are not in the file.
    pub documentation: Option<String>,
}

impl Layers {
    /// Describes this broker: all its keys, and unknown and internal ones if they are set.
    pub fn describe_broker(&self, config: &ServerConfig) -> Vec<ConfigEntry> {
        let merged = self.merged();
        let described = described_keys(Definition::BROKER, &merged);
        described
            .into_iter()
            .map(|name| self.broker_entry(name, value_of(name, config, &merged), true))
            .collect()
    }

    /// Describes the dynamic values for all brokers.
    pub fn describe_cluster(&self) -> Vec<ConfigEntry> {
        let entry = |(name, text): (&String, &String)| self.broker_entry(name, Some(text.clone()), false);
        self.cluster.iter().map(entry).collect()
    }

    /// Describes a topic with the given overrides.
    pub fn describe_topic(&self, config: &ServerConfig, overrides: &Written) -> Vec<ConfigEntry> {
        self.describe_child(config, overrides, Child::Topic)
    }

    /// Describes a group with the given overrides.
    pub fn describe_group(&self, config: &ServerConfig, overrides: &Written) -> Vec<ConfigEntry> {
        self.describe_child(config, overrides, Child::Group)
    }

    /// Describes a subscription to client metrics with the given values.
    pub fn describe_client_metrics(&self, overrides: &Written) -> Vec<ConfigEntry> {
        let values = lenient(Definition::CLIENT_METRICS, overrides, Definition::CLIENT_METRICS.defaults());
        described_keys(Definition::CLIENT_METRICS, overrides)
            .into_iter()
            .map(|name| {
                let key = Definition::CLIENT_METRICS.key(name);
                let value = child_value(key, name, &values, overrides);
                let own = overrides.contains(name).then(|| ConfigSynonym {
                    name: name.to_owned(),
                    value: value.clone(),
                    source: ConfigSource::ClientMetrics,
                });
                child_entry(name, key, value, own.into_iter().collect())
            })
            .collect()
    }

    fn broker_entry(&self, name: &str, value: Option<String>, with_all_layers: bool) -> ConfigEntry {
        let key = broker_key(name);
        let is_sensitive = key.is_none_or(Key::is_sensitive);
        let mut synonyms = self.broker_synonyms(name, is_sensitive);
        if !with_all_layers {
            synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
        }
        ConfigEntry {
            name: name.to_owned(),
            value: value.filter(|_| !is_sensitive),
            source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
            is_sensitive,
            read_only: layers::dynamic_key(name).is_none(),
            synonyms,
            value_type: key.map(|key| key.value_type),
            documentation: Definition::BROKER.key(name).map(Key::documentation_text),
        }
    }

    /// Every place where the key or one of its synonyms has a value, layer by layer, from the first that has the name itself.
    fn broker_synonyms(&self, name: &str, is_sensitive: bool) -> Vec<ConfigSynonym> {
        let names = synonyms::broker_synonyms(name);
        let mut found = Vec::new();
        let mut add = |source: ConfigSource, text: &dyn Fn(&str) -> Option<String>| {
            for name in &names {
                if let Some(text) = text(name) {
                    let value = (!is_sensitive).then_some(text);
                    found.push(ConfigSynonym { name: (*name).to_owned(), value, source });
                }
            }
        };
        add(ConfigSource::DynamicBroker, &|name| self.broker.get(name).cloned());
        add(ConfigSource::DynamicDefaultBroker, &|name| self.cluster.get(name).cloned());
        add(ConfigSource::StaticBroker, &|name| self.file.text(name).map(str::to_owned));
        add(ConfigSource::Default, &|name| default_text(Definition::BROKER.key(name)));
        found.into_iter().skip_while(|synonym| synonym.name != name).collect()
    }

    fn describe_child(&self, config: &ServerConfig, overrides: &Written, child: Child) -> Vec<ConfigEntry> {
        let definition = child.definition();
        let inherited = config.inherited(definition, &Written::default()).expect("defaults are valid");
        let values = lenient(definition, overrides, inherited);
        described_keys(definition, overrides)
            .into_iter()
            .map(|name| {
                let key = definition.key(name);
                let value = child_value(key, name, &values, overrides);
                let is_sensitive = key.is_none_or(Key::is_sensitive);
                let own = overrides.contains(name).then(|| ConfigSynonym {
                    name: name.to_owned(),
                    value: value.clone().filter(|_| !is_sensitive),
                    source: child.source(),
                });
                let above = self.inherited_synonyms(key, child, is_sensitive);
                child_entry(name, key, value, own.into_iter().chain(above).collect())
            })
            .collect()
    }

    fn inherited_synonyms(&self, key: Option<&Key>, child: Child, is_sensitive: bool) -> Vec<ConfigSynonym> {
        let Some(key) = key else { return Vec::new() };
        match (key.synonyms.first(), child) {
            (Some(first), _) => self.broker_synonyms(first, is_sensitive),
            // A topic's key without synonym has no default in the list, a group's has.
            (None, Child::Topic) => Vec::new(),
            (None, Child::Group) => default_text(Some(key))
                .map(|text| ConfigSynonym {
                    name: key.name.to_owned(),
                    value: Some(text),
                    source: ConfigSource::Default,
                })
                .into_iter()
                .collect(),
        }
    }
}

/// What inherits from a broker.
#[derive(Clone, Copy)]
enum Child {
    Topic,
    Group,
}

impl Child {
    const fn definition(self) -> Definition {
        match self {
            Self::Topic => Definition::TOPIC,
            Self::Group => Definition::GROUP,
        }
    }

    const fn source(self) -> ConfigSource {
        match self {
            Self::Topic => ConfigSource::Topic,
            Self::Group => ConfigSource::Group,
        }
    }
}

fn child_entry(
    name: &str,
    key: Option<&'static Key>,
    value: Option<String>,
    synonyms: Vec<ConfigSynonym>,
) -> ConfigEntry {
    let is_sensitive = key.is_none_or(Key::is_sensitive);
    ConfigEntry {
        name: name.to_owned(),
        value: value.filter(|_| !is_sensitive),
        source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
        is_sensitive,
        read_only: false,
        synonyms,
        value_type: key.map(|key| key.value_type),
        documentation: key.map(Key::documentation_text),
    }
}

fn child_value(key: Option<&Key>, name: &str, values: &Values, overrides: &Written) -> Option<String> {
    match key {
        Some(key) => values.value(key.name).map(Value::text),
        None => overrides.text(name).map(str::to_owned),
    }
}

/// Overrides over defaults; what is not valid, which an alteration would have refused, is passed over.
fn lenient(definition: Definition, overrides: &Written, mut values: Values) -> Values {
    for key in definition.keys() {
        if let Some(Ok(value)) = overrides.text(key.name).map(|text| key.parse(text)) {
            values.insert(key.name, Some(value));
        }
    }
    values
}

/// All keys but internal ones, and whatever else is written.
fn described_keys(definition: Definition, written: &Written) -> BTreeSet<&str> {
    let declared = definition.keys().filter(|key| !key.internal).map(|key| key.name);
    declared.chain(written.iter().map(|(name, _)| name)).collect()
}

fn value_of(name: &str, config: &ServerConfig, merged: &Written) -> Option<String> {
    match Definition::BROKER.key(name) {
        Some(_) => config.values.value(name).map(Value::text),
        None => merged.text(name).map(str::to_owned),
    }
}

/// The key of a name, or of what a listener's key stands for.
fn broker_key(name: &str) -> Option<&'static Key> {
    let declared = |name: &str| Definition::BROKER.key(name);
    declared(name)
        .or_else(|| Definition::BROKER_DYNAMIC_ONLY.key(name))
        .or_else(|| synonyms::broker_synonyms(name).into_iter().find_map(declared))
}

fn default_text(key: Option<&Key>) -> Option<String> {
    key?.default_value().map(|value| value.text())
}
