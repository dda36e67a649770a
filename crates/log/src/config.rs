//! What a partition log is told about sizes, ages and rules.

use ottla_record::{Compression, TimestampType};

use crate::producer_state::ProducerStateConfig;
use crate::segment::SegmentConfig;

/// Configuration of one partition's log: Kafka's topic configuration, resolved, as far as a log needs it.
///
/// Fields carry the name of Kafka's key with `.` written `_`, in the same unit. A limit that Kafka switches off with a
/// negative number is `None` here.
#[derive(Debug, Clone, PartialEq)]
pub struct LogConfig {
    /// Size at which the active segment is closed and a new one begun, in bytes; at most [`i32::MAX`].
    pub segment_bytes: u32,
    /// Age at which a segment that holds records is closed, by the timestamps of its batches, in milliseconds.
    pub segment_ms: i64,
    /// Most that is taken off `segment_ms`, so that segments begun together do not all end together, in milliseconds.
    pub segment_jitter_ms: i64,
    /// Most bytes an offset index or a time index may hold; a full index closes its segment.
    pub segment_index_bytes: u32,
    /// Bytes of log between two entries of the offset index.
    pub index_interval_bytes: u32,
    /// Records after which the log asks to be flushed.
    pub flush_messages: i64,
    /// Time after which the log asks to be flushed, in milliseconds.
    pub flush_ms: i64,
    /// Size above which the oldest segments go, in bytes.
    pub retention_bytes: Option<u64>,
    /// Age above which the oldest segments go, in milliseconds.
    pub retention_ms: Option<i64>,
    /// Which rules remove old records.
    pub cleanup_policy: CleanupPolicy,
    /// For a compacted topic, how long a record stays out of the cleaner's reach, in milliseconds.
    pub min_compaction_lag_ms: i64,
    /// For a compacted topic, the longest a record may stay out of the cleaner's reach, in milliseconds.
    pub max_compaction_lag_ms: i64,
    /// Share of a compacted topic's bytes that must be dirty before it is cleaned, from 0 to 1.
    pub min_cleanable_dirty_ratio: f64,
    /// For a compacted topic, how long tombstones and transaction markers stay after they were first cleaned, in
    /// milliseconds.
    pub delete_retention_ms: i64,
    /// Wait between renaming files to `.deleted` and removing them, in milliseconds.
    pub file_delete_delay_ms: i64,
    /// Largest batch a producer may send, in bytes with its header.
    pub max_message_bytes: u32,
    /// Codec in which batches are stored.
    pub compression_type: CompressionPolicy,
    /// Whether records keep the producer's time or get the leader's.
    pub message_timestamp_type: TimestampType,
    /// How far a producer's timestamp may lie in the past, in milliseconds.
    pub message_timestamp_before_max_ms: i64,
    /// How far a producer's timestamp may lie in the future, in milliseconds.
    pub message_timestamp_after_max_ms: i64,
    /// Whether a new segment's file is given its full size at once.
    pub preallocate: bool,
    /// Idle time after which a producer without an open transaction is forgotten, in milliseconds.
    pub producer_id_expiration_ms: i64,
    /// Longest timeout a transaction may have; one still open five minutes later is late, in milliseconds.
    pub transaction_max_timeout_ms: i64,
}

impl LogConfig {
    /// Age at which a segment is closed: a compacted topic's is no longer than its compaction lag.
    pub fn segment_ms_max(&self) -> i64 {
        if self.cleanup_policy.compact && self.max_compaction_lag_ms > 0 {
            self.max_compaction_lag_ms.min(self.segment_ms)
        } else {
            self.segment_ms
        }
    }

    pub(crate) fn segment(&self) -> SegmentConfig {
        SegmentConfig {
            index_interval_bytes: self.index_interval_bytes,
            index_bytes_max: self.segment_index_bytes,
        }
    }

    pub(crate) fn producer_state(&self) -> ProducerStateConfig {
        ProducerStateConfig {
            producer_id_expiration_ms: self.producer_id_expiration_ms,
            max_transaction_timeout_ms: self.transaction_max_timeout_ms,
        }
    }

    /// Length a new segment's file is given at once, in bytes.
    pub(crate) fn preallocated_bytes(&self) -> Option<u32> {
        self.preallocate.then_some(self.segment_bytes)
    }
}

impl Default for LogConfig {
    /// Kafka 4.3's defaults.
    fn default() -> Self {
        const HOUR_MS: i64 = 60 * 60 * 1000;
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * HOUR_MS,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            retention_bytes: None,
            retention_ms: Some(7 * 24 * HOUR_MS),
            cleanup_policy: CleanupPolicy::DELETE,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_ratio: 0.5,
            delete_retention_ms: 24 * HOUR_MS,
            file_delete_delay_ms: 60_000,
            max_message_bytes: (1 << 20) + 12,
            compression_type: CompressionPolicy::Producer,
            message_timestamp_type: TimestampType::CreateTime,
            message_timestamp_before_max_ms: i64::MAX,
            message_timestamp_after_max_ms: HOUR_MS,
            preallocate: false,
            producer_id_expiration_ms: 24 * HOUR_MS,
            transaction_max_timeout_ms: HOUR_MS / 4,
        }
    }
}

/// `cleanup.policy`: any of the two rules, both, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Segments beyond the retention limits are removed.
    pub delete: bool,
    /// Only the last record of each key is kept.
    pub compact: bool,
}

impl CleanupPolicy {
    /// `delete`, the default.
    pub const DELETE: Self = Self { delete: true, compact: false };
    /// `compact`.
    pub const COMPACT: Self = Self { delete: false, compact: true };
}

/// `compression.type`: what the leader does with a batch's codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompressionPolicy {
    /// Batches stay as the producer made them.
    Producer,
    /// Batches of another codec are compressed anew.
    Topic(Compression),
}
