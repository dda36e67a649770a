//! DescribeQuorum, versions 0 to 2: leader, voters and how far they are (KIP-642, KIP-853).
//!
//! Missing: authorization, observers.

use std::sync::Arc;

use ottla_wire::api::describe_quorum::{
    DescribeQuorumRequest, DescribeQuorumResponse, Listener, Node, ReplicaState, ResponsePartitionData,
    ResponseTopicData,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::RequestContext;
use crate::broker::Broker;

const TOPIC: &str = "__cluster_metadata";
const PARTITION: i32 = 0;
/// Since this version the answer tells directories, and where the nodes are.
const NODES_VERSION_MIN: i16 = 2;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: DescribeQuorumRequest,
) -> DescribeQuorumResponse {
    if !asks_for_the_quorum(&request) {
        return unknown(&request, context.api_version);
    }
    let with_nodes = context.api_version >= NODES_VERSION_MIN;
    let status = broker.metadata.quorum();
    let node_id = broker.config.node_id;
    let now = broker.now().0;
    let this = ReplicaState {
        replica_id: node_id,
        replica_directory_id: if with_nodes { status.directory_id } else { Uuid::ZERO },
        log_end_offset: status.high_watermark.0,
        last_fetch_timestamp: now,
        last_caught_up_timestamp: now,
        ..ReplicaState::default()
    };
    let partition = ResponsePartitionData {
        partition_index: PARTITION,
        leader_id: node_id,
        leader_epoch: status.epoch.0,
        high_watermark: status.high_watermark.0,
        current_voters: vec![this],
        ..ResponsePartitionData::default()
    };
    let topic = ResponseTopicData {
        topic_name: KafkaString::from_static(TOPIC),
        partitions: vec![partition],
        ..ResponseTopicData::default()
    };
    DescribeQuorumResponse {
        topics: vec![topic],
        nodes: if with_nodes { nodes(broker) } else { Vec::new() },
        ..DescribeQuorumResponse::default()
    }
}

fn asks_for_the_quorum(request: &DescribeQuorumRequest) -> bool {
    match &request.topics[..] {
        [topic] => {
            topic.topic_name == TOPIC
                && matches!(&topic.partitions[..], [one] if one.partition_index == PARTITION)
        }
        _ => false,
    }
}

/// The answer to who asks for another partition than the quorum's.
fn unknown(request: &DescribeQuorumRequest, version: i16) -> DescribeQuorumResponse {
    let error = ErrorCode::UnknownTopicOrPartition;
    let message = (version >= NODES_VERSION_MIN).then(|| KafkaString::from_static(error.message()));
    let topics = request.topics.iter().map(|topic| ResponseTopicData {
        topic_name: topic.topic_name.clone(),
        partitions: topic
            .partitions
            .iter()
            .map(|partition| ResponsePartitionData {
                partition_index: partition.partition_index,
                error_code: error.number(),
                error_message: message.clone(),
                ..ResponsePartitionData::default()
            })
            .collect(),
        ..ResponseTopicData::default()
    });
    DescribeQuorumResponse { topics: topics.collect(), ..DescribeQuorumResponse::default() }
}

fn nodes(broker: &Broker) -> Vec<Node> {
    let image = broker.metadata.peek();
    let node = |(&node_id, controller): (&i32, &Arc<_>)| {
        let controller: &ottla_controller::image::ControllerRegistration = controller;
        let listeners = controller.listeners.iter().map(|(name, endpoint)| Listener {
            name: name.clone(),
            host: endpoint.host.clone(),
            port: endpoint.port,
            ..Listener::default()
        });
        Node { node_id, listeners: listeners.collect(), ..Node::default() }
    };
    image.cluster().controllers.iter().map(node).collect()
}
