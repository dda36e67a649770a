//! OffsetFetch, versions 1 to 10: how far groups have read.
//!
//! One group up to version 7, several from then on; topics are named by id from version 10 on.
//!
//! Missing: authorization.

use std::sync::Arc;

use futures_util::future::join_all;
use ottla_group::Response;
use ottla_wire::api::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;

/// First version that tells an error of a group as a whole.
const GROUP_ERROR_VERSION: i16 = 2;
/// First version that asks for several groups.
const BATCH_VERSION: i16 = 8;
/// First version that names topics by id.
const TOPIC_ID_VERSION: i16 = 10;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: OffsetFetchRequest,
) -> OffsetFetchResponse {
    let version = context.api_version;
    let require_stable = request.require_stable;
    if version >= BATCH_VERSION {
        let fetches = request.groups.into_iter().map(|group| fetch(broker, version, group, require_stable));
        return OffsetFetchResponse { groups: join_all(fetches).await, ..OffsetFetchResponse::default() };
    }
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter().map(|topic| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..OffsetFetchRequestTopics::default()
        });
        topics.collect()
    });
    let group =
        OffsetFetchRequestGroup { group_id: request.group_id, topics, ..OffsetFetchRequestGroup::default() };
    single(fetch(broker, version, group, require_stable).await)
}

/// The response of versions that know one group only.
fn single(group: OffsetFetchResponseGroup) -> OffsetFetchResponse {
    let topics = group.topics.into_iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic
            .partitions
            .into_iter()
            .map(|partition| OffsetFetchResponsePartition {
                partition_index: partition.partition_index,
                committed_offset: partition.committed_offset,
                committed_leader_epoch: partition.committed_leader_epoch,
                metadata: partition.metadata,
                error_code: partition.error_code,
                ..OffsetFetchResponsePartition::default()
            })
            .collect(),
        ..OffsetFetchResponseTopic::default()
    });
    OffsetFetchResponse {
        topics: topics.collect(),
        error_code: group.error_code,
        ..OffsetFetchResponse::default()
    }
}

async fn fetch(
    broker: &Arc<Broker>,
    version: i16,
    mut request: OffsetFetchRequestGroup,
    require_stable: bool,
) -> OffsetFetchResponseGroup {
    let fetches_all = request.topics.is_none();
    let unknown = match version >= TOPIC_ID_VERSION {
        true => name_topics(broker, &mut request),
        false => Vec::new(),
    };
    let group_id = request.group_id.clone();
    // Only version 1 answers an error partition by partition, and must remember which they were.
    let asked = (version < GROUP_ERROR_VERSION).then(|| request.topics.clone().unwrap_or_default());
    let fetching = broker
        .groups
        .call(&group_id, move |groups, _, token| groups.handle_offset_fetch(&request, require_stable, token));
    let mut group = match fetching.await {
        Ok(Response::OffsetFetch(group)) => group,
        Ok(_) => failed(group_id, ErrorCode::UnknownServerError),
        Err(error) => failed(group_id, error),
    };
    if group.error_code != 0 {
        if let Some(asked) = asked {
            group.topics = answer_all(&asked, group.error_code.into());
        }
        return group;
    }
    if fetches_all && version >= TOPIC_ID_VERSION {
        identify_topics(broker, &mut group);
    }
    group.topics.extend(unknown);
    group
}

fn failed(group_id: KafkaString, error: ErrorCode) -> OffsetFetchResponseGroup {
    OffsetFetchResponseGroup { group_id, error_code: error.number(), ..OffsetFetchResponseGroup::default() }
}

/// Finds the names of the topics that are asked for by id; answers for those that nobody knows.
fn name_topics(broker: &Broker, request: &mut OffsetFetchRequestGroup) -> Vec<OffsetFetchResponseTopics> {
    let Some(topics) = &mut request.topics else { return Vec::new() };
    let image = broker.metadata.peek();
    let (known, unknown): (Vec<_>, Vec<_>) = std::mem::take(topics)
        .into_iter()
        .map(|mut topic| {
            topic.name =
                image.topics().topic(topic.topic_id).map(|known| known.name.clone()).unwrap_or_default();
            topic
        })
        .partition(|topic| !topic.name.is_empty());
    *topics = known;
    answer_all(&unknown, ErrorCode::UnknownTopicId)
}

/// Finds the ids of the topics that a group has committed for; those that are gone cannot be told.
fn identify_topics(broker: &Broker, group: &mut OffsetFetchResponseGroup) {
    let image = broker.metadata.peek();
    group.topics.retain_mut(|topic| {
        let id = image.topics().topic_id(&topic.name);
        topic.topic_id = id.unwrap_or_default();
        id.is_some()
    });
}

fn answer_all(topics: &[OffsetFetchRequestTopics], error: ErrorCode) -> Vec<OffsetFetchResponseTopics> {
    let answer = |topic: &OffsetFetchRequestTopics| {
        let partitions =
            topic.partition_indexes.iter().map(|&partition_index| OffsetFetchResponsePartitions {
                partition_index,
                committed_offset: -1,
                committed_leader_epoch: -1,
                metadata: Some(KafkaString::EMPTY),
                error_code: error.number(),
                ..OffsetFetchResponsePartitions::default()
            });
        OffsetFetchResponseTopics {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partitions: partitions.collect(),
            ..OffsetFetchResponseTopics::default()
        }
    };
    topics.iter().map(answer).collect()
}
