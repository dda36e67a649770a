//! DescribeProducers (KIP-664).

use std::collections::BTreeMap;

use ottla_record::{Offset, ProducerId, Timestamp};
use ottla_wire::api::describe_producers::{
    DescribeProducersRequest, DescribeProducersResponse, ProducerState, TopicRequest,
};

use super::by_leader::LeaderOperation;
use super::{Admin, Results};
use crate::client::{CallOptions, Target};
use crate::error::{ApiError, ClientError};
use crate::topic_partition::{TopicPartition, by_topic};

/// A producer that a partition remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveProducer {
    /// Its id.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: i32,
    /// Sequence of its last record; -1 if none.
    pub last_sequence: i32,
    /// Time of its last record; -1 if none.
    pub last_timestamp: Timestamp,
    /// Epoch of the coordinator that ended its last transaction.
    pub coordinator_epoch: Option<i32>,
    /// First offset of its open transaction.
    pub current_transaction_start: Option<Offset>,
}

impl Admin {
    /// The producers that partitions remember, asked of their leaders.
    pub async fn describe_producers(
        &self,
        partitions: &[TopicPartition],
    ) -> Results<TopicPartition, Vec<ActiveProducer>> {
        let partitions: BTreeMap<_, _> = partitions.iter().map(|p| (p.clone(), ())).collect();
        self.by_leader(&Producers, partitions).await
    }

    /// The producers that partitions remember on one replica, leader or not.
    pub async fn describe_producers_at(
        &self,
        broker: i32,
        partitions: &[TopicPartition],
    ) -> Results<TopicPartition, Vec<ActiveProducer>> {
        let asked: Vec<_> = partitions.iter().map(|partition| (partition.clone(), ())).collect();
        let call = CallOptions { deadline: Some(self.deadline()), ..CallOptions::default() };
        let request = Producers.request(&asked);
        let check = |_: &DescribeProducersResponse| ottla_wire::ErrorCode::None;
        match self.client.call(&Target::Broker(broker), call, |_| request.clone(), check).await {
            Ok(response) => Producers
                .results(response)
                .into_iter()
                .map(|(partition, result)| (partition, result.map_err(ClientError::from)))
                .collect(),
            Err(error) => partitions.iter().map(|p| (p.clone(), Err(error.clone()))).collect(),
        }
    }
}

struct Producers;

impl LeaderOperation for Producers {
    type Request = DescribeProducersRequest;
    type Input = ();
    type Output = Vec<ActiveProducer>;

    fn request(&self, partitions: &[(TopicPartition, ())]) -> DescribeProducersRequest {
        let topics = by_topic(partitions.iter().cloned()).into_iter().map(|(name, partitions)| {
            let partition_indexes = partitions.into_iter().map(|(index, ())| index).collect();
            TopicRequest { name, partition_indexes, ..TopicRequest::default() }
        });
        DescribeProducersRequest { topics: topics.collect(), ..DescribeProducersRequest::default() }
    }

    fn results(
        &self,
        response: DescribeProducersResponse,
    ) -> Vec<(TopicPartition, Result<Vec<ActiveProducer>, ApiError>)> {
        let mut results = Vec::new();
        for topic in response.topics {
            for found in topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), found.partition_index);
                let result = ApiError::check(found.error_code, found.error_message.as_ref())
                    .map(|()| found.active_producers.iter().map(producer).collect());
                results.push((partition, result));
            }
        }
        results
    }
}

fn producer(state: &ProducerState) -> ActiveProducer {
    ActiveProducer {
        producer_id: ProducerId(state.producer_id),
        producer_epoch: state.producer_epoch,
        last_sequence: state.last_sequence,
        last_timestamp: Timestamp(state.last_timestamp),
        coordinator_epoch: Some(state.coordinator_epoch).filter(|epoch| *epoch >= 0),
        current_transaction_start: Some(Offset(state.current_txn_start_offset)).filter(|o| o.is_some()),
    }
}
