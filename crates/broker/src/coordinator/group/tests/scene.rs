//! A node that coordinates groups, and the requests of its clients.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use ottla_wire::api::heartbeat::HeartbeatRequest;
use ottla_wire::api::join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse};
use ottla_wire::api::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
};
use ottla_wire::api::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use ottla_wire::api::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse};
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::coordinator::CONSUMER_OFFSETS;
use crate::coordinator::testing::MetadataScene;
use crate::testing::{TOPIC, TOPIC_ID};

pub(super) const OFFSETS_ID: Uuid = Uuid::from_halves(1, 0x0ff);
pub(super) const CONFIG: &str = "group.initial.rebalance.delay.ms=0\noffsets.topic.num.partitions=2\n";

/// A node that coordinates groups.
pub(super) struct Scene(MetadataScene);

impl Deref for Scene {
    type Target = MetadataScene;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Scene {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Scene {
    /// A node that coordinates two partitions and has a topic of one.
    pub(super) async fn new() -> Self {
        let mut scene = Self::without_topics(CONFIG);
        scene.create(CONSUMER_OFFSETS, OFFSETS_ID, 2);
        scene.create(TOPIC, TOPIC_ID, 1);
        scene.loaded().await;
        scene
    }

    pub(super) fn without_topics(config: &str) -> Self {
        Self(MetadataScene::new(config))
    }

    pub(super) async fn loaded(&self) {
        for partition in [0, 1] {
            self.rig.broker.groups.loaded(partition).await;
        }
    }

    /// Another epoch begins on all partitions of the topic of groups: what is known must come from the log.
    pub(super) async fn next_epoch(&mut self) {
        self.0.next_epoch(OFFSETS_ID, 2);
        self.loaded().await;
    }

    pub(super) async fn join(&self, version: i16, group: &str, member_id: &KafkaString) -> JoinGroupResponse {
        let request = JoinGroupRequest {
            group_id: group.into(),
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: if version > 0 { 10_000 } else { -1 },
            member_id: member_id.clone(),
            protocol_type: "consumer".into(),
            protocols: vec![JoinGroupRequestProtocol { name: "range".into(), ..Default::default() }],
            ..JoinGroupRequest::default()
        };
        match self.rig.ask(ApiKey::JoinGroup, version, &request).await {
            ResponseBody::JoinGroup(response) => response,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn sync(
        &self,
        version: i16,
        group: &str,
        joined: &JoinGroupResponse,
    ) -> SyncGroupResponse {
        let assignment = SyncGroupRequestAssignment {
            member_id: joined.member_id.clone(),
            assignment: Bytes::from_static(b"all"),
            ..SyncGroupRequestAssignment::default()
        };
        let named = version >= 5;
        let request = SyncGroupRequest {
            group_id: group.into(),
            generation_id: joined.generation_id,
            member_id: joined.member_id.clone(),
            protocol_type: named.then(|| "consumer".into()),
            protocol_name: named.then(|| "range".into()),
            assignments: vec![assignment],
            ..SyncGroupRequest::default()
        };
        match self.rig.ask(ApiKey::SyncGroup, version, &request).await {
            ResponseBody::SyncGroup(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// A group of one member that has its assignment.
    pub(super) async fn stable(&self, group: &str) -> JoinGroupResponse {
        let asked = self.join(9, group, &KafkaString::EMPTY).await;
        assert_eq!(asked.error_code, ErrorCode::MemberIdRequired.number());
        let joined = self.join(9, group, &asked.member_id).await;
        assert_eq!(joined.error_code, 0);
        let synced = self.sync(5, group, &joined).await;
        assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"all"[..]));
        joined
    }

    pub(super) async fn heartbeat(&self, version: i16, group: &str, joined: &JoinGroupResponse) -> ErrorCode {
        let request = HeartbeatRequest {
            group_id: group.into(),
            generation_id: joined.generation_id,
            member_id: joined.member_id.clone(),
            ..HeartbeatRequest::default()
        };
        match self.rig.ask(ApiKey::Heartbeat, version, &request).await {
            ResponseBody::Heartbeat(response) => response.error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    /// Commits from outside of the group for a partition of a topic.
    pub(super) async fn commit(
        &self,
        version: i16,
        group: &str,
        topic: (&str, Uuid, i32),
        offset: i64,
    ) -> OffsetCommitResponse {
        let (name, topic_id, partition_index) = topic;
        let topic = OffsetCommitRequestTopic {
            name: if version < 10 { name.into() } else { KafkaString::EMPTY },
            topic_id: if version < 10 { Uuid::ZERO } else { topic_id },
            partitions: vec![OffsetCommitRequestPartition {
                partition_index,
                committed_offset: offset,
                ..OffsetCommitRequestPartition::default()
            }],
            ..OffsetCommitRequestTopic::default()
        };
        let request = OffsetCommitRequest {
            group_id: group.into(),
            topics: vec![topic],
            ..OffsetCommitRequest::default()
        };
        match self.rig.ask(ApiKey::OffsetCommit, version, &request).await {
            ResponseBody::OffsetCommit(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Offset and error of partition 0 of the topic.
    pub(super) async fn fetch(&self, version: i16, group: &str) -> (i64, ErrorCode) {
        let single = vec![OffsetFetchRequestTopic {
            name: TOPIC.into(),
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopic::default()
        }];
        let topic = OffsetFetchRequestTopics {
            name: if version < 10 { TOPIC.into() } else { KafkaString::EMPTY },
            topic_id: if version < 10 { Uuid::ZERO } else { TOPIC_ID },
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        };
        let group_request = OffsetFetchRequestGroup {
            group_id: group.into(),
            topics: Some(vec![topic]),
            ..OffsetFetchRequestGroup::default()
        };
        let request = match version {
            ..8 => OffsetFetchRequest { group_id: group.into(), topics: Some(single), ..Default::default() },
            _ => OffsetFetchRequest { groups: vec![group_request], ..Default::default() },
        };
        let ResponseBody::OffsetFetch(response) = self.rig.ask(ApiKey::OffsetFetch, version, &request).await
        else {
            panic!()
        };
        if version < 8 {
            let partition =
                response.topics.first().map(|topic| topic.partitions[0].clone()).unwrap_or_default();
            return (partition.committed_offset, partition.error_code.max(response.error_code).into());
        }
        let group = &response.groups[0];
        let partition = group.topics.first().map(|topic| topic.partitions[0].clone()).unwrap_or_default();
        (partition.committed_offset, partition.error_code.max(group.error_code).into())
    }
}
