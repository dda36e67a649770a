//! DescribeTopicPartitions, version 0: partitions of topics with their eligible leader replicas, page by page (KIP-966).
//!
//! Missing: authorization.

use std::collections::BTreeSet;
use std::sync::Arc;

use ottla_controller::image::{PartitionRegistration, TopicImage};
use ottla_controller::topic_name_fault;
use ottla_wire::api::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic, RequestCursor,
    ResponseCursor,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::cluster_view::ClusterView;
use super::{RequestContext, authorized_operations};
use crate::broker::Broker;
use crate::partitions::INTERNAL_TOPICS;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: DescribeTopicPartitionsRequest,
) -> DescribeTopicPartitionsResponse {
    if let Some(cursor) = &request.cursor
        && !is_valid(cursor, &request)
    {
        return refused(&request);
    }
    let limit_max = broker.dynamic_config.peek().keys.general.max_request_partition_size_limit;
    let limit = request.response_partition_limit.min(limit_max).max(1);
    let image = broker.metadata.image();
    let view = ClusterView { image: &image, listener: context.connection.endpoint.listener.as_str() };
    let mut pages = Pages {
        view,
        cursor: request.cursor.as_ref(),
        room: usize::try_from(limit).unwrap_or(1),
        response: DescribeTopicPartitionsResponse::default(),
    };
    let first = request.cursor.as_ref().map_or("", |cursor| &cursor.topic_name);
    if request.topics.is_empty() {
        for topic in image.topics().iter_from(first) {
            if pages.add_topic(topic).is_break() {
                break;
            }
        }
    } else {
        let names: BTreeSet<&KafkaString> = request.topics.iter().map(|topic| &topic.name).collect();
        for name in names.into_iter().filter(|name| name.as_str() >= first) {
            let added = match image.topics().topic_by_name(name) {
                Some(topic) => pages.add_topic(topic),
                None => pages.add_missing(name),
            };
            if added.is_break() {
                break;
            }
        }
    }
    pages.response
}

fn is_valid(cursor: &RequestCursor, request: &DescribeTopicPartitionsRequest) -> bool {
    let is_named = request.topics.iter().any(|topic| topic.name == cursor.topic_name);
    cursor.partition_index >= 0 && (is_named || request.topics.is_empty())
}

/// The answer to a cursor that cannot come from an earlier answer.
fn refused(request: &DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
    let topics = request.topics.iter().map(|topic| DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::InvalidRequest.number(),
        name: Some(topic.name.clone()),
        ..DescribeTopicPartitionsResponseTopic::default()
    });
    DescribeTopicPartitionsResponse { topics: topics.collect(), ..DescribeTopicPartitionsResponse::default() }
}

type Flow = std::ops::ControlFlow<()>;

/// An answer that is being filled up to its limit of partitions.
struct Pages<'a> {
    view: ClusterView<'a>,
    cursor: Option<&'a RequestCursor>,
    room: usize,
    response: DescribeTopicPartitionsResponse,
}

impl Pages<'_> {
    fn add_topic(&mut self, topic: &TopicImage) -> Flow {
        if self.room == 0 {
            return self.end_at(&topic.name, 0);
        }
        let cursor = self.cursor.filter(|cursor| cursor.topic_name == topic.name);
        let first = cursor.map_or(0, |cursor| cursor.partition_index);
        let mut rest = topic.partitions.range(first..);
        let partitions: Vec<_> = rest
            .by_ref()
            .take(self.room)
            .map(|(&index, partition)| self.partition(index, partition))
            .collect();
        self.room -= partitions.len();
        self.response.topics.push(DescribeTopicPartitionsResponseTopic {
            name: Some(topic.name.clone()),
            topic_id: topic.id,
            is_internal: INTERNAL_TOPICS.contains(&topic.name.as_str()),
            partitions,
            topic_authorized_operations: authorized_operations::TOPIC,
            ..DescribeTopicPartitionsResponseTopic::default()
        });
        match rest.next() {
            Some((&next, _)) => self.end_at(&topic.name, next),
            None => Flow::Continue(()),
        }
    }

    fn add_missing(&mut self, name: &KafkaString) -> Flow {
        if self.room == 0 {
            return self.end_at(name, 0);
        }
        let error = match topic_name_fault(name) {
            None => ErrorCode::UnknownTopicOrPartition,
            Some(_) => ErrorCode::InvalidTopicException,
        };
        self.response.topics.push(DescribeTopicPartitionsResponseTopic {
            error_code: error.number(),
            name: Some(name.clone()),
            is_internal: INTERNAL_TOPICS.contains(&name.as_str()),
            topic_authorized_operations: authorized_operations::TOPIC,
            ..DescribeTopicPartitionsResponseTopic::default()
        });
        Flow::Continue(())
    }

    /// Says where to go on.
    fn end_at(&mut self, topic: &KafkaString, partition_index: i32) -> Flow {
        self.response.next_cursor =
            Some(ResponseCursor { topic_name: topic.clone(), partition_index, ..ResponseCursor::default() });
        Flow::Break(())
    }

    fn partition(
        &self,
        index: i32,
        partition: &PartitionRegistration,
    ) -> DescribeTopicPartitionsResponsePartition {
        let (leader_id, error) = match self.view.leader(partition) {
            Ok(leader) => (leader, ErrorCode::None),
            Err(error) => (-1, error),
        };
        DescribeTopicPartitionsResponsePartition {
            error_code: error.number(),
            partition_index: index,
            leader_id,
            leader_epoch: partition.leader_epoch.0,
            replica_nodes: partition.replicas.clone(),
            isr_nodes: partition.isr.clone(),
            eligible_leader_replicas: Some(partition.elr.clone()),
            last_known_elr: Some(partition.last_known_elr.clone()),
            offline_replicas: self.view.offline_replicas(partition),
            ..DescribeTopicPartitionsResponsePartition::default()
        }
    }
}
