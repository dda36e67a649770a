//! OffsetCommit on behalf of a group without members.

use std::collections::BTreeMap;

use ottla_wire::api::ApiKey;
use ottla_wire::api::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
};
use ottla_wire::{ErrorCode, KafkaString, Versions};

use super::{Admin, Results, complete, outcome};
use crate::client::{CallOptions, Target};
use crate::error::ClientError;
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::topic_partition::{TopicPartition, by_topic};

impl Admin {
    /// Commits offsets for a group, each partition by itself. The coordinator refuses if the group has members.
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn alter_group_offsets(
        &self,
        group_id: &KafkaString,
        offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let request = request(group_id, offsets);
        let call = CallOptions { versions: Versions::new(0, 9), ..self.options() };
        let target = Target::group(group_id.clone());
        let response = self.client.call(&target, call, |_| request.clone(), first_retriable).await?;
        let mut results = Results::new();
        for topic in response.topics {
            for result in topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), result.partition_index);
                results.insert(partition, outcome(result.error_code, None));
            }
        }
        let missing =
            || ClientError::Incomplete { api: ApiKey::OffsetCommit, missing: "a partition".to_owned() };
        Ok(complete(results, offsets.keys().cloned(), missing))
    }
}

fn request(
    group_id: &KafkaString,
    offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
) -> OffsetCommitRequest {
    let partition = |(index, offset): (i32, OffsetAndMetadata)| OffsetCommitRequestPartition {
        partition_index: index,
        committed_offset: offset.offset.0,
        committed_leader_epoch: offset.leader_epoch_number(),
        committed_metadata: Some(offset.metadata),
        ..OffsetCommitRequestPartition::default()
    };
    let all = offsets.iter().map(|(partition, offset)| (partition.clone(), offset.clone()));
    let topics = by_topic(all).into_iter().map(|(name, partitions)| OffsetCommitRequestTopic {
        name,
        partitions: partitions.into_iter().map(partition).collect(),
        ..OffsetCommitRequestTopic::default()
    });
    OffsetCommitRequest {
        group_id: group_id.clone(),
        topics: topics.collect(),
        ..OffsetCommitRequest::default()
    }
}

/// Committing the same offsets again does no harm, so one partition that may succeed later is enough.
fn first_retriable(response: &OffsetCommitResponse) -> ErrorCode {
    let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
    let mut codes = partitions.map(|partition| ErrorCode::from(partition.error_code));
    let is_passing = |code: &ErrorCode| code.is_retriable() && *code != ErrorCode::UnknownTopicOrPartition;
    codes.find(is_passing).unwrap_or(ErrorCode::None)
}
