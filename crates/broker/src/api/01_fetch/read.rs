//! Reading the partitions of a fetch, within its limits.

use std::sync::Arc;

use ottla_log::index::AbortedTransaction;
use ottla_log::log::{FetchIsolation, LogSlice};
use ottla_log::offsets::OffsetAndEpoch;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::fetch_sessions::{TopicKey, WantedPartition};
use crate::partitions::{Found, Partition, PartitionError, PartitionRead, Read, Topic, TopicState, Topics};

/// In place of an offset that is not known.
const UNKNOWN_OFFSET: i64 = -1;

/// What a fetch may read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most bytes of the answer, which its first batch may exceed.
    pub(super) bytes_max: u32,
    /// Bytes below which the answer waits.
    pub(super) bytes_min: u64,
    /// How far to read.
    pub(super) isolation: FetchIsolation,
}

/// One partition to read, or the reason why it cannot be.
#[derive(Debug)]
pub(super) struct Target {
    /// What the client wants.
    pub(super) wanted: WantedPartition,
    /// The topic, if it is known.
    pub(super) topic: Option<Arc<TopicState>>,
    /// The partition.
    pub(super) partition: Result<Arc<Partition>, PartitionError>,
}

impl Target {
    /// Finds the partition that a client means.
    pub(super) fn find(topics: &Topics, wanted: WantedPartition, is_from_follower: bool) -> Self {
        let found: Result<&Arc<Topic>, PartitionError> = match &wanted.key.topic {
            TopicKey::Name(name) => topics.by_name(name).ok_or(PartitionError::UnknownTopicOrPartition),
            TopicKey::Id(id) => topics.by_id(*id).ok_or(PartitionError::UnknownTopicId),
        };
        let partition = found.and_then(|topic| topic.partition(wanted.key.index)).cloned();
        let partition = match partition {
            // No other broker has a replica of what this node leads.
            Ok(_) if is_from_follower => Err(PartitionError::NotLeader),
            partition => partition,
        };
        Self { topic: found.ok().map(|topic| Arc::clone(&topic.state)), wanted, partition }
    }

    /// The topic's name and id, as the answer repeats them.
    pub(super) fn topic_names(&self) -> (KafkaString, Uuid) {
        match &self.wanted.key.topic {
            TopicKey::Name(name) => (name.clone(), Uuid::ZERO),
            TopicKey::Id(id) => (KafkaString::EMPTY, *id),
        }
    }
}

/// What one partition gave.
#[derive(Debug)]
pub(super) struct PartitionResult {
    pub(super) error: ErrorCode,
    pub(super) high_watermark: i64,
    pub(super) last_stable_offset: i64,
    pub(super) log_start_offset: i64,
    pub(super) diverging: Option<OffsetAndEpoch>,
    pub(super) aborted_transactions: Option<Vec<AbortedTransaction>>,
    pub(super) slice: Option<LogSlice>,
}

impl PartitionResult {
    fn error(error: ErrorCode) -> Self {
        Self {
            error,
            high_watermark: UNKNOWN_OFFSET,
            last_stable_offset: UNKNOWN_OFFSET,
            log_start_offset: UNKNOWN_OFFSET,
            diverging: None,
            aborted_transactions: None,
            slice: None,
        }
    }

    /// The result of a read that succeeded, and whether waiting could not add to it.
    fn of(read: PartitionRead) -> (Self, bool) {
        let mut result = Self {
            high_watermark: read.high_watermark.0,
            last_stable_offset: read.last_stable_offset.0,
            log_start_offset: read.log_start_offset.0,
            ..Self::error(ErrorCode::None)
        };
        match read.found {
            Found::Diverging(diverging) => {
                result.diverging = Some(diverging);
                (result, false)
            }
            Found::Records { read, is_behind } => {
                // A client makes no progress with the beginning of a batch.
                result.slice = read.slice.filter(|_| !read.first_batch_incomplete);
                result.aborted_transactions = read.aborted_transactions;
                let is_behind = is_behind && result.slice.is_some();
                (result, is_behind)
            }
        }
    }

    fn bytes(&self) -> u32 {
        self.slice.as_ref().map_or(0, |slice| slice.len)
    }
}

/// What all partitions of a fetch gave.
#[derive(Debug)]
pub(super) struct Reading {
    /// What each gave, in the order of the targets.
    pub(super) results: Vec<PartitionResult>,
    /// Bytes of records.
    pub(super) bytes: u64,
    /// Whether there is something that the client must know at once: an error, a diverging log, or more records than waiting
    /// could add to.
    pub(super) has_news: bool,
}

/// Reads the partitions in order, until the answer is full.
pub(super) fn read_all(targets: &[Target], limits: &Limits) -> Reading {
    let mut reading = Reading { results: Vec::with_capacity(targets.len()), bytes: 0, has_news: false };
    let mut bytes_left = limits.bytes_max;
    for target in targets {
        let (result, is_behind) = match &target.partition {
            Ok(partition) => read_one(partition, &target.wanted, limits, bytes_left, reading.bytes == 0),
            // Kafka does not count these as news: they come along when the others are answered.
            Err(error) => (PartitionResult::error(error.code()), false),
        };
        let is_failed_read = target.partition.is_ok() && result.error != ErrorCode::None;
        reading.has_news |= is_failed_read || result.diverging.is_some() || is_behind;
        reading.has_news |= matches!(target.partition, Err(error) if is_answered_at_once(error));
        bytes_left = bytes_left.saturating_sub(result.bytes());
        reading.bytes += u64::from(result.bytes());
        reading.results.push(result);
    }
    reading
}

/// Whether Kafka finds an error only when it reads, and answers then.
const fn is_answered_at_once(error: PartitionError) -> bool {
    !matches!(error, PartitionError::UnknownTopicId | PartitionError::UnknownTopicOrPartition)
}

fn read_one(
    partition: &Partition,
    wanted: &WantedPartition,
    limits: &Limits,
    bytes_left: u32,
    is_first: bool,
) -> (PartitionResult, bool) {
    let metrics = &partition.topic().metrics;
    metrics.total_fetch_requests.add(1);
    let read = Read {
        offset: wanted.fetch_offset,
        bytes_max: u32::try_from(wanted.bytes_max).unwrap_or(0).min(bytes_left),
        min_one_message: is_first,
        isolation: limits.isolation,
        current_leader_epoch: wanted.current_leader_epoch,
        last_fetched_epoch: wanted.last_fetched_epoch,
    };
    match partition.read(&read) {
        Ok(read) => PartitionResult::of(read),
        Err(failure) => {
            let error = failure.code();
            if error == ErrorCode::UnknownServerError {
                metrics.failed_fetch_requests.add(1);
            }
            tracing::debug!(topic = %partition.topic().name, partition = partition.index(), error = %failure, "read refused");
            (PartitionResult::error(error), false)
        }
    }
}
