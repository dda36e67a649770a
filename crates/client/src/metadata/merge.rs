//! Making the next snapshot of a cluster from the last one and what a node says.

use std::collections::HashMap;
use std::sync::Arc;

use ottla_record::LeaderEpoch;
use ottla_wire::api::describe_cluster::DescribeClusterResponse;
use ottla_wire::api::metadata::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::cluster::{Broker, Cluster, PartitionMetadata, TopicMetadata};
use crate::config::Address;

/// A leader that a node named beside an error (KIP-951).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderHint {
    /// Topic of the partition.
    pub topic: KafkaString,
    /// The partition.
    pub partition: i32,
    /// The leader.
    pub leader: i32,
    /// Its epoch.
    pub leader_epoch: LeaderEpoch,
}

/// An address: nodes name ports of 32 bits, of which those that cannot be become 0 and fail to connect.
pub(super) fn address(host: &str, port: i32) -> Address {
    Address::new(host, u16::try_from(port).unwrap_or(0))
}

impl Cluster {
    /// The snapshot that a node's answer makes of this one.
    ///
    /// A partition whose leader epoch would go back stays as it was: the node that answered is behind.
    pub(super) fn merged(&self, response: &MetadataResponse) -> Self {
        let mut next = Self {
            cluster_id: response.cluster_id.as_ref().map(|id| id.as_str().to_owned()),
            controller: Some(response.controller_id).filter(|id| *id >= 0),
            brokers: response.brokers.iter().map(|broker| (broker.node_id, node(broker))).collect(),
            topics: HashMap::with_capacity(response.topics.len()),
            names: HashMap::new(),
            version: self.version + 1,
        };
        for topic in &response.topics {
            let Some(name) = topic.name.as_ref().map(KafkaString::detach) else { continue };
            let merged = merged_topic(self.topic(&name), name.clone(), topic);
            if !merged.id.is_zero() {
                next.names.insert(merged.id, name.clone());
            }
            next.topics.insert(name, Arc::new(merged));
        }
        next
    }

    /// The snapshot that the controllers' description makes of this one.
    pub(super) fn of_controllers(&self, response: &DescribeClusterResponse) -> Self {
        let node = |id, host: &KafkaString, port, rack: Option<&KafkaString>| Broker {
            id,
            address: address(host, port),
            rack: rack.map(|rack| rack.as_str().to_owned()),
        };
        Self {
            cluster_id: Some(response.cluster_id.as_str().to_owned()),
            controller: Some(response.controller_id).filter(|id| *id >= 0),
            brokers: response
                .brokers
                .iter()
                .map(|b| (b.broker_id, node(b.broker_id, &b.host, b.port, b.rack.as_ref())))
                .collect(),
            version: self.version + 1,
            ..Self::default()
        }
    }

    /// The snapshot with leaders that nodes named beside their errors, as far as they are newer than the known
    /// ones; `None` if none is.
    pub(super) fn with_leaders(&self, hints: &[LeaderHint], brokers: &[Broker]) -> Option<Self> {
        let mut next = self.clone();
        let mut changed = false;
        for hint in hints {
            let leader_is_known =
                self.brokers.contains_key(&hint.leader) || brokers.iter().any(|b| b.id == hint.leader);
            let Some(topic) = next.topics.get_mut(&hint.topic).filter(|_| leader_is_known) else { continue };
            let Ok(position) = topic.partitions.binary_search_by_key(&hint.partition, |p| p.index) else {
                continue;
            };
            if hint.leader_epoch <= topic.partitions[position].leader_epoch {
                continue;
            }
            let partition = &mut Arc::make_mut(topic).partitions[position];
            partition.leader = Some(hint.leader);
            partition.leader_epoch = hint.leader_epoch;
            partition.error = ErrorCode::None;
            changed = true;
        }
        if !changed {
            return None;
        }
        next.brokers.extend(brokers.iter().map(|broker| (broker.id, broker.clone())));
        next.version += 1;
        Some(next)
    }
}

fn node(broker: &MetadataResponseBroker) -> Broker {
    Broker {
        id: broker.node_id,
        address: address(&broker.host, broker.port),
        rack: broker.rack.as_ref().map(|rack| rack.as_str().to_owned()),
    }
}

fn merged_topic(
    before: Option<&Arc<TopicMetadata>>,
    name: KafkaString,
    topic: &MetadataResponseTopic,
) -> TopicMetadata {
    let same = before.filter(|before| before.id == topic.topic_id || before.id.is_zero());
    let mut partitions: Vec<_> = topic
        .partitions
        .iter()
        .map(|partition| {
            let known = same.and_then(|topic| topic.partition(partition.partition_index));
            merged_partition(known, partition)
        })
        .collect();
    partitions.sort_by_key(|partition| partition.index);
    partitions.dedup_by_key(|partition| partition.index);
    TopicMetadata {
        name,
        id: topic.topic_id,
        is_internal: topic.is_internal,
        error: ErrorCode::from(topic.error_code),
        partitions,
    }
}

fn merged_partition(
    known: Option<&PartitionMetadata>,
    partition: &MetadataResponsePartition,
) -> PartitionMetadata {
    let leader_epoch = LeaderEpoch(partition.leader_epoch);
    match known {
        Some(known) if leader_epoch.is_some() && leader_epoch < known.leader_epoch => known.clone(),
        _ => PartitionMetadata {
            index: partition.partition_index,
            leader: Some(partition.leader_id).filter(|id| *id >= 0),
            leader_epoch,
            replicas: partition.replica_nodes.clone(),
            in_sync: partition.isr_nodes.clone(),
            offline: partition.offline_replicas.clone(),
            error: ErrorCode::from(partition.error_code),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottla_wire::Uuid;

    fn answer(id: Uuid, leader: i32, epoch: i32) -> MetadataResponse {
        let partition = MetadataResponsePartition {
            partition_index: 0,
            leader_id: leader,
            leader_epoch: epoch,
            ..MetadataResponsePartition::default()
        };
        let topic = MetadataResponseTopic {
            name: Some("t".into()),
            topic_id: id,
            partitions: vec![partition],
            ..MetadataResponseTopic::default()
        };
        let broker = |node_id| MetadataResponseBroker {
            node_id,
            host: "h".into(),
            port: 9092,
            ..MetadataResponseBroker::default()
        };
        MetadataResponse {
            brokers: vec![broker(1), broker(2)],
            topics: vec![topic],
            ..MetadataResponse::default()
        }
    }

    fn leader(cluster: &Cluster) -> (i32, i32) {
        let partition = cluster.partition("t", 0).unwrap();
        (partition.leader.unwrap(), partition.leader_epoch.0)
    }

    #[test]
    fn leader_epochs_only_go_forward() {
        let id = Uuid::from_halves(1, 1);
        let cluster = Cluster::default().merged(&answer(id, 1, 5)).merged(&answer(id, 2, 4));
        assert_eq!(leader(&cluster), (1, 5));
        assert_eq!(leader(&cluster.merged(&answer(id, 2, 6))), (2, 6));
        let recreated = cluster.merged(&answer(Uuid::from_halves(1, 2), 2, 0));
        assert_eq!(leader(&recreated), (2, 0));
        assert!(recreated.topic_by_id(id).is_none());
    }

    #[test]
    fn a_hint_counts_if_it_is_newer_and_its_leader_known() {
        let cluster = Cluster::default().merged(&answer(Uuid::ZERO, 1, 5));
        let hint = |leader, epoch| LeaderHint {
            topic: "t".into(),
            partition: 0,
            leader,
            leader_epoch: LeaderEpoch(epoch),
        };
        assert!(cluster.with_leaders(&[hint(2, 5)], &[]).is_none());
        assert!(cluster.with_leaders(&[hint(3, 6)], &[]).is_none());
        let third = Broker { id: 3, address: Address::new("h", 1), rack: None };
        let next = cluster.with_leaders(&[hint(3, 6)], &[third]).unwrap();
        assert_eq!(leader(&next), (3, 6));
        assert!(next.leader("t", 0).is_some());
    }
}
