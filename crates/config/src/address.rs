//! Hosts, ports, listener names and security protocols.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A host and a port, not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Name or address; of an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Name of a listener, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerName(String);

impl ListenerName {
    /// The name in upper case; none for a blank one.
    pub fn new(name: &str) -> Option<Self> {
        (!name.trim().is_empty()).then(|| Self(name.to_uppercase()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Prefix of the keys that apply to this listener alone.
    pub fn config_prefix(&self) -> String {
        format!("listener.name.{}.", self.0.to_lowercase())
    }
}

impl fmt::Display for ListenerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a listener is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without encryption.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// The protocol of a name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_uppercase().as_str() {
            "PLAINTEXT" => Some(Self::Plaintext),
            "SSL" => Some(Self::Ssl),
            "SASL_PLAINTEXT" => Some(Self::SaslPlaintext),
            "SASL_SSL" => Some(Self::SaslSsl),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    /// The number that stands for it on the wire.
    pub const fn id(self) -> i16 {
        self as i16
    }

    /// Whether connections authenticate by SASL.
    pub const fn uses_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    /// Whether connections are encrypted by TLS.
    pub const fn uses_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }
}

/// A place to listen on or to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The listener.
    pub listener: ListenerName,
    /// How it is protected.
    pub security_protocol: SecurityProtocol,
    /// Name or address; none for every interface.
    pub host: Option<String>,
    /// Port; 0 to let the operating system choose.
    pub port: u16,
}

/// The parts of `NAME://HOST:PORT`; the host is empty for every interface.
pub(crate) fn split_listener(text: &str) -> Option<(&str, &str, &str)> {
    let (name, address) = text.rsplit_once("://")?;
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let digits = port.strip_prefix('-').unwrap_or(port);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (plain && is_valid_host(host)).then_some((name, host, port))
}

/// Whether all characters could be part of a host.
pub(crate) fn is_valid_host(host: &str) -> bool {
    host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'%' | b'.' | b'_' | b':'))
}

/// Splits `HOST:PORT`, which may stand behind a scheme.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let address = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(':') && is_valid_host(scheme) => rest,
        _ => text,
    };
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let plain = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (plain && is_valid_host(host)).then_some((host, port))
}

/// Voters of a static quorum, from elements `ID@HOST:PORT`.
pub(crate) fn parse_voters(entries: &[String]) -> Result<BTreeMap<i32, HostPort>, String> {
    const KEY: &str = "controller.quorum.voters";
    const FORM: &str = "Each entry should be in the form `{id}@{host}:{port}`.";
    let mut voters = BTreeMap::new();
    for entry in entries {
        let parts: Vec<&str> = entry.trim_end_matches('@').split('@').collect();
        let [id, address] = parts[..] else {
            return Err(format!("Invalid configuration value for {KEY}. {FORM}"));
        };
        let id = parse_int(id).ok_or_else(|| format!("Failed to parse voter ID as an integer from {id}"))?;
        let no_host =
            || format!("Failed to parse host name from entry {entry} for the configuration {KEY}. {FORM}");
        let (host, port) = split_host_port(address).ok_or_else(no_host)?;
        let port = parse_port(port)?;
        voters.insert(id, HostPort { host: host.to_owned(), port });
    }
    Ok(voters)
}

/// Hosts with ports, from elements `HOST:PORT`.
pub(crate) fn parse_servers(entries: &[String]) -> Result<Vec<HostPort>, String> {
    const KEY: &str = "controller.quorum.bootstrap.servers";
    let server = |entry: &String| {
        let no_host = || {
            format!(
                "Failed to parse host name from {entry} for the configuration {KEY}. \
                 Each entry should be in the form \"{{host}}:{{port}}\""
            )
        };
        let (host, port) = split_host_port(entry).ok_or_else(no_host)?;
        Ok(HostPort { host: host.to_owned(), port: parse_port(port)? })
    };
    entries.iter().map(server).collect()
}

fn parse_int(text: &str) -> Option<i32> {
    crate::java::parse_integer(text).and_then(|number| number.try_into().ok())
}

/// A port, with the words of the Java classes that check it in Kafka.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    let port = parse_int(text).ok_or_else(|| number_format_message(text))?;
    u16::try_from(port).map_err(|_| format!("port out of range:{port}"))
}

/// What Java says of a text that is no number of 32 bits.
pub(crate) fn number_format_message(text: &str) -> String {
    format!("For input string: \"{text}\"")
}

/// Whether a host is an address of version 4, or of version 6, or neither.
pub(crate) fn address_version(host: &str) -> Option<u8> {
    if host.parse::<Ipv4Addr>().is_ok() {
        return Some(4);
    }
    let without_zone = host.split_once('%').map_or(host, |(address, _)| address);
    without_zone.parse::<Ipv6Addr>().is_ok().then_some(6)
}
