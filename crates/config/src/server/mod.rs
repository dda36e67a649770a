//! The third stage for a node: values that are checked against each other.

mod checks;
mod group_checks;
mod inherit;
mod listeners;
mod warnings;

use std::collections::BTreeMap;

pub use listeners::ListenersConfig;

use crate::address::{self, HostPort, ListenerName};
use crate::broker::BrokerConfig;
use crate::definition::Definition;
use crate::error::{ConfigError, ConfigErrors};
use crate::group::GroupConfig;
use crate::topic::TopicConfig;
use crate::values::Values;
use crate::written::Written;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessRoles {
    /// It stores partitions and serves clients.
    pub broker: bool,
    /// It may lead the cluster.
    pub controller: bool,
}

/// The configuration of a node, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// The keys as they stand, section by section.
    pub keys: BrokerConfig,
    /// Number of the node.
    pub node_id: i32,
    /// What the node is.
    pub process_roles: ProcessRoles,
    /// Where it listens and what others are told.
    pub listeners: ListenersConfig,
    /// Voters of a static quorum by their node ids; empty for a dynamic one.
    pub quorum_voters: BTreeMap<i32, HostPort>,
    /// Controllers to ask for the quorum.
    pub quorum_bootstrap_servers: Vec<HostPort>,
    /// Directories of the logs.
    pub log_dirs: Vec<String>,
    /// Those of them that get no new replicas.
    pub cordoned_log_dirs: Vec<String>,
    /// Directory of the metadata log.
    pub metadata_log_dir: String,
    /// Milliseconds that a segment is kept; none for ever.
    pub log_retention_ms: Option<i64>,
    /// Threads for the remote log tasks of followers, from either of the two keys for it.
    pub remote_log_manager_follower_threads: i32,
    /// What a topic has unless it says otherwise.
    pub topic_defaults: TopicConfig,
    /// What a group has unless it says otherwise.
    pub group_defaults: GroupConfig,
    /// What deserves a word but does not keep the node from starting.
    pub warnings: Vec<String>,
    pub(crate) values: Values,
    written: Written,
}

impl ServerConfig {
    /// Resolves what was written for a node.
    ///
    /// # Errors
    /// All values that are missing or not valid, or else the first that does not fit the others.
    pub fn from_written(written: &Written) -> Result<Self, ConfigErrors> {
        let written = with_node_id(written);
        let values = Definition::BROKER.parse(&written).map_err(ConfigErrors)?;
        let keys = BrokerConfig::resolve(&values);
        Self::resolve(keys, values, &written)
            .map_err(|message| ConfigErrors(vec![ConfigError::general(message)]))
    }

    /// Reads and resolves the bytes of a properties file.
    ///
    /// # Errors
    /// If the bytes are no properties file, or as [`from_written`](Self::from_written).
    pub fn from_properties(file: &str, bytes: &[u8]) -> Result<Self, ConfigErrors> {
        let written = Written::from_file(file, bytes)
            .map_err(|unreadable| ConfigErrors(vec![ConfigError::general(unreadable.to_string())]))?;
        Self::from_written(&written)
    }

    fn resolve(keys: BrokerConfig, values: Values, written: &Written) -> Result<Self, String> {
        group_checks::check(&keys)?;
        let listeners = ListenersConfig::resolve(&keys, written)?;
        let roles = &keys.kraft.process_roles;
        let has_role = |name: &str| roles.iter().any(|role| role == name);
        let log_dirs = keys.log.log_dirs.as_ref().unwrap_or(&keys.log.log_dir).clone();
        let config = Self {
            node_id: keys.kraft.node_id,
            process_roles: ProcessRoles { broker: has_role("broker"), controller: has_role("controller") },
            listeners,
            quorum_voters: address::parse_voters(&keys.quorum.controller_quorum_voters)?,
            quorum_bootstrap_servers: address::parse_servers(
                &keys.quorum.controller_quorum_bootstrap_servers,
            )?,
            cordoned_log_dirs: cordoned_log_dirs(&keys, &log_dirs),
            metadata_log_dir: metadata_log_dir(&keys, &log_dirs),
            log_dirs,
            log_retention_ms: log_retention_ms(&keys),
            remote_log_manager_follower_threads: follower_threads(&keys, written),
            topic_defaults: inherit::topic_defaults(&values),
            group_defaults: inherit::group_defaults(&values),
            warnings: Vec::new(),
            keys,
            values,
            written: written.clone(),
        };
        checks::check(&config, written)?;
        let warnings = warnings::collect(&config, written);
        Ok(Self { warnings, ..config })
    }

    /// The configuration of a topic with the given overrides.
    ///
    /// # Errors
    /// One for each override that is not valid.
    pub fn topic_config(&self, overrides: &Written) -> Result<TopicConfig, ConfigErrors> {
        let values = inherit::overridden(Definition::TOPIC, &self.values, overrides).map_err(ConfigErrors)?;
        Ok(TopicConfig::resolve(&values))
    }

    /// The configuration of a group with the given overrides, not yet brought within this node's limits.
    ///
    /// # Errors
    /// One for each override that is not valid.
    pub fn group_config(&self, overrides: &Written) -> Result<GroupConfig, ConfigErrors> {
        let values = inherit::overridden(Definition::GROUP, &self.values, overrides).map_err(ConfigErrors)?;
        Ok(GroupConfig::resolve(&values))
    }

    /// The keys as a listener has them: what stands behind `listener.name.LISTENER.` takes the place of the key without it.
    ///
    /// # Errors
    /// One for each of the listener's values that is not valid.
    pub fn for_listener(&self, listener: &ListenerName) -> Result<BrokerConfig, ConfigErrors> {
        self.with_prefix(&listener.config_prefix())
    }

    /// The keys as a SASL mechanism of a listener has them, from behind `listener.name.LISTENER.MECHANISM.`.
    ///
    /// # Errors
    /// One for each of the values that is not valid.
    pub fn for_mechanism(
        &self,
        listener: &ListenerName,
        mechanism: &str,
    ) -> Result<BrokerConfig, ConfigErrors> {
        self.with_prefix(&format!("{}{}.", listener.config_prefix(), mechanism.to_lowercase()))
    }

    fn with_prefix(&self, prefix: &str) -> Result<BrokerConfig, ConfigErrors> {
        let mut written = Written::default();
        for (name, value) in self.written.iter() {
            if let Some(base) = name.strip_prefix(prefix) {
                written.set(base, &value.text, value.origin.clone());
            }
        }
        let mut values = self.values.clone();
        let mut errors = Vec::new();
        for key in Definition::BROKER.keys().filter(|key| written.contains(key.name)) {
            match key.value(&written) {
                Ok(value) => values.insert(key.name, value),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(BrokerConfig::resolve(&values)) } else { Err(ConfigErrors(errors)) }
    }

    /// Values of all keys of topics or groups that this node would give to one with the given overrides.
    pub(crate) fn inherited(
        &self,
        definition: Definition,
        overrides: &Written,
    ) -> Result<Values, Vec<ConfigError>> {
        inherit::overridden(definition, &self.values, overrides)
    }
}

/// `node.id` and `broker.id` stand for each other.
pub(crate) fn with_node_id(written: &Written) -> Written {
    let mut written = written.clone();
    for (from, to) in [("node.id", "broker.id"), ("broker.id", "node.id")] {
        if let (Some(value), None) = (written.get(from).cloned(), written.get(to)) {
            written.set(to, value.text, value.origin);
        }
    }
    written
}

const EVERY_LOG_DIR: &str = "*";

fn cordoned_log_dirs(keys: &BrokerConfig, log_dirs: &[String]) -> Vec<String> {
    let cordoned = &keys.log.cordoned_log_dirs;
    if cordoned.iter().any(|dir| dir == EVERY_LOG_DIR) { log_dirs.to_vec() } else { cordoned.clone() }
}

fn metadata_log_dir(keys: &BrokerConfig, log_dirs: &[String]) -> String {
    let first = || log_dirs.first().expect("the list of log directories is not empty");
    keys.metadata_log.metadata_log_dir.as_ref().unwrap_or_else(first).clone()
}

fn log_retention_ms(keys: &BrokerConfig) -> Option<i64> {
    let log = &keys.log;
    let coarser = || match log.log_retention_minutes {
        Some(minutes) => i64::from(minutes) * inherit::MINUTE_MS,
        None => i64::from(log.log_retention_hours) * inherit::HOUR_MS,
    };
    let retention = log.log_retention_ms.unwrap_or_else(coarser);
    (retention >= 0).then_some(retention)
}

fn follower_threads(keys: &BrokerConfig, written: &Written) -> i32 {
    if written.contains("remote.log.manager.follower.thread.pool.size") {
        keys.remote_log.remote_log_manager_follower_thread_pool_size
    } else {
        keys.remote_log.remote_log_manager_thread_pool_size
    }
}
