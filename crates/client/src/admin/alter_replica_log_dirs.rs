//! AlterReplicaLogDirs (KIP-113).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use ottla_wire::api::ApiKey;
use ottla_wire::api::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic, AlterReplicaLogDirsRequest,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::{Admin, Results, complete, outcome};
use crate::client::Target;
use crate::error::ClientError;
use crate::topic_partition::{TopicPartition, by_topic};

/// A partition on one broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Replica {
    /// The partition.
    pub partition: TopicPartition,
    /// The broker.
    pub broker: i32,
}

impl Admin {
    /// Moves replicas to other log directories of their brokers, each by itself. The result says that the move is under
    /// way, or, where the broker does not have the replica yet, that it will be created there.
    pub async fn alter_replica_log_dirs(
        &self,
        moves: &BTreeMap<Replica, KafkaString>,
    ) -> Results<Replica, ()> {
        let mut brokers: BTreeMap<i32, BTreeMap<KafkaString, Vec<TopicPartition>>> = BTreeMap::new();
        for (replica, path) in moves {
            let partitions = brokers.entry(replica.broker).or_default().entry(path.clone()).or_default();
            partitions.push(replica.partition.clone());
        }
        let asked = brokers.into_iter().map(|(broker, dirs)| self.alter_log_dirs_of(broker, dirs));
        join_all(asked).await.into_iter().flatten().collect()
    }

    async fn alter_log_dirs_of(
        &self,
        broker: i32,
        dirs: BTreeMap<KafkaString, Vec<TopicPartition>>,
    ) -> Results<Replica, ()> {
        let replica = |partition: TopicPartition| Replica { partition, broker };
        let all: Vec<Replica> = dirs.values().flatten().cloned().map(replica).collect();
        let topic = |(name, partitions): (KafkaString, Vec<(i32, ())>)| AlterReplicaLogDirTopic {
            name,
            partitions: partitions.into_iter().map(|(index, ())| index).collect(),
            ..AlterReplicaLogDirTopic::default()
        };
        let dirs = dirs.into_iter().map(|(path, partitions)| {
            let topics = by_topic(partitions.into_iter().map(|partition| (partition, ())));
            let topics = topics.into_iter().map(topic).collect();
            AlterReplicaLogDir { path, topics, ..AlterReplicaLogDir::default() }
        });
        let request = AlterReplicaLogDirsRequest { dirs: dirs.collect(), ..Default::default() };
        let response = match self.call(&Target::Broker(broker), request, |_| ErrorCode::None).await {
            Ok(response) => response,
            Err(error) => return all.into_iter().map(|replica| (replica, Err(error.clone()))).collect(),
        };
        let mut results = Results::new();
        for topic in response.results {
            for result in topic.partitions {
                let partition = TopicPartition::new(topic.topic_name.clone(), result.partition_index);
                results.insert(replica(partition), outcome(result.error_code, None));
            }
        }
        let missing = || ClientError::Incomplete {
            api: ApiKey::AlterReplicaLogDirs,
            missing: "a partition".to_owned(),
        };
        complete(results, all, missing)
    }
}
