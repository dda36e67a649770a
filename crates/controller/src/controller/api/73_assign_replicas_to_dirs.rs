//! AssignReplicasToDirs, API key 73: a broker tells in which of its directories replicas lie (KIP-858).

use std::collections::BTreeSet;

use ottla_record::Timestamp;
use ottla_wire::api::assign_replicas_to_dirs::{
    AssignReplicasToDirsRequest, AssignReplicasToDirsResponse, RequestTopicData, ResponseDirectoryData,
    ResponsePartitionData, ResponseTopicData,
};
use ottla_wire::{ErrorCode, Uuid};

use crate::controller::Controller;
use crate::controller::elections::{BrokerTransition, push_change};
use crate::controller::error::ApiError;
use crate::controller::index::TopicIdPartition;
use crate::features::MetadataVersion;
use crate::outcome::{Outcome, VersionedRecord};

/// Where a broker says that replicas lie.
struct Assignment {
    version: MetadataVersion,
    broker: i32,
    directory: Uuid,
}

impl Controller {
    /// AssignReplicasToDirs. Replicas in a directory that has failed are out of sync from then on.
    pub fn handle_assign_replicas_to_dirs(
        &mut self,
        _now: Timestamp,
        request: &AssignReplicasToDirsRequest,
    ) -> Outcome<AssignReplicasToDirsResponse> {
        self.assign_replicas(request).unwrap_or_else(|error| {
            Outcome::unchanged(AssignReplicasToDirsResponse {
                error_code: error.code.number(),
                ..AssignReplicasToDirsResponse::default()
            })
        })
    }

    fn assign_replicas(
        &self,
        request: &AssignReplicasToDirsRequest,
    ) -> Result<Outcome<AssignReplicasToDirsResponse>, ApiError> {
        let version = self.metadata_version()?;
        if !version.has_directories() {
            let message = "Directory assignment is not supported yet.";
            return Err(ApiError::new(ErrorCode::UnsupportedVersion, message));
        }
        let broker = request.broker_id;
        self.check_broker_epoch(broker, request.broker_epoch)?;
        let mut records = Vec::new();
        let mut in_failed: BTreeSet<TopicIdPartition> = BTreeSet::new();
        let mut directories = Vec::new();
        for asked in &request.directories {
            let assignment = Assignment { version, broker, directory: asked.id };
            let mut assigned = Vec::new();
            let topics =
                asked.topics.iter().map(|topic| self.assign(&assignment, topic, &mut assigned, &mut records));
            directories.push(ResponseDirectoryData {
                id: asked.id,
                topics: topics.collect(),
                ..ResponseDirectoryData::default()
            });
            let registration = self.image.cluster().broker(broker);
            if !registration.is_some_and(|registration| registration.has_online_directory(asked.id)) {
                in_failed.extend(assigned);
            }
        }
        self.follow_transition(version, BrokerTransition::Leaves(broker), in_failed, &mut records);
        let response =
            AssignReplicasToDirsResponse { directories, ..AssignReplicasToDirsResponse::default() };
        Ok(Outcome::splittable(records, response))
    }

    fn assign(
        &self,
        assignment: &Assignment,
        topic: &RequestTopicData,
        assigned: &mut Vec<TopicIdPartition>,
        records: &mut Vec<VersionedRecord>,
    ) -> ResponseTopicData {
        let mut partitions = Vec::new();
        for asked in &topic.partitions {
            let id = TopicIdPartition { topic: topic.topic_id, partition: asked.partition_index };
            let result = self.assign_one(assignment, id, records);
            if result.is_ok() {
                assigned.push(id);
            }
            partitions.push(ResponsePartitionData {
                partition_index: id.partition,
                error_code: result.err().unwrap_or(ErrorCode::None).number(),
                ..ResponsePartitionData::default()
            });
        }
        ResponseTopicData { topic_id: topic.topic_id, partitions, ..ResponseTopicData::default() }
    }

    fn assign_one(
        &self,
        assignment: &Assignment,
        id: TopicIdPartition,
        records: &mut Vec<VersionedRecord>,
    ) -> Result<(), ErrorCode> {
        let topic = self.image.topics().topic(id.topic).ok_or(ErrorCode::UnknownTopicId)?;
        let partition = topic.partitions.get(&id.partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if !partition.replicas.contains(&assignment.broker) {
            return Err(ErrorCode::NotLeaderOrFollower);
        }
        let mut change = self.partition_change(assignment.version, topic, id.partition, partition);
        change.moved = Some((assignment.broker, assignment.directory));
        push_change(change, records);
        Ok(())
    }
}
