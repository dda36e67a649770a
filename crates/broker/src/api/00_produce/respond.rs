//! The answer to a produce request.

use std::sync::Arc;

use ottla_config::ListenerName;
use ottla_controller::image::MetadataImage;
use ottla_wire::ErrorCode;
use ottla_wire::api::produce::{LeaderIdAndEpoch, NodeEndpoint, ProduceResponse, TopicProduceResponse};

use super::ACKS_NONE;
use super::append::Appended;
use crate::api::leaders::{CurrentLeader, LeaderEndpoint, Leaders, Named};
use crate::api::{Reply, RequestContext};
use crate::broker::Broker;

/// Who leads a partition is told from this version on (KIP-951).
const HINTS_VERSION_MIN: i16 = 10;

const NOT_LEADER: i16 = ErrorCode::NotLeaderOrFollower.number();

/// What goes back: a message, or, where the client wants none, nothing; it learns of a failure by losing its connection.
pub(super) fn reply(
    broker: &Arc<Broker>,
    context: &RequestContext,
    acks: i16,
    appended: Vec<Appended>,
) -> Reply {
    if acks == ACKS_NONE {
        return silent_reply(&appended);
    }
    let is_elsewhere = |appended: &Appended| appended.response.error_code == NOT_LEADER;
    let has_hints = context.api_version >= HINTS_VERSION_MIN && appended.iter().any(is_elsewhere);
    let mut response = message(appended);
    if has_hints {
        tell_leaders(&mut response, &broker.metadata.image(), &context.connection.endpoint.listener);
    }
    Reply::message(response)
}

/// Tells who leads the partitions that this node does not.
fn tell_leaders(response: &mut ProduceResponse, image: &MetadataImage, listener: &ListenerName) {
    let mut leaders = Leaders::new(image, listener.as_str());
    for topic in &mut response.responses {
        let name = match topic.topic_id.is_zero() {
            true => Named::Name(&topic.name),
            false => Named::Id(topic.topic_id),
        };
        for partition in topic.partition_responses.iter_mut().filter(|one| one.error_code == NOT_LEADER) {
            let CurrentLeader { id: leader_id, epoch: leader_epoch } = leaders.of(name, partition.index);
            partition.current_leader =
                LeaderIdAndEpoch { leader_id, leader_epoch, ..LeaderIdAndEpoch::default() };
        }
    }
    let endpoint = |LeaderEndpoint { id: node_id, host, port, rack }| NodeEndpoint {
        node_id,
        host,
        port,
        rack,
        ..NodeEndpoint::default()
    };
    response.node_endpoints = leaders.endpoints.into_iter().map(endpoint).collect();
}

fn silent_reply(appended: &[Appended]) -> Reply {
    let failed = appended.iter().find(|appended| appended.response.error_code != ErrorCode::None.number());
    match failed {
        None => Reply::Nothing,
        Some(failed) => {
            let error = ErrorCode::from_number(failed.response.error_code).map_or("?", ErrorCode::name);
            let index = failed.response.index;
            Reply::Close(format!(
                "produce with acks=0 to partition {index} of {:?} failed with {error}",
                failed.topic
            ))
        }
    }
}

/// The outcomes by topic, in the order of the request.
pub(super) fn message(appended: Vec<Appended>) -> ProduceResponse {
    let mut responses: Vec<TopicProduceResponse> = Vec::new();
    for Appended { topic, topic_id, response, .. } in appended {
        match responses.last_mut().filter(|last| last.name == topic && last.topic_id == topic_id) {
            Some(last) => last.partition_responses.push(response),
            None => responses.push(TopicProduceResponse {
                name: topic,
                topic_id,
                partition_responses: vec![response],
                ..TopicProduceResponse::default()
            }),
        }
    }
    ProduceResponse { responses, ..ProduceResponse::default() }
}
