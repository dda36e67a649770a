//! What has a configuration.

use ottla_wire::KafkaString;

/// A kind of thing that has a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ConfigResourceType {
    /// A topic, by its name.
    Topic = 2,
    /// A broker, by its id; the empty name is the default of all brokers.
    Broker = 4,
    /// The log levels of a broker, by its id.
    BrokerLogger = 8,
    /// Which metrics clients push, by the subscription's name (KIP-714).
    ClientMetrics = 16,
    /// A group, by its id.
    Group = 32,
}

impl ConfigResourceType {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Topic, Self::Broker, Self::BrokerLogger, Self::ClientMetrics, Self::Group];

    /// The number on the wire.
    pub const fn number(self) -> i8 {
        self as i8
    }

    /// The kind of this number, if there is one.
    pub fn from_number(number: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// A thing that has a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// The kind of thing.
    pub resource_type: ConfigResourceType,
    /// Its name.
    pub name: KafkaString,
}

impl ConfigResource {
    /// The thing of this kind and name.
    pub fn new(resource_type: ConfigResourceType, name: impl Into<KafkaString>) -> Self {
        Self { resource_type, name: name.into() }
    }

    /// The node that alone can tell of it: the configuration of one broker is partly in that broker's file.
    pub(super) fn node(&self) -> Option<i32> {
        match self.resource_type {
            ConfigResourceType::Broker | ConfigResourceType::BrokerLogger => self.name.parse().ok(),
            _ => None,
        }
    }
}
