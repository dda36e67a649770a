//! DescribeProducers, version 0: what partitions know of the producers that wrote to them (KIP-664).
//!
//! Missing: authorization, quotas.

use std::sync::Arc;

use ottla_controller::topic_name_fault;
use ottla_log::producer_state::ProducerStateEntry;
use ottla_record::Offset;
use ottla_wire::ErrorCode;
use ottla_wire::api::describe_producers::{
    DescribeProducersRequest, DescribeProducersResponse, PartitionResponse, ProducerState, TopicResponse,
};

use super::RequestContext;
use crate::broker::Broker;
use crate::partitions::Partitions;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: DescribeProducersRequest,
) -> DescribeProducersResponse {
    let topics = request.topics.iter().map(|topic| TopicResponse {
        name: topic.name.clone(),
        partitions: topic
            .partition_indexes
            .iter()
            .map(|&index| describe(&broker.partitions, &topic.name, index))
            .collect(),
        ..TopicResponse::default()
    });
    DescribeProducersResponse { topics: topics.collect(), ..DescribeProducersResponse::default() }
}

fn describe(partitions: &Partitions, topic: &str, index: i32) -> PartitionResponse {
    let response = PartitionResponse { partition_index: index, ..PartitionResponse::default() };
    if let Some(fault) = topic_name_fault(topic) {
        return PartitionResponse {
            error_code: ErrorCode::InvalidTopicException.number(),
            error_message: Some(fault.into()),
            ..response
        };
    }
    let producers = partitions.partition(topic, index).and_then(|partition| partition.producers());
    match producers {
        Ok(producers) => {
            PartitionResponse { active_producers: producers.iter().map(state).collect(), ..response }
        }
        Err(error) => {
            // Of a topic that is there, the code says all.
            let is_known = partitions.topics().by_name(topic).is_some();
            let error_message = (!is_known).then(|| error.to_string().into());
            PartitionResponse { error_code: error.code().number(), error_message, ..response }
        }
    }
}

fn state(producer: &ProducerStateEntry) -> ProducerState {
    let transaction_start = producer.current_transaction_first_offset().unwrap_or(Offset::NONE);
    ProducerState {
        producer_id: producer.producer_id().0,
        producer_epoch: producer.producer_epoch().into(),
        last_sequence: producer.last_sequence(),
        last_timestamp: producer.last_timestamp().0,
        coordinator_epoch: producer.coordinator_epoch(),
        current_txn_start_offset: transaction_start.0,
        ..ProducerState::default()
    }
}

#[cfg(test)]
mod tests {
    use ottla_wire::KafkaString;
    use ottla_wire::api::describe_producers::TopicRequest;
    use ottla_wire::api::{ApiKey, ResponseBody};

    use super::*;
    use crate::testing::{NOW, Rig, TOPIC, idempotent_batch};

    #[tokio::test]
    async fn producers_are_described() {
        let rig = Rig::new();
        rig.create_topic(1);
        rig.append_batch(0, &idempotent_batch(3, 2, 0));
        let request = DescribeProducersRequest {
            topics: vec![TopicRequest {
                name: KafkaString::from_static(TOPIC),
                partition_indexes: vec![0, 8],
                ..TopicRequest::default()
            }],
            ..DescribeProducersRequest::default()
        };
        let body = rig.ask(ApiKey::DescribeProducers, 0, &request).await;
        let ResponseBody::DescribeProducers(response) = body else { panic!() };
        let [known, unknown] = &response.topics[0].partitions[..] else { panic!() };
        let expected = ProducerState {
            producer_id: 9,
            producer_epoch: 2,
            last_sequence: 2,
            last_timestamp: NOW.0,
            coordinator_epoch: -1,
            current_txn_start_offset: -1,
            ..ProducerState::default()
        };
        assert_eq!(known.active_producers, [expected]);
        assert_eq!(unknown.error_code, ErrorCode::UnknownTopicOrPartition.number());
        assert_eq!((&unknown.error_message, &known.error_message), (&None, &None));
        assert!(describe(&rig.broker.partitions, "absent", 0).error_message.is_some());
        let no_name = describe(&rig.broker.partitions, "", 0);
        assert_eq!(no_name.error_code, ErrorCode::InvalidTopicException.number());
        assert!(no_name.error_message.is_some());
    }
}
