//! A broker for tests of the consumer: one node that keeps a topic, a group and its offsets.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ottla_record::{BatchBuilder, BatchSettings, Compressor, LeaderEpoch, NewRecord, Offset, Timestamp};
use ottla_wire::api::fetch::{FetchRequest, FetchResponse, FetchableTopicResponse, PartitionData};
use ottla_wire::api::find_coordinator::{Coordinator, FindCoordinatorResponse};
use ottla_wire::api::heartbeat::HeartbeatResponse;
use ottla_wire::api::join_group::{JoinGroupRequest, JoinGroupResponse, JoinGroupResponseMember};
use ottla_wire::api::leave_group::LeaveGroupResponse;
use ottla_wire::api::list_offsets::{
    ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use ottla_wire::api::offset_commit::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use ottla_wire::api::offset_fetch::{
    OffsetFetchRequest, OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
};
use ottla_wire::api::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderTopicResult,
};
use ottla_wire::api::sync_group::{SyncGroupRequest, SyncGroupResponse};
use ottla_wire::api::{ApiKey, RequestBody, ResponseBody};
use ottla_wire::{ErrorCode, KafkaString, Uuid};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Duration;

use super::{Consumer, ConsumerConfig};
use crate::testing::{Answer, Asked, Nodes, metadata};

pub(super) const TOPIC: &str = "t";
const TOPIC_ID: Uuid = Uuid::from_halves(0, 0x7e57);

/// A batch of records with these values.
pub(super) fn batch(settings: BatchSettings, values: &[&str]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(settings);
    for value in values {
        let value = Some(value.as_bytes());
        builder.append(&NewRecord { timestamp: Timestamp(0), key: None, value, headers: &[] }).unwrap();
    }
    builder.build(&mut Compressor::new()).unwrap()
}

/// What the broker keeps, and how it misbehaves.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The records of each partition, a batch each, from offset `start` on.
    pub(super) partitions: Vec<Vec<String>>,
    pub(super) start: i64,
    pub(super) leader_epoch: i32,
    pub(super) committed: BTreeMap<i32, i64>,
    pub(super) generation: i32,
    /// Errors to answer, next one first, in place of an answer.
    pub(super) errors: BTreeMap<ApiKey, Vec<ErrorCode>>,
    /// How joins ended so far: member ids as they were asked with.
    pub(super) joins: Vec<String>,
}

/// The broker of a test.
#[derive(Clone)]
pub(super) struct Broker {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) nodes: Nodes,
}

impl Broker {
    pub(super) fn new(partitions: &[&[&str]]) -> Self {
        let texts = |values: &&[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let state = State { partitions: partitions.iter().map(texts).collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let nodes = Nodes::new(move |asked| answer(&mut shared.lock(), asked));
        Self { state, nodes }
    }

    pub(super) fn consumer(&self, entries: &[(&str, &str)]) -> Consumer {
        let own = [("bootstrap.servers", "memory:9001"), ("client.id", "test"), ("fetch.max.wait.ms", "50")];
        let config = ConsumerConfig::new(own.iter().chain(entries).copied()).unwrap();
        Consumer::with_connector(config, Box::new(self.nodes.clone()))
    }

    /// Answers these errors to the next requests of an API.
    pub(super) fn fail(&self, key: ApiKey, codes: &[ErrorCode]) {
        self.state.lock().errors.insert(key, codes.to_vec());
    }

    pub(super) fn count(&self, key: ApiKey) -> usize {
        self.nodes.keys().into_iter().filter(|asked| *asked == key).count()
    }
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    let error =
        state.errors.get_mut(&asked.key).filter(|codes| !codes.is_empty()).map(|codes| codes.remove(0));
    let code = error.unwrap_or(ErrorCode::None);
    match &asked.body {
        RequestBody::Metadata(_) => state.metadata().into(),
        RequestBody::FindCoordinator(_) => coordinator(code).into(),
        RequestBody::JoinGroup(request) => state.join(request, code).into(),
        RequestBody::SyncGroup(request) => state.sync(request, code).into(),
        RequestBody::Heartbeat(_) => {
            HeartbeatResponse { error_code: code.number(), ..Default::default() }.into()
        }
        RequestBody::LeaveGroup(_) => LeaveGroupResponse::default().into(),
        RequestBody::OffsetFetch(request) => state.offset_fetch(request, code).into(),
        RequestBody::OffsetCommit(request) => state.offset_commit(request, code).into(),
        RequestBody::ListOffsets(request) => state.list_offsets(request, code).into(),
        RequestBody::OffsetForLeaderEpoch(request) => state.epoch_end(request).into(),
        RequestBody::Fetch(request) => state.fetch(request, code),
        other => panic!("nobody asks for {other:?}"),
    }
}

fn coordinator(code: ErrorCode) -> FindCoordinatorResponse {
    let coordinator = Coordinator {
        node_id: 1,
        host: "memory".into(),
        port: 9001,
        error_code: code.number(),
        ..Default::default()
    };
    FindCoordinatorResponse { coordinators: vec![coordinator], ..Default::default() }
}

impl State {
    fn metadata(&self) -> ResponseBody {
        let leaders = vec![1; self.partitions.len()];
        let mut response = metadata(1, &[(TOPIC, &leaders)]);
        response.topics[0].topic_id = TOPIC_ID;
        for partition in &mut response.topics[0].partitions {
            partition.leader_epoch = self.leader_epoch;
        }
        response.into()
    }

    /// The only member leads; it must come back with the id that it is given.
    fn join(&mut self, request: &JoinGroupRequest, code: ErrorCode) -> JoinGroupResponse {
        self.joins.push(request.member_id.as_str().to_owned());
        let member_id = KafkaString::from_static("member");
        let code = match code {
            ErrorCode::None if request.member_id.is_empty() => ErrorCode::MemberIdRequired,
            code => code,
        };
        if code != ErrorCode::None {
            return JoinGroupResponse { error_code: code.number(), member_id, ..Default::default() };
        }
        self.generation += 1;
        let metadata = request.protocols[0].metadata.clone();
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_name: Some(request.protocols[0].name.clone()),
            leader: member_id.clone(),
            members: vec![JoinGroupResponseMember {
                member_id: member_id.clone(),
                metadata,
                ..Default::default()
            }],
            member_id,
            ..Default::default()
        }
    }

    fn sync(&self, request: &SyncGroupRequest, code: ErrorCode) -> SyncGroupResponse {
        let own = request.assignments.first().map_or(Bytes::new(), |own| own.assignment.clone());
        SyncGroupResponse { error_code: code.number(), assignment: own, ..Default::default() }
    }

    fn offset_fetch(&self, request: &OffsetFetchRequest, code: ErrorCode) -> OffsetFetchResponse {
        let asked = request.groups[0].topics.iter().flatten().flat_map(|topic| &topic.partition_indexes);
        let partition = |index: &i32| OffsetFetchResponsePartitions {
            partition_index: *index,
            committed_offset: self.committed.get(index).copied().unwrap_or(-1),
            ..Default::default()
        };
        let topic = OffsetFetchResponseTopics {
            name: TOPIC.into(),
            topic_id: TOPIC_ID,
            partitions: asked.map(partition).collect(),
            ..Default::default()
        };
        let group = OffsetFetchResponseGroup {
            group_id: request.groups[0].group_id.clone(),
            topics: vec![topic],
            error_code: code.number(),
            ..Default::default()
        };
        OffsetFetchResponse { groups: vec![group], ..Default::default() }
    }

    fn offset_commit(&mut self, request: &OffsetCommitRequest, code: ErrorCode) -> OffsetCommitResponse {
        let mut topic =
            OffsetCommitResponseTopic { name: TOPIC.into(), topic_id: TOPIC_ID, ..Default::default() };
        for partition in request.topics.iter().flat_map(|topic| &topic.partitions) {
            if code == ErrorCode::None {
                self.committed.insert(partition.partition_index, partition.committed_offset);
            }
            topic.partitions.push(OffsetCommitResponsePartition {
                partition_index: partition.partition_index,
                error_code: code.number(),
                ..Default::default()
            });
        }
        OffsetCommitResponse { topics: vec![topic], ..Default::default() }
    }

    fn end(&self, partition: i32) -> i64 {
        self.start + self.partitions[partition as usize].len() as i64
    }

    fn list_offsets(&self, request: &ListOffsetsRequest, code: ErrorCode) -> ListOffsetsResponse {
        let asked = request.topics.iter().flat_map(|topic| &topic.partitions);
        let found = asked.map(|partition| ListOffsetsPartitionResponse {
            partition_index: partition.partition_index,
            error_code: code.number(),
            offset: if partition.timestamp == -2 { self.start } else { self.end(partition.partition_index) },
            leader_epoch: self.leader_epoch,
            ..Default::default()
        });
        let topic = ListOffsetsTopicResponse {
            name: TOPIC.into(),
            partitions: found.collect(),
            ..Default::default()
        };
        ListOffsetsResponse { topics: vec![topic], ..Default::default() }
    }

    /// All epochs but the last ended where the log begins now.
    fn epoch_end(&self, request: &OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
        let asked = request.topics.iter().flat_map(|topic| &topic.partitions);
        let ends = asked.map(|partition| EpochEndOffset {
            partition: partition.partition,
            leader_epoch: partition.leader_epoch,
            end_offset: self.end(partition.partition),
            ..Default::default()
        });
        let topic = OffsetForLeaderTopicResult {
            topic: TOPIC.into(),
            partitions: ends.collect(),
            ..Default::default()
        };
        OffsetForLeaderEpochResponse { topics: vec![topic], ..Default::default() }
    }

    /// Answers at once if there is something, and else with nothing when the wait is over.
    fn fetch(&self, request: &FetchRequest, code: ErrorCode) -> Answer {
        let asked = request.topics.iter().flat_map(|topic| &topic.partitions);
        let data: Vec<PartitionData> = asked
            .map(|partition| {
                let index = partition.partition;
                let at = partition.fetch_offset;
                let is_inside = (self.start..=self.end(index)).contains(&at);
                let code = match code {
                    ErrorCode::None if partition.current_leader_epoch < self.leader_epoch => {
                        ErrorCode::FencedLeaderEpoch
                    }
                    ErrorCode::None if !is_inside => ErrorCode::OffsetOutOfRange,
                    code => code,
                };
                PartitionData {
                    partition_index: index,
                    error_code: code.number(),
                    high_watermark: self.end(index),
                    records: (code == ErrorCode::None).then(|| self.records(index, at)),
                    ..Default::default()
                }
            })
            .collect();
        let is_empty = |data: &PartitionData| data.records.as_ref().is_some_and(Bytes::is_empty);
        let must_wait = data.iter().all(is_empty);
        let topic = FetchableTopicResponse {
            topic: TOPIC.into(),
            topic_id: TOPIC_ID,
            partitions: data,
            ..Default::default()
        };
        let response = FetchResponse { responses: vec![topic], ..Default::default() };
        if !must_wait {
            return response.into();
        }
        let (sender, receiver) = oneshot::channel();
        let wait = Duration::from_millis(request.max_wait_ms.unsigned_abs().into());
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // The consumer may be gone.
            let _ = sender.send(response.into());
        });
        Answer::Later(receiver)
    }

    fn records(&self, partition: i32, from: i64) -> Bytes {
        let values = &self.partitions[partition as usize][(from - self.start) as usize..];
        let settings = |offset| BatchSettings {
            base_offset: Offset(offset),
            partition_leader_epoch: LeaderEpoch(self.leader_epoch),
            ..Default::default()
        };
        (from..)
            .zip(values)
            .flat_map(|(offset, value)| batch(settings(offset), &[value]))
            .collect::<Vec<u8>>()
            .into()
    }
}
