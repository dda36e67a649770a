//! The fetches of a consumer.

use std::collections::{BTreeMap, HashSet, VecDeque};

use ottla_record::{Decompressor, LeaderEpoch, Offset};
use ottla_wire::api::fetch::{FetchRequest, FetchResponse, PartitionData};
use ottla_wire::{ErrorCode, KafkaString, Uuid, Versions};
use tokio::time::{Duration, Instant};

use super::fetched::{Fetched, Reading};
use super::session::{Session, TOPIC_IDS_VERSION, Wanted, WantedPartitions};
use crate::config::{Address, ClientConfig};
use crate::consumer::TopicPartition;
use crate::consumer::config::FetchConfig;
use crate::consumer::error::ConsumerError;
use crate::consumer::membership::milliseconds;
use crate::consumer::offset_reset::OffsetReset;
use crate::consumer::position::Position;
use crate::consumer::records::{ConsumerRecords, PartitionRecords};
use crate::consumer::subscription::SubscriptionState;
use crate::metadata::{Broker, Cluster, LeaderHint};

/// Bytes that a batch may have when decompressed.
const DECOMPRESSED_BYTES_MAX: usize = i32::MAX as usize;
/// Bytes of the decompressor's buffer that are kept from one poll to the next.
const DECOMPRESSOR_BYTES_KEPT: usize = 4 << 20;

/// A fetch to be sent to a broker.
#[derive(Clone, Debug)]
pub(crate) struct FetchCall {
    pub(crate) node: i32,
    pub(crate) request: FetchRequest,
    pub(crate) versions: Versions,
}

/// What came of a fetch.
#[derive(Debug)]
pub(crate) struct FetchAnswer {
    pub(crate) node: i32,
    /// The answer and the version that it is in; `None` if none came.
    pub(crate) response: Option<(FetchResponse, i16)>,
}

/// What answers told about the cluster.
#[derive(Debug, Default)]
pub(crate) struct ClusterNews {
    /// Something is not as the client thought.
    pub(crate) is_stale: bool,
    /// Leaders that brokers named (KIP-951).
    pub(crate) leaders: Vec<LeaderHint>,
    /// Where these leaders are.
    pub(crate) brokers: Vec<Broker>,
}

/// Asks brokers for records and keeps what comes until the user takes it.
#[derive(Debug)]
pub(crate) struct Fetcher {
    config: FetchConfig,
    /// How long a preferred replica is believed in.
    replica_lease: Duration,
    sessions: BTreeMap<i32, Session>,
    in_flight: HashSet<i32>,
    /// Brokers that did not answer are left alone until then.
    retry_at: BTreeMap<i32, Instant>,
    buffer: VecDeque<Fetched>,
    /// Offsets behind what is buffered, with the position that it goes on from.
    ahead: BTreeMap<TopicPartition, Offset>,
    decompressor: Decompressor,
}

impl Fetcher {
    pub(crate) fn new(config: FetchConfig, client: &ClientConfig) -> Self {
        Self {
            config,
            replica_lease: client.metadata_max_age,
            sessions: BTreeMap::new(),
            in_flight: HashSet::new(),
            retry_at: BTreeMap::new(),
            buffer: VecDeque::new(),
            ahead: BTreeMap::new(),
            decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX),
        }
    }

    pub(crate) fn is_read_committed(&self) -> bool {
        self.config.read_committed
    }

    /// When a broker that failed may be asked again.
    pub(crate) fn next_retry(&self) -> Option<Instant> {
        self.retry_at.values().copied().min()
    }

    /// The partition was sought elsewhere: nothing that is buffered goes on from there.
    pub(crate) fn forget(&mut self, partition: &TopicPartition) {
        self.ahead.remove(partition);
        self.buffer.retain(|fetched| fetched.partition != *partition);
    }

    /// Forgets what is buffered of partitions that are no longer read.
    pub(crate) fn retain(&mut self, subscription: &SubscriptionState) {
        self.ahead.retain(|partition, _| subscription.state(partition).is_some());
        self.buffer.retain(|fetched| subscription.state(&fetched.partition).is_some());
    }

    /// The fetches that are due, one at most for each broker.
    pub(crate) fn calls(
        &mut self,
        now: Instant,
        subscription: &SubscriptionState,
        cluster: &Cluster,
    ) -> Vec<FetchCall> {
        self.retry_at.retain(|_, at| *at > now);
        let mut wanted = self.wanted_by_node(now, subscription, cluster);
        // A session also learns that nothing is wanted of it any more.
        for (node, session) in &self.sessions {
            if !session.is_idle() && cluster.brokers.contains_key(node) {
                wanted.entry(*node).or_default();
            }
        }
        let mut calls = Vec::new();
        for (node, partitions) in wanted {
            let busy = self.in_flight.contains(&node) || self.retry_at.contains_key(&node);
            if busy || self.buffered_bytes(node, subscription) >= self.read_ahead_bytes() {
                continue;
            }
            calls.push(self.call(node, partitions));
        }
        calls
    }

    fn call(&mut self, node: i32, partitions: WantedPartitions) -> FetchCall {
        let mut request = FetchRequest {
            max_wait_ms: milliseconds(self.config.max_wait),
            min_bytes: self.config.min_bytes,
            max_bytes: self.config.max_bytes,
            isolation_level: i8::from(self.config.read_committed),
            rack_id: self.config.rack.clone(),
            ..Default::default()
        };
        if partitions.is_empty() {
            // Only tells the broker what to forget.
            (request.max_wait_ms, request.min_bytes) = (0, 0);
        }
        let with_ids = self.sessions.entry(node).or_default().fill(&mut request, partitions);
        self.in_flight.insert(node);
        let newest = if with_ids { i16::MAX } else { TOPIC_IDS_VERSION - 1 };
        FetchCall { node, request, versions: Versions::new(0, newest) }
    }

    fn wanted_by_node(
        &self,
        now: Instant,
        subscription: &SubscriptionState,
        cluster: &Cluster,
    ) -> BTreeMap<i32, WantedPartitions> {
        let mut nodes: BTreeMap<i32, WantedPartitions> = BTreeMap::new();
        for (partition, state) in subscription.partitions() {
            let Some(position) = state.fetchable().filter(|_| state.is_due(now)) else { continue };
            let nearby = state
                .preferred_replica
                .filter(|(id, until)| *until > now && cluster.brokers.contains_key(id));
            let leader = position.leader.id.filter(|id| cluster.brokers.contains_key(id));
            let Some(node) = nearby.map(|(id, _)| id).or(leader) else { continue };
            let wanted = Wanted {
                topic_id: cluster.topic(&partition.topic).map_or_else(Uuid::default, |topic| topic.id),
                offset: self.ahead.get(partition).copied().unwrap_or(position.offset).0,
                leader_epoch: position.leader.epoch.unwrap_or(LeaderEpoch::NONE).0,
                max_bytes: self.config.max_partition_bytes,
            };
            nodes.entry(node).or_default().insert(partition.clone(), wanted);
        }
        nodes
    }

    /// With this much buffered of a broker, nothing more is fetched from it.
    fn read_ahead_bytes(&self) -> usize {
        usize::try_from(self.config.max_bytes / 2).unwrap_or(0).max(1)
    }

    /// What is paused does not count: it may wait for ever.
    fn buffered_bytes(&self, node: i32, subscription: &SubscriptionState) -> usize {
        let counts = |fetched: &&Fetched| {
            let is_paused = subscription.state(&fetched.partition).is_some_and(|state| state.paused);
            fetched.node == node && !is_paused
        };
        self.buffer.iter().filter(counts).map(Fetched::bytes_left).sum()
    }

    /// Takes an answer. An error that the user must know of is the last thing to happen: all else is done.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        retry_at: Instant,
        answer: FetchAnswer,
        subscription: &mut SubscriptionState,
    ) -> (ClusterNews, Result<(), ConsumerError>) {
        let mut news = ClusterNews::default();
        self.in_flight.remove(&answer.node);
        let Some(mut session) = self.sessions.remove(&answer.node) else { return (news, Ok(())) };
        let Some((response, version)) = answer.response else {
            session.failed();
            self.retry_at.insert(answer.node, retry_at);
            self.sessions.insert(answer.node, session);
            news.is_stale = true;
            return (news, Ok(()));
        };
        let mut result = Ok(());
        match session.handle(&response, version) {
            Ok(()) => {
                news.brokers = brokers(&response);
                for topic in response.responses {
                    let Some(name) = session.topic(&topic, version).cloned() else { continue };
                    for data in topic.partitions {
                        let partition =
                            TopicPartition { topic: name.clone(), partition: data.partition_index };
                        let Some(wanted) = session.wanted(&partition).copied() else { continue };
                        let source = Source { node: answer.node, wanted, now, retry_at };
                        let handled = self.handle_partition(source, partition, data, subscription, &mut news);
                        result = result.and(handled);
                    }
                }
            }
            Err(lost) => {
                tracing::debug!(node = answer.node, code = lost.0.name(), "the fetch session is lost");
                if lost.0 == ErrorCode::UnknownTopicId || lost.0 == ErrorCode::FetchSessionTopicIdError {
                    news.is_stale = true;
                }
                if lost.0 != ErrorCode::FetchSessionIdNotFound {
                    self.retry_at.insert(answer.node, retry_at);
                }
            }
        }
        self.sessions.insert(answer.node, session);
        (news, result)
    }

    fn handle_partition(
        &mut self,
        source: Source,
        partition: TopicPartition,
        data: PartitionData,
        subscription: &mut SubscriptionState,
        news: &mut ClusterNews,
    ) -> Result<(), ConsumerError> {
        let reset = subscription.default_reset();
        let Some(state) = subscription.state_mut(&partition) else { return Ok(()) };
        let Some(position) = state.position() else { return Ok(()) };
        let expected = self.ahead.get(&partition).copied().unwrap_or(position.offset);
        if expected.0 != source.wanted.offset {
            // It was sought elsewhere while the answer was under way.
            return Ok(());
        }
        match ErrorCode::from(data.error_code) {
            ErrorCode::None => {}
            ErrorCode::OffsetOutOfRange => {
                if state.preferred_replica.take().is_some() || expected != position.offset {
                    // The leader may have it; or what is buffered comes first and decides anew.
                    return Ok(());
                }
                if reset == OffsetReset::None {
                    return Err(ConsumerError::OutOfRange { partition, offset: position.offset });
                }
                tracing::info!(%partition, offset = position.offset.0, "fetch position is out of range, resetting");
                state.reset(reset);
                return Ok(());
            }
            code => {
                state.retry_at = Some(source.retry_at);
                news.note_leader(&partition, &data);
                return partition_error(code, partition, position, news);
            }
        }
        let known = |offset: i64| (offset >= 0).then_some(Offset(offset));
        state.high_watermark = known(data.high_watermark).or(state.high_watermark);
        state.last_stable_offset = known(data.last_stable_offset).or(state.last_stable_offset);
        state.log_start_offset = known(data.log_start_offset).or(state.log_start_offset);
        if data.preferred_read_replica >= 0 {
            state.preferred_replica = Some((data.preferred_read_replica, source.now + self.replica_lease));
        }
        let Some(records) = data.records.filter(|records| !records.is_empty()) else { return Ok(()) };
        let fetched =
            Fetched::new(partition.clone(), source.node, expected, records, data.aborted_transactions);
        match fetched.end() {
            Some(end) => self.ahead.insert(partition, end.max(expected)),
            // Whoever takes it finds what is wrong; until then it must not be fetched over and over.
            None => self.ahead.insert(partition, expected),
        };
        self.buffer.push_back(fetched);
        Ok(())
    }

    /// Hands out what is buffered: at most `max` records, and only of what may be read now.
    pub(crate) fn collect(
        &mut self,
        max: usize,
        subscription: &mut SubscriptionState,
    ) -> Result<ConsumerRecords, ConsumerError> {
        let mut records = ConsumerRecords::default();
        let mut left = max;
        let mut put_off = VecDeque::new();
        let mut result = Ok(());
        while left > 0 {
            let Some(mut fetched) = self.buffer.pop_front() else { break };
            let Some(state) = subscription.state_mut(&fetched.partition) else { continue };
            let Some(position) = state.fetchable() else {
                if state.paused && state.position().is_some() {
                    put_off.push_back(fetched);
                } else {
                    self.ahead.remove(&fetched.partition);
                }
                continue;
            };
            if position.offset != fetched.next_offset() {
                // Stale: the partition was sought elsewhere.
                continue;
            }
            let mut taken = PartitionRecords::new(fetched.partition.clone());
            let mut reading = Reading {
                read_committed: self.config.read_committed,
                check_crcs: self.config.check_crcs,
                decompressor: &mut self.decompressor,
            };
            let outcome = fetched.take(left, &mut reading, &mut taken);
            if fetched.next_offset() > position.offset {
                let offset_epoch = fetched.last_epoch().or(position.offset_epoch);
                state.seek_validated(Position { offset: fetched.next_offset(), offset_epoch, ..position });
            }
            left -= taken.len();
            if !taken.is_empty() {
                records.push(taken);
            }
            match outcome {
                Ok(true) => self.buffer.push_front(fetched),
                Ok(false) => self.finish(&fetched),
                Err(error) => {
                    self.forget(&fetched.partition);
                    result = Err(error);
                    break;
                }
            }
        }
        put_off.append(&mut self.buffer);
        self.buffer = put_off;
        self.decompressor.shrink_to(DECOMPRESSOR_BYTES_KEPT);
        match result {
            // What could be read comes first; the error comes again when it is read again.
            Err(error) if records.is_empty() => Err(error),
            _ => Ok(records),
        }
    }

    /// All of it is handed out: with nothing behind it, the next fetch goes by the position again.
    fn finish(&mut self, fetched: &Fetched) {
        if !self.buffer.iter().any(|other| other.partition == fetched.partition) {
            self.ahead.remove(&fetched.partition);
        }
    }

    /// The requests that end all sessions.
    pub(crate) fn close(&mut self) -> Vec<FetchCall> {
        self.buffer.clear();
        self.ahead.clear();
        let idle = |node: &i32| !self.in_flight.contains(node);
        let sessions = self.sessions.iter_mut().filter(|(node, _)| idle(node));
        let call = |(node, session): (&i32, &mut Session)| {
            let request = session.close()?;
            Some(FetchCall { node: *node, request, versions: Versions::ALL })
        };
        sessions.filter_map(call).collect()
    }
}

/// Where an answer comes from, and what was asked.
#[derive(Clone, Copy, Debug)]
struct Source {
    node: i32,
    wanted: Wanted,
    now: Instant,
    /// When a partition with an error is asked for again.
    retry_at: Instant,
}

fn partition_error(
    code: ErrorCode,
    partition: TopicPartition,
    position: Position,
    news: &mut ClusterNews,
) -> Result<(), ConsumerError> {
    match code {
        ErrorCode::NotLeaderOrFollower
        | ErrorCode::ReplicaNotAvailable
        | ErrorCode::KafkaStorageError
        | ErrorCode::FencedLeaderEpoch
        | ErrorCode::OffsetNotAvailable
        | ErrorCode::UnknownTopicOrPartition
        | ErrorCode::UnknownTopicId
        | ErrorCode::InconsistentTopicId => {
            tracing::debug!(%partition, code = code.name(), "cannot fetch, asking for metadata");
            news.is_stale = true;
            Ok(())
        }
        ErrorCode::UnknownLeaderEpoch | ErrorCode::UnknownServerError => {
            tracing::debug!(%partition, code = code.name(), "cannot fetch, trying again");
            Ok(())
        }
        ErrorCode::CorruptMessage => Err(ConsumerError::Corrupt {
            partition,
            offset: position.offset,
            reason: "the broker found it corrupt".to_owned(),
        }),
        other => Err(other.into()),
    }
}

impl ClusterNews {
    fn note_leader(&mut self, partition: &TopicPartition, data: &PartitionData) {
        let leader = &data.current_leader;
        if leader.leader_id >= 0 && leader.leader_epoch >= 0 {
            self.leaders.push(LeaderHint {
                topic: partition.topic.clone(),
                partition: partition.partition,
                leader: leader.leader_id,
                leader_epoch: LeaderEpoch(leader.leader_epoch),
            });
        }
    }
}

fn brokers(response: &FetchResponse) -> Vec<Broker> {
    let broker = |node: &ottla_wire::api::fetch::NodeEndpoint| Broker {
        id: node.node_id,
        // A port that cannot be becomes 0, which fails to connect.
        address: Address::new(&*node.host, u16::try_from(node.port).unwrap_or(0)),
        rack: node.rack.as_ref().map(KafkaString::as_str).map(str::to_owned),
    };
    response.node_endpoints.iter().map(broker).collect()
}
