//! Produce requests and their answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::api::ApiKey;
use ottla_wire::api::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid, Versions};
use tokio::time::Instant;

use super::config::Acks;
use super::partition::Verdict;
use super::shared::Shared;
use super::topic::Partition;
use crate::config::Address;
use crate::error::{ApiError, ClientError};
use crate::metadata::{Broker, LeaderHint};
use crate::net::Connection;

/// A batch in a request.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) partition: Arc<Partition>,
    pub(super) number: u64,
    pub(super) records: i32,
    pub(super) bytes: Bytes,
}

/// What a broker answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` for a request that is not answered.
    response: Option<ProduceResponse>,
    /// Names of the topics that the request named by id.
    names: HashMap<Uuid, KafkaString>,
    pub(super) latency: Duration,
    pub(super) throttle_ms: usize,
}

/// The first version that names topics by id (KIP-516).
const FIRST_WITH_IDS: i16 = 13;

/// The last version that means transaction version 1 (KIP-890).
const LAST_OF_V1: i16 = 11;

/// Sends batches in one request; the future within waits for the answer.
pub(super) async fn send(
    shared: &Arc<Shared>,
    connection: &Connection,
    sent: &mut [Sent],
) -> Result<BoxFuture<'static, Result<Answer, ClientError>>, ClientError> {
    let mut topics: HashMap<&str, TopicProduceData> = HashMap::new();
    for batch in sent.iter() {
        let partition = PartitionProduceData {
            index: batch.partition.index,
            records: Some(batch.bytes.clone()),
            ..PartitionProduceData::default()
        };
        let topic = topics.entry(batch.partition.topic.as_str()).or_insert_with(|| TopicProduceData {
            name: batch.partition.topic.clone(),
            topic_id: topic_id(shared, &batch.partition.topic),
            ..TopicProduceData::default()
        });
        topic.partition_data.push(partition);
    }
    let names: HashMap<Uuid, KafkaString> =
        topics.values().map(|topic| (topic.topic_id, topic.name.clone())).collect();
    let request = ProduceRequest {
        transactional_id: shared.transactions.as_ref().map(|own| own.transactional_id().clone()),
        acks: shared.config.acks as i16,
        timeout_ms: i32::try_from(shared.config.client.request_timeout.as_millis()).unwrap_or(i32::MAX),
        topic_data: topics.into_values().collect(),
        ..ProduceRequest::default()
    };
    let last = if names.contains_key(&Uuid::ZERO) { FIRST_WITH_IDS - 1 } else { i16::MAX };
    let is_v1 = shared.transactions.as_ref().is_some_and(|own| !own.is_v2());
    let last = if is_v1 { last.min(LAST_OF_V1) } else { last };
    let version = connection.versions().choose(ApiKey::Produce, Versions::new(3, last))?;
    let started = Instant::now();
    if shared.config.acks == Acks::None {
        connection.send_unanswered(&request, version).await?;
        let answer = Answer { response: None, names, latency: started.elapsed(), throttle_ms: 0 };
        return Ok(Box::pin(std::future::ready(Ok(answer))));
    }
    let pending = connection.send(&request, version, shared.config.client.request_timeout).await?;
    // The bytes are in the frame now, and stay with the partition for a retry.
    sent.iter_mut().for_each(|batch| batch.bytes = Bytes::new());
    Ok(Box::pin(async move {
        let response = pending.answer().await?;
        let throttle_ms = usize::try_from(response.throttle_time_ms).unwrap_or(0);
        Ok(Answer { response: Some(response), names, latency: started.elapsed(), throttle_ms })
    }))
}

fn topic_id(shared: &Shared, name: &str) -> Uuid {
    shared.topics.read().get(name).map_or(Uuid::ZERO, |topic| topic.view.load().metadata.id)
}

/// What counts for a batch of which the answer says nothing.
pub(super) fn no_verdict() -> ClientError {
    ErrorCode::NetworkException.into()
}

impl Answer {
    /// What the answer says of each partition.
    pub(super) fn verdicts<'a>(&'a self, sent: &'a [Sent]) -> HashMap<(&'a str, i32), Verdict> {
        let Some(response) = &self.response else {
            let unknown = || Verdict::Acknowledged { base_offset: Offset::NONE, log_append_time: None };
            let verdict = |sent: &'a Sent| ((sent.partition.topic.as_str(), sent.partition.index), unknown());
            return sent.iter().map(verdict).collect();
        };
        let mut verdicts = HashMap::new();
        for topic in &response.responses {
            let name = self.name(&topic.name, topic.topic_id);
            for partition in &topic.partition_responses {
                verdicts.insert((name, partition.index), verdict(partition));
            }
        }
        verdicts
    }

    fn name<'a>(&'a self, name: &'a KafkaString, id: Uuid) -> &'a str {
        if name.is_empty() { self.names.get(&id).map_or("", KafkaString::as_str) } else { name }
    }

    /// Partitions of which the broker says that the client's view is old.
    fn stale(&self) -> impl Iterator<Item = (&str, &PartitionProduceResponse)> {
        let topics = self.response.iter().flat_map(|response| &response.responses);
        topics
            .flat_map(|topic| {
                let name = self.name(&topic.name, topic.topic_id);
                topic.partition_responses.iter().map(move |partition| (name, partition))
            })
            .filter(|(_, partition)| {
                ErrorCode::from(partition.error_code).kind() == ottla_wire::ErrorKind::StaleMetadata
            })
    }
}

fn verdict(partition: &PartitionProduceResponse) -> Verdict {
    match ApiError::check(partition.error_code, partition.error_message.as_ref()) {
        Ok(()) => Verdict::Acknowledged {
            base_offset: Offset(partition.base_offset),
            log_append_time: Some(Timestamp(partition.log_append_time_ms)).filter(|time| time.is_some()),
        },
        Err(error) => Verdict::Refused {
            error,
            records: partition
                .record_errors
                .iter()
                .map(|record| (record.batch_index, record.batch_index_error_message.clone()))
                .collect(),
        },
    }
}

/// Takes from an answer what it says of leaders: asks for metadata where the client's view is old, and uses what
/// the broker knows better (KIP-951). Whether a leader is another one now.
pub(super) fn heed(shared: &Shared, answer: &Answer) -> bool {
    let mut hints = Vec::new();
    let mut is_stale = false;
    for (topic, partition) in answer.stale() {
        is_stale = true;
        let leader = &partition.current_leader;
        if leader.leader_id >= 0 && leader.leader_epoch >= 0 {
            hints.push(LeaderHint {
                topic: topic.into(),
                partition: partition.index,
                leader: leader.leader_id,
                leader_epoch: LeaderEpoch(leader.leader_epoch),
            });
        }
    }
    if !is_stale {
        return false;
    }
    let metadata = shared.client.metadata();
    metadata.request_update();
    let endpoints = answer.response.iter().flat_map(|response| &response.node_endpoints);
    let brokers: Vec<Broker> = endpoints
        .map(|node| Broker {
            id: node.node_id,
            address: Address::new(node.host.as_str(), u16::try_from(node.port).unwrap_or(0)),
            rack: node.rack.as_ref().map(|rack| rack.as_str().to_owned()),
        })
        .collect();
    let moved = metadata.update_leaders(&hints, &brokers);
    if moved {
        shared.update(&metadata.cluster());
    }
    moved
}
