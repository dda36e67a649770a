//! What a log is told when it is opened and asked.

use std::sync::Arc;

use ottla_record::{Offset, Timestamp};
use ottla_wire::Uuid;

use crate::config::LogConfig;
use crate::offsets::LogOffsetMetadata;

/// How to open a log.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Its configuration.
    pub config: Arc<LogConfig>,
    /// Whether the log directory was closed in good order, so that nothing needs to be recovered.
    pub clean_shutdown: bool,
    /// Offset below which everything is on stable storage, from the recovery-point checkpoint; 0 where it names none.
    pub recovery_point: Offset,
    /// First offset that may be read, from the log-start checkpoint; 0 where it names none.
    pub log_start_offset: Offset,
    /// Whether the cleaner may have worked on it, whatever its policy says now: the cleaner checkpoint names it. Compaction
    /// leaves gaps between segments, which otherwise tell recovery that records were lost.
    pub was_compacted: bool,
    /// Id of the topic, if known; a log of another topic is refused, a log without gets it.
    pub topic_id: Option<Uuid>,
    /// Now.
    pub now: Timestamp,
}

impl OpenOptions {
    /// Whether a gap between two segments can be the cleaner's work.
    pub(crate) fn may_have_gaps(&self) -> bool {
        self.was_compacted || self.config.cleanup_policy.compact
    }
}

/// How far a read may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchIsolation {
    /// To the end of the log: followers.
    LogEnd,
    /// To the high watermark: consumers that read uncommitted.
    HighWatermark,
    /// To the last stable offset: consumers that read committed. The answer names aborted transactions.
    TransactionCommitted,
}

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    /// First offset wanted.
    pub start_offset: Offset,
    /// Most bytes wanted.
    pub bytes_max: u32,
    /// Whether to give the first batch whole even if it is larger than `bytes_max`.
    pub min_one_message: bool,
    /// How far to go.
    pub isolation: FetchIsolation,
}

/// The offsets a log is bounded by, taken at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOffsetSnapshot {
    /// First offset that may be read.
    pub log_start_offset: Offset,
    /// Offset the next record gets.
    pub log_end_offset: LogOffsetMetadata,
    /// Offset below which every record is replicated; consumers see no further.
    pub high_watermark: LogOffsetMetadata,
    /// Offset below which no transaction is undecided; consumers that read committed see no further.
    pub last_stable_offset: LogOffsetMetadata,
}

/// An offset asked for by time: the special timestamps of ListOffsets, or a real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampQuery {
    /// -1: the log end offset. What a consumer may see is the broker's to bound.
    Latest,
    /// -2: the log start offset.
    Earliest,
    /// -3: the record with the largest timestamp, the first of those with it.
    MaxTimestamp,
    /// -4: the first offset on this disk.
    EarliestLocal,
    /// -5: the last offset in tiered storage.
    LatestTiered,
    /// -6: the first offset not yet in tiered storage.
    EarliestPendingUpload,
    /// The first record at or after this time.
    At(Timestamp),
}
