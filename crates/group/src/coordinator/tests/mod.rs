//! What a group goes through, told from its clients' side.

mod admin;
mod expiry;
mod failures;
mod joining;
mod loading;
mod offsets;
mod sessions;
mod static_members;
mod transactions;

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use ottla_record::{Offset, ProducerId, Timestamp};
use ottla_wire::api::join_group::JoinGroupRequestProtocol;
use ottla_wire::api::leave_group::MemberIdentity;
use ottla_wire::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use ottla_wire::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponseGroup,
};
use ottla_wire::api::sync_group::SyncGroupRequestAssignment;
use ottla_wire::messages::{
    ConsumerProtocolSubscription, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, OffsetCommitRequest, SyncGroupRequest, SyncGroupResponse,
};
use ottla_wire::{ErrorCode, KafkaString, Message};

use super::{GroupCoordinator, MemberIdSeed};
use crate::{
    GroupCoordinatorConfig, GroupRecord, Outcome, RecordOrigin, RequestContext, Response, Token, WriteId,
};

const SESSION_MS: i32 = 10_000;
const REBALANCE_MS: i32 = 60_000;
const LATEST_JOIN: i16 = 9;

fn config() -> GroupCoordinatorConfig {
    GroupCoordinatorConfig {
        group_min_session_timeout_ms: 6_000,
        group_max_session_timeout_ms: 1_800_000,
        group_max_size: 100,
        group_initial_rebalance_delay_ms: 3_000,
        new_member_join_timeout_ms: 300_000,
        offset_metadata_max_bytes: 16,
        offsets_retention_ms: 7 * 24 * 3_600_000,
        offsets_retention_check_interval_ms: 600_000,
    }
}

/// A coordinator, its log and its clients.
struct Scene {
    coordinator: GroupCoordinator,
    now: Timestamp,
    log: Vec<GroupRecord>,
    answers: BTreeMap<Token, Response>,
    /// Writes are safe as soon as they are written.
    commits_at_once: bool,
    /// Writes that are not safe yet.
    uncommitted: Vec<WriteId>,
    /// What appending answers.
    append_error: Option<ErrorCode>,
    next: u64,
}

impl Scene {
    fn new() -> Self {
        Self::with(config())
    }

    fn with(config: GroupCoordinatorConfig) -> Self {
        let mut scene = Self {
            coordinator: GroupCoordinator::new(config),
            now: Timestamp(1_000_000),
            log: Vec::new(),
            answers: BTreeMap::new(),
            commits_at_once: true,
            uncommitted: Vec::new(),
            append_error: None,
            next: 0,
        };
        let loaded = scene.coordinator.on_loaded(scene.now.into());
        scene.settle(loaded);
        scene
    }

    fn token(&mut self) -> Token {
        self.next += 1;
        Token(self.next)
    }

    fn settle(&mut self, outcome: Outcome) {
        for reply in outcome.replies {
            let former = self.answers.insert(reply.token, reply.response);
            assert_eq!(former, None, "a request is answered once");
        }
        for write in outcome.writes {
            let id = write.id;
            if let Some(error) = self.append_error {
                let failed = self.coordinator.failed(self.now.into(), id, error);
                self.settle(failed);
                continue;
            }
            let base_offset = Offset(self.log.len() as i64);
            self.log.extend(write.records.iter().cloned());
            self.coordinator.written(self.now.into(), write, base_offset);
            self.uncommitted.push(id);
        }
        if self.commits_at_once {
            self.commit();
        }
        self.coordinator.invariants();
    }

    /// All that is written is safe now.
    fn commit(&mut self) {
        for id in std::mem::take(&mut self.uncommitted) {
            let outcome = self.coordinator.committed(self.now.into(), id);
            self.settle(outcome);
        }
    }

    /// Lets time pass, in steps to everything that is due.
    fn pass(&mut self, milliseconds: i64) {
        let end = Timestamp(self.now.0 + milliseconds);
        while let Some(due) = self.coordinator.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let outcome = self.coordinator.handle_timeout(self.now.into());
            self.settle(outcome);
        }
        self.now = end;
    }

    fn answer(&mut self, token: Token) -> Option<Response> {
        self.answers.remove(&token)
    }

    fn send_join(&mut self, version: i16, request: &JoinGroupRequest) -> Token {
        let token = self.token();
        let mut seed = [0; 16];
        seed[8..].copy_from_slice(&self.next.to_be_bytes());
        let context = RequestContext { api_version: version, client_id: "client", client_host: "/127.0.0.1" };
        let outcome =
            self.coordinator.handle_join_group(self.now.into(), context, request, token, MemberIdSeed(seed));
        self.settle(outcome);
        token
    }

    fn joined(&mut self, token: Token) -> JoinGroupResponse {
        match self.answer(token) {
            Some(Response::JoinGroup(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn synced(&mut self, token: Token) -> SyncGroupResponse {
        match self.answer(token) {
            Some(Response::SyncGroup(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Joins as a member that has no id yet: asks for one and comes again with it.
    fn join_new(&mut self, group: &str, protocols: &[(&str, &str)]) -> (KafkaString, Token) {
        let mut request = join_request(group, "", protocols);
        let token = self.send_join(LATEST_JOIN, &request);
        let response = self.joined(token);
        assert_eq!(response.error_code, ErrorCode::MemberIdRequired.number());
        request.member_id = response.member_id.clone();
        (response.member_id, self.send_join(LATEST_JOIN, &request))
    }

    fn join_again(&mut self, group: &str, member: &KafkaString, protocols: &[(&str, &str)]) -> Token {
        self.send_join(LATEST_JOIN, &join_request(group, member, protocols))
    }

    fn send_sync(&mut self, group: &str, member: &str, generation: i32, given: &[(&str, &str)]) -> Token {
        let token = self.token();
        let assignments = given.iter().map(|(member, assignment)| SyncGroupRequestAssignment {
            member_id: (*member).into(),
            assignment: Bytes::copy_from_slice(assignment.as_bytes()),
            ..SyncGroupRequestAssignment::default()
        });
        let request = SyncGroupRequest {
            group_id: group.into(),
            generation_id: generation,
            member_id: member.into(),
            protocol_type: Some("consumer".into()),
            assignments: assignments.collect(),
            ..SyncGroupRequest::default()
        };
        let outcome = self.coordinator.handle_sync_group(self.now.into(), &request, token);
        self.settle(outcome);
        token
    }

    fn heartbeat(&mut self, group: &str, member: &str, generation: i32) -> ErrorCode {
        let token = self.token();
        let request = HeartbeatRequest {
            group_id: group.into(),
            generation_id: generation,
            member_id: member.into(),
            ..HeartbeatRequest::default()
        };
        let outcome = self.coordinator.handle_heartbeat(self.now.into(), &request, token);
        self.settle(outcome);
        match self.answer(token) {
            Some(Response::Heartbeat(response)) => response.error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    fn leave(&mut self, version: i16, group: &str, members: &[(&str, Option<&str>)]) -> LeaveGroupResponse {
        let token = self.token();
        let identities = members.iter().map(|(member, instance)| MemberIdentity {
            member_id: (*member).into(),
            group_instance_id: instance.map(KafkaString::from),
            ..MemberIdentity::default()
        });
        let request = LeaveGroupRequest {
            group_id: group.into(),
            member_id: members[0].0.into(),
            members: identities.collect(),
            ..LeaveGroupRequest::default()
        };
        let outcome = self.coordinator.handle_leave_group(self.now.into(), at(version), &request, token);
        self.settle(outcome);
        match self.answer(token) {
            Some(Response::LeaveGroup(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn send_commit(&mut self, version: i16, request: &OffsetCommitRequest) -> Token {
        let token = self.token();
        let outcome = self.coordinator.handle_offset_commit(self.now.into(), at(version), request, token);
        self.settle(outcome);
        token
    }

    /// Commits for partition 0 of a topic, as a member.
    fn commit_as(
        &mut self,
        group: &str,
        member: &str,
        generation: i32,
        topic: &str,
        offset: i64,
    ) -> ErrorCode {
        let mut request = commit_request(group, topic, offset);
        request.member_id = member.into();
        request.generation_id_or_member_epoch = generation;
        let token = self.send_commit(8, &request);
        self.committed(token)
    }

    /// The error of the first partition.
    fn committed(&mut self, token: Token) -> ErrorCode {
        match self.answer(token) {
            Some(Response::OffsetCommit(response)) => response.topics[0].partitions[0].error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    fn send_fetch(&mut self, group: &str, topics: Option<&[&str]>, require_stable: bool) -> Token {
        let token = self.token();
        let named = |topics: &[&str]| {
            let topics = topics.iter().map(|topic| OffsetFetchRequestTopics {
                name: (*topic).into(),
                partition_indexes: vec![0],
                ..OffsetFetchRequestTopics::default()
            });
            topics.collect()
        };
        let request = OffsetFetchRequestGroup {
            group_id: group.into(),
            topics: topics.map(named),
            ..OffsetFetchRequestGroup::default()
        };
        let outcome = self.coordinator.handle_offset_fetch(&request, require_stable, token);
        self.settle(outcome);
        token
    }

    fn fetched(&mut self, token: Token) -> OffsetFetchResponseGroup {
        match self.answer(token) {
            Some(Response::OffsetFetch(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Partition 0 of the topic, as the group has committed it.
    fn offset(&mut self, group: &str, topic: &str) -> i64 {
        let token = self.send_fetch(group, Some(&[topic]), true);
        self.fetched(token).topics[0].partitions[0].committed_offset
    }

    fn state(&self, group: &str) -> &'static str {
        self.coordinator.group(group).map_or("none", |group| group.state.name())
    }

    /// A group of one consumer of `topic` that is stable in generation 1; its id.
    fn stable(&mut self, group: &str, topic: &str) -> KafkaString {
        let (member, token) = self.join_new(group, &[("range", topic)]);
        self.pass(3_000);
        assert_eq!(self.joined(token).generation_id, 1);
        let token = self.send_sync(group, &member, 1, &[(&member, "all")]);
        assert_eq!(self.synced(token).error_code, 0);
        assert_eq!(self.state(group), "Stable");
        member
    }

    /// A coordinator that has read this one's log.
    fn reload(&self) -> Self {
        let mut scene = Self { now: self.now, ..Self::new() };
        scene.coordinator = GroupCoordinator::new(self.coordinator.config.clone());
        for (offset, record) in self.log.iter().enumerate() {
            scene.load(offset as i64, ProducerId::NONE, record.clone());
        }
        let loaded = scene.coordinator.on_loaded(self.now.into());
        scene.settle(loaded);
        scene.log.splice(0..0, self.log.iter().cloned());
        scene
    }

    fn load(&mut self, offset: i64, producer_id: ProducerId, record: GroupRecord) {
        let origin = RecordOrigin { offset: Offset(offset), producer_id };
        self.coordinator.replay(self.now.into(), origin, record.key, record.value.map(|(value, _)| value));
    }
}

fn at(version: i16) -> RequestContext<'static> {
    RequestContext { api_version: version, client_id: "", client_host: "" }
}

/// A consumer that subscribes to one topic under each protocol.
fn join_request(group: &str, member: &str, protocols: &[(&str, &str)]) -> JoinGroupRequest {
    let protocols = protocols.iter().map(|(name, topic)| JoinGroupRequestProtocol {
        name: (*name).into(),
        metadata: subscription(topic),
        ..JoinGroupRequestProtocol::default()
    });
    JoinGroupRequest {
        group_id: group.into(),
        session_timeout_ms: SESSION_MS,
        rebalance_timeout_ms: REBALANCE_MS,
        member_id: member.into(),
        protocol_type: "consumer".into(),
        protocols: protocols.collect(),
        ..JoinGroupRequest::default()
    }
}

fn subscription(topic: &str) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(3);
    let message = ConsumerProtocolSubscription {
        topics: vec![topic.into()],
        ..ConsumerProtocolSubscription::default()
    };
    message.encode(3, &mut bytes).unwrap();
    bytes.freeze()
}

/// A commit for partition 0 of a topic, from outside of any group.
fn commit_request(group: &str, topic: &str, offset: i64) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        committed_offset: offset,
        committed_metadata: Some("note".into()),
        ..OffsetCommitRequestPartition::default()
    };
    let topic = OffsetCommitRequestTopic {
        name: topic.into(),
        partitions: vec![partition],
        ..OffsetCommitRequestTopic::default()
    };
    OffsetCommitRequest { group_id: group.into(), topics: vec![topic], ..OffsetCommitRequest::default() }
}
