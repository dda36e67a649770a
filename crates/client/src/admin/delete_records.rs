//! DeleteRecords.

use std::collections::BTreeMap;

use ottla_record::Offset;
use ottla_wire::api::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsTopic,
};

use super::by_leader::LeaderOperation;
use super::{Admin, Results};
use crate::error::ApiError;
use crate::topic_partition::{TopicPartition, by_topic};

impl Admin {
    /// Deletes the records before an offset, -1 for all that are committed, each partition by itself. The
    /// results are the offsets at which the partitions begin then.
    pub async fn delete_records(
        &self,
        before: BTreeMap<TopicPartition, Offset>,
    ) -> Results<TopicPartition, Offset> {
        self.by_leader(&Deletion { timeout_ms: self.timeout_ms() }, before).await
    }
}

struct Deletion {
    timeout_ms: i32,
}

impl LeaderOperation for Deletion {
    type Request = DeleteRecordsRequest;
    type Input = Offset;
    type Output = Offset;

    fn request(&self, partitions: &[(TopicPartition, Offset)]) -> DeleteRecordsRequest {
        let partition = |(index, offset): (i32, Offset)| DeleteRecordsPartition {
            partition_index: index,
            offset: offset.0,
            ..DeleteRecordsPartition::default()
        };
        let topics = by_topic(partitions.iter().cloned()).into_iter().map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(partition).collect();
            DeleteRecordsTopic { name, partitions, ..DeleteRecordsTopic::default() }
        });
        DeleteRecordsRequest {
            topics: topics.collect(),
            timeout_ms: self.timeout_ms,
            ..DeleteRecordsRequest::default()
        }
    }

    fn results(&self, response: DeleteRecordsResponse) -> Vec<(TopicPartition, Result<Offset, ApiError>)> {
        let mut results = Vec::new();
        for topic in response.topics {
            for found in topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), found.partition_index);
                let result = ApiError::check(found.error_code, None).map(|()| Offset(found.low_watermark));
                results.push((partition, result));
            }
        }
        results
    }
}
