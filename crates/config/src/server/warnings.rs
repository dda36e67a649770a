//! What deserves a word but does not keep a node from starting.

use super::ServerConfig;
use crate::definition::Definition;
use crate::suggest;
use crate::synonyms;
use crate::written::{Origin, Written};

pub(super) fn collect(config: &ServerConfig, written: &Written) -> Vec<String> {
    let mut warnings = unknown_keys(config, written);
    warnings.extend(heartbeats(config));
    if !config.process_roles.controller {
        warnings.extend(for_controllers(config, written));
    }
    warnings.extend(protocols(config, written));
    warnings
}

/// Keys that nobody declared. They are kept, since a plug-in may read them.
fn unknown_keys(config: &ServerConfig, written: &Written) -> Vec<String> {
    let remote_log = &config.keys.remote_log;
    let foreign = [
        remote_log.remote_log_storage_manager_impl_prefix.as_str(),
        remote_log.remote_log_metadata_manager_impl_prefix.as_str(),
        "config.providers.",
    ];
    let unknown = written.iter().filter(|(name, _)| {
        let base = synonyms::without_listener_prefix(name).unwrap_or(name);
        !is_declared(base) && !foreign.iter().any(|prefix| name.starts_with(prefix))
    });
    let warning = |(name, value): (&str, &crate::WrittenValue)| unknown_key(name, &value.origin);
    unknown.map(warning).collect()
}

fn is_declared(name: &str) -> bool {
    Definition::BROKER.key(name).or_else(|| Definition::BROKER_DYNAMIC_ONLY.key(name)).is_some()
}

fn unknown_key(name: &str, origin: &Origin) -> String {
    let base = synonyms::without_listener_prefix(name).unwrap_or(name);
    let known = Definition::BROKER.keys().filter(|key| !key.internal).map(|key| key.name);
    match suggest::nearest(base, known) {
        Some(nearest) => format!("{origin}: unknown key {name}, did you mean {nearest}?"),
        None => format!("{origin}: unknown key {name}"),
    }
}

fn heartbeats(config: &ServerConfig) -> Option<String> {
    let kraft = &config.keys.kraft;
    let (heartbeat_ms, session_ms) = (kraft.broker_heartbeat_interval_ms, kraft.broker_session_timeout_ms);
    (i64::from(heartbeat_ms) * 2 > i64::from(session_ms)).then(|| {
        format!(
            "broker.heartbeat.interval.ms ({heartbeat_ms} ms) should be at most half of broker.session.timeout.ms \
             ({session_ms} ms), or the controller fences brokers that are alive"
        )
    })
}

/// Keys that a mere broker ignores or will ignore.
fn for_controllers(config: &ServerConfig, written: &Written) -> Vec<String> {
    let mut warnings = Vec::new();
    let names = &config.listeners.controller_listener_names;
    if names.len() > 1 {
        warnings.push(format!(
            "controller.listener.names has several entries, of which a broker uses the first only: {}",
            names.join(", ")
        ));
    }
    for key in ["create.topic.policy.class.name", "alter.config.policy.class.name"] {
        if let Some(value) = written.get(key) {
            warnings
                .push(format!("{}: {key} is set on a broker but belongs to the controllers", value.origin));
        }
    }
    for key in ["num.partitions", "default.replication.factor"] {
        if let Some(value) = written.get(key) {
            warnings.push(format!(
                "{}: {key} is set on a broker; Kafka 5.0 will read it on the controllers only",
                value.origin
            ));
        }
    }
    warnings
}

fn protocols(config: &ServerConfig, written: &Written) -> Option<String> {
    const KEY: &str = "group.coordinator.rebalance.protocols";
    let set = written.get(KEY)?;
    let enabled = &config.keys.group_coordinator.group_coordinator_rebalance_protocols;
    let disabled: Vec<&str> =
        ["consumer", "streams"].into_iter().filter(|name| !enabled.iter().any(|e| e == name)).collect();
    let effect = match disabled[..] {
        [] => String::new(),
        _ => format!("; it disables {}", disabled.join(", ")),
    };
    Some(format!(
        "{}: {KEY} is deprecated and goes away in Kafka 5.0, features decide instead{effect}",
        set.origin
    ))
}
