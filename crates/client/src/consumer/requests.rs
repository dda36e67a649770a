//! The requests about offsets: committed ones, those at a time, those at the end of an epoch.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
};
use ottla_wire::api::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
};
use ottla_wire::api::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
    OffsetFetchResponse,
};
use ottla_wire::api::offset_for_leader_epoch::{
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid, Versions};
use tokio::time::Instant;

use super::TopicPartition;
use super::membership::Generation;
use super::position::Position;
use crate::client::{CallOptions, Client, Target};
use crate::error::ClientError;
use crate::metadata::Cluster;
use crate::net::Purpose;
use crate::offset_and_metadata::OffsetAndMetadata;

/// The last version of OffsetCommit and OffsetFetch that names topics by name.
const NAMES_VERSION_MAX: i16 = 9;
/// The first version of OffsetFetch that asks for several groups.
const GROUPS_VERSION: i16 = 8;

/// Offsets to commit, or committed ones.
pub type Offsets = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// The offset of the first record at or after a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetAndTimestamp {
    /// The record's offset.
    pub offset: Offset,
    /// The record's time.
    pub timestamp: Timestamp,
    /// The leader epoch of the record, if known.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// What came of one partition's part of a request.
pub(super) type PartitionResult<T> = (TopicPartition, Result<T, ClientError>);

fn epoch(number: i32) -> Option<LeaderEpoch> {
    Some(LeaderEpoch(number)).filter(|epoch| epoch.is_some())
}

/// Partitions by topic, in order.
fn by_topic<'a, T>(
    partitions: impl IntoIterator<Item = (&'a TopicPartition, T)>,
) -> BTreeMap<&'a KafkaString, Vec<(i32, T)>> {
    let mut topics: BTreeMap<&KafkaString, Vec<(i32, T)>> = BTreeMap::new();
    for (partition, what) in partitions {
        topics.entry(&partition.topic).or_default().push((partition.partition, what));
    }
    topics
}

fn topic_id(cluster: &Cluster, topic: &str) -> Uuid {
    cluster.topic(topic).map_or_else(Uuid::default, |topic| topic.id)
}

/// The name of a topic in an answer that may name it by id.
fn topic_name(cluster: &Cluster, name: &KafkaString, id: Uuid) -> Option<KafkaString> {
    if name.is_empty() {
        cluster.topic_by_id(id).map(|topic| topic.name.clone())
    } else {
        Some(name.detach())
    }
}

/// The versions that can name all these topics.
fn versions<'a>(cluster: &Cluster, mut topics: impl Iterator<Item = &'a KafkaString>) -> Versions {
    let all_have_ids = topics.all(|topic| !topic_id(cluster, topic).is_zero());
    if all_have_ids { Versions::ALL } else { Versions::new(0, NAMES_VERSION_MAX) }
}

/// Commits offsets. What the node said is left for the caller to judge, partition by partition.
pub(super) async fn commit(
    client: &Client,
    group: &KafkaString,
    generation: &Generation,
    instance_id: Option<&KafkaString>,
    offsets: &Offsets,
    deadline: Instant,
) -> Result<Vec<(TopicPartition, ErrorCode)>, ClientError> {
    let cluster = client.metadata().cluster();
    let topics = by_topic(offsets);
    let part = |(partition_index, committed): &(i32, &OffsetAndMetadata)| OffsetCommitRequestPartition {
        partition_index: *partition_index,
        committed_offset: committed.offset.0,
        committed_leader_epoch: committed.leader_epoch_number(),
        committed_metadata: Some(committed.metadata.clone()),
        ..Default::default()
    };
    let topic =
        |(name, partitions): (&&KafkaString, &Vec<(i32, &OffsetAndMetadata)>)| OffsetCommitRequestTopic {
            name: (*name).clone(),
            topic_id: topic_id(&cluster, name),
            partitions: partitions.iter().map(part).collect(),
            ..Default::default()
        };
    let request = OffsetCommitRequest {
        group_id: group.clone(),
        generation_id_or_member_epoch: generation.id,
        member_id: generation.member_id.clone(),
        group_instance_id: instance_id.cloned(),
        topics: topics.iter().map(topic).collect(),
        ..Default::default()
    };
    let options = CallOptions {
        versions: versions(&cluster, topics.keys().copied()),
        deadline: Some(deadline),
        ..Default::default()
    };
    let check = |response: &OffsetCommitResponse| {
        let codes = response.topics.iter().flat_map(|topic| &topic.partitions);
        // A partition that is gone may come back, a group that rebalances does not by itself.
        first_retriable(codes.map(|partition| partition.error_code), &[ErrorCode::RebalanceInProgress])
    };
    let response = client.call(&Target::group(group.clone()), options, |_| request.clone(), check).await?;
    let mut results = Vec::new();
    for topic in response.topics {
        let Some(name) = topic_name(&cluster, &topic.name, topic.topic_id) else { continue };
        for partition in topic.partitions {
            let key = TopicPartition { topic: name.clone(), partition: partition.partition_index };
            results.push((key, ErrorCode::from(partition.error_code)));
        }
    }
    Ok(results)
}

fn first_retriable(codes: impl Iterator<Item = i16>, except: &[ErrorCode]) -> ErrorCode {
    let mut codes = codes.map(ErrorCode::from);
    codes.find(|code| code.is_retriable() && !except.contains(code)).unwrap_or(ErrorCode::None)
}

/// The committed offsets of partitions; those without one are left out.
pub(super) async fn fetch_committed(
    client: &Client,
    group: &KafkaString,
    partitions: &[TopicPartition],
    deadline: Instant,
) -> Result<Offsets, ClientError> {
    let cluster = client.metadata().cluster();
    let topics = by_topic(partitions.iter().map(|partition| (partition, ())));
    let options = CallOptions {
        versions: versions(&cluster, topics.keys().copied()),
        deadline: Some(deadline),
        ..Default::default()
    };
    let indexes = |partitions: &Vec<(i32, ())>| partitions.iter().map(|(index, ())| *index).collect();
    let old = |(name, partitions): (&&KafkaString, &Vec<(i32, ())>)| OffsetFetchRequestTopic {
        name: (*name).clone(),
        partition_indexes: indexes(partitions),
        ..Default::default()
    };
    let new = |(name, partitions): (&&KafkaString, &Vec<(i32, ())>)| OffsetFetchRequestTopics {
        name: (*name).clone(),
        topic_id: topic_id(&cluster, name),
        partition_indexes: indexes(partitions),
        ..Default::default()
    };
    let body = |version| {
        // Nodes before version 7 cannot be asked for stable offsets; they have no transactions' offsets pending
        // that anyone could wait for.
        let mut request = OffsetFetchRequest { require_stable: version >= 7, ..Default::default() };
        if version >= GROUPS_VERSION {
            request.groups = vec![OffsetFetchRequestGroup {
                group_id: group.clone(),
                topics: Some(topics.iter().map(new).collect()),
                ..Default::default()
            }];
        } else {
            request.group_id = group.clone();
            request.topics = Some(topics.iter().map(old).collect());
        }
        request
    };
    let check = |response: &OffsetFetchResponse| {
        let groups = response.groups.iter().flat_map(|group| {
            let partitions = group.topics.iter().flat_map(|topic| &topic.partitions);
            std::iter::once(group.error_code).chain(partitions.map(|partition| partition.error_code))
        });
        let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
        let old =
            std::iter::once(response.error_code).chain(partitions.map(|partition| partition.error_code));
        first_retriable(groups.chain(old), &[])
    };
    let response = client.call(&Target::group(group.clone()), options, body, check).await?;
    committed_of(&cluster, response)
}

fn committed_of(cluster: &Cluster, response: OffsetFetchResponse) -> Result<Offsets, ClientError> {
    let mut offsets = Offsets::new();
    let mut take = |name: &KafkaString, index, offset, leader_epoch, metadata: Option<&KafkaString>, code| {
        match ErrorCode::from(code) {
            ErrorCode::None => {
                if let Some(committed) = OffsetAndMetadata::from_wire(offset, leader_epoch, metadata) {
                    offsets.insert(TopicPartition { topic: name.clone(), partition: index }, committed);
                }
                Ok(())
            }
            code => Err(ClientError::from(code)),
        }
    };
    check_code(response.error_code)?;
    for topic in &response.topics {
        let name = topic.name.detach();
        for part in &topic.partitions {
            let (index, offset) = (part.partition_index, part.committed_offset);
            take(&name, index, offset, part.committed_leader_epoch, part.metadata.as_ref(), part.error_code)?;
        }
    }
    for group in &response.groups {
        check_code(group.error_code)?;
        for topic in &group.topics {
            let Some(name) = topic_name(cluster, &topic.name, topic.topic_id) else { continue };
            for part in &topic.partitions {
                let (index, offset) = (part.partition_index, part.committed_offset);
                take(
                    &name,
                    index,
                    offset,
                    part.committed_leader_epoch,
                    part.metadata.as_ref(),
                    part.error_code,
                )?;
            }
        }
    }
    Ok(offsets)
}

fn check_code(code: i16) -> Result<(), ClientError> {
    match ErrorCode::from(code) {
        ErrorCode::None => Ok(()),
        code => Err(code.into()),
    }
}

/// Splits partitions by their leaders; those without one fail.
fn by_leader<T: Copy>(
    cluster: &Cluster,
    partitions: &[(TopicPartition, T)],
    results: &mut Vec<PartitionResult<impl Sized>>,
) -> BTreeMap<i32, Vec<(TopicPartition, T)>> {
    let mut leaders: BTreeMap<i32, Vec<(TopicPartition, T)>> = BTreeMap::new();
    for (partition, what) in partitions {
        match cluster.leader(&partition.topic, partition.partition) {
            Some(leader) => leaders.entry(leader.id).or_default().push((partition.clone(), *what)),
            None => results.push((partition.clone(), Err(ErrorCode::LeaderNotAvailable.into()))),
        }
    }
    leaders
}

/// Asks the leaders once for the offsets at these times.
pub(super) async fn list_offsets(
    client: &Client,
    partitions: &[(TopicPartition, i64)],
    read_committed: bool,
    deadline: Instant,
) -> Vec<PartitionResult<Option<OffsetAndTimestamp>>> {
    let cluster = client.metadata().cluster();
    let mut results = Vec::new();
    let leaders = by_leader(&cluster, partitions, &mut results);
    let calls = leaders.into_iter().map(|(node, partitions)| {
        let cluster = &cluster;
        async move {
            let request = list_request(cluster, &partitions, read_committed, deadline);
            // Without a version for the isolation level the answer would be another one.
            let first = if read_committed { 2 } else { 0 };
            let answer = ask(client, node, request, Versions::new(first, i16::MAX), deadline).await;
            listed(partitions, answer)
        }
    });
    results.extend(join_all(calls).await.into_iter().flatten());
    results
}

fn list_request(
    cluster: &Cluster,
    partitions: &[(TopicPartition, i64)],
    read_committed: bool,
    deadline: Instant,
) -> ListOffsetsRequest {
    let mut request = ListOffsetsRequest {
        replica_id: -1,
        isolation_level: i8::from(read_committed),
        timeout_ms: super::membership::milliseconds(deadline.saturating_duration_since(Instant::now())),
        ..Default::default()
    };
    for (name, partitions) in
        by_topic(partitions.iter().map(|(partition, timestamp)| (partition, *timestamp)))
    {
        let part = |(partition_index, timestamp): (i32, i64)| ListOffsetsPartition {
            partition_index,
            current_leader_epoch: leader_epoch(cluster, name, partition_index),
            timestamp,
            ..Default::default()
        };
        let partitions = partitions.into_iter().map(part).collect();
        request.topics.push(ListOffsetsTopic { name: name.clone(), partitions, ..Default::default() });
    }
    request
}

fn leader_epoch(cluster: &Cluster, topic: &str, partition: i32) -> i32 {
    cluster.partition(topic, partition).map_or(LeaderEpoch::NONE, |partition| partition.leader_epoch).0
}

async fn ask<R: ottla_wire::api::Request>(
    client: &Client,
    node: i32,
    request: R,
    versions: Versions,
    deadline: Instant,
) -> Result<R::Response, ClientError> {
    let connection = client.broker_connection(node, Purpose::General, deadline).await?;
    let left = deadline.saturating_duration_since(Instant::now());
    let limit = client.config().request_timeout.min(left);
    Ok(connection.call(&request, versions, limit).await?)
}

fn listed(
    asked: Vec<(TopicPartition, i64)>,
    answer: Result<ListOffsetsResponse, ClientError>,
) -> Vec<PartitionResult<Option<OffsetAndTimestamp>>> {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            return asked.into_iter().map(|(partition, _)| (partition, Err(error.clone()))).collect();
        }
    };
    let mut found = BTreeMap::new();
    for topic in &response.topics {
        for part in &topic.partitions {
            let result = match ErrorCode::from(part.error_code) {
                ErrorCode::None if part.offset < 0 => Ok(None),
                ErrorCode::None => Ok(Some(OffsetAndTimestamp {
                    offset: Offset(part.offset),
                    timestamp: Timestamp(part.timestamp),
                    leader_epoch: epoch(part.leader_epoch),
                })),
                code => Err(code.into()),
            };
            found.insert(
                TopicPartition { topic: topic.name.clone(), partition: part.partition_index },
                result,
            );
        }
    }
    let result = |(partition, _): (TopicPartition, i64)| {
        let missing = || Err(ErrorCode::UnknownServerError.into());
        let result = found.remove(&partition).unwrap_or_else(missing);
        (partition, result)
    };
    asked.into_iter().map(result).collect()
}

/// Asks the leaders once where the epochs of these positions end: `None` if the epoch is unknown to them.
pub(super) async fn epoch_ends(
    client: &Client,
    positions: &[(TopicPartition, Position)],
    deadline: Instant,
) -> Vec<PartitionResult<Option<Position>>> {
    let cluster = client.metadata().cluster();
    let mut results = Vec::new();
    let mut leaders: BTreeMap<i32, Vec<(TopicPartition, Position)>> = BTreeMap::new();
    for (partition, position) in positions {
        // The leader for which the position is to be valid, which may not be the one known by now.
        match position.leader.id.filter(|id| cluster.brokers.contains_key(id)) {
            Some(id) => leaders.entry(id).or_default().push((partition.clone(), *position)),
            None => results.push((partition.clone(), Err(ErrorCode::LeaderNotAvailable.into()))),
        }
    }
    let calls = leaders.into_iter().map(|(node, positions)| async move {
        let answer = ask(client, node, epochs_request(&positions), Versions::ALL, deadline).await;
        ended(positions, answer)
    });
    results.extend(join_all(calls).await.into_iter().flatten());
    results
}

fn epochs_request(positions: &[(TopicPartition, Position)]) -> OffsetForLeaderEpochRequest {
    let number = |epoch: Option<LeaderEpoch>| epoch.unwrap_or(LeaderEpoch::NONE).0;
    let mut request = OffsetForLeaderEpochRequest { replica_id: -1, ..Default::default() };
    for (name, partitions) in by_topic(positions.iter().map(|(partition, position)| (partition, position))) {
        let part = |(partition, position): (i32, &Position)| OffsetForLeaderPartition {
            partition,
            current_leader_epoch: number(position.leader.epoch),
            leader_epoch: number(position.offset_epoch),
            ..Default::default()
        };
        let partitions = partitions.into_iter().map(part).collect();
        request.topics.push(OffsetForLeaderTopic { topic: name.clone(), partitions, ..Default::default() });
    }
    request
}

fn ended(
    asked: Vec<(TopicPartition, Position)>,
    answer: Result<OffsetForLeaderEpochResponse, ClientError>,
) -> Vec<PartitionResult<Option<Position>>> {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            return asked.into_iter().map(|(partition, _)| (partition, Err(error.clone()))).collect();
        }
    };
    let mut found = BTreeMap::new();
    for topic in &response.topics {
        for end in &topic.partitions {
            let result = match ErrorCode::from(end.error_code) {
                ErrorCode::None if end.end_offset < 0 || end.leader_epoch < 0 => Ok(None),
                ErrorCode::None => Ok(Some(Position {
                    offset_epoch: epoch(end.leader_epoch),
                    ..Position::at(Offset(end.end_offset))
                })),
                code => Err(code.into()),
            };
            found.insert(TopicPartition { topic: topic.topic.clone(), partition: end.partition }, result);
        }
    }
    let result = |(partition, _): (TopicPartition, Position)| {
        let missing = || Err(ErrorCode::UnknownServerError.into());
        let result = found.remove(&partition).unwrap_or_else(missing);
        (partition, result)
    };
    asked.into_iter().map(result).collect()
}
