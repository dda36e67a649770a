//! ListOffsets, versions 1 to 11: offsets by time, and the ends of the log that special times stand for.
//!
//! Without tiered storage, -5 and -6 find nothing, and no request waits, so that its timeout does not matter.
//!
//! Missing: authorization, quotas.

use std::sync::Arc;

use hashbrown::HashSet;
use ottla_log::log::{FetchIsolation, TimestampQuery};
use ottla_record::{LeaderEpoch, Timestamp};
use ottla_wire::ErrorCode;
use ottla_wire::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse,
    ListOffsetsTopic, ListOffsetsTopicResponse,
};

use super::RequestContext;
use super::distinct::distinct;
use crate::broker::Broker;
use crate::partitions::{Partitions, TimestampAnswer};

const READ_COMMITTED: i8 = 1;
/// The replica id of consumers.
const CONSUMER: i32 = -1;

/// The answer has an epoch from this version on (KIP-320).
const EPOCH_VERSION_MIN: i16 = 4;
/// Clients know `OFFSET_NOT_AVAILABLE` from this version on (KIP-207).
const NOT_AVAILABLE_VERSION_MIN: i16 = 5;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: ListOffsetsRequest,
) -> ListOffsetsResponse {
    let isolation = match (request.replica_id, request.isolation_level) {
        (CONSUMER, READ_COMMITTED) => Some(FetchIsolation::TransactionCommitted),
        (CONSUMER, _) => Some(FetchIsolation::HighWatermark),
        _ => None,
    };
    let query = Query { partitions: &broker.partitions, version: context.api_version, isolation };
    let duplicates = duplicates(&request.topics);
    let named = request.topics.iter().map(|topic| (&*topic.name, topic.partitions.as_slice()));
    let topics =
        distinct(named, |partition| partition.partition_index).into_iter().map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(|partition| {
                match duplicates.contains(&(name, partition.partition_index)) {
                    true => error(partition, ErrorCode::InvalidRequest),
                    false => query.offset(name, partition),
                }
            });
            ListOffsetsTopicResponse {
                name: name.into(),
                partitions: partitions.collect(),
                ..ListOffsetsTopicResponse::default()
            }
        });
    ListOffsetsResponse { topics: topics.collect(), ..ListOffsetsResponse::default() }
}

/// Partitions that a request names more than once.
fn duplicates(topics: &[ListOffsetsTopic]) -> HashSet<(&str, i32)> {
    let named = topics
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(|partition| (&*topic.name, partition.partition_index)));
    let mut seen = HashSet::new();
    named.filter(|key| !seen.insert(*key)).collect()
}

struct Query<'a> {
    partitions: &'a Partitions,
    version: i16,
    isolation: Option<FetchIsolation>,
}

impl Query<'_> {
    fn offset(&self, topic: &str, asked: &ListOffsetsPartition) -> ListOffsetsPartitionResponse {
        let Some(query) = query(asked.timestamp, self.version) else {
            return error(asked, ErrorCode::UnsupportedVersion);
        };
        let partition = match self.partitions.partition(topic, asked.partition_index) {
            Ok(partition) => partition,
            Err(refusal) => return error(asked, refusal.code()),
        };
        // Any other is compared, negative ones too.
        let epoch = Some(LeaderEpoch(asked.current_leader_epoch)).filter(|epoch| *epoch != LeaderEpoch::NONE);
        match partition.offset_for_timestamp(query, self.isolation, epoch) {
            Ok(TimestampAnswer::Found(found)) => {
                let epoch = found.leader_epoch.filter(|_| self.version >= EPOCH_VERSION_MIN);
                ListOffsetsPartitionResponse {
                    partition_index: asked.partition_index,
                    timestamp: found.timestamp.0,
                    offset: found.offset.0,
                    leader_epoch: epoch.unwrap_or(LeaderEpoch::NONE).0,
                    ..ListOffsetsPartitionResponse::default()
                }
            }
            Ok(TimestampAnswer::Nothing) => error(asked, ErrorCode::None),
            Ok(TimestampAnswer::NotAvailable) if self.version >= NOT_AVAILABLE_VERSION_MIN => {
                error(asked, ErrorCode::OffsetNotAvailable)
            }
            Ok(TimestampAnswer::NotAvailable) => error(asked, ErrorCode::LeaderNotAvailable),
            Err(failure) => error(asked, failure.code()),
        }
    }
}

/// What a timestamp asks for; none if the version does not know it.
fn query(timestamp: i64, version: i16) -> Option<TimestampQuery> {
    let (query, version_min) = match timestamp {
        0.. => return Some(TimestampQuery::At(Timestamp(timestamp))),
        -1 => (TimestampQuery::Latest, 1),
        -2 => (TimestampQuery::Earliest, 1),
        -3 => (TimestampQuery::MaxTimestamp, 7),
        -4 => (TimestampQuery::EarliestLocal, 8),
        -5 => (TimestampQuery::LatestTiered, 9),
        -6 => (TimestampQuery::EarliestPendingUpload, 11),
        _ => return None,
    };
    (version >= version_min).then_some(query)
}

/// An answer without an offset.
fn error(asked: &ListOffsetsPartition, error: ErrorCode) -> ListOffsetsPartitionResponse {
    ListOffsetsPartitionResponse {
        partition_index: asked.partition_index,
        error_code: error.number(),
        ..ListOffsetsPartitionResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use ottla_record::BatchSettings;
    use ottla_wire::KafkaString;
    use ottla_wire::api::{ApiKey, ResponseBody};

    use super::*;
    use crate::testing::{NOW, Rig, TOPIC, batch_at};

    fn append(rig: &Rig, timestamp: i64) {
        rig.append_batch(0, &batch_at(1, Timestamp(timestamp), BatchSettings::default()));
    }

    async fn ask(rig: &Rig, version: i16, index: i32, timestamp: i64) -> ListOffsetsPartitionResponse {
        ask_with(
            rig,
            version,
            vec![ListOffsetsPartition {
                partition_index: index,
                timestamp,
                ..ListOffsetsPartition::default()
            }],
        )
        .await
    }

    async fn ask_with(
        rig: &Rig,
        version: i16,
        partitions: Vec<ListOffsetsPartition>,
    ) -> ListOffsetsPartitionResponse {
        let name = KafkaString::from_static(TOPIC);
        let request = ListOffsetsRequest {
            replica_id: CONSUMER,
            topics: vec![ListOffsetsTopic { name, partitions, ..ListOffsetsTopic::default() }],
            ..ListOffsetsRequest::default()
        };
        let ResponseBody::ListOffsets(response) = rig.ask(ApiKey::ListOffsets, version, &request).await
        else {
            panic!()
        };
        response.topics[0].partitions[0].clone()
    }

    fn found(answer: &ListOffsetsPartitionResponse) -> (i16, i64, i64) {
        (answer.error_code, answer.offset, answer.timestamp)
    }

    #[tokio::test]
    async fn every_version_finds_ends_and_times() {
        let rig = Rig::new();
        rig.create_topic(1);
        [NOW.0 - 20, NOW.0 - 10, NOW.0 - 15].into_iter().for_each(|timestamp| append(&rig, timestamp));
        for version in 1..=11 {
            let epoch = if version < 4 { -1 } else { 0 };
            let latest = ask(&rig, version, 0, -1).await;
            assert_eq!((found(&latest), latest.leader_epoch), ((0, 3, -1), epoch), "version {version}");
            assert_eq!(found(&ask(&rig, version, 0, -2).await), (0, 0, -1));
            let at = ask(&rig, version, 0, NOW.0 - 12).await;
            assert_eq!((found(&at), at.leader_epoch), ((0, 1, NOW.0 - 10), epoch));
            assert_eq!(found(&ask(&rig, version, 0, NOW.0).await), (0, -1, -1), "nothing that late");
        }
    }

    #[tokio::test]
    async fn special_times_have_versions() {
        let rig = Rig::new();
        rig.create_topic(1);
        [NOW.0 - 20, NOW.0 - 10, NOW.0 - 15].into_iter().for_each(|timestamp| append(&rig, timestamp));
        let unsupported = (ErrorCode::UnsupportedVersion.number(), -1, -1);
        let cases = [
            (-3, 7, (0, 1, NOW.0 - 10)),
            (-4, 8, (0, 0, -1)),
            (-5, 9, (0, -1, -1)),
            (-6, 11, (0, -1, -1)),
            (-7, 12, unsupported),
        ];
        for (timestamp, version_min, expected) in cases {
            for version in 1..=11 {
                let expected = if version < version_min { unsupported } else { expected };
                assert_eq!(
                    found(&ask(&rig, version, 0, timestamp).await),
                    expected,
                    "{timestamp} at {version}"
                );
            }
        }
    }

    #[tokio::test]
    async fn refusals_are_kafkas() {
        let rig = Rig::new();
        rig.create_topic(1);
        assert_eq!(ask(&rig, 5, 9, -1).await.error_code, ErrorCode::UnknownTopicOrPartition.number());
        let partition = ListOffsetsPartition { timestamp: -1, ..ListOffsetsPartition::default() };
        let twice = vec![partition.clone(), partition.clone()];
        assert_eq!(ask_with(&rig, 5, twice).await.error_code, ErrorCode::InvalidRequest.number());
        let newer = ListOffsetsPartition { current_leader_epoch: 8, ..partition.clone() };
        assert_eq!(ask_with(&rig, 5, vec![newer]).await.error_code, ErrorCode::UnknownLeaderEpoch.number());
        let negative = ListOffsetsPartition { current_leader_epoch: -2, ..partition };
        assert_eq!(ask_with(&rig, 5, vec![negative]).await.error_code, ErrorCode::FencedLeaderEpoch.number());
    }

    #[tokio::test]
    async fn each_partition_is_answered_once() {
        let rig = Rig::new();
        rig.create_topic(2);
        let topic = |indexes: &[i32]| ListOffsetsTopic {
            name: KafkaString::from_static(TOPIC),
            partitions: indexes
                .iter()
                .map(|&partition_index| ListOffsetsPartition {
                    partition_index,
                    timestamp: -1,
                    ..Default::default()
                })
                .collect(),
            ..ListOffsetsTopic::default()
        };
        let topics = vec![topic(&[]), topic(&[0, 0]), topic(&[1])];
        let request = ListOffsetsRequest { replica_id: CONSUMER, topics, ..ListOffsetsRequest::default() };
        let ResponseBody::ListOffsets(response) = rig.ask(ApiKey::ListOffsets, 5, &request).await else {
            panic!()
        };
        assert_eq!(response.topics.len(), 1);
        let told: Vec<_> = response.topics[0]
            .partitions
            .iter()
            .map(|told| (told.partition_index, told.error_code))
            .collect();
        assert_eq!(told, [(0, ErrorCode::InvalidRequest.number()), (1, 0)]);
    }
}
