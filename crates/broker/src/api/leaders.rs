//! Where leaders are, for clients that asked a broker that does not lead (KIP-951).

use ottla_controller::image::{BrokerRegistration, MetadataImage};
use ottla_wire::{KafkaString, Uuid};

/// The leader of a partition, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CurrentLeader {
    /// Number of the broker, -1 for none.
    pub(super) id: i32,
    /// Its epoch, -1 for none.
    pub(super) epoch: i32,
}

impl CurrentLeader {
    /// Nobody knows.
    pub(super) const NONE: Self = Self { id: -1, epoch: -1 };
}

/// Where a broker is to be reached by those who use a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeaderEndpoint {
    pub(super) id: i32,
    pub(super) host: KafkaString,
    pub(super) port: i32,
    pub(super) rack: Option<KafkaString>,
}

/// How a request names a topic.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<'a> {
    /// By its name.
    Name(&'a str),
    /// By its id.
    Id(Uuid),
}

/// The leaders that one answer tells of.
#[derive(Debug)]
pub(super) struct Leaders<'a> {
    image: &'a MetadataImage,
    listener: &'a str,
    /// Where they are, each once.
    pub(super) endpoints: Vec<LeaderEndpoint>,
}

impl<'a> Leaders<'a> {
    /// None told of yet, to a client that came by this listener.
    pub(super) fn new(image: &'a MetadataImage, listener: &'a str) -> Self {
        Self { image, listener, endpoints: Vec::new() }
    }

    /// The leader of a partition, which the answer tells of then.
    pub(super) fn of(&mut self, topic: Named<'_>, partition: i32) -> CurrentLeader {
        let topics = self.image.topics();
        let id = match topic {
            Named::Name(name) => topics.topic_id(name),
            Named::Id(id) => Some(id),
        };
        let Some(registration) = id.and_then(|id| topics.partition(id, partition)) else {
            return CurrentLeader::NONE;
        };
        let leader = CurrentLeader { id: registration.leader, epoch: registration.leader_epoch.0 };
        let is_told = self.endpoints.iter().any(|endpoint| endpoint.id == leader.id);
        let broker = self.image.cluster().broker(leader.id).filter(|broker| !is_told && !broker.fenced);
        self.endpoints.extend(broker.and_then(|broker| endpoint(broker, self.listener)));
        leader
    }
}

fn endpoint(broker: &BrokerRegistration, listener: &str) -> Option<LeaderEndpoint> {
    let (_, found) = broker.listeners.iter().find(|(name, _)| name.eq_ignore_ascii_case(listener))?;
    Some(LeaderEndpoint {
        id: broker.id,
        host: found.host.clone(),
        port: found.port.into(),
        rack: broker.rack.clone(),
    })
}
