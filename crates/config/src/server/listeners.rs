//! Listeners: where a node listens, what it tells others, how each is protected.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{self, Endpoint, HostPort, ListenerName, SecurityProtocol};
use crate::broker::BrokerConfig;
use crate::written::Written;

/// Address that means every interface, which nobody can connect to.
pub(super) const EVERY_INTERFACE: &str = "0.0.0.0";

const PROTOCOL_MAP: &str = "listener.security.protocol.map";
const INTER_BROKER_LISTENER: &str = "inter.broker.listener.name";
const INTER_BROKER_PROTOCOL: &str = "security.inter.broker.protocol";

/// Where a node listens, what it tells others, how each listener is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenersConfig {
    /// How each listener name is protected.
    pub security_protocols: BTreeMap<ListenerName, SecurityProtocol>,
    /// Where the node listens.
    pub listeners: Vec<Endpoint>,
    /// Names of the controllers' listeners as they were written, the first being the one that brokers use.
    pub controller_listener_names: Vec<String>,
    /// What clients and brokers are told of this broker.
    pub advertised_broker: Vec<Endpoint>,
    /// What brokers and controllers are told of this controller.
    pub advertised_controller: Vec<Endpoint>,
    /// Listener for traffic between brokers.
    pub inter_broker_listener: ListenerName,
    /// How that listener is protected.
    pub inter_broker_security_protocol: SecurityProtocol,
    /// Listeners that open before the authorizer is ready.
    pub early_start: BTreeSet<ListenerName>,
}

impl ListenersConfig {
    pub(super) fn resolve(keys: &BrokerConfig, written: &Written) -> Result<Self, String> {
        let security_protocols = security_protocols(keys, written)?;
        let names = &keys.kraft.controller_listener_names;
        let listeners = endpoints(&keys.network.listeners, &security_protocols, Ports::Distinct)?;
        let early_start = early_start(keys, &listeners)?;
        let advertised = match &keys.network.advertised_listeners {
            Some(advertised) => Some(endpoints(advertised, &security_protocols, Ports::Any)?),
            None => None,
        };
        let is_for_brokers = |endpoint: &&Endpoint| !is_controller(names, endpoint);
        let advertised_broker: Vec<Endpoint> =
            advertised.as_ref().unwrap_or(&listeners).iter().filter(is_for_brokers).cloned().collect();
        let advertised_controller = advertised_controller(keys, &listeners, advertised.as_deref())?;
        let (inter_broker_listener, inter_broker_security_protocol) =
            inter_broker(keys, written, &security_protocols)?;
        Ok(Self {
            security_protocols,
            listeners,
            controller_listener_names: names.clone(),
            advertised_broker,
            advertised_controller,
            inter_broker_listener,
            inter_broker_security_protocol,
            early_start,
        })
    }

    /// The listeners of this node that are controllers'.
    pub fn controller_listeners(&self) -> impl Iterator<Item = &Endpoint> {
        self.listeners.iter().filter(|endpoint| is_controller(&self.controller_listener_names, endpoint))
    }

    /// The listeners of this node that are for clients and brokers.
    pub fn broker_listeners(&self) -> impl Iterator<Item = &Endpoint> {
        self.listeners.iter().filter(|endpoint| !is_controller(&self.controller_listener_names, endpoint))
    }
}

fn is_controller(names: &[String], endpoint: &Endpoint) -> bool {
    names.iter().any(|name| name == endpoint.listener.as_str())
}

/// The map that is set, or the default one with a PLAINTEXT entry for each controller listener that has none.
fn security_protocols(
    keys: &BrokerConfig,
    written: &Written,
) -> Result<BTreeMap<ListenerName, SecurityProtocol>, String> {
    let mut protocols = BTreeMap::new();
    for (name, protocol) in parse_map(PROTOCOL_MAP, &keys.network.listener_security_protocol_map)? {
        let protocol = SecurityProtocol::from_name(protocol)
            .ok_or_else(|| format!("Invalid security protocol `{protocol}` defined in {PROTOCOL_MAP}"))?;
        protocols.insert(listener_name(name)?, protocol);
    }
    if written.contains(PROTOCOL_MAP) {
        return Ok(protocols);
    }
    let is_secured = |name: &str| matches!(name, "SSL" | "SASL_SSL" | "SASL_PLAINTEXT");
    let names = &keys.kraft.controller_listener_names;
    let mut any_secured = names.iter().any(|name| is_secured(name));
    for listener in &keys.network.listeners {
        let (name, _) = listener
            .split_once(':')
            .ok_or_else(|| format!("Unable to parse a listener name from {listener}"))?;
        any_secured |= is_secured(&name.to_uppercase());
    }
    if !any_secured {
        // A name in lower case gets no entry, since listeners are looked up in upper case.
        for name in names.iter().filter(|name| *name != "PLAINTEXT" && **name == name.to_uppercase()) {
            protocols.insert(listener_name(name)?, SecurityProtocol::Plaintext);
        }
    }
    Ok(protocols)
}

fn listener_name(name: &str) -> Result<ListenerName, String> {
    ListenerName::new(name).ok_or_else(|| "The provided listener name is null or empty string".to_owned())
}

/// Elements `KEY:VALUE`; the last colon counts, so that a key may be an address of IPv6.
pub(super) fn parse_map<'a>(key: &str, text: &'a str) -> Result<Vec<(&'a str, &'a str)>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |element: &'a str| {
        let element = element.trim();
        let (name, value) = element.rsplit_once(':').ok_or_else(|| {
            let length = element.encode_utf16().count();
            format!("Error parsing configuration property '{key}': begin 0, end -1, length {length}")
        })?;
        Ok((name.trim(), value.trim()))
    };
    crate::java::split_commas(text).into_iter().map(pair).collect()
}

/// Whether two listeners may share a port.
#[derive(Clone, Copy, PartialEq)]
enum Ports {
    Distinct,
    Any,
}

fn endpoints(
    listeners: &[String],
    protocols: &BTreeMap<ListenerName, SecurityProtocol>,
    ports: Ports,
) -> Result<Vec<Endpoint>, String> {
    let shown = format!("[{}]", listeners.join(", "));
    let read = || {
        let found: Vec<Endpoint> =
            listeners.iter().map(|listener| endpoint(listener, protocols)).collect::<Result<_, _>>()?;
        let names: BTreeSet<&ListenerName> = found.iter().map(|endpoint| &endpoint.listener).collect();
        if names.len() != found.len() {
            return Err(format!("Each listener must have a different name, listeners: {shown}"));
        }
        if ports == Ports::Distinct {
            check_ports(&found, &shown)?;
        }
        Ok(found)
    };
    read().map_err(|cause: String| format!("Error creating broker listeners from '{shown}': {cause}"))
}

fn endpoint(text: &str, protocols: &BTreeMap<ListenerName, SecurityProtocol>) -> Result<Endpoint, String> {
    let (name, host, port) = address::split_listener(text)
        .ok_or_else(|| format!("Unable to parse {text} to a broker endpoint"))?;
    let listener = listener_name(name)?;
    let port = address::parse_port(port)?;
    let security_protocol = *protocols
        .get(&listener)
        .ok_or_else(|| format!("No security protocol defined for listener {listener}"))?;
    let host = (!host.is_empty()).then(|| host.to_owned());
    Ok(Endpoint { listener, security_protocol, host, port })
}

/// A port may be shared by one address of IPv4 and one of IPv6, and by nobody else.
fn check_ports(endpoints: &[Endpoint], shown: &str) -> Result<(), String> {
    let mut by_port: BTreeMap<u16, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.port != 0) {
        by_port.entry(endpoint.port).or_default().push(endpoint);
    }
    for (port, sharing) in by_port.into_iter().filter(|(_, sharing)| sharing.len() > 1) {
        let versions: Vec<u8> =
            sharing.iter().filter_map(|e| address::address_version(e.host.as_deref()?)).collect();
        let without_address = sharing.len() - versions.len();
        if without_address > 1 {
            return Err(format!("Each listener must have a different port, listeners: {shown}"));
        }
        match versions[..] {
            [] => {}
            [4, 6] | [6, 4] if without_address == 0 => {}
            [_, _] => {
                return Err(format!(
                    "If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, \
                     listeners: {shown}, port: {port}"
                ));
            }
            _ => {
                return Err(format!(
                    "Each listener must have a different port unless exactly one listener has an IPv4 address \
                     and the other IPv6 address, listeners: {shown}, port: {port}"
                ));
            }
        }
    }
    Ok(())
}

fn early_start(keys: &BrokerConfig, listeners: &[Endpoint]) -> Result<BTreeSet<ListenerName>, String> {
    let names = &keys.kraft.controller_listener_names;
    let Some(early) = &keys.general.early_start_listeners else {
        let controllers = listeners.iter().filter(|endpoint| is_controller(names, endpoint));
        return Ok(controllers.map(|endpoint| endpoint.listener.clone()).collect());
    };
    let mut found = BTreeSet::new();
    for name in early.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let listener = listeners.iter().find(|endpoint| endpoint.listener.as_str() == name);
        let listener = listener.ok_or_else(|| {
            format!(
                "early.start.listeners contains listener {name}, but this is not contained in listeners or \
                 controller.listener.names"
            )
        })?;
        found.insert(listener.listener.clone());
    }
    Ok(found)
}

/// For each controller listener what is advertised, else where this node listens for it.
fn advertised_controller(
    keys: &BrokerConfig,
    listeners: &[Endpoint],
    advertised: Option<&[Endpoint]>,
) -> Result<Vec<Endpoint>, String> {
    let names = &keys.kraft.controller_listener_names;
    let mut found = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let name = listener_name(name)?;
        let is_named = |endpoint: &&Endpoint| is_controller(names, endpoint) && endpoint.listener == name;
        if let Some(endpoint) = advertised.unwrap_or_default().iter().find(is_named) {
            found.push(endpoint.clone());
        } else if let Some(endpoint) = listeners.iter().find(is_named) {
            let nowhere = endpoint.host.as_deref().is_none_or(|host| host == EVERY_INTERFACE);
            let voter = if index == 0 && nowhere { own_voter(keys)? } else { None };
            found.push(reachable(endpoint, voter));
        }
    }
    Ok(found)
}

/// The address by which the voters know this node.
fn own_voter(keys: &BrokerConfig) -> Result<Option<HostPort>, String> {
    let mut voters = address::parse_voters(&keys.quorum.controller_quorum_voters)?;
    if voters.values().any(|voter| voter.host == EVERY_INTERFACE) {
        return Err(format!("Host string ({EVERY_INTERFACE}) is not routeable"));
    }
    Ok(voters.remove(&keys.kraft.node_id))
}

fn reachable(endpoint: &Endpoint, voter: Option<HostPort>) -> Endpoint {
    let mut endpoint = endpoint.clone();
    match voter {
        Some(voter) => {
            endpoint.host = Some(voter.host);
            endpoint.port = voter.port;
        }
        None => endpoint.host = endpoint.host.filter(|host| host != EVERY_INTERFACE),
    }
    endpoint
}

fn inter_broker(
    keys: &BrokerConfig,
    written: &Written,
    protocols: &BTreeMap<ListenerName, SecurityProtocol>,
) -> Result<(ListenerName, SecurityProtocol), String> {
    let Some(name) = &keys.replication.inter_broker_listener_name else {
        let name = &keys.replication.security_inter_broker_protocol;
        let protocol = SecurityProtocol::from_name(name).ok_or_else(|| {
            format!("Invalid security protocol `{name}` defined in {INTER_BROKER_PROTOCOL}")
        })?;
        return Ok((listener_name(protocol.name())?, protocol));
    };
    if written.contains(INTER_BROKER_PROTOCOL) {
        return Err(format!(
            "Only one of {INTER_BROKER_LISTENER} and {INTER_BROKER_PROTOCOL} should be set."
        ));
    }
    let name = listener_name(name)?;
    let protocol = *protocols.get(&name).ok_or_else(|| {
        format!("Listener with name {name} defined in {INTER_BROKER_LISTENER} not found in {PROTOCOL_MAP}.")
    })?;
    Ok((name, protocol))
}
