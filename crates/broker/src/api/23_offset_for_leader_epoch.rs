//! OffsetForLeaderEpoch, versions 2 to 4: where an epoch of leaders ends, so that a client finds out whether it has read
//! records that were lost (KIP-320).
//!
//! Missing: authorization, quotas.

use std::sync::Arc;

use ottla_record::LeaderEpoch;
use ottla_wire::ErrorCode;
use ottla_wire::api::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderPartition,
    OffsetForLeaderTopicResult,
};

use super::RequestContext;
use crate::broker::Broker;
use crate::partitions::Partitions;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let topics = request.topics.iter().map(|topic| OffsetForLeaderTopicResult {
        topic: topic.topic.clone(),
        partitions: topic
            .partitions
            .iter()
            .map(|partition| end_offset(&broker.partitions, &topic.topic, partition))
            .collect(),
        ..OffsetForLeaderTopicResult::default()
    });
    OffsetForLeaderEpochResponse { topics: topics.collect(), ..OffsetForLeaderEpochResponse::default() }
}

fn end_offset(partitions: &Partitions, topic: &str, asked: &OffsetForLeaderPartition) -> EpochEndOffset {
    // Any other is compared, negative ones too.
    let known = Some(LeaderEpoch(asked.current_leader_epoch)).filter(|epoch| *epoch != LeaderEpoch::NONE);
    let end = partitions
        .partition(topic, asked.partition)
        .and_then(|partition| partition.end_offset_for_epoch(LeaderEpoch(asked.leader_epoch), known));
    let nothing = |error: ErrorCode| EpochEndOffset {
        error_code: error.number(),
        partition: asked.partition,
        ..EpochEndOffset::default()
    };
    match end {
        Ok(Some(end)) => EpochEndOffset {
            leader_epoch: end.leader_epoch.0,
            end_offset: end.offset.0,
            ..nothing(ErrorCode::None)
        },
        Ok(None) => nothing(ErrorCode::None),
        Err(error) => nothing(error.code()),
    }
}

#[cfg(test)]
mod tests {
    use ottla_wire::KafkaString;
    use ottla_wire::api::offset_for_leader_epoch::OffsetForLeaderTopic;
    use ottla_wire::api::{ApiKey, ResponseBody};

    use super::*;
    use crate::testing::{Rig, TOPIC};

    async fn ask(rig: &Rig, version: i16, partition: i32, current: i32, epoch: i32) -> (i16, i32, i64) {
        let partition = OffsetForLeaderPartition {
            partition,
            current_leader_epoch: current,
            leader_epoch: epoch,
            ..OffsetForLeaderPartition::default()
        };
        let request = OffsetForLeaderEpochRequest {
            topics: vec![OffsetForLeaderTopic {
                topic: KafkaString::from_static(TOPIC),
                partitions: vec![partition],
                ..OffsetForLeaderTopic::default()
            }],
            ..OffsetForLeaderEpochRequest::default()
        };
        let body = rig.ask(ApiKey::OffsetForLeaderEpoch, version, &request).await;
        let ResponseBody::OffsetForLeaderEpoch(response) = body else { panic!() };
        let end = &response.topics[0].partitions[0];
        (end.error_code, end.leader_epoch, end.end_offset)
    }

    #[tokio::test]
    async fn every_version_finds_the_end_of_an_epoch() {
        let rig = Rig::new();
        rig.create_topic(1);
        rig.append(0, 3);
        for version in 2..=4 {
            assert_eq!(ask(&rig, version, 0, -1, 0).await, (0, 0, 3));
            assert_eq!(ask(&rig, version, 0, 0, 5).await, (0, -1, -1), "an epoch that is not known");
            assert_eq!(ask(&rig, version, 0, 3, 0).await, (ErrorCode::UnknownLeaderEpoch.number(), -1, -1));
            assert_eq!(ask(&rig, version, 0, -2, 0).await, (ErrorCode::FencedLeaderEpoch.number(), -1, -1));
            assert_eq!(
                ask(&rig, version, 4, -1, 0).await,
                (ErrorCode::UnknownTopicOrPartition.number(), -1, -1)
            );
        }
    }
}
