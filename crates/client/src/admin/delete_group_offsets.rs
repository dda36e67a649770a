//! OffsetDelete (KIP-496).

use ottla_wire::api::ApiKey;
use ottla_wire::api::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic, OffsetDeleteResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::{Admin, Results, complete, outcome};
use crate::client::Target;
use crate::error::{ApiError, ClientError};
use crate::topic_partition::{TopicPartition, by_topic};

impl Admin {
    /// Deletes the offsets that a group committed, each partition by itself. The coordinator refuses those of
    /// topics that members still consume.
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn delete_group_offsets(
        &self,
        group_id: &KafkaString,
        partitions: &[TopicPartition],
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let partition = |(index, ()): (i32, ())| OffsetDeleteRequestPartition { partition_index: index };
        let topics = by_topic(partitions.iter().map(|partition| (partition.clone(), ())));
        let topics = topics.into_iter().map(|(name, partitions)| OffsetDeleteRequestTopic {
            name,
            partitions: partitions.into_iter().map(partition).collect(),
        });
        let request = OffsetDeleteRequest { group_id: group_id.clone(), topics: topics.collect() };
        let code = |response: &OffsetDeleteResponse| ErrorCode::from(response.error_code);
        let response = self.call(&Target::group(group_id.clone()), request, code).await?;
        ApiError::check(response.error_code, None)?;
        let mut results = Results::new();
        for topic in response.topics {
            for result in topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), result.partition_index);
                results.insert(partition, outcome(result.error_code, None));
            }
        }
        let missing =
            || ClientError::Incomplete { api: ApiKey::OffsetDelete, missing: "a partition".to_owned() };
        Ok(complete(results, partitions.iter().cloned(), missing))
    }
}
