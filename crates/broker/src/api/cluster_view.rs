//! The cluster as clients of one listener see it.

use ottla_controller::image::{BrokerRegistration, Listener, MetadataImage, PartitionRegistration};
use ottla_wire::{ErrorCode, KafkaString};

/// The cluster as clients of one listener see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClusterView<'a> {
    pub(super) image: &'a MetadataImage,
    pub(super) listener: &'a str,
}

/// A broker with where clients of the listener reach it.
#[derive(Debug, Clone, Copy)]
pub(super) struct VisibleBroker<'a> {
    pub(super) registration: &'a BrokerRegistration,
    pub(super) endpoint: &'a Listener,
}

impl<'a> ClusterView<'a> {
    /// A broker, if it has the listener.
    pub(super) fn broker(self, id: i32) -> Option<VisibleBroker<'a>> {
        let registration = self.image.cluster().broker(id)?;
        let endpoint = registration.listeners.get(self.listener)?;
        Some(VisibleBroker { registration, endpoint })
    }

    /// All brokers that have the listener, by number.
    pub(super) fn brokers(self) -> impl Iterator<Item = VisibleBroker<'a>> {
        self.image.cluster().brokers.keys().filter_map(move |&id| self.broker(id))
    }

    /// Those of them that are not fenced.
    pub(super) fn alive_brokers(self) -> impl Iterator<Item = VisibleBroker<'a>> {
        self.brokers().filter(|broker| !broker.registration.fenced)
    }

    /// The broker that clients are told to be the controller. The real one is not theirs to reach; any broker passes requests on.
    pub(super) fn controller_id(self, node_id: i32) -> i32 {
        let alive: Vec<i32> = self.alive_brokers().map(|broker| broker.registration.id).collect();
        if alive.contains(&node_id) { node_id } else { alive.first().copied().unwrap_or(-1) }
    }

    /// The leader of a partition, or why clients cannot reach one.
    pub(super) fn leader(self, partition: &PartitionRegistration) -> Result<i32, ErrorCode> {
        match self.broker(partition.leader) {
            Some(_) => Ok(partition.leader),
            None if self.image.cluster().broker(partition.leader).is_some() => {
                Err(ErrorCode::ListenerNotFound)
            }
            None => Err(ErrorCode::LeaderNotAvailable),
        }
    }

    /// The replicas of a partition that cannot be read.
    pub(super) fn offline_replicas(self, partition: &PartitionRegistration) -> Vec<i32> {
        let replicas = partition.replicas.iter().zip(&partition.directories);
        let is_offline = |(&replica, &directory): (&i32, &ottla_wire::Uuid)| match self.broker(replica) {
            None => true,
            Some(broker) => {
                broker.registration.fenced || !broker.registration.has_online_directory(directory)
            }
        };
        replicas.filter(|replica| is_offline((replica.0, replica.1))).map(|(&replica, _)| replica).collect()
    }
}

impl VisibleBroker<'_> {
    pub(super) fn host(&self) -> KafkaString {
        self.endpoint.host.clone()
    }

    pub(super) fn port(&self) -> i32 {
        self.endpoint.port.into()
    }
}
