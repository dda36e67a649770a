//! OffsetDelete, version 0: deletes offsets of topics that a group does not read any more.
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_controller::image::TopicsImage;
use ottla_group::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic, OffsetDeleteResponse,
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    mut request: OffsetDeleteRequest,
) -> OffsetDeleteResponse {
    let mut unknown = Vec::new();
    {
        let image = broker.metadata.peek();
        let topics = std::mem::take(&mut request.topics);
        request.topics =
            topics.into_iter().filter_map(|topic| existing(image.topics(), topic, &mut unknown)).collect();
    }
    let group = request.group_id.clone();
    let deleting =
        broker.groups.call(&group, move |groups, _, token| groups.handle_offset_delete(&request, token));
    let mut response = match deleting.await {
        Ok(Response::OffsetDelete(response)) => response,
        Ok(_) => return failed(ErrorCode::UnknownServerError),
        Err(_) if group.is_empty() => return failed(ErrorCode::InvalidGroupId),
        Err(error) => return failed(error),
    };
    if response.error_code == 0 {
        merge(&mut unknown, response.topics);
        response.topics = unknown;
    }
    response
}

/// What there is of a topic, if anything; the rest is answered.
fn existing(
    topics: &TopicsImage,
    mut topic: OffsetDeleteRequestTopic,
    unknown: &mut Vec<OffsetDeleteResponseTopic>,
) -> Option<OffsetDeleteRequestTopic> {
    let known = topics.topic_by_name(&topic.name);
    let exists = |partition: &OffsetDeleteRequestPartition| {
        known.is_some_and(|known| known.partitions.contains_key(&partition.partition_index))
    };
    let (found, missing): (Vec<_>, Vec<_>) =
        std::mem::take(&mut topic.partitions).into_iter().partition(exists);
    if !missing.is_empty() {
        let partitions = missing.iter().map(|partition| OffsetDeleteResponsePartition {
            partition_index: partition.partition_index,
            error_code: ErrorCode::UnknownTopicOrPartition.number(),
        });
        let partitions = partitions.collect();
        unknown.push(OffsetDeleteResponseTopic { name: topic.name.clone(), partitions });
    }
    topic.partitions = found;
    (!topic.partitions.is_empty()).then_some(topic)
}

fn merge(answered: &mut Vec<OffsetDeleteResponseTopic>, deleted: Vec<OffsetDeleteResponseTopic>) {
    for topic in deleted {
        match answered.iter_mut().find(|answered| answered.name == topic.name) {
            Some(known) => known.partitions.extend(topic.partitions),
            None => answered.push(topic),
        }
    }
}

fn failed(error: ErrorCode) -> OffsetDeleteResponse {
    OffsetDeleteResponse { error_code: error.number(), ..OffsetDeleteResponse::default() }
}
