//! OffsetCommit, versions 2 to 10: groups store how far they have read.
//!
//! Offsets are only stored for partitions that exist. Topics are named by id from version 10 on.
//!
//! Missing: authorization.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_controller::image::TopicsImage;
use ottla_group::Response;
use ottla_wire::api::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use ottla_wire::{ErrorCode, Uuid};

use super::RequestContext;
use crate::broker::Broker;

/// First version that names topics by id.
const TOPIC_ID_VERSION: i16 = 10;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    mut request: OffsetCommitRequest,
) -> OffsetCommitResponse {
    let mut response = OffsetCommitResponse::default();
    let topics = std::mem::take(&mut request.topics);
    {
        let image = broker.metadata.peek();
        for topic in topics {
            sort_out(image.topics(), context.api_version, topic, &mut request, &mut response);
        }
    }
    if request.topics.is_empty() {
        return response;
    }
    let refused = |error| refuse(&request, error);
    let (context, group) = (context.clone(), request.group_id.clone());
    let stored = {
        let request = request.clone();
        let commit = broker.groups.call(&group, move |groups, now, token| {
            groups.handle_offset_commit(now, context.of_group(), &request, token)
        });
        match commit.await {
            Ok(Response::OffsetCommit(stored)) => stored,
            Ok(_) => refused(ErrorCode::UnknownServerError),
            Err(error) => refused(error),
        }
    };
    merge(&mut response, stored);
    response
}

/// Puts what can be stored into the request and answers for the rest.
fn sort_out(
    topics: &TopicsImage,
    version: i16,
    mut topic: OffsetCommitRequestTopic,
    request: &mut OffsetCommitRequest,
    response: &mut OffsetCommitResponse,
) {
    let known = match version >= TOPIC_ID_VERSION {
        true => topics.topic(topic.topic_id),
        false => topics.topic_by_name(&topic.name),
    };
    let Some(known) = known else {
        let (error, topic_id) = match version >= TOPIC_ID_VERSION {
            true => (ErrorCode::UnknownTopicId, topic.topic_id),
            false => (ErrorCode::UnknownTopicOrPartition, Uuid::ZERO),
        };
        topic.topic_id = topic_id;
        response.topics.push(answer_topic(&topic, &topic.partitions, error));
        return;
    };
    topic.topic_id = known.id;
    topic.name = known.name.clone();
    let has_leader =
        |partition: &OffsetCommitRequestPartition| known.partitions.contains_key(&partition.partition_index);
    let (found, missing): (Vec<_>, Vec<_>) =
        std::mem::take(&mut topic.partitions).into_iter().partition(has_leader);
    if !missing.is_empty() {
        response.topics.push(answer_topic(&topic, &missing, ErrorCode::UnknownTopicOrPartition));
    }
    if !found.is_empty() {
        topic.partitions = found;
        request.topics.push(topic);
    }
}

fn refuse(request: &OffsetCommitRequest, error: ErrorCode) -> OffsetCommitResponse {
    let topics = request.topics.iter().map(|topic| answer_topic(topic, &topic.partitions, error));
    OffsetCommitResponse { topics: topics.collect(), ..OffsetCommitResponse::default() }
}

fn answer_topic(
    topic: &OffsetCommitRequestTopic,
    partitions: &[OffsetCommitRequestPartition],
    error: ErrorCode,
) -> OffsetCommitResponseTopic {
    let partitions = partitions.iter().map(|partition| OffsetCommitResponsePartition {
        partition_index: partition.partition_index,
        error_code: error.number(),
        ..OffsetCommitResponsePartition::default()
    });
    OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: partitions.collect(),
        ..OffsetCommitResponseTopic::default()
    }
}

/// Adds what was stored: to the topic that is there, or as one more.
fn merge(response: &mut OffsetCommitResponse, stored: OffsetCommitResponse) {
    let places: BTreeMap<_, _> =
        response.topics.iter().enumerate().map(|(index, topic)| (topic.name.clone(), index)).collect();
    for topic in stored.topics {
        match places.get(&topic.name) {
            Some(&index) => response.topics[index].partitions.extend(topic.partitions),
            None => response.topics.push(topic),
        }
    }
}
