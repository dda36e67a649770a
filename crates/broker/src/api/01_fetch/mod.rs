//! Fetch, versions 4 to 18: records of the partitions that this node leads, by name or id, in or out of a session.
//!
//! The answer is built by hand: headers in memory, between them parts of log files that go to the socket by `sendfile`. A
//! fetch that finds too little waits with its partitions and is woken when enough has come.
//!
//! Missing: authorization, quotas, and reading as a follower, which needs replication; a broker that is no replica of a
//! partition is told so, as by Kafka.

mod read;
mod respond;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ottla_log::log::FetchIsolation;
use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::api::fetch::{FetchPartition, FetchRequest};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use self::read::{Limits, Reading, Target, read_all};
use self::respond::Answered;
use super::{Reply, RequestContext, RequestError, Started, decode};
use crate::broker::Broker;
use crate::fetch_sessions::{Answer, FetchContext, FetchHeader, PartitionKey, TopicKey, WantedPartition};
use crate::partitions::{Registration, Wanted};

/// Topics are named by their ids from this version on (KIP-516).
const TOPIC_ID_VERSION_MIN: i16 = 13;
/// Followers tell who they are in a struct of its own from this version on (KIP-903).
const REPLICA_STATE_VERSION_MIN: i16 = 15;
/// Clients up to this version do not know `KAFKA_STORAGE_ERROR`.
const OLD_STORAGE_ERROR_VERSION_MAX: i16 = 5;

const READ_COMMITTED: i8 = 1;
/// The replica id of consumers.
const CONSUMER: i32 = -1;

/// A fetch that is being answered.
struct Fetch {
    broker: Arc<Broker>,
    context: RequestContext,
    session: FetchContext,
    targets: Vec<Target>,
    limits: Limits,
    max_wait: Duration,
}

/// Reads, and answers at once where enough is there.
pub(super) fn start(
    broker: &Arc<Broker>,
    context: RequestContext,
    body: BytesMut,
) -> Result<Started, RequestError> {
    let request: FetchRequest = decode(body.freeze(), context.api_version)?;
    let fetch = match Fetch::begin(broker, context, request) {
        Ok(fetch) => fetch,
        Err(reply) => return Ok(Started::Done(reply)),
    };
    let read = read_all(&fetch.targets, &fetch.limits);
    if fetch.is_satisfied(&read) {
        return Ok(Started::Done(fetch.end(read)));
    }
    Ok(Started::Waiting(Box::pin(fetch.wait(read))))
}

impl Fetch {
    /// Finds out what is to be read.
    fn begin(broker: &Arc<Broker>, context: RequestContext, request: FetchRequest) -> Result<Self, Reply> {
        let version = context.api_version;
        let replica_id = match version >= REPLICA_STATE_VERSION_MIN {
            true => request.replica_state.replica_id,
            false => request.replica_id,
        };
        let header = FetchHeader {
            session_id: request.session_id,
            session_epoch: request.session_epoch,
            uses_topic_ids: version >= TOPIC_ID_VERSION_MIN,
            is_from_follower: replica_id >= 0,
            now: broker.clock.monotonic(),
        };
        let (limits, max_wait) = limits(broker, &request, replica_id);
        let (wanted, forgotten) = partitions_of(request, header.uses_topic_ids);
        let begun = broker.fetch_sessions.begin(header, wanted, forgotten);
        let (session, wanted) = begun.map_err(|error| respond::error_reply(&context, error, 0))?;
        let topics = broker.partitions.topics();
        let targets =
            wanted.into_iter().map(|wanted| Target::find(&topics, wanted, header.is_from_follower)).collect();
        Ok(Self { broker: Arc::clone(broker), context, session, targets, limits, max_wait })
    }

    /// Whether the answer need not wait.
    fn is_satisfied(&self, reading: &Reading) -> bool {
        self.max_wait.is_zero()
            || reading.has_news
            || reading.bytes >= self.limits.bytes_min
            || !self.targets.iter().any(|target| target.partition.is_ok())
    }

    /// Waits for more, as long as the client allows, and answers then.
    async fn wait(self, first: Reading) -> Reply {
        let mut latest = first;
        let deadline = tokio::time::Instant::now() + self.max_wait;
        loop {
            let registration = self.register(&latest);
            // What was read is read again when there is more: nothing is held on to meanwhile.
            drop(latest);
            let waited = tokio::time::timeout_at(deadline, registration.done()).await;
            drop(registration);
            latest = read_all(&self.targets, &self.limits);
            if waited.is_err() || self.is_satisfied(&latest) {
                return self.end(latest);
            }
        }
    }

    fn register(&self, reading: &Reading) -> Registration {
        let missing = self.limits.bytes_min.saturating_sub(reading.bytes);
        let mut registration = Registration::for_bytes(i64::try_from(missing).unwrap_or(i64::MAX));
        for (target, result) in self.targets.iter().zip(&reading.results) {
            let Ok(partition) = &target.partition else { continue };
            registration.add(partition, Wanted::Bytes, Offset(result.high_watermark));
        }
        registration
    }

    /// Ends the request: what of the answer must be sent, and its bytes.
    fn end(self, reading: Reading) -> Reply {
        let Self { broker, context, session, targets, .. } = self;
        let mut answers: Vec<(WantedPartition, Answered)> = targets
            .into_iter()
            .zip(reading.results)
            .map(|(target, result)| {
                let answered = Answered::new(&target, result, context.api_version);
                (target.wanted, answered)
            })
            .collect();
        match broker.fetch_sessions.end(&session, &mut answers, Answered::summary) {
            Ok(session_id) => {
                let mut answers: Vec<_> = answers.into_iter().map(|(_, answered)| answered).collect();
                respond::reply(&broker, &context, session_id, &mut answers)
            }
            Err((error, session_id)) => respond::error_reply(&context, error, session_id),
        }
    }
}

fn limits(broker: &Broker, request: &FetchRequest, replica_id: i32) -> (Limits, Duration) {
    let bytes_max = request.max_bytes.min(broker.config.keys.general.fetch_max_bytes);
    let isolation = match replica_id {
        CONSUMER if request.isolation_level == READ_COMMITTED => FetchIsolation::TransactionCommitted,
        CONSUMER => FetchIsolation::HighWatermark,
        _ => FetchIsolation::LogEnd,
    };
    let not_negative = |bytes: i32| u32::try_from(bytes).unwrap_or(0);
    let limits = Limits {
        bytes_max: not_negative(bytes_max),
        bytes_min: not_negative(request.min_bytes.min(bytes_max)).into(),
        isolation,
    };
    (limits, Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)))
}

/// The partitions a request names: those to read, and those to forget.
fn partitions_of(request: FetchRequest, uses_topic_ids: bool) -> (Vec<WantedPartition>, Vec<PartitionKey>) {
    let topic_key = |name: &KafkaString, id: Uuid| match uses_topic_ids {
        true => TopicKey::Id(id),
        false => TopicKey::Name(name.clone()),
    };
    let mut wanted = Vec::with_capacity(request.topics.iter().map(|topic| topic.partitions.len()).sum());
    for topic in &request.topics {
        let key = topic_key(&topic.topic, topic.topic_id);
        let of_topic = topic.partitions.iter().map(|partition| wanted_partition(key.clone(), partition));
        wanted.extend(of_topic);
    }
    let forgotten = request.forgotten_topics_data.iter().flat_map(|topic| {
        let key = topic_key(&topic.topic, topic.topic_id);
        topic.partitions.iter().map(move |&index| PartitionKey { topic: key.clone(), index })
    });
    (wanted, forgotten.collect())
}

fn wanted_partition(topic: TopicKey, partition: &FetchPartition) -> WantedPartition {
    let epoch = |epoch: i32| Some(LeaderEpoch(epoch)).filter(|epoch| epoch.is_some());
    WantedPartition {
        key: PartitionKey { topic, index: partition.partition },
        fetch_offset: Offset(partition.fetch_offset),
        bytes_max: partition.partition_max_bytes,
        current_leader_epoch: epoch(partition.current_leader_epoch),
        last_fetched_epoch: epoch(partition.last_fetched_epoch),
    }
}

impl Answered {
    fn summary(&self) -> Answer {
        Answer {
            has_records: self.slice.is_some(),
            has_error: self.error != ErrorCode::None,
            is_diverging: self.diverging.is_some(),
            high_watermark: self.high_watermark,
            log_start_offset: self.log_start_offset,
        }
    }
}
