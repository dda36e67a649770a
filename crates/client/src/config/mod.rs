//! What a client is told: Kafka's keys, declared in one table for each kind of client.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

mod address;
mod admin;
mod common;
mod error;
mod key;
pub(crate) mod producer;
mod values;

pub use address::{Address, ParseAddressError};
pub use error::ConfigError;
pub(crate) use key::Key;
pub(crate) use values::Values;

/// How a client finds the nodes of its cluster, and how it speaks with them. All clients have this part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// Nodes to begin with.
    pub bootstrap: Bootstrap,
    /// Name of the client for logs, metrics and quotas of the cluster.
    pub client_id: String,
    /// How long an operation may take, retries included.
    pub default_api_timeout: Duration,
    /// How long one request may go without an answer; then its connection is closed.
    pub request_timeout: Duration,
    /// Retries of one operation, besides its time limit.
    pub retries: u32,
    /// Wait before the first retry; doubles with each.
    pub retry_backoff: Duration,
    /// Longest wait before a retry.
    pub retry_backoff_max: Duration,
    /// Wait before the first attempt to connect again; doubles with each.
    pub reconnect_backoff: Duration,
    /// Longest wait before an attempt to connect again.
    pub reconnect_backoff_max: Duration,
    /// How long the first attempt to connect may take; doubles with each that fails.
    pub connection_setup_timeout: Duration,
    /// Longest that an attempt to connect may take.
    pub connection_setup_timeout_max: Duration,
    /// After how long without use a connection is closed; `None` never.
    pub connections_max_idle: Option<Duration>,
    /// After how long metadata is asked for again although nothing seems wrong with it.
    pub metadata_max_age: Duration,
    /// Whether to begin again with the bootstrap nodes when no other one can be reached (KIP-899, KIP-1102).
    pub rebootstrap: bool,
    /// For how long metadata may be unreachable before the bootstrap nodes are asked although others are known.
    pub rebootstrap_trigger: Duration,
    /// Size of the socket's send buffer; `None` leaves it to the machine.
    pub send_buffer_bytes: Option<usize>,
    /// Size of the socket's receive buffer; `None` leaves it to the machine.
    pub receive_buffer_bytes: Option<usize>,
    /// Requests that may wait for their answers on one connection.
    pub in_flight_max: usize,
    /// Longest answer that is read; a longer one closes the connection.
    pub response_bytes_max: usize,
}

/// Nodes to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bootstrap {
    /// Brokers: `bootstrap.servers`.
    Brokers(Vec<Address>),
    /// Controllers, which only an admin client speaks with directly (KIP-919): `bootstrap.controllers`.
    Controllers(Vec<Address>),
}

impl Bootstrap {
    /// The addresses, of either kind.
    pub fn addresses(&self) -> &[Address] {
        match self {
            Self::Brokers(addresses) | Self::Controllers(addresses) => addresses,
        }
    }
}

impl ClientConfig {
    /// Answers longer than this are not believed unless the config says so: twice what a broker sends at most
    /// with its own defaults, and then some.
    pub const RESPONSE_BYTES_MAX: usize = 256 << 20;

    /// The configuration of an admin client from Kafka's keys.
    ///
    /// # Errors
    ///
    /// A value is not one that its key can have. Unknown keys are only warned of.
    pub fn admin<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        let values = Values::read(&[common::KEYS, admin::KEYS], entries)?;
        Self::from_values(&values, "adminclient")
    }

    /// The keys that all clients have, and those of `table`, which may give others' defaults.
    pub(crate) fn read<K: AsRef<str>, V: AsRef<str>>(
        table: &'static [Key],
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Values, ConfigError> {
        Values::read(&[common::KEYS, table], entries)
    }

    /// What all clients have. A client without a `client.id` is called `default_id` and a number.
    pub(crate) fn from_values(values: &Values, default_id: &str) -> Result<Self, ConfigError> {
        if values.text("security.protocol").is_some_and(|text| !text.trim().eq_ignore_ascii_case("PLAINTEXT"))
        {
            let expected = "only PLAINTEXT is supported yet";
            return Err(values.wrong("security.protocol", expected));
        }
        if values.text("client.dns.lookup").is_some_and(|text| text.trim() != "use_all_dns_ips") {
            tracing::warn!("client.dns.lookup: names are not looked up by address; use_all_dns_ips is used");
        }
        let client_id = match values.text("client.id") {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => format!("{default_id}-{}", next_number()),
        };
        let optional_size = |name| Some(values.size(name)).filter(|_| values.number(name) >= 0);
        let has = |name| values.is_known(name);
        let retry_backoff_max = values.duration("retry.backoff.max.ms");
        let reconnect_backoff_max = values.duration("reconnect.backoff.max.ms");
        let idle = values.number("connections.max.idle.ms");
        Ok(Self {
            bootstrap: bootstrap(values)?,
            client_id,
            default_api_timeout: values.duration(if has("default.api.timeout.ms") {
                "default.api.timeout.ms"
            } else {
                "max.block.ms"
            }),
            request_timeout: values.duration("request.timeout.ms"),
            retries: if has("retries") {
                values.number("retries").try_into().unwrap_or(u32::MAX)
            } else {
                u32::MAX
            },
            retry_backoff: values.duration("retry.backoff.ms").min(retry_backoff_max),
            retry_backoff_max,
            reconnect_backoff: values.duration("reconnect.backoff.ms"),
            reconnect_backoff_max: reconnect_backoff_max.max(values.duration("reconnect.backoff.ms")),
            connection_setup_timeout: values.duration("socket.connection.setup.timeout.ms"),
            connection_setup_timeout_max: values.duration("socket.connection.setup.timeout.max.ms"),
            connections_max_idle: (idle >= 0).then(|| key::milliseconds(idle)),
            metadata_max_age: values.duration("metadata.max.age.ms"),
            rebootstrap: values
                .text("metadata.recovery.strategy")
                .is_some_and(|text| text.trim().eq_ignore_ascii_case("rebootstrap")),
            rebootstrap_trigger: values.duration("metadata.recovery.rebootstrap.trigger.ms"),
            send_buffer_bytes: optional_size("send.buffer.bytes"),
            receive_buffer_bytes: optional_size("receive.buffer.bytes"),
            in_flight_max: 100,
            response_bytes_max: Self::RESPONSE_BYTES_MAX,
        })
    }
}

fn bootstrap(values: &Values) -> Result<Bootstrap, ConfigError> {
    let controllers =
        values.is_known("bootstrap.controllers") && !values.list("bootstrap.controllers").is_empty();
    let brokers = !values.list("bootstrap.servers").is_empty();
    match (brokers, controllers) {
        (true, true) => {
            Err(values.wrong("bootstrap.controllers", "only one of it and bootstrap.servers may be set"))
        }
        (false, true) => addresses(values, "bootstrap.controllers").map(Bootstrap::Controllers),
        (true, false) => addresses(values, "bootstrap.servers").map(Bootstrap::Brokers),
        (false, false) => {
            Err(values.wrong("bootstrap.servers", "a list of host:port, separated by commas, would be right"))
        }
    }
}

fn addresses(values: &Values, name: &'static str) -> Result<Vec<Address>, ConfigError> {
    let parse =
        |text: &str| text.parse().map_err(|error: ParseAddressError| values.wrong(name, error.to_string()));
    values.list(name).into_iter().map(parse).collect()
}

/// Numbers for clients without a name, unique within the process.
fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_client_has_kafkas_defaults() {
        let config = ClientConfig::admin([("bootstrap.servers", "a:1, b:2")]).unwrap();
        assert_eq!(config.bootstrap, Bootstrap::Brokers(vec![Address::new("a", 1), Address::new("b", 2)]));
        assert_eq!(config.default_api_timeout, Duration::from_secs(60));
        assert_eq!(config.request_timeout, Duration::from_secs(30));
        assert_eq!(config.connections_max_idle, Some(Duration::from_secs(300)));
        assert!(config.rebootstrap && config.client_id.starts_with("adminclient-"));
    }

    #[test]
    fn wrong_values_are_named_with_what_would_be_right() {
        let error = |key: &str, value: &str| {
            ClientConfig::admin([("bootstrap.servers", "a:1"), (key, value)]).unwrap_err().to_string()
        };
        assert_eq!(
            error("retry.backoff.ms", "-1"),
            "invalid value -1 for configuration retry.backoff.ms: a whole number of at least 0 would be right"
        );
        assert_eq!(
            error("bootstrap.servers", "a"),
            "invalid value a for configuration bootstrap.servers: \"a\" is no address, host:port or [IPv6]:port \
             would be right"
        );
        assert!(error("security.protocol", "SSL").contains("only PLAINTEXT is supported yet"));
        assert!(error("bootstrap.controllers", "b:2").contains("only one of"));
        assert!(error("client.dns.lookup", "x").contains("one of use_all_dns_ips"));
    }

    #[test]
    fn an_unknown_key_does_no_harm() {
        assert!(ClientConfig::admin([("bootstrap.servers", "a:1"), ("no.such.key", "1")]).is_ok());
    }
}
