//! DescribeLogDirs (KIP-113).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use ottla_wire::ErrorCode;
use ottla_wire::KafkaString;
use ottla_wire::api::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
};

use super::{Admin, Results, outcome};
use crate::client::Target;
use crate::error::ClientError;
use crate::topic_partition::TopicPartition;

/// A log directory of a broker.
#[derive(Debug, Clone)]
pub struct LogDir {
    /// What is wrong with it: `KAFKA_STORAGE_ERROR` if it is offline.
    pub error: ErrorCode,
    /// The replicas in it.
    pub replicas: BTreeMap<TopicPartition, ReplicaSize>,
    /// Bytes of the volume; `None` if not told.
    pub total_bytes: Option<i64>,
    /// Bytes of the volume that are free; `None` if not told.
    pub usable_bytes: Option<i64>,
    /// Whether it takes no new partitions.
    pub is_cordoned: bool,
}

/// A replica in a log directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaSize {
    /// Bytes of its segments.
    pub size: i64,
    /// Records by which it is behind the high watermark, or, if a future one, behind the present one.
    pub offset_lag: i64,
    /// Whether it is being moved here from another directory.
    pub is_future: bool,
}

impl Admin {
    /// The log directories of brokers, by path, each broker by itself.
    pub async fn describe_log_dirs(&self, brokers: &[i32]) -> Results<i32, BTreeMap<KafkaString, LogDir>> {
        let asked = brokers.iter().map(|broker| async move { (*broker, self.log_dirs_of(*broker).await) });
        join_all(asked).await.into_iter().collect()
    }

    async fn log_dirs_of(&self, broker: i32) -> Result<BTreeMap<KafkaString, LogDir>, ClientError> {
        let request = DescribeLogDirsRequest { topics: None, ..DescribeLogDirsRequest::default() };
        let response = self.call(&Target::Broker(broker), request, |_| ErrorCode::None).await?;
        if response.results.is_empty() {
            // Before version 3 there was no error of the whole, and an empty list meant this one.
            outcome(response.error_code, None)?;
            return Err(ErrorCode::ClusterAuthorizationFailed.into());
        }
        Ok(log_dirs(response))
    }
}

fn log_dirs(response: DescribeLogDirsResponse) -> BTreeMap<KafkaString, LogDir> {
    response.results.into_iter().map(|dir| (dir.log_dir.clone(), log_dir(dir))).collect()
}

fn log_dir(dir: DescribeLogDirsResult) -> LogDir {
    let mut replicas = BTreeMap::new();
    for topic in dir.topics {
        for partition in topic.partitions {
            let DescribeLogDirsPartition { partition_size, offset_lag, is_future_key, .. } = partition;
            let size = ReplicaSize { size: partition_size, offset_lag, is_future: is_future_key };
            replicas.insert(TopicPartition::new(topic.name.clone(), partition.partition_index), size);
        }
    }
    LogDir {
        error: ErrorCode::from(dir.error_code),
        replicas,
        total_bytes: Some(dir.total_bytes).filter(|bytes| *bytes >= 0),
        usable_bytes: Some(dir.usable_bytes).filter(|bytes| *bytes >= 0),
        is_cordoned: dir.is_cordoned,
    }
}
