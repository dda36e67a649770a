//! OffsetFetch.

use std::collections::BTreeMap;

use ottla_wire::api::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
    OffsetFetchResponse,
};
use ottla_wire::{ErrorCode, KafkaString, Versions};

use super::{Admin, Results};
use crate::client::{CallOptions, Target};
use crate::error::{ApiError, ClientError};
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::topic_partition::{TopicPartition, by_topic};

impl Admin {
    /// The offsets that a group committed, for these partitions, or for all that it has if `None`. `None` in a
    /// result: the group has committed nothing for the partition.
    ///
    /// `require_stable` waits until no transaction may still change them (KIP-447).
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn list_group_offsets(
        &self,
        group_id: &KafkaString,
        partitions: Option<&[TopicPartition]>,
        require_stable: bool,
    ) -> Result<Results<TopicPartition, Option<OffsetAndMetadata>>, ClientError> {
        let first = match (require_stable, partitions) {
            (true, _) => 7,
            (false, None) => 2,
            (false, Some(_)) => 0,
        };
        // From version 10 on topics go by id, which this operation does without, as Kafka's does.
        let call = CallOptions { versions: Versions::new(first, 9), ..self.options() };
        let response = self
            .client
            .call(
                &Target::group(group_id.clone()),
                call,
                |version| request(group_id, partitions, require_stable, version),
                error_of,
            )
            .await?;
        ApiError::check(error_of(&response).number(), None)?;
        Ok(results(response))
    }
}

fn request(
    group_id: &KafkaString,
    partitions: Option<&[TopicPartition]>,
    require_stable: bool,
    version: i16,
) -> OffsetFetchRequest {
    let topics = partitions.map(|partitions| by_topic(partitions.iter().map(|p| (p.clone(), ()))));
    let indexes = |partitions: Vec<(i32, ())>| partitions.into_iter().map(|(index, ())| index).collect();
    let mut request = OffsetFetchRequest { require_stable, ..OffsetFetchRequest::default() };
    if version >= 8 {
        let topic = |(name, partitions)| OffsetFetchRequestTopics {
            name,
            partition_indexes: indexes(partitions),
            ..OffsetFetchRequestTopics::default()
        };
        request.groups = vec![OffsetFetchRequestGroup {
            group_id: group_id.clone(),
            topics: topics.map(|topics| topics.into_iter().map(topic).collect()),
            ..OffsetFetchRequestGroup::default()
        }];
    } else {
        let topic = |(name, partitions)| OffsetFetchRequestTopic {
            name,
            partition_indexes: indexes(partitions),
            ..OffsetFetchRequestTopic::default()
        };
        request.group_id = group_id.clone();
        request.topics = topics.map(|topics| topics.into_iter().map(topic).collect());
    }
    request
}

/// The error of the whole answer; one that all partitions may share counts as such, too.
fn error_of(response: &OffsetFetchResponse) -> ErrorCode {
    let whole = response.groups.first().map_or(response.error_code, |group| group.error_code);
    let unstable = |code: i16| ErrorCode::from(code) == ErrorCode::UnstableOffsetCommit;
    let old = response.topics.iter().flat_map(|topic| &topic.partitions).any(|p| unstable(p.error_code));
    let new = response.groups.iter().flat_map(|group| &group.topics).flat_map(|topic| &topic.partitions);
    match ErrorCode::from(whole) {
        ErrorCode::None if old || new.into_iter().any(|p| unstable(p.error_code)) => {
            ErrorCode::UnstableOffsetCommit
        }
        code => code,
    }
}

fn results(response: OffsetFetchResponse) -> Results<TopicPartition, Option<OffsetAndMetadata>> {
    let mut results = BTreeMap::new();
    for topic in response.topics {
        for p in topic.partitions {
            let (offset, epoch) = (p.committed_offset, p.committed_leader_epoch);
            let committed = OffsetAndMetadata::from_wire(offset, epoch, p.metadata.as_ref());
            let result = ApiError::check(p.error_code, None).map(|()| committed);
            let partition = TopicPartition::new(topic.name.clone(), p.partition_index);
            results.insert(partition, result.map_err(ClientError::from));
        }
    }
    for topic in response.groups.into_iter().flat_map(|group| group.topics) {
        for p in topic.partitions {
            let (offset, epoch) = (p.committed_offset, p.committed_leader_epoch);
            let committed = OffsetAndMetadata::from_wire(offset, epoch, p.metadata.as_ref());
            let result = ApiError::check(p.error_code, None).map(|()| committed);
            let partition = TopicPartition::new(topic.name.clone(), p.partition_index);
            results.insert(partition, result.map_err(ClientError::from));
        }
    }
    results
}
