//! Values that do not go together, in the order in which Kafka looks.

use std::collections::BTreeSet;

use super::listeners::{EVERY_INTERFACE, parse_map};
use super::{EVERY_LOG_DIR, ServerConfig};
use crate::address::{self, Endpoint, ListenerName, number_format_message};
use crate::java;
use crate::key::Type;
use crate::value::Value;
use crate::written::Written;

pub(super) fn check(config: &ServerConfig, written: &Written) -> Result<(), String> {
    check_rebalance_protocols(config)?;
    check_node_id(config)?;
    check_log(config)?;
    check_replication(config)?;
    check_roles(config)?;
    if config.process_roles.broker {
        check_broker(config)?;
    }
    check_advertised_hosts(config)?;
    check_sasl(config, written)?;
    check_connections(config)
}

/// What must hold, in the words of Scala's `require`.
fn require(holds: bool, message: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("requirement failed: {}", message.into())) }
}

fn check_rebalance_protocols(config: &ServerConfig) -> Result<(), String> {
    let protocols = &config.keys.group_coordinator.group_coordinator_rebalance_protocols;
    if protocols.iter().any(|protocol| protocol == "classic") {
        return Ok(());
    }
    Err("Disabling the 'classic' protocol is not supported.".to_owned())
}

fn check_node_id(config: &ServerConfig) -> Result<(), String> {
    if config.node_id == config.keys.general.broker_id {
        return Ok(());
    }
    Err("You must set `node.id` to the same value as `broker.id`.".to_owned())
}

fn check_log(config: &ServerConfig) -> Result<(), String> {
    const DEDUPE_BYTES_MIN: i64 = 1024 * 1024;
    let (topic, cleaner) = (&config.topic_defaults, &config.keys.cleaner);
    require(topic.segment_ms >= 1, "log.roll.ms must be greater than or equal to 1")?;
    require(topic.segment_jitter_ms >= 0, "log.roll.jitter.ms must be greater than or equal to 0")?;
    require(
        config.log_retention_ms != Some(0),
        "log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
    )?;
    require(
        !config.log_dirs.is_empty(),
        "At least one log directory must be defined via log.dirs or log.dir.",
    )?;
    let threads = i64::from(cleaner.log_cleaner_threads);
    let dedupe_bytes =
        cleaner.log_cleaner_dedupe_buffer_size.checked_div(threads).ok_or_else(|| "/ by zero".to_owned())?;
    require(
        dedupe_bytes > DEDUPE_BYTES_MIN,
        "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.",
    )
}

fn check_replication(config: &ServerConfig) -> Result<(), String> {
    let replication = &config.keys.replication;
    let wait_ms = replication.replica_fetch_wait_max_ms;
    require(
        wait_ms <= replication.replica_socket_timeout_ms,
        "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary \
         socket timeouts",
    )?;
    require(
        i64::from(wait_ms) <= replication.replica_lag_time_max_ms,
        "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent \
         frequent changes in ISR",
    )
}

fn check_roles(config: &ServerConfig) -> Result<(), String> {
    if config.quorum_voters.is_empty() && config.quorum_bootstrap_servers.is_empty() {
        return Err("If using process.roles, either controller.quorum.bootstrap.servers must contain the set of \
                    bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers."
            .to_owned());
    }
    if !config.process_roles.controller {
        return check_broker_only(config);
    }
    if !config.process_roles.broker {
        check_controller_only(config)?;
    }
    check_controller(config)
}

/// The ids of the voters as Scala prints a set.
fn voters_text(config: &ServerConfig) -> String {
    let ids: Vec<String> = config.quorum_voters.keys().map(i32::to_string).collect();
    format!("Set({})", ids.join(", "))
}

fn check_broker_only(config: &ServerConfig) -> Result<(), String> {
    let names = &config.listeners.controller_listener_names;
    require(
        !config.quorum_voters.contains_key(&config.node_id),
        format!(
            "If process.roles contains just the 'broker' role, the node id {} must not be included in the set of \
             voters controller.quorum.voters={}",
            config.node_id,
            voters_text(config)
        ),
    )?;
    require(
        config.listeners.controller_listeners().next().is_none(),
        "controller.listener.names must not contain a value appearing in the 'listeners' configuration when \
         running KRaft with just the broker role",
    )?;
    for name in names {
        let known =
            ListenerName::new(name).map(|name| config.listeners.security_protocols.contains_key(&name));
        if known != Some(true) {
            return Err(format!(
                "Controller listener with name {} defined in controller.listener.names not found in \
                 listener.security.protocol.map  (an explicit security mapping for each controller listener is \
                 required if listener.security.protocol.map is non-empty, or if there are security protocols \
                 other than PLAINTEXT in use)",
                name.to_uppercase()
            ));
        }
    }
    require(
        !config.keys.quorum.controller_quorum_auto_join_enable,
        "controller.quorum.auto.join.enable is only supported when process.roles contains the 'controller' role.",
    )
}

fn check_controller_only(config: &ServerConfig) -> Result<(), String> {
    let listeners = &config.listeners;
    require(
        listeners.advertised_controller.len() == listeners.listeners.len(),
        "The listeners config must only contain KRaft controller listeners from controller.listener.names when \
         process.roles=controller",
    )?;
    let explicit = config.keys.replication.inter_broker_listener_name.is_some();
    let inter_broker = listeners.inter_broker_listener.as_str();
    require(
        !explicit || !listeners.controller_listener_names.iter().any(|name| name == inter_broker),
        "controller.listener.names must not contain an explicitly set inter.broker.listener.name configuration \
         value when process.roles=controller'",
    )
}

fn check_controller(config: &ServerConfig) -> Result<(), String> {
    let listeners = &config.listeners;
    require(
        config.quorum_voters.is_empty() || config.quorum_voters.contains_key(&config.node_id),
        format!(
            "If process.roles contains the 'controller' role, the node id {} must be included in the set of voters \
             controller.quorum.voters={}",
            config.node_id,
            voters_text(config)
        ),
    )?;
    require(
        !listeners.advertised_controller.is_empty(),
        "controller.listener.names must contain at least one value appearing in the 'listeners' configuration \
         when running the KRaft controller role",
    )?;
    let listens =
        |name: &String| listeners.listeners.iter().any(|endpoint| endpoint.listener.as_str() == name);
    require(
        listeners.controller_listener_names.iter().all(listens),
        "controller.listener.names must only contain values appearing in the 'listeners' configuration when \
         running the KRaft controller role",
    )
}

fn names(endpoints: &[Endpoint]) -> BTreeSet<&ListenerName> {
    endpoints.iter().map(|endpoint| &endpoint.listener).collect()
}

fn joined(names: &BTreeSet<&ListenerName>) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",")
}

fn check_broker(config: &ServerConfig) -> Result<(), String> {
    let listeners = &config.listeners;
    let advertised = names(&listeners.advertised_broker);
    let listening = names(&listeners.listeners);
    require(
        !advertised.is_empty(),
        "There must be at least one broker advertised listener. Perhaps all listeners appear in \
         controller.listener.names?",
    )?;
    require(
        advertised.contains(&listeners.inter_broker_listener),
        format!(
            "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options \
             based on currently configured listeners are {}",
            joined(&advertised)
        ),
    )?;
    require(
        advertised.is_subset(&listening),
        format!(
            "advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. \
             Found {}. The valid options based on the current configuration are {}",
            joined(&advertised),
            joined(&listening)
        ),
    )?;
    check_cordoned_log_dirs(config)
}

fn check_cordoned_log_dirs(config: &ServerConfig) -> Result<(), String> {
    let cordoned = &config.keys.log.cordoned_log_dirs;
    if cordoned.iter().any(|dir| dir == EVERY_LOG_DIR) {
        return require(
            cordoned.len() == 1,
            "When cordoned.log.dirs is set to *, it must not contain other values",
        );
    }
    let unknown: Vec<&str> =
        cordoned.iter().filter(|dir| !config.log_dirs.contains(dir)).map(String::as_str).collect();
    require(
        unknown.is_empty(),
        format!(
            "All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : {}",
            unknown.join(", ")
        ),
    )
}

fn check_advertised_hosts(config: &ServerConfig) -> Result<(), String> {
    let listeners = &config.listeners;
    let mut advertised = listeners.advertised_broker.iter().chain(&listeners.advertised_controller);
    require(
        !advertised.any(|endpoint| endpoint.host.as_deref() == Some(EVERY_INTERFACE)),
        "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.",
    )
}

fn check_sasl(config: &ServerConfig, written: &Written) -> Result<(), String> {
    if !config.listeners.inter_broker_security_protocol.uses_sasl() {
        return Ok(());
    }
    let own_key =
        format!("{}sasl.enabled.mechanisms", config.listeners.inter_broker_listener.config_prefix());
    let enabled = match written.text(&own_key).map(|text| Value::parse(Type::List, text)) {
        Some(Ok(Value::List(mechanisms))) => mechanisms,
        _ => config.keys.sasl.sasl_enabled_mechanisms.clone(),
    };
    require(
        enabled.contains(&config.keys.sasl.sasl_mechanism_inter_broker_protocol),
        "sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for \
         inter-broker communication",
    )
}

fn check_connections(config: &ServerConfig) -> Result<(), String> {
    const OVERRIDES: &str = "max.connections.per.ip.overrides";
    let network = &config.keys.network;
    let queued_bytes = network.queued_max_request_bytes;
    require(
        queued_bytes <= 0 || queued_bytes >= i64::from(network.socket_request_max_bytes),
        "queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
    )?;
    let overrides = parse_map(OVERRIDES, &network.max_connections_per_ip_overrides)?;
    for (_, limit) in &overrides {
        let number = java::parse_integer(limit).and_then(|limit| i32::try_from(limit).ok());
        number.ok_or_else(|| number_format_message(limit))?;
    }
    require(
        network.max_connections_per_ip != 0 || !overrides.is_empty(),
        format!("max.connections.per.ip can be set to zero only if {OVERRIDES} property is set."),
    )?;
    let invalid: Vec<&str> =
        overrides.iter().map(|(host, _)| *host).filter(|host| !address::is_valid_host(host)).collect();
    if !invalid.is_empty() {
        return Err(format!("{OVERRIDES} contains invalid addresses : {}", invalid.join(",")));
    }
    let (delay_ms, idle_ms) =
        (network.connection_failed_authentication_delay_ms, network.connections_max_idle_ms);
    require(
        idle_ms < 0 || i64::from(delay_ms) < idle_ms,
        format!(
            "connection.failed.authentication.delay.ms={delay_ms} should always be less than \
             connections.max.idle.ms={idle_ms} to prevent failed authentication responses from timing out"
        ),
    )
}
