//! DeleteRecords, versions 0 to 2: moves the beginning of partitions up.
//!
//! The answer waits until all replicas have moved, which with one replica is at once.
//!
//! Missing: authorization, quotas.

use std::sync::Arc;

use ottla_wire::ErrorCode;
use ottla_wire::api::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteRecordsTopicResult,
};

use super::RequestContext;
use super::distinct::distinct;
use crate::broker::Broker;
use crate::partitions::{DeleteFailure, INTERNAL_TOPICS, Partitions};

/// In place of a low watermark: the records were not deleted.
const NO_LOW_WATERMARK: i64 = -1;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: DeleteRecordsRequest,
) -> DeleteRecordsResponse {
    let named = request.topics.iter().map(|topic| (&*topic.name, topic.partitions.as_slice()));
    let topics =
        distinct(named, |partition| partition.partition_index).into_iter().map(|(name, partitions)| {
            let delete = |partition| delete(&broker.partitions, name, partition);
            DeleteRecordsTopicResult {
                name: name.into(),
                partitions: partitions.into_iter().map(delete).collect(),
                ..DeleteRecordsTopicResult::default()
            }
        });
    DeleteRecordsResponse { topics: topics.collect(), ..DeleteRecordsResponse::default() }
}

fn delete(
    partitions: &Partitions,
    topic: &str,
    asked: &DeleteRecordsPartition,
) -> DeleteRecordsPartitionResult {
    let result = |low_watermark, error: ErrorCode| DeleteRecordsPartitionResult {
        partition_index: asked.partition_index,
        low_watermark,
        error_code: error.number(),
        ..DeleteRecordsPartitionResult::default()
    };
    let deleted = partitions.partition(topic, asked.partition_index).map_err(DeleteFailure::from);
    let deleted = deleted.and_then(|partition| match INTERNAL_TOPICS.contains(&topic) {
        true => Ok(Err(ErrorCode::InvalidTopicException)),
        false => partition.delete_records_below(asked.offset).map(Ok),
    });
    match deleted {
        Ok(Ok(low_watermark)) => result(low_watermark.0, ErrorCode::None),
        Ok(Err(error)) => result(NO_LOW_WATERMARK, error),
        Err(failure) => result(NO_LOW_WATERMARK, failure.code()),
    }
}

#[cfg(test)]
mod tests {
    use ottla_log::config::CleanupPolicy;
    use ottla_wire::KafkaString;
    use ottla_wire::api::delete_records::DeleteRecordsTopic;
    use ottla_wire::api::{ApiKey, ResponseBody};

    use super::*;
    use crate::testing::{Rig, TOPIC};

    async fn delete_below(rig: &Rig, version: i16, index: i32, offset: i64) -> (i16, i64) {
        let partition =
            DeleteRecordsPartition { partition_index: index, offset, ..DeleteRecordsPartition::default() };
        let request = DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: KafkaString::from_static(TOPIC),
                partitions: vec![partition],
                ..DeleteRecordsTopic::default()
            }],
            ..DeleteRecordsRequest::default()
        };
        let body = rig.ask(ApiKey::DeleteRecords, version, &request).await;
        let ResponseBody::DeleteRecords(response) = body else { panic!() };
        let result = &response.topics[0].partitions[0];
        (result.error_code, result.low_watermark)
    }

    #[tokio::test]
    async fn every_version_deletes() {
        let rig = Rig::new();
        rig.create_topic(1);
        rig.append(0, 10);
        for version in 0..=2 {
            let offset = i64::from(version) + 1;
            assert_eq!(delete_below(&rig, version, 0, offset).await, (0, offset));
        }
        assert_eq!(delete_below(&rig, 2, 0, -1).await, (0, 10));
        assert_eq!(delete_below(&rig, 2, 0, 11).await, (ErrorCode::OffsetOutOfRange.number(), -1));
        assert_eq!(delete_below(&rig, 2, 7, 1).await, (ErrorCode::UnknownTopicOrPartition.number(), -1));
    }

    #[tokio::test]
    async fn compacted_topics_keep_their_records() {
        let rig = Rig::new();
        rig.create_topic_with(1, |settings| {
            Arc::make_mut(&mut settings.log).cleanup_policy = CleanupPolicy::COMPACT;
        });
        assert_eq!(delete_below(&rig, 2, 0, 0).await, (ErrorCode::PolicyViolation.number(), -1));
    }
}
