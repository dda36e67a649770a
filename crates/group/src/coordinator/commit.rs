//! OffsetCommit.

use ottla_coordinator::{Now, Token};
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::api::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use ottla_wire::messages::{OffsetCommitRequest, OffsetCommitResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::GroupCoordinator;
use crate::classic::ClassicGroupState;
use crate::offsets::OffsetAndMetadata;
use crate::outcome::{Outcome, RequestContext, Response};
use crate::record::GroupRecord;

/// First version whose clients understand that there is no such group.
const GROUP_ID_NOT_FOUND_VERSION: i16 = 9;
/// The client leaves to the broker how long offsets are kept.
const DEFAULT_RETENTION_TIME: i64 = -1;

impl GroupCoordinator {
    /// Stores how far a group has read.
    ///
    /// Topics need their name; their id is stored along, if there is one. The coordinator does not know which
    /// topics there are.
    pub fn handle_offset_commit(
        &mut self,
        now: Now,
        context: RequestContext<'_>,
        request: &OffsetCommitRequest,
        token: Token,
    ) -> Outcome {
        let response = match self.validate_commit(now, context, request) {
            Ok(()) => self.commit(now, request),
            Err(error) => respond(request, |_| error),
        };
        self.reply(token, Response::OffsetCommit(response));
        self.take_outcome()
    }

    fn validate_commit(
        &mut self,
        now: Now,
        context: RequestContext<'_>,
        request: &OffsetCommitRequest,
    ) -> Result<(), ErrorCode> {
        let generation = request.generation_id_or_member_epoch;
        let is_other = self.others.contains(&request.group_id);
        let Some(mut turn) = self.turn(now, &request.group_id) else {
            return match generation {
                // From an administrator or a consumer without a group: offsets need no members.
                ..0 => Ok(()),
                _ if is_other => Err(ErrorCode::UnknownMemberId),
                _ if context.api_version >= GROUP_ID_NOT_FOUND_VERSION => Err(ErrorCode::GroupIdNotFound),
                _ => Err(ErrorCode::IllegalGeneration),
            };
        };
        let instance_id = request.group_instance_id.as_ref();
        turn.group.validate_offset_commit(generation, &request.member_id, instance_id)?;
        // Who commits is alive.
        match turn.group.state {
            ClassicGroupState::Stable | ClassicGroupState::PreparingRebalance(_) => {
                turn.refresh_session(&request.member_id);
            }
            ClassicGroupState::Empty | ClassicGroupState::CompletingRebalance => {}
        }
        Ok(())
    }

    fn commit(&mut self, now: Now, request: &OffsetCommitRequest) -> OffsetCommitResponse {
        let max = self.config.offset_metadata_max_bytes;
        let now = now.time_of_day;
        let retention = request.retention_time_ms;
        let expires = retention != DEFAULT_RETENTION_TIME;
        let expire_timestamp = expires.then(|| Timestamp(now.0.saturating_add(retention)));
        let mut records = Vec::with_capacity(request.topics.iter().map(|topic| topic.partitions.len()).sum());
        for topic in &request.topics {
            let accepted = topic
                .partitions
                .iter()
                .filter(|partition| !is_too_long(partition.committed_metadata.as_ref(), max));
            records.extend(accepted.map(|partition| {
                let offset = committed(now, expire_timestamp, topic, partition);
                GroupRecord::offset_commit(&request.group_id, &topic.name, partition.partition_index, offset)
            }));
        }
        self.write(records);
        respond(request, |partition| match is_too_long(partition.committed_metadata.as_ref(), max) {
            true => ErrorCode::OffsetMetadataTooLarge,
            false => ErrorCode::None,
        })
    }
}

fn committed(
    now: Timestamp,
    expire_timestamp: Option<Timestamp>,
    topic: &OffsetCommitRequestTopic,
    partition: &OffsetCommitRequestPartition,
) -> OffsetAndMetadata {
    OffsetAndMetadata {
        record_offset: Offset::NONE,
        committed_offset: Offset(partition.committed_offset),
        leader_epoch: LeaderEpoch(partition.committed_leader_epoch),
        metadata: partition.committed_metadata.clone().unwrap_or_default(),
        commit_timestamp: now,
        expire_timestamp,
        topic_id: topic.topic_id,
    }
}

/// Kafka counts characters as Java does: UTF-16 code units, never more than bytes.
pub(super) fn is_too_long(metadata: Option<&KafkaString>, max: usize) -> bool {
    metadata.is_some_and(|metadata| metadata.len() > max && metadata.encode_utf16().count() > max)
}

fn respond(
    request: &OffsetCommitRequest,
    error_of: impl Fn(&OffsetCommitRequestPartition) -> ErrorCode,
) -> OffsetCommitResponse {
    let topics = request.topics.iter().map(|topic| OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic
            .partitions
            .iter()
            .map(|partition| OffsetCommitResponsePartition {
                partition_index: partition.partition_index,
                error_code: error_of(partition).number(),
                ..OffsetCommitResponsePartition::default()
            })
            .collect(),
        ..OffsetCommitResponseTopic::default()
    });
    OffsetCommitResponse { topics: topics.collect(), ..OffsetCommitResponse::default() }
}
