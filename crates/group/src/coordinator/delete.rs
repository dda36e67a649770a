//! OffsetDelete, DeleteGroups, and topics that are gone.

use ottla_coordinator::Token;
use ottla_wire::api::delete_groups::DeletableGroupResult;
use ottla_wire::api::offset_delete::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use ottla_wire::messages::{OffsetDeleteRequest, OffsetDeleteResponse};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::GroupCoordinator;
use crate::classic::ClassicGroupState;
use crate::outcome::{Outcome, Response};
use crate::record::GroupRecord;

/// A topic that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedTopic {
    /// Its name, which another topic may have by now.
    pub name: KafkaString,
    /// Its id.
    pub id: Uuid,
}

impl GroupCoordinator {
    /// Deletes offsets of topics that the group does not read any more.
    pub fn handle_offset_delete(&mut self, request: &OffsetDeleteRequest, token: Token) -> Outcome {
        let response = match self.validate_offset_delete(request) {
            Ok(()) => self.delete_offsets(request),
            Err(error) => {
                OffsetDeleteResponse { error_code: error.number(), ..OffsetDeleteResponse::default() }
            }
        };
        self.reply(token, Response::OffsetDelete(response));
        self.take_outcome()
    }

    fn validate_offset_delete(&self, request: &OffsetDeleteRequest) -> Result<(), ErrorCode> {
        if request.group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        let group = self.groups.get(&request.group_id).ok_or(ErrorCode::GroupIdNotFound)?;
        match group.state {
            ClassicGroupState::Empty => Ok(()),
            // Of consumers it is known which topics they read.
            _ if group.uses_consumer_protocol() => Ok(()),
            _ => Err(ErrorCode::NonEmptyGroup),
        }
    }

    fn delete_offsets(&mut self, request: &OffsetDeleteRequest) -> OffsetDeleteResponse {
        let group_id = &request.group_id;
        let mut records = Vec::new();
        let mut response = OffsetDeleteResponse::default();
        for topic in &request.topics {
            let group = self.groups.get(group_id);
            let subscribed = group.is_some_and(|group| group.is_subscribed_to(&topic.name));
            let error = if subscribed { ErrorCode::GroupSubscribedToTopic } else { ErrorCode::None };
            let partitions = topic.partitions.iter().map(|partition| partition.partition_index);
            if !subscribed {
                let known =
                    partitions.clone().filter(|&partition| self.has_offset(group_id, &topic.name, partition));
                records.extend(
                    known.map(|partition| GroupRecord::offset_tombstone(group_id, &topic.name, partition)),
                );
            }
            let partitions = partitions.map(|partition_index| OffsetDeleteResponsePartition {
                partition_index,
                error_code: error.number(),
            });
            let partitions = partitions.collect();
            response.topics.push(OffsetDeleteResponseTopic { name: topic.name.clone(), partitions });
        }
        self.write(records);
        response
    }

    /// Whether there is an offset to delete, be it that of an open transaction.
    fn has_offset(&self, group: &str, topic: &KafkaString, partition: i32) -> bool {
        self.offsets.find(group, topic, partition).is_some()
            || self.pending_offsets.has_partition(group, topic, partition)
    }

    /// Deletes groups that have no members, and their offsets.
    pub fn handle_delete_groups(&mut self, groups: &[KafkaString], token: Token) -> Outcome {
        let mut records = Vec::new();
        let mut results = Vec::with_capacity(groups.len());
        for group_id in groups {
            let error = match self.groups.get(group_id) {
                Some(group) if group.is_empty() => {
                    self.tombstone_offsets(group_id, &mut records);
                    records.push(GroupRecord::group_tombstone(group_id));
                    ErrorCode::None
                }
                Some(_) => ErrorCode::NonEmptyGroup,
                None => ErrorCode::GroupIdNotFound,
            };
            results.push(DeletableGroupResult {
                group_id: group_id.clone(),
                error_code: error.number(),
                ..DeletableGroupResult::default()
            });
        }
        self.write(records);
        self.reply(token, Response::DeleteGroups(results));
        self.take_outcome()
    }

    fn tombstone_offsets(&self, group: &KafkaString, records: &mut Vec<GroupRecord>) {
        for (topic, partitions) in self.offsets.of_group(group).into_iter().flatten() {
            records.extend(
                partitions.keys().map(|&partition| GroupRecord::offset_tombstone(group, topic, partition)),
            );
        }
        for (topic, partition) in self.pending_offsets.partitions(group) {
            if self.offsets.find(group, topic, *partition).is_none() {
                records.push(GroupRecord::offset_tombstone(group, topic, *partition));
            }
        }
    }

    /// Topics are gone, and so are the offsets that groups have committed for them.
    ///
    /// An offset that knows another topic's id is that of a later topic of the same name, and stays.
    pub fn handle_topics_deleted(&mut self, topics: &[DeletedTopic]) -> Outcome {
        let is_gone = |topic: &KafkaString, id: Uuid| {
            topics.iter().any(|deleted| deleted.name == *topic && (id.is_zero() || id == deleted.id))
        };
        let gone = self.offsets.iter().chain(self.pending_offsets.iter());
        let records: Vec<GroupRecord> = gone
            .filter(|(_, topic, _, offset)| is_gone(topic, offset.topic_id))
            .map(|(group, topic, partition, _)| GroupRecord::offset_tombstone(group, topic, partition))
            .collect();
        self.write_in_parts(records);
        self.take_outcome()
    }
}
