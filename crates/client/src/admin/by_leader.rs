//! Operations on partitions, each of which only the partition's leader can do.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use ottla_wire::api::Request;
use ottla_wire::api::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use ottla_wire::{ErrorCode, KafkaString, Versions};
use tokio::time::{Instant, sleep_until};

use super::{Admin, Results};
use crate::client::{CallOptions, Target};
use crate::error::{ApiError, ClientError};
use crate::net::Backoff;
use crate::topic_partition::TopicPartition;

/// An operation on partitions: how to ask a leader, and what its answer says of each partition.
pub(super) trait LeaderOperation {
    type Request: Request;
    /// What the operation says of each partition.
    type Input: Clone;
    type Output;

    /// The request for the partitions of one leader.
    fn request(&self, partitions: &[(TopicPartition, Self::Input)]) -> Self::Request;

    /// The outcome of each partition that the answer tells of.
    fn results(
        &self,
        response: <Self::Request as Request>::Response,
    ) -> Vec<(TopicPartition, Result<Self::Output, ApiError>)>;

    /// The versions that can say these inputs.
    fn versions(&self, _partitions: &[(TopicPartition, Self::Input)]) -> Versions {
        Versions::ALL
    }
}

impl Admin {
    /// Asks each partition's leader, and again as long as errors say that it may succeed later or elsewhere.
    pub(super) async fn by_leader<O: LeaderOperation>(
        &self,
        operation: &O,
        partitions: BTreeMap<TopicPartition, O::Input>,
    ) -> Results<TopicPartition, O::Output> {
        let deadline = self.deadline();
        let config = self.client.config();
        let backoff = Backoff::new(config.retry_backoff, config.retry_backoff_max);
        let mut pending = partitions;
        let mut results = Results::new();
        let mut last: BTreeMap<TopicPartition, ClientError> = BTreeMap::new();
        for round in 1.. {
            let leaders = match self.leaders(&pending, deadline).await {
                Ok(leaders) => leaders,
                Err(error) => {
                    let failed = pending.keys().map(|partition| (partition.clone(), Err(error.clone())));
                    results.extend(failed.collect::<Vec<_>>());
                    return results;
                }
            };
            for (partition, result) in self.round(operation, &pending, leaders, deadline).await {
                match result {
                    Err(error) if error.is_retriable() => {
                        last.insert(partition, error);
                    }
                    result => {
                        pending.remove(&partition);
                        results.insert(partition, result);
                    }
                }
            }
            let due = Instant::now() + backoff.after(round);
            if pending.is_empty() || due >= deadline || round > config.retries {
                break;
            }
            sleep_until(due).await;
        }
        for (partition, _) in pending {
            let error = last.remove(&partition).unwrap_or_else(|| ErrorCode::RequestTimedOut.into());
            results.insert(partition, Err(error));
        }
        results
    }

    async fn round<O: LeaderOperation>(
        &self,
        operation: &O,
        pending: &BTreeMap<TopicPartition, O::Input>,
        leaders: BTreeMap<TopicPartition, Result<i32, ApiError>>,
        deadline: Instant,
    ) -> Vec<(TopicPartition, Result<O::Output, ClientError>)> {
        let mut results = Vec::new();
        let mut nodes: BTreeMap<i32, Vec<(TopicPartition, O::Input)>> = BTreeMap::new();
        for (partition, leader) in leaders {
            match (leader, pending.get(&partition)) {
                (Ok(leader), Some(input)) => {
                    nodes.entry(leader).or_default().push((partition, input.clone()));
                }
                (Ok(_), None) => {}
                (Err(error), _) => results.push((partition, Err(error.into()))),
            }
        }
        let asked =
            nodes.iter().map(|(node, partitions)| self.ask_leader(operation, *node, partitions, deadline));
        results.extend(join_all(asked).await.into_iter().flatten());
        results
    }

    async fn ask_leader<O: LeaderOperation>(
        &self,
        operation: &O,
        node: i32,
        partitions: &[(TopicPartition, O::Input)],
        deadline: Instant,
    ) -> Vec<(TopicPartition, Result<O::Output, ClientError>)> {
        let options = CallOptions {
            versions: operation.versions(partitions),
            deadline: Some(deadline),
            ..CallOptions::default()
        };
        let request = |_| operation.request(partitions);
        let response = self.client.call(&Target::Broker(node), options, request, |_| ErrorCode::None).await;
        match response {
            Ok(response) => {
                let results = operation.results(response).into_iter();
                results.map(|(partition, result)| (partition, result.map_err(ClientError::from))).collect()
            }
            Err(error) => {
                partitions.iter().map(|(partition, _)| (partition.clone(), Err(error.clone()))).collect()
            }
        }
    }

    /// The leader of each partition, asked anew.
    async fn leaders<V>(
        &self,
        partitions: &BTreeMap<TopicPartition, V>,
        deadline: Instant,
    ) -> Result<BTreeMap<TopicPartition, Result<i32, ApiError>>, ClientError> {
        let mut names: Vec<KafkaString> =
            partitions.keys().map(|partition| partition.topic.clone()).collect();
        names.dedup();
        let topic = |name| MetadataRequestTopic { name: Some(name), ..MetadataRequestTopic::default() };
        let request = MetadataRequest {
            topics: Some(names.into_iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            ..MetadataRequest::default()
        };
        let options = CallOptions {
            versions: Versions::new(4, i16::MAX),
            deadline: Some(deadline),
            ..CallOptions::default()
        };
        let response =
            self.client.call(&Target::Any, options, |_| request.clone(), |_| ErrorCode::None).await?;
        let leader = |partition: &TopicPartition| (partition.clone(), leader(&response, partition));
        Ok(partitions.keys().map(leader).collect())
    }
}

fn leader(response: &MetadataResponse, partition: &TopicPartition) -> Result<i32, ApiError> {
    let unknown = ApiError::new(ErrorCode::UnknownTopicOrPartition);
    let is_topic = |name: Option<&KafkaString>| name == Some(&partition.topic);
    let topic = response.topics.iter().find(|topic| is_topic(topic.name.as_ref()));
    let topic = topic.ok_or_else(|| unknown.clone())?;
    ApiError::check(topic.error_code, None)?;
    let found = topic.partitions.iter().find(|found| found.partition_index == partition.partition);
    let found = found.ok_or(unknown)?;
    if found.leader_id < 0 {
        ApiError::check(found.error_code, None)?;
        return Err(ErrorCode::LeaderNotAvailable.into());
    }
    Ok(found.leader_id)
}
