//! OffsetFetch.

use ottla_coordinator::Token;
use ottla_wire::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::GroupCoordinator;
use crate::offsets::{OffsetAndMetadata, TopicOffsets};
use crate::outcome::{Outcome, Response};

impl GroupCoordinator {
    /// Tells how far a group has read the topics that are named, or all that it has read when none are.
    ///
    /// Topics are looked up by name; where an id is given, too, offsets of an earlier topic of that name are not told.
    /// With `require_stable`, a partition that an open transaction commits for is not told either (KIP-447).
    pub fn handle_offset_fetch(
        &mut self,
        request: &OffsetFetchRequestGroup,
        require_stable: bool,
        token: Token,
    ) -> Outcome {
        let known = self.offsets.of_group(&request.group_id);
        let topics = match &request.topics {
            Some(topics) => {
                topics.iter().map(|topic| self.fetch_topic(request, topic, known, require_stable)).collect()
            }
            None => known.map(|known| self.fetch_all(request, known, require_stable)).unwrap_or_default(),
        };
        let group_id = request.group_id.clone();
        let response = OffsetFetchResponseGroup { group_id, topics, ..OffsetFetchResponseGroup::default() };
        self.reply(token, Response::OffsetFetch(response));
        self.take_outcome()
    }

    fn fetch_topic(
        &self,
        request: &OffsetFetchRequestGroup,
        topic: &OffsetFetchRequestTopics,
        known: Option<&TopicOffsets>,
        require_stable: bool,
    ) -> OffsetFetchResponseTopics {
        let known = known.and_then(|known| known.get(&topic.name));
        let partitions = topic.partition_indexes.iter().map(|&partition| {
            if require_stable && self.is_unstable(request, &topic.name, partition) {
                return no_offset(partition, ErrorCode::UnstableOffsetCommit);
            }
            match known.and_then(|known| known.get(&partition)) {
                Some(offset) if !offset.is_of_another(topic.topic_id) => told(partition, offset),
                _ => no_offset(partition, ErrorCode::None),
            }
        });
        OffsetFetchResponseTopics {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partitions: partitions.collect(),
            ..OffsetFetchResponseTopics::default()
        }
    }

    fn fetch_all(
        &self,
        request: &OffsetFetchRequestGroup,
        known: &TopicOffsets,
        require_stable: bool,
    ) -> Vec<OffsetFetchResponseTopics> {
        let topics = known.iter().map(|(topic, partitions)| {
            let partitions = partitions.iter().map(|(&partition, offset)| {
                match require_stable && self.is_unstable(request, topic, partition) {
                    true => no_offset(partition, ErrorCode::UnstableOffsetCommit),
                    false => told(partition, offset),
                }
            });
            OffsetFetchResponseTopics {
                name: topic.clone(),
                // Its topic is known by name, whatever ids it has had.
                topic_id: Uuid::ZERO,
                partitions: partitions.collect(),
                ..OffsetFetchResponseTopics::default()
            }
        });
        topics.collect()
    }

    fn is_unstable(&self, request: &OffsetFetchRequestGroup, topic: &KafkaString, partition: i32) -> bool {
        self.pending_offsets.has_partition(&request.group_id, topic, partition)
    }
}

fn told(partition_index: i32, offset: &OffsetAndMetadata) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: offset.committed_offset.0,
        committed_leader_epoch: offset.leader_epoch.0,
        metadata: Some(offset.metadata.clone()),
        ..OffsetFetchResponsePartitions::default()
    }
}

fn no_offset(partition_index: i32, error: ErrorCode) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some(KafkaString::EMPTY),
        error_code: error.number(),
        ..OffsetFetchResponsePartitions::default()
    }
}
