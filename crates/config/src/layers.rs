//! The second stage: layers laid over each other.

use std::collections::BTreeMap;

use crate::definition::Definition;
use crate::error::ConfigErrors;
use crate::key::{Key, UpdateMode};
use crate::server::{self, ServerConfig};
use crate::synonyms;
use crate::value::Value;
use crate::written::{Origin, Written};

/// What a node was given in its file, for the whole cluster, and for itself alone.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The file with its overrides.
    pub(crate) file: Written,
    /// Dynamic values for all brokers.
    pub(crate) cluster: BTreeMap<String, String>,
    /// Dynamic values for this broker.
    pub(crate) broker: BTreeMap<String, String>,
}

impl Layers {
    /// Begins with what stands in the node's file.
    pub fn new(file: &Written) -> Self {
        Self { file: server::with_node_id(file), ..Self::default() }
    }

    /// Replaces the dynamic values for all brokers. Those that cannot hold are left out and named in the result.
    pub fn set_cluster(&mut self, values: BTreeMap<String, String>) -> Vec<String> {
        let (kept, ignored) = applicable(values, Scope::Cluster);
        self.cluster = kept;
        ignored
    }

    /// Replaces the dynamic values for this broker. Those that cannot hold are left out and named in the result.
    pub fn set_broker(&mut self, values: BTreeMap<String, String>) -> Vec<String> {
        let (kept, ignored) = applicable(values, Scope::Broker);
        self.broker = kept;
        ignored
    }

    /// All layers in one: this broker's values over the cluster's over the file's. A value takes the place of all its synonyms
    /// below it, so that `log.roll.hours` for the cluster outweighs `log.roll.ms` in the file.
    pub fn merged(&self) -> Written {
        let mut merged = self.file.clone();
        lay_over(&mut merged, &self.cluster);
        lay_over(&mut merged, &self.broker);
        clamp(&mut merged);
        merged
    }

    /// Resolves all layers.
    ///
    /// # Errors
    /// As [`ServerConfig::from_written`].
    pub fn resolve(&self) -> Result<ServerConfig, ConfigErrors> {
        ServerConfig::from_written(&self.merged())
    }
}

/// For whom dynamic values are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scope {
    Cluster,
    Broker,
}

pub(crate) fn lay_over(below: &mut Written, above: &BTreeMap<String, String>) {
    for (name, text) in above {
        for replaced in synonyms::replaced_by(name) {
            below.remove(replaced);
        }
        below.set(name, text, Origin::MetadataLog);
    }
}

/// Dynamic assignment intervals are brought within the limits that a broker's file sets.
fn clamp(merged: &mut Written) {
    for kind in ["consumer", "share", "streams"] {
        let name = format!("group.{kind}.assignment.interval.ms");
        let Some(wanted) = int(merged, &name).filter(|_| merged.contains(&name)) else { continue };
        let min = int(merged, &format!("group.{kind}.min.assignment.interval.ms"));
        let max = int(merged, &format!("group.{kind}.max.assignment.interval.ms"));
        let (Some(min), Some(max)) = (min, max) else { continue };
        let kept = if wanted < min { min } else { wanted.min(max) };
        if kept != wanted {
            merged.set(name, kept.to_string(), Origin::MetadataLog);
        }
    }
}

fn int(written: &Written, name: &str) -> Option<i32> {
    let key = Definition::BROKER.key(name)?;
    let value = match written.text(name) {
        Some(text) => key.parse(text).ok(),
        None => key.default_value(),
    };
    match value {
        Some(Value::Int(number)) => Some(number),
        _ => None,
    }
}

/// Splits values into those that may hold and the names of the others, with the reason.
fn applicable(values: BTreeMap<String, String>, scope: Scope) -> (BTreeMap<String, String>, Vec<String>) {
    let mut kept = BTreeMap::new();
    let mut ignored = Vec::new();
    for (name, text) in values {
        match obstacle(&name, &text, scope) {
            Some(reason) => ignored.push(format!("{name}: {reason}")),
            None => drop(kept.insert(name, text)),
        }
    }
    (kept, ignored)
}

fn obstacle(name: &str, text: &str, scope: Scope) -> Option<&'static str> {
    let base = synonyms::after_listener_prefix(name).unwrap_or(name);
    if dynamic_key(base).is_some_and(|key| key.parse(text).is_err()) {
        return Some("the value is not valid, ignored");
    }
    if is_read_only(name) {
        return Some("cannot be changed while the node runs, ignored");
    }
    if is_bare_security_key(name) {
        return Some("can be changed for a listener only, by its prefix; ignored");
    }
    if scope == Scope::Cluster && is_per_broker(name) {
        return Some("can be changed for single brokers only, ignored");
    }
    None
}

/// The key, if it can be changed while the node runs.
pub(crate) fn dynamic_key(name: &str) -> Option<&'static Key> {
    let of_the_file = Definition::BROKER.key(name).filter(|key| key.update_mode != UpdateMode::ReadOnly);
    of_the_file.or_else(|| Definition::BROKER_DYNAMIC_ONLY.key(name))
}

/// Whether it is a known key that needs a restart.
pub(crate) fn is_read_only(name: &str) -> bool {
    Definition::BROKER.key(name).is_some_and(|key| key.update_mode == UpdateMode::ReadOnly)
}

/// Keys of TLS that can be changed while a listener runs, hence only under its prefix.
const RELOADABLE: &[&str] = &[
    "ssl.keystore.type",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.key.password",
    "ssl.truststore.type",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.truststore.certificates",
];

pub(crate) fn is_bare_security_key(name: &str) -> bool {
    RELOADABLE.contains(&name)
}

/// Keys of a listener that may be set for the whole cluster all the same.
const CLUSTER_WIDE_OF_A_LISTENER: &[&str] =
    &["max.connections", "max.connection.creation.rate", "num.network.threads"];

pub(crate) fn is_per_broker(name: &str) -> bool {
    match synonyms::after_listener_prefix(name) {
        Some(base) => !CLUSTER_WIDE_OF_A_LISTENER.contains(&base),
        None => Definition::BROKER.key(name).is_some_and(|key| key.update_mode == UpdateMode::PerBroker),
    }
}
