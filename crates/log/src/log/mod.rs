//! The log of one partition: what its segments, leader epochs and producers are together.
//!
//! A [`Log`] is a plain struct without threads and without a clock; the broker keeps it under one short lock. What
//! takes long (syncing files, removing them) is handed out as a job that runs without the lock.
//!
//! - [`Log::open`] loads the directory and, after a crash, recovers it.
//! - [`Log::append_as_leader`] and [`Log::append_as_follower`] write, [`Log::read`] hands out slices of files.
//! - [`Log::flush_job`] and [`Log::complete_flush`] move the recovery point.
//!
//! **After a failed write or sync the log is out of use**: every later call answers [`PoisonedError`] until it is
//! opened anew as after a crash. Nobody knows which bytes such a failure left on the disk.

mod append;
mod cleaning;
mod close;
mod deletions;
mod error;
mod flush;
mod high_watermark;
mod load;
mod options;
mod producers;
mod read;
mod retention;
mod roll;
mod segments;
mod timestamps;
mod truncate;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::Uuid;

pub use append::{AppendError, AppendInfo, FollowerAppendOptions, LeaderAppendOptions, SegmentSizeError};
pub(crate) use cleaning::SegmentBounds;
pub use deletions::DeletionJob;
pub use error::{
    IncrementError, LeaderEpochMismatchError, LogStartOffsetError, OffsetOutOfRangeError,
    OffsetsOutOfOrderError, PoisonedError, ReadError, StorageError, UnexpectedOffsetError,
};
pub use flush::{FlushJob, FlushOutcome};
pub use load::{LoadSummary, LostFlushedRecords, OpenError, TopicIdMismatchError, TruncatedTail};
pub use options::{FetchIsolation, LogOffsetSnapshot, OpenOptions, ReadOptions, TimestampQuery};
pub use read::{LogRead, LogSlice};

use crate::config::LogConfig;
use crate::leader_epoch::{EpochEntry, LeaderEpochCache};
use crate::offsets::{LogOffsetMetadata, OffsetAndEpoch, SegmentPosition};
use crate::paths::{PartitionDir, PartitionDirState, TopicPartition};
use crate::producer_state::ProducerStateManager;
use deletions::Deletions;
use flush::UnsyncedFiles;
use segments::Segments;

/// One partition's log.
#[derive(Debug)]
pub struct Log {
    disk: Arc<dyn Disk>,
    dir: Arc<Path>,
    partition: TopicPartition,
    topic_id: Option<Uuid>,
    config: Arc<LogConfig>,
    segments: Segments,
    leader_epochs: LeaderEpochCache,
    producers: ProducerStateManager,
    /// First offset that may be read; at most the high watermark.
    log_start_offset: Offset,
    /// Offset the next record gets.
    log_end_offset: Offset,
    /// At least the log start offset, at most the log end offset.
    high_watermark: LogOffsetMetadata,
    /// Start of the oldest transaction that is open, or whose end the high watermark has not passed.
    first_unstable_offset: Option<LogOffsetMetadata>,
    /// Everything below it is on stable storage; at most the log end offset.
    recovery_point: Offset,
    last_flush: Timestamp,
    unsynced: UnsyncedFiles,
    /// Whether anything may have been written since the log was closed in good order.
    touched: bool,
    deletions: Deletions,
    /// How often segments were cut, removed, moved or replaced: a cleaning that began before does not count after.
    segments_version: u64,
    poison: Option<PoisonedError>,
}

impl Log {
    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Id of its topic, if it was ever told.
    pub fn topic_id(&self) -> Option<Uuid> {
        self.topic_id
    }

    /// Tells the log its topic's id; a log that has one already must have the same.
    pub fn assign_topic_id(&mut self, topic_id: Uuid) -> Result<(), OpenError> {
        self.check_usable().map_err(StorageError::from)?;
        self.topic_id = load::check_topic_id(&*self.disk, &self.dir, Some(topic_id))?;
        Ok(())
    }

    /// Whether this is a copy on its way from another log directory.
    pub fn is_future(&self) -> bool {
        let name = self.dir.file_name().and_then(|name| name.to_str());
        name.and_then(PartitionDir::parse).is_some_and(|dir| dir.state == PartitionDirState::Future)
    }

    /// Its configuration.
    pub fn config(&self) -> &Arc<LogConfig> {
        &self.config
    }

    /// Takes up a changed configuration. A cleaning that is under way is given up if the log is no longer to be compacted.
    pub fn set_config(&mut self, config: Arc<LogConfig>) {
        if self.config.cleanup_policy.compact && !config.cleanup_policy.compact {
            self.segments_version += 1;
        }
        for segment in self.segments.as_mut_slice() {
            segment.set_config(config.segment());
        }
        self.config = config;
    }

    /// First offset that may be read.
    pub fn log_start_offset(&self) -> Offset {
        self.log_start_offset
    }

    /// Offset the next record gets.
    pub fn log_end_offset(&self) -> Offset {
        self.log_end_offset
    }

    /// The log end offset with its place.
    pub fn log_end_offset_metadata(&self) -> LogOffsetMetadata {
        let active = self.segments.active();
        let position = SegmentPosition { segment_base_offset: active.base_offset(), position: active.size() };
        LogOffsetMetadata { offset: self.log_end_offset, position: Some(position) }
    }

    /// Offset below which everything is on stable storage.
    pub fn recovery_point(&self) -> Offset {
        self.recovery_point
    }

    /// Number of segments.
    pub fn segment_count(&self) -> usize {
        self.segments.as_slice().len()
    }

    /// Base offset of the oldest segment.
    pub fn first_segment_base_offset(&self) -> Offset {
        self.segments.first().base_offset()
    }

    /// Base offset of the segment that takes the appends.
    pub fn active_segment_base_offset(&self) -> Offset {
        self.segments.active().base_offset()
    }

    /// Bytes of batches in all segments.
    pub fn size(&self) -> u64 {
        self.segments.size()
    }

    /// Whether no record can be read.
    pub fn is_empty(&self) -> bool {
        self.log_start_offset == self.log_end_offset
    }

    /// Newest leader epoch known.
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.leader_epochs.latest_epoch()
    }

    /// The leader epochs of the log.
    pub fn leader_epochs(&self) -> &LeaderEpochCache {
        &self.leader_epochs
    }

    /// Records that a leader begins its epoch at this offset, before it has appended anything.
    pub fn assign_epoch_start_offset(&mut self, entry: EpochEntry) {
        self.leader_epochs.assign(entry);
    }

    /// Where `epoch`, or the largest smaller one known, ends in this log.
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> Option<OffsetAndEpoch> {
        self.leader_epochs.end_offset_for(epoch, self.log_end_offset)
    }

    /// Files that wait to be removed and whose time has come; `None` if there are none.
    pub fn due_deletions(&mut self, now: Timestamp) -> Option<DeletionJob> {
        let names = self.deletions.take_due(now);
        (!names.is_empty()).then(|| DeletionJob::new(Arc::clone(&self.disk), &self.dir, &names))
    }

    /// When [`Log::due_deletions`] next has something to do.
    pub fn next_deletion_due(&self) -> Option<Timestamp> {
        self.deletions.next_due()
    }

    /// Why the log is out of use, if it is.
    pub fn poison(&self) -> Option<&PoisonedError> {
        self.poison.as_ref()
    }

    /// Refuses to go on after an earlier failure.
    fn check_usable(&self) -> Result<(), PoisonedError> {
        match &self.poison {
            Some(poison) => Err(poison.clone()),
            None => Ok(()),
        }
    }

    /// Takes the log out of use if what was written may not be on the disk.
    fn poison_on_failure<T>(&mut self, result: Result<T, StorageError>) -> Result<T, StorageError> {
        if let Err(error) = &result
            && self.poison.is_none()
        {
            tracing::error!(partition = %self.partition, %error, "log is out of use until it is opened anew");
            self.poison = Some(PoisonedError { dir: PathBuf::from(&*self.dir), cause: error.to_string() });
        }
        result
    }

    /// Checks what must always hold.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn invariants(&self) {
        assert!(
            self.log_start_offset <= self.high_watermark.offset,
            "log start above high watermark: {self:?}"
        );
        assert!(self.high_watermark.offset <= self.log_end_offset, "high watermark above log end: {self:?}");
        assert!(self.recovery_point <= self.log_end_offset, "recovery point above log end: {self:?}");
        let active = self.segments.active().base_offset();
        assert!(active <= self.log_end_offset, "active segment above log end: {self:?}");
    }
}
