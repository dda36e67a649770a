//! What a producer is told: Kafka's keys.

use std::sync::Arc;
use std::time::Duration;

use ottla_record::{Codec, Compression};

use crate::config::producer::KEYS;
use crate::config::{ClientConfig, ConfigError, Values};
use crate::partitioner::{Partitioner, RoundRobin};

/// When a record counts as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum Acks {
    /// When it was handed to the machine; whether it arrived is not known.
    None = 0,
    /// When the leader has it.
    Leader = 1,
    /// When all replicas in sync have it.
    All = -1,
}

/// How a producer is set up.
#[derive(Debug, Clone)]
pub struct ProducerConfig {
    /// How it finds and speaks with nodes.
    pub client: ClientConfig,
    /// When a record counts as sent.
    pub acks: Acks,
    /// Bytes of a batch for one partition; a record that is larger has a batch of its own.
    pub batch_size: usize,
    /// How long a batch waits for more records.
    pub linger: Duration,
    /// Bytes of all batches that are not acknowledged; beyond, sends wait.
    pub buffer_memory: usize,
    /// How long a send may wait, for memory or for metadata.
    pub max_block: Duration,
    /// How batches are compressed.
    pub compression: Compression,
    /// How long a record may take from its send to its acknowledgement.
    pub delivery_timeout: Duration,
    /// Bytes of one request, and of one record.
    pub max_request_size: usize,
    /// Requests to one broker that wait for their answers.
    pub max_in_flight: usize,
    /// Retries of one batch, besides its delivery timeout.
    pub retries: u32,
    /// Whether brokers drop what was sent twice, and keep the order across retries (KIP-98).
    pub enable_idempotence: bool,
    /// The name under which the producer's transactions go on across restarts (KIP-98).
    pub transactional_id: Option<String>,
    /// After how long the coordinator aborts a transaction that is open.
    pub transaction_timeout: Duration,
    /// Whether partitions with long queues get fewer of the records without a key (KIP-794).
    pub adaptive_partitioning: bool,
    /// Whether records with a key are spread like those without.
    pub ignore_keys: bool,
    /// A way of one's own to choose partitions.
    pub partitioner: Option<Arc<dyn Partitioner>>,
    /// After how long without use a topic is no longer asked for.
    pub metadata_max_idle: Duration,
}

impl ProducerConfig {
    /// The configuration from Kafka's keys.
    ///
    /// # Errors
    ///
    /// A value is not one that its key can have, or two keys contradict each other. Unknown keys are only
    /// warned of.
    pub fn from_properties<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        let values = ClientConfig::read(KEYS, entries)?;
        let acks = match values.text("acks").map(str::trim) {
            Some("0") => Acks::None,
            Some("1") => Acks::Leader,
            _ => Acks::All,
        };
        let transactional_id = transactional_id(&values)?;
        let default_id = transactional_id.as_ref().map(|id| format!("producer-{id}"));
        let mut client = ClientConfig::from_values(&values, default_id.as_deref().unwrap_or("producer"))?;
        if let (Some(default_id), None | Some("")) = (default_id, values.text("client.id")) {
            client.client_id = default_id;
        }
        let max_in_flight = values.size("max.in.flight.requests.per.connection");
        // Requests for metadata fly besides.
        client.in_flight_max = max_in_flight.saturating_add(2);
        let linger = values.duration("linger.ms");
        Ok(Self {
            acks,
            batch_size: values.size("batch.size"),
            linger,
            buffer_memory: values.size("buffer.memory"),
            max_block: values.duration("max.block.ms"),
            compression: compression(&values)?,
            delivery_timeout: delivery_timeout(&values, linger, client.request_timeout)?,
            max_request_size: values.size("max.request.size"),
            max_in_flight,
            retries: u32::try_from(values.number("retries")).unwrap_or(0),
            enable_idempotence: idempotence(&values, acks, transactional_id.as_deref())?,
            transactional_id,
            transaction_timeout: values.duration("transaction.timeout.ms"),
            adaptive_partitioning: values.boolean("partitioner.adaptive.partitioning.enable"),
            ignore_keys: values.boolean("partitioner.ignore.keys"),
            partitioner: partitioner(&values)?,
            metadata_max_idle: values.duration("metadata.max.idle.ms"),
            client,
        })
    }
}

fn transactional_id(values: &Values) -> Result<Option<String>, ConfigError> {
    if values.boolean("transaction.two.phase.commit.enable") {
        let expected = "false would be right, two-phase commit is not supported";
        return Err(values.wrong("transaction.two.phase.commit.enable", expected));
    }
    match values.text("transactional.id") {
        Some("") => Err(values.wrong("transactional.id", "a name that is not empty would be right")),
        id => Ok(id.map(str::to_owned)),
    }
}

fn compression(values: &Values) -> Result<Compression, ConfigError> {
    let codec: Codec = values.text("compression.type").unwrap_or("none").parse().unwrap_or_default();
    let level = |key: &'static str| {
        let level = i32::try_from(values.number(key)).unwrap_or(i32::MAX);
        Compression::with_level(codec, level).map_err(|error| values.wrong(key, error.to_string()))
    };
    match codec {
        Codec::None | Codec::Snappy => Ok(Compression::of(codec)),
        Codec::Gzip => level("compression.gzip.level"),
        Codec::Lz4 => level("compression.lz4.level"),
        Codec::Zstd => level("compression.zstd.level"),
    }
}

/// At least as long as one attempt takes; a default that is shorter grows.
fn delivery_timeout(
    values: &Values,
    linger: Duration,
    request_timeout: Duration,
) -> Result<Duration, ConfigError> {
    let timeout = values.duration("delivery.timeout.ms");
    let least = (linger + request_timeout).min(Duration::from_millis(i32::MAX as u64));
    if timeout >= least {
        return Ok(timeout);
    }
    if values.is_written("delivery.timeout.ms") {
        let expected = format!(
            "at least linger.ms + request.timeout.ms, which are {}, would be right",
            least.as_millis()
        );
        return Err(values.wrong("delivery.timeout.ms", expected));
    }
    tracing::warn!(
        milliseconds = least.as_millis() as u64,
        "delivery.timeout.ms is raised to linger.ms + request.timeout.ms"
    );
    Ok(least)
}

/// On by default, off where other keys do not go with it, unless somebody asked for it.
fn idempotence(values: &Values, acks: Acks, transactional_id: Option<&str>) -> Result<bool, ConfigError> {
    let is_on = idempotence_alone(values, acks)?;
    if !is_on && transactional_id.is_some() {
        let expected = "without it, or with idempotence (acks of all, and retries), would be right";
        return Err(values.wrong("transactional.id", expected));
    }
    Ok(is_on)
}

fn idempotence_alone(values: &Values, acks: Acks) -> Result<bool, ConfigError> {
    if !values.boolean("enable.idempotence") {
        return Ok(false);
    }
    let is_asked_for = values.is_written("enable.idempotence");
    if values.number("max.in.flight.requests.per.connection") > 5 {
        let expected = "at most 5 would be right for an idempotent producer";
        return Err(values.wrong("max.in.flight.requests.per.connection", expected));
    }
    let conflicts = [
        ("retries", values.number("retries") == 0, "1 or more would be right for an idempotent producer"),
        ("acks", acks != Acks::All, "all would be right for an idempotent producer"),
    ];
    for (key, conflicts, expected) in conflicts {
        if conflicts && is_asked_for {
            return Err(values.wrong(key, expected));
        }
        if conflicts {
            tracing::info!(key, "idempotence is off since this key does not go with it");
            return Ok(false);
        }
    }
    Ok(true)
}

fn partitioner(values: &Values) -> Result<Option<Arc<dyn Partitioner>>, ConfigError> {
    match values.text("partitioner.class").map(str::trim) {
        None | Some("") => Ok(None),
        Some("org.apache.kafka.clients.producer.RoundRobinPartitioner") => {
            Ok(Some(Arc::new(RoundRobin::default())))
        }
        Some(_) => {
            let expected =
                "org.apache.kafka.clients.producer.RoundRobinPartitioner or nothing would be right";
            Err(values.wrong("partitioner.class", expected))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: &[(&str, &str)]) -> Result<ProducerConfig, ConfigError> {
        let server = [("bootstrap.servers", "a:1")];
        ProducerConfig::from_properties(server.iter().chain(entries).copied())
    }

    #[test]
    fn defaults_are_kafkas() {
        let config = read(&[]).unwrap();
        assert_eq!((config.acks, config.batch_size), (Acks::All, 16_384));
        assert_eq!((config.linger, config.buffer_memory), (Duration::from_millis(5), 32 << 20));
        assert!(config.enable_idempotence && config.client.client_id.starts_with("producer-"));
        assert_eq!(config.client.receive_buffer_bytes, Some(32_768));
        assert_eq!(config.client.default_api_timeout, Duration::from_secs(60));
    }

    #[test]
    fn idempotence_gives_way_unless_asked_for() {
        assert!(!read(&[("acks", "1")]).unwrap().enable_idempotence);
        assert!(!read(&[("retries", "0")]).unwrap().enable_idempotence);
        let error = |entries: &[_]| read(entries).unwrap_err().to_string();
        assert_eq!(
            error(&[("acks", "1"), ("enable.idempotence", "true")]),
            "invalid value 1 for configuration acks: all would be right for an idempotent producer"
        );
        assert!(error(&[("max.in.flight.requests.per.connection", "6")]).contains("at most 5"));
        assert!(
            error(&[("delivery.timeout.ms", "10")])
                .contains("at least linger.ms + request.timeout.ms, which are 30005")
        );
        let raised = read(&[("request.timeout.ms", "200000")]).unwrap();
        assert_eq!(raised.delivery_timeout, Duration::from_millis(200_005));
    }

    #[test]
    fn levels_are_those_of_the_codec() {
        let config = read(&[("compression.type", "gzip"), ("compression.gzip.level", "9")]).unwrap();
        assert_eq!((config.compression.codec(), config.compression.level()), (Codec::Gzip, 9));
        let error = read(&[("compression.type", "gzip"), ("compression.gzip.level", "10")]).unwrap_err();
        assert_eq!(error.key, "compression.gzip.level");
    }
}
