//! What has configurations, as the command line names it.

use ottla_client::admin::{ConfigResourceType, ConfigSource};

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityType {
    Topic,
    Client,
    User,
    Broker,
    BrokerLogger,
    Ip,
    ClientMetrics,
    Group,
}

impl EntityType {
    /// All of them, in the order in which Kafka lists them.
    pub(super) const ALL: [Self; 8] = [
        Self::Topic,
        Self::Client,
        Self::User,
        Self::Broker,
        Self::Ip,
        Self::ClientMetrics,
        Self::Group,
        Self::BrokerLogger,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topics",
            Self::Client => "clients",
            Self::User => "users",
            Self::Broker => "brokers",
            Self::BrokerLogger => "broker-loggers",
            Self::Ip => "ips",
            Self::ClientMetrics => "client-metrics",
            Self::Group => "groups",
        }
    }

    /// The name without its last letter, as Kafka makes the singular.
    pub(super) fn singular(self) -> &'static str {
        let name = self.name();
        &name[..name.len() - 1]
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it is to the admin client; none for what has quotas or credentials instead.
    pub(super) const fn resource_type(self) -> Option<ConfigResourceType> {
        match self {
            Self::Topic => Some(ConfigResourceType::Topic),
            Self::Broker => Some(ConfigResourceType::Broker),
            Self::BrokerLogger => Some(ConfigResourceType::BrokerLogger),
            Self::ClientMetrics => Some(ConfigResourceType::ClientMetrics),
            Self::Group => Some(ConfigResourceType::Group),
            Self::Client | Self::User | Self::Ip => None,
        }
    }

    /// Where the values come from that are set for one such thing itself, or for all brokers if it has no name.
    pub(super) const fn own_source(self, name: &str) -> Option<ConfigSource> {
        match self {
            Self::Topic => Some(ConfigSource::DynamicTopicConfig),
            Self::Broker if name.is_empty() => Some(ConfigSource::DynamicDefaultBrokerConfig),
            Self::Broker => Some(ConfigSource::DynamicBrokerConfig),
            Self::ClientMetrics => Some(ConfigSource::DynamicClientMetricsConfig),
            Self::Group => Some(ConfigSource::DynamicGroupConfig),
            Self::BrokerLogger | Self::Client | Self::User | Self::Ip => None,
        }
    }

    /// Whether there is a default for all such things.
    pub(super) const fn has_default(self) -> bool {
        matches!(self, Self::Client | Self::User | Self::Broker | Self::Ip)
    }
}

/// What the command line means: at least one kind, and names, of which the empty one is the default.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entity {
    pub(super) types: Vec<EntityType>,
    pub(super) names: Vec<String>,
}

impl Entity {
    pub(super) fn kind(&self) -> EntityType {
        self.types[0]
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }
}
