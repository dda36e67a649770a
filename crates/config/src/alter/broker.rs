//! Changes of brokers while they run.

use std::collections::{BTreeMap, BTreeSet};

use super::{AlterError, first};
use crate::address::ListenerName;
use crate::error::{invalid, invalid_value};
use crate::layers::{self, Layers, Scope};
use crate::server::ServerConfig;
use crate::synonyms;
use crate::value::Value;
use crate::written::{Origin, Written};

/// Checks the values that a broker, or all of them, would have.
pub(super) fn check(
    layers: &Layers,
    current: &ServerConfig,
    scope: Scope,
    wanted: &BTreeMap<String, String>,
) -> Result<(), AlterError> {
    check_names(wanted, scope).map_err(AlterError::InvalidRequest)?;
    let mut merged = layers.file.clone();
    if scope == Scope::Broker {
        layers::lay_over(&mut merged, &layers.cluster);
        layers::lay_over(&mut merged, wanted);
    } else {
        layers::lay_over(&mut merged, wanted);
        layers::lay_over(&mut merged, &layers.broker);
    }
    let new =
        ServerConfig::from_written(&merged).map_err(|errors| AlterError::InvalidRequest(first(errors.0)))?;
    let before = layers.merged();
    let changed = changed_names(&before, &merged);
    check_reconfiguration(current, &new, &changed).map_err(|cause| {
        // The words of Kafka, which takes the exception for a value here.
        let cause = format!("org.apache.kafka.common.config.ConfigException: {cause}");
        AlterError::InvalidRequest(format!(
            "Invalid value {cause} for configuration Invalid dynamic configuration"
        ))
    })
}

fn check_names(wanted: &BTreeMap<String, String>, scope: Scope) -> Result<(), String> {
    refuse(wanted, layers::is_read_only, "Cannot update these configs dynamically")?;
    refuse(
        wanted,
        layers::is_bare_security_key,
        "These security configs can be dynamically updated only per-listener using the listener prefix",
    )?;
    let mut bases = Written::default();
    for (name, text) in wanted {
        let base = synonyms::after_listener_prefix(name).unwrap_or(name);
        bases.set(base, text, Origin::MetadataLog);
    }
    for (name, value) in bases.iter() {
        if let Some(key) = layers::dynamic_key(name) {
            key.parse(&value.text)?;
        }
    }
    if scope == Scope::Cluster {
        let message = "Cannot update these configs at default cluster level, broker id must be specified";
        refuse(wanted, layers::is_per_broker, message)?;
    }
    Ok(())
}

fn refuse(wanted: &BTreeMap<String, String>, is_bad: fn(&str) -> bool, message: &str) -> Result<(), String> {
    let bad: Vec<&str> = wanted.keys().map(String::as_str).filter(|name| is_bad(name)).collect();
    if bad.is_empty() { Ok(()) } else { Err(format!("{message}: [{}]", bad.join(", "))) }
}

fn changed_names<'a>(old: &'a Written, new: &'a Written) -> BTreeSet<&'a str> {
    let names = old.iter().chain(new.iter()).map(|(name, _)| name);
    names.filter(|name| old.text(name) != new.text(name)).collect()
}

fn check_reconfiguration(
    old: &ServerConfig,
    new: &ServerConfig,
    changed: &BTreeSet<&str>,
) -> Result<(), String> {
    let touches = |names: &[&str]| names.iter().any(|name| changed.contains(name));
    if touches(THREAD_POOLS) {
        THREAD_POOLS.iter().try_for_each(|name| check_threads(name, old, new))?;
    }
    if touches(REMOTE_LOG_RATES) || touches(REMOTE_LOG_THREADS) {
        REMOTE_LOG_RATES.iter().try_for_each(|name| check_rate(name, old, new))?;
        REMOTE_LOG_THREADS.iter().try_for_each(|name| check_threads(name, old, new))?;
    }
    if touches(CLEANER) {
        check_cleaner_threads(old, new)?;
    }
    check_local_retention(new)?;
    check_cordoned_log_dirs(new)?;
    if touches(&["listeners", "listener.security.protocol.map"]) {
        check_listeners(old, new)?;
    }
    Ok(())
}

const THREAD_POOLS: &[&str] =
    &["num.io.threads", "num.replica.fetchers", "num.recovery.threads.per.data.dir", "background.threads"];

const REMOTE_LOG_THREADS: &[&str] = &[
    "remote.log.reader.threads",
    "remote.log.manager.copier.thread.pool.size",
    "remote.log.manager.expiration.thread.pool.size",
    "remote.log.manager.follower.thread.pool.size",
];

const REMOTE_LOG_RATES: &[&str] = &[
    "remote.log.index.file.cache.total.size.bytes",
    "remote.log.manager.copy.max.bytes.per.second",
    "remote.log.manager.fetch.max.bytes.per.second",
];

/// What makes the log cleaner look at its settings anew.
const CLEANER: &[&str] = &[
    "log.cleaner.threads",
    "log.cleaner.dedupe.buffer.size",
    "log.cleaner.io.buffer.load.factor",
    "log.cleaner.io.buffer.size",
    "message.max.bytes",
    "log.cleaner.io.max.bytes.per.second",
    "log.cleaner.backoff.ms",
];

/// The rule of [`check_threads`] in the log cleaner's own words.
fn check_cleaner_threads(old: &ServerConfig, new: &ServerConfig) -> Result<(), String> {
    let (wanted, now) = (new.keys.cleaner.log_cleaner_threads, old.keys.cleaner.log_cleaner_threads);
    if wanted < 1 {
        return Err("Log cleaner threads should be at least 1".to_owned());
    }
    if wanted < now / 2 {
        return Err(format!(
            "Log cleaner threads cannot be reduced to less than half the current value {now}"
        ));
    }
    if i64::from(wanted) > i64::from(now) * 2 {
        return Err(format!(
            "Log cleaner threads cannot be increased to more than double the current value {now}"
        ));
    }
    Ok(())
}

/// A pool of threads at most doubles, and shrinks to half at most, in one step.
fn check_threads(name: &str, old: &ServerConfig, new: &ServerConfig) -> Result<(), String> {
    let threads = |config: &ServerConfig| match config.values.value(name) {
        Some(Value::Int(threads)) => *threads,
        _ => unreachable!("{name} is an int with a default"),
    };
    let (wanted, mut now) = (threads(new), threads(old));
    if name == "remote.log.manager.follower.thread.pool.size" {
        now = old.remote_log_manager_follower_threads;
    }
    if wanted == now {
        return Ok(());
    }
    let failed = format!("Dynamic thread count update validation failed for {name}={wanted}");
    if wanted <= 0 {
        return Err(format!("{failed}, value should be at least 1"));
    }
    if wanted < now / 2 {
        return Err(format!("{failed}, value should be at least half the current value {now}"));
    }
    if i64::from(wanted) > i64::from(now) * 2 {
        return Err(format!("{failed}, value should not be greater than double the current value {now}"));
    }
    Ok(())
}

fn check_rate(name: &str, old: &ServerConfig, new: &ServerConfig) -> Result<(), String> {
    match new.values.value(name) {
        Some(Value::Long(rate)) if *rate <= 0 && new.values.value(name) != old.values.value(name) => {
            let failed =
                format!("Dynamic remote log manager config update validation failed for {name}={rate}");
            Err(format!("{failed}, value should be at least 1"))
        }
        _ => Ok(()),
    }
}

fn check_local_retention(new: &ServerConfig) -> Result<(), String> {
    let remote = &new.keys.remote_log;
    if let Some(retention_ms) = new.log_retention_ms {
        let local = ("log.local.retention.ms", remote.log_local_retention_ms);
        within_retention(local, ("log.retention.ms", retention_ms))?;
    }
    let retention_bytes = new.keys.log.log_retention_bytes;
    if retention_bytes > -1 {
        let local = ("log.local.retention.bytes", remote.log_local_retention_bytes);
        within_retention(local, ("log.retention.bytes", retention_bytes))?;
    }
    Ok(())
}

/// What stays on local disk is part of what stays at all; -2 follows it.
pub(super) fn within_retention(
    (local, value): (&str, i64),
    (whole, limit): (&str, i64),
) -> Result<(), String> {
    match value {
        -2 => Ok(()),
        -1 => {
            let wanted = format!("Value must not be -1 as {whole} value is set as {limit}.");
            Err(invalid_value(local, &Value::Long(value), &wanted))
        }
        value if value > limit => {
            let wanted = format!("Value must not be more than {whole} property value: {limit}");
            Err(invalid_value(local, &Value::Long(value), &wanted))
        }
        _ => Ok(()),
    }
}

fn check_cordoned_log_dirs(new: &ServerConfig) -> Result<(), String> {
    const KEY: &str = "cordoned.log.dirs";
    let Some(unknown) = new.cordoned_log_dirs.iter().find(|dir| !new.log_dirs.contains(dir)) else {
        return Ok(());
    };
    let wanted = format!(
        "Invalid entry in {KEY}: {unknown}. All cordoned log dirs must be entries of log.dirs or log.dir."
    );
    Err(invalid(KEY, &format!("[{}]", new.cordoned_log_dirs.join(", ")), &wanted))
}

/// That every listener has a protocol was checked when the new values were resolved.
fn check_listeners(old: &ServerConfig, new: &ServerConfig) -> Result<(), String> {
    let names = |config: &ServerConfig| -> BTreeSet<ListenerName> {
        config.listeners.listeners.iter().map(|endpoint| endpoint.listener.clone()).collect()
    };
    let shown = |names: &BTreeSet<ListenerName>| {
        let names: Vec<String> = names.iter().map(|name| format!("ListenerName({name})")).collect();
        format!("Set({})", names.join(", "))
    };
    let (old_names, new_names) = (names(old), names(new));
    let advertised: BTreeSet<ListenerName> =
        old.listeners.advertised_broker.iter().map(|endpoint| endpoint.listener.clone()).collect();
    if !advertised.is_subset(&new_names) {
        return Err(format!(
            "Advertised listeners '{}' must be a subset of listeners '{}'",
            shown(&advertised),
            shown(&new_names)
        ));
    }
    for name in new_names.intersection(&old_names) {
        if old.listeners.security_protocols.get(name) != new.listeners.security_protocols.get(name) {
            return Err(format!(
                "Security protocol cannot be updated for existing listener ListenerName({name})"
            ));
        }
    }
    Ok(())
}
