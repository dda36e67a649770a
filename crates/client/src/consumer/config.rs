//! What a consumer is told: Kafka's keys.

use std::time::Duration;

use ottla_wire::KafkaString;

use super::assignor::{PartitionAssignor, RebalanceProtocol, assignor_named};
use super::offset_reset::{self, OffsetReset};
use crate::config::{ClientConfig, ConfigError, Key, Values};

/// The keys that only the consumer has, and those whose default is another one.
pub(crate) const KEYS: &[Key] = &[
    Key::boolean("allow.auto.create.topics", "true"),
    Key::int("auto.commit.interval.ms", "5000").at_least(0),
    Key::text("auto.offset.reset", Some("latest")),
    Key::boolean("check.crcs", "true"),
    Key::text("client.rack", Some("")),
    Key::int("default.api.timeout.ms", "60000").at_least(0),
    Key::boolean("enable.auto.commit", "true"),
    Key::boolean("exclude.internal.topics", "true"),
    Key::int("fetch.max.bytes", "52428800").at_least(0),
    Key::int("fetch.max.wait.ms", "500").at_least(0),
    Key::int("fetch.min.bytes", "1").at_least(0),
    Key::text("group.id", None),
    Key::text("group.instance.id", None),
    Key::one_of_ignoring_case("group.protocol", "classic", &["classic", "consumer"]),
    Key::text("group.remote.assignor", None),
    Key::int("heartbeat.interval.ms", "3000"),
    Key::one_of("isolation.level", "read_uncommitted", &["read_committed", "read_uncommitted"]),
    Key::int("max.partition.fetch.bytes", "1048576").at_least(0),
    Key::int("max.poll.interval.ms", "300000").at_least(1),
    Key::int("max.poll.records", "500").at_least(1),
    Key::list("partition.assignment.strategy", "range,cooperative-sticky"),
    Key::int("session.timeout.ms", "45000"),
    Key::ignored("interceptor.classes"),
    Key::ignored("key.deserializer"),
    Key::ignored("share.acknowledgement.mode"),
    Key::ignored("share.acquire.mode"),
    Key::ignored("value.deserializer"),
];

/// How a consumer is set up.
#[derive(Debug)]
pub struct ConsumerConfig {
    /// How it finds and speaks with nodes.
    pub client: ClientConfig,
    /// Its group; `None` for a consumer that neither shares partitions nor commits.
    pub group_id: Option<KafkaString>,
    /// Its name across restarts (KIP-345).
    pub group_instance_id: Option<KafkaString>,
    /// How long the coordinator waits for a sign of life.
    pub session_timeout: Duration,
    /// How often there is one.
    pub heartbeat_interval: Duration,
    /// How long the user may take between two polls, which is also how long a rebalance may take.
    pub max_poll_interval: Duration,
    /// Records that one poll returns at most.
    pub max_poll_records: usize,
    /// How partitions are shared out, the best first.
    pub assignors: Vec<Box<dyn PartitionAssignor>>,
    /// Where to begin without a committed offset.
    pub offset_reset: OffsetReset,
    /// After how long what was read is committed; `None` leaves that to the user.
    pub auto_commit_interval: Option<Duration>,
    /// How fetches are made.
    pub fetch: FetchConfig,
    /// Whether a subscription by pattern passes over topics that brokers keep for themselves.
    pub exclude_internal_topics: bool,
    /// Whether asking for a topic may create it, if the brokers allow that.
    pub allow_auto_create_topics: bool,
}

/// How a consumer fetches.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// Bytes that a broker waits for before it answers.
    pub min_bytes: i32,
    /// Bytes in an answer, unless its first batch is longer.
    pub max_bytes: i32,
    /// How long a broker waits.
    pub max_wait: Duration,
    /// Bytes of one partition in an answer, unless its first batch is longer.
    pub max_partition_bytes: i32,
    /// Whether records of aborted and open transactions stay unread.
    pub read_committed: bool,
    /// Whether batches are compared with their checksums.
    pub check_crcs: bool,
    /// Rack of the consumer, to read from a replica nearby (KIP-392); empty for none.
    pub rack: KafkaString,
}

impl ConsumerConfig {
    /// The configuration from Kafka's keys.
    ///
    /// # Errors
    ///
    /// A value is not one that its key can have, or two keys do not go together. Unknown keys are only warned of.
    pub fn new<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        let values = ClientConfig::read(KEYS, entries)?;
        let filled = |name| values.text(name).filter(|text| !text.is_empty()).map(KafkaString::from);
        if values
            .text("group.protocol")
            .is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("consumer"))
        {
            return Err(values.wrong("group.protocol", "only classic is supported yet"));
        }
        if values.text("group.instance.id").is_some_and(str::is_empty) {
            return Err(values.wrong("group.instance.id", "a name that is not empty would be right"));
        }
        let group_id = filled("group.id");
        let group_instance_id = filled("group.instance.id");
        // A consumer of a group is named after its instance, as Kafka's.
        let default_id = match (&group_id, &group_instance_id) {
            (Some(group), Some(instance)) => format!("consumer-{group}-{instance}"),
            (Some(group), None) => format!("consumer-{group}"),
            (None, _) => "consumer-null".to_owned(),
        };
        let offset_reset = OffsetReset::parse(values.text("auto.offset.reset").unwrap_or_default())
            .ok_or_else(|| values.wrong("auto.offset.reset", offset_reset::EXPECTED))?;
        Ok(Self {
            client: ClientConfig::from_values(&values, &default_id)?,
            auto_commit_interval: auto_commit_interval(&values, group_id.is_some())?,
            assignors: assignors(&values)?,
            fetch: FetchConfig::new(&values),
            group_id,
            group_instance_id,
            session_timeout: values.duration("session.timeout.ms"),
            heartbeat_interval: heartbeat_interval(&values)?,
            max_poll_interval: values.duration("max.poll.interval.ms"),
            max_poll_records: values.size("max.poll.records").max(1),
            offset_reset,
            exclude_internal_topics: values.boolean("exclude.internal.topics"),
            allow_auto_create_topics: values.boolean("allow.auto.create.topics"),
        })
    }

    /// The protocol that members of a group with these assignors follow: the best that all of them know.
    ///
    /// # Errors
    ///
    /// They have none in common.
    pub(super) fn rebalance_protocol(&self) -> Option<RebalanceProtocol> {
        let mut common = vec![RebalanceProtocol::Eager, RebalanceProtocol::Cooperative];
        for assignor in &self.assignors {
            common.retain(|protocol| assignor.supported_protocols().contains(protocol));
        }
        common.into_iter().max()
    }
}

impl FetchConfig {
    fn new(values: &Values) -> Self {
        let int = |name| i32::try_from(values.number(name)).unwrap_or(i32::MAX);
        Self {
            min_bytes: int("fetch.min.bytes"),
            max_bytes: int("fetch.max.bytes"),
            max_wait: values.duration("fetch.max.wait.ms"),
            max_partition_bytes: int("max.partition.fetch.bytes"),
            read_committed: values
                .text("isolation.level")
                .is_some_and(|level| level.trim() == "read_committed"),
            check_crcs: values.boolean("check.crcs"),
            rack: values.text("client.rack").unwrap_or_default().into(),
        }
    }
}

/// Without a group nothing is committed; to ask for it is an error.
fn auto_commit_interval(values: &Values, has_group: bool) -> Result<Option<Duration>, ConfigError> {
    let enabled = values.boolean("enable.auto.commit");
    if enabled && !has_group && values.is_written("enable.auto.commit") {
        return Err(values.wrong("enable.auto.commit", "only a consumer with a group.id can commit"));
    }
    Ok((enabled && has_group).then(|| values.duration("auto.commit.interval.ms")))
}

fn heartbeat_interval(values: &Values) -> Result<Duration, ConfigError> {
    let (interval, session) =
        (values.duration("heartbeat.interval.ms"), values.duration("session.timeout.ms"));
    if interval >= session {
        let expected = format!("less than session.timeout.ms, {}, would be right", session.as_millis());
        return Err(values.wrong("heartbeat.interval.ms", expected));
    }
    Ok(interval)
}

fn assignors(values: &Values) -> Result<Vec<Box<dyn PartitionAssignor>>, ConfigError> {
    const KEY: &str = "partition.assignment.strategy";
    let mut assignors: Vec<Box<dyn PartitionAssignor>> = Vec::new();
    for name in values.list(KEY) {
        let Some(assignor) = assignor_named(name) else {
            let expected = format!(
                "{name} is no assignor, range, roundrobin, sticky or cooperative-sticky would be right"
            );
            return Err(values.wrong(KEY, expected));
        };
        if assignors.iter().any(|known| known.name() == assignor.name()) {
            return Err(values.wrong(KEY, format!("{name} is there twice")));
        }
        assignors.push(assignor);
    }
    Ok(assignors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(entries: &[(&str, &str)]) -> Result<ConsumerConfig, String> {
        let all = [("bootstrap.servers", "a:1")].iter().chain(entries).copied();
        ConsumerConfig::new(all).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_kafkas() {
        let config = config(&[("group.id", "g")]).unwrap();
        assert_eq!(config.auto_commit_interval, Some(Duration::from_secs(5)));
        assert_eq!(config.rebalance_protocol(), Some(RebalanceProtocol::Eager));
        assert_eq!((config.max_poll_records, config.fetch.max_bytes), (500, 52_428_800));
        assert_eq!(config.offset_reset, OffsetReset::Latest);
        assert!(config.client.client_id.starts_with("consumer-g-"));
    }

    #[test]
    fn a_consumer_without_a_group_does_not_commit() {
        assert_eq!(config(&[]).unwrap().auto_commit_interval, None);
        assert!(config(&[("enable.auto.commit", "true")]).unwrap_err().contains("group.id"));
    }

    #[test]
    fn wrong_values_are_named() {
        let wrong = |entries: &[(&str, &str)]| config(entries).unwrap_err();
        assert!(wrong(&[("group.protocol", "consumer")]).contains("only classic is supported yet"));
        assert!(wrong(&[("heartbeat.interval.ms", "45000")]).contains("less than session.timeout.ms"));
        assert!(wrong(&[("auto.offset.reset", "smallest")]).contains("earliest, latest, none"));
        assert!(wrong(&[("partition.assignment.strategy", "fair")]).contains("fair is no assignor"));
        assert!(wrong(&[("partition.assignment.strategy", "range, range")]).contains("twice"));
        assert!(wrong(&[("group.instance.id", "")]).contains("not empty"));
    }

    #[test]
    fn cooperation_takes_all_assignors() {
        let protocol =
            |list| config(&[("partition.assignment.strategy", list)]).unwrap().rebalance_protocol();
        assert_eq!(protocol("cooperative-sticky"), Some(RebalanceProtocol::Cooperative));
        assert_eq!(protocol("cooperative-sticky,sticky"), Some(RebalanceProtocol::Eager));
    }
}
