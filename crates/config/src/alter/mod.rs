//! Alterations, as IncrementalAlterConfigs asks for them.

mod broker;
mod client_metrics;
mod group;
mod operations;
mod topic;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::ConfigError;
use crate::layers::{Layers, Scope};
use crate::resource::Resource;
use crate::server::ServerConfig;

/// What to do with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Replace it.
    Set,
    /// Take it away, so that the default holds.
    Delete,
    /// Add elements to a list.
    Append,
    /// Take elements from a list.
    Subtract,
}

impl Operation {
    /// The operation of a number on the wire.
    pub const fn from_id(id: i8) -> Option<Self> {
        match id {
            0 => Some(Self::Set),
            1 => Some(Self::Delete),
            2 => Some(Self::Append),
            3 => Some(Self::Subtract),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Delete => "DELETE",
            Self::Append => "APPEND",
            Self::Subtract => "SUBTRACT",
        }
    }
}

/// One change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub name: String,
    /// What to do with it.
    pub operation: Operation,
    /// With what; none to delete.
    pub value: Option<String>,
}

/// Why a resource is not altered, by the error of Kafka's protocol that says so, in Kafka's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlterError {
    /// `INVALID_REQUEST`.
    #[error("{0}")]
    InvalidRequest(String),
    /// `INVALID_CONFIG`.
    #[error("{0}")]
    InvalidConfig(String),
}

impl AlterError {
    /// The number of the error on the wire.
    pub const fn code(&self) -> i16 {
        match self {
            Self::InvalidRequest(_) => 42,
            Self::InvalidConfig(_) => 40,
        }
    }
}

/// The first of many things that are wrong with a configuration.
fn first(errors: Vec<ConfigError>) -> String {
    errors.into_iter().next().map(|error| error.message).unwrap_or_default()
}

/// Checks changes of a resource and gives the values it then has.
///
/// `existing` are the values the resource has now. `layers` and `current` belong to the node that checks: a broker for brokers, the
/// controller for everything else. Whether the resource exists is the caller's to check.
///
/// # Errors
/// If the changes contradict themselves, or their outcome is not valid.
pub fn validate_alter(
    layers: &Layers,
    current: &ServerConfig,
    resource: &Resource,
    existing: &BTreeMap<String, String>,
    changes: &[Change],
) -> Result<BTreeMap<String, String>, AlterError> {
    check_changes(changes)?;
    let scope = match resource {
        Resource::ClusterDefault => Some(Scope::Cluster),
        Resource::Broker(id) if *id == current.node_id => Some(Scope::Broker),
        Resource::Broker(id) => {
            let message = format!("Unexpected broker id, expected {}, but received {id}", current.node_id);
            return Err(AlterError::InvalidRequest(message));
        }
        Resource::Topic(_) | Resource::Group(_) | Resource::ClientMetrics(_) => None,
    };
    if let Some(scope) = scope {
        let wanted = operations::apply_on_broker(existing, changes)?;
        broker::check(layers, current, scope, &wanted)?;
    }
    let altered = operations::apply(resource, existing, changes)?;
    match resource {
        Resource::ClusterDefault | Resource::Broker(_) => {}
        Resource::Topic(name) => topic::check(current, name, existing, &altered)?,
        Resource::Group(name) => group::check(current, name, &altered)?,
        Resource::ClientMetrics(name) => client_metrics::check(name, &altered)?,
    }
    Ok(altered)
}

/// Gives the values that a resource has after changes, without checking that they are valid: for a controller, which leaves that to
/// the brokers whose values they are.
///
/// # Errors
/// If the changes contradict themselves, or append to what is no list.
pub fn apply_alter(
    resource: &Resource,
    existing: &BTreeMap<String, String>,
    changes: &[Change],
) -> Result<BTreeMap<String, String>, AlterError> {
    check_changes(changes)?;
    operations::apply(resource, existing, changes)
}

fn check_changes(changes: &[Change]) -> Result<(), AlterError> {
    let names: BTreeSet<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    if names.len() != changes.len() {
        return Err(AlterError::InvalidRequest("Error due to duplicate config keys".to_owned()));
    }
    let lacks_value = |change: &&Change| change.operation != Operation::Delete && change.value.is_none();
    let nulls: Vec<&str> = changes.iter().filter(lacks_value).map(|change| change.name.as_str()).collect();
    if nulls.is_empty() {
        return Ok(());
    }
    Err(AlterError::InvalidRequest(format!("Null value not supported for : {}", nulls.join(", "))))
}
