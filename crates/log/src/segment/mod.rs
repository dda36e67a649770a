//! One segment: a log file and its indexes.

#![expect(clippy::todo, reason = "signatures first, so that the log can be written against them")]

use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;

use ottla_io::{Disk, DiskFile};
use ottla_record::{LeaderEpoch, Offset, ProducerId, Timestamp};

use crate::error::{DiskError, SegmentError};
use crate::index::{AbortedTransactions, OffsetIndex, TimeIndex, TimestampOffset, TransactionIndex};
use crate::leader_epoch::LeaderEpochCache;
use crate::offsets::TimestampAndOffset;
use crate::paths::FileState;
use crate::producer_state::{CompletedTransaction, ProducerStateManager};

/// What a segment takes from the log's config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentConfig {
    /// Bytes of log between two index entries, `index.interval.bytes`.
    pub index_interval_bytes: u32,
    /// Size limit of the offset and of the time index, `segment.index.bytes`.
    pub index_bytes_max: u32,
}

/// What a directory listing says of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundSegment {
    /// Base offset, from the name.
    pub base_offset: Offset,
    /// State, from the name.
    pub state: FileState,
    /// Length of the log file.
    pub log_len: u64,
    /// When the log file was last modified.
    pub modified: Timestamp,
    /// Whether there is a transaction index.
    pub has_transaction_index: bool,
}

/// How to create a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateSegment {
    /// Base offset.
    pub base_offset: Offset,
    /// Live, or cleaned where compaction writes it.
    pub state: FileState,
    /// Length to give the log file beforehand, where `preallocate` is set.
    pub preallocate: Option<u32>,
    /// Now.
    pub now: Timestamp,
}

/// What an append has to know of each batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedBatch {
    /// Its last offset.
    pub last_offset: Offset,
    /// Its largest timestamp.
    pub max_timestamp: Timestamp,
    /// Its size in bytes.
    pub size: u32,
}

/// What decides whether the next append needs a new segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollParams {
    /// Largest age in milliseconds, `segment.ms` less its jitter.
    pub segment_ms_max: i64,
    /// Largest size in bytes, `segment.bytes`.
    pub segment_bytes_max: u32,
    /// Largest timestamp of the append.
    pub max_timestamp: Timestamp,
    /// Last offset of the append.
    pub last_offset: Offset,
    /// Bytes of the append.
    pub size: u32,
    /// Now.
    pub now: Timestamp,
}

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentRead {
    /// First offset wanted.
    pub start_offset: Offset,
    /// Most bytes wanted.
    pub bytes_max: u32,
    /// Position in the log file that must not be passed: the segment's size, or the end of what may be seen.
    pub position_max: u32,
    /// Whether to give the first batch whole even if it is larger than `bytes_max`.
    pub min_one_message: bool,
}

/// A part of a log file that begins with a batch, for `sendfile`.
#[derive(Debug, Clone)]
pub struct SegmentSlice {
    /// The log file.
    pub file: Arc<dyn DiskFile>,
    /// Where the first batch begins.
    pub position: u32,
    /// How many bytes; the last batch may be cut.
    pub len: u32,
    /// Base offset of the first batch, which may be below the one asked for.
    pub base_offset: Offset,
    /// Whether even the first batch is cut.
    pub first_batch_incomplete: bool,
}

/// Where a batch stands in its log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchPosition {
    /// Its base offset.
    pub base_offset: Offset,
    /// Its first byte.
    pub position: u32,
    /// Its size in bytes.
    pub size: u32,
}

/// What recovery of a segment did.
#[derive(Debug)]
pub struct Recovered {
    /// Bytes of whole, valid batches; the log file is this long now.
    pub valid_bytes: u32,
    /// Bytes cut off behind them.
    pub truncated_bytes: u64,
    /// Offset after the last valid batch; the base offset where there is none.
    pub next_offset: Offset,
    /// Why the rest was cut, `None` where nothing was.
    pub stopped: Option<String>,
}

/// The files to sync so that all that a segment holds is on stable storage.
#[derive(Debug)]
pub struct SegmentFlush {
    files: Vec<(FileState, Arc<dyn DiskFile>)>,
}

impl SegmentFlush {
    /// Syncs them. Needs no lock on the log.
    pub fn run(&self) -> Result<(), DiskError> {
        let _ = &self.files;
        todo!()
    }
}

/// One segment of a log.
#[derive(Debug)]
pub struct Segment {}

#[expect(unused_variables, reason = "signatures first")]
impl Segment {
    /// Creates the log file and empty indexes.
    pub fn create(
        disk: &Arc<dyn Disk>,
        dir: &Arc<Path>,
        create: CreateSegment,
        config: SegmentConfig,
    ) -> Result<Self, DiskError> {
        todo!()
    }

    /// Takes up a segment found in a listing. Touches no file: each is opened when first used.
    pub fn open(
        disk: &Arc<dyn Disk>,
        dir: &Arc<Path>,
        found: FoundSegment,
        config: SegmentConfig,
        now: Timestamp,
    ) -> Self {
        todo!()
    }

    /// Base offset: no record in the segment is below it.
    pub fn base_offset(&self) -> Offset {
        todo!()
    }

    /// Bytes of batches.
    pub fn size(&self) -> u32 {
        todo!()
    }

    /// Whether an offset fits the indexes' four bytes.
    pub fn fits(&self, offset: Offset) -> bool {
        todo!()
    }

    /// Appends batches with one vectored write and adds index entries where they are due.
    ///
    /// After an error the file may hold a part of the bytes behind [`Segment::size`]; nothing reads them, but the
    /// segment must be recovered before it is appended to again.
    pub fn append(
        &mut self,
        bytes: &mut [IoSlice<'_>],
        batches: &[AppendedBatch],
        now: Timestamp,
    ) -> Result<(), SegmentError> {
        todo!()
    }

    /// Whether the next append needs a new segment: for size, age, full indexes or a far offset.
    pub fn should_roll(&self, params: &RollParams) -> Result<bool, SegmentError> {
        todo!()
    }

    /// Finds the batches to send from an offset on; `None` where the segment ends before it.
    pub fn read(&self, read: SegmentRead) -> Result<Option<SegmentSlice>, SegmentError> {
        todo!()
    }

    /// Finds the first batch whose last offset is at or above `offset`.
    pub fn translate_offset(&self, offset: Offset) -> Result<Option<BatchPosition>, SegmentError> {
        todo!()
    }

    /// Finds the first record at or above `starting_offset` whose timestamp is at or above `timestamp`.
    pub fn find_offset_by_timestamp(
        &self,
        timestamp: Timestamp,
        starting_offset: Offset,
    ) -> Result<Option<TimestampAndOffset>, SegmentError> {
        todo!()
    }

    /// Offset after the last batch, found by reading the end of the log file; the base offset where there is none.
    pub fn read_next_offset(&self) -> Result<Offset, SegmentError> {
        todo!()
    }

    /// Checks every batch, rebuilds all indexes, feeds producer state and leader epochs, and cuts the log file behind
    /// the last valid batch.
    pub fn recover(
        &mut self,
        producer_state: &mut ProducerStateManager,
        leader_epochs: &mut LeaderEpochCache,
    ) -> Result<Recovered, SegmentError> {
        todo!()
    }

    /// Drops the batches from the one that holds `offset` on, and their index entries; how many bytes that were.
    pub fn truncate_to(&mut self, offset: Offset, now: Timestamp) -> Result<u32, SegmentError> {
        todo!()
    }

    /// Largest timestamp and the last offset of the batch that has it.
    pub fn max_timestamp_and_offset(&self) -> Result<TimestampOffset, SegmentError> {
        todo!()
    }

    /// Largest timestamp of a record, `None` where no record has one.
    pub fn largest_record_timestamp(&self) -> Result<Option<Timestamp>, SegmentError> {
        todo!()
    }

    /// Largest timestamp of a record; where none has one, when the log file was last written.
    pub fn largest_timestamp(&self) -> Result<Timestamp, SegmentError> {
        todo!()
    }

    /// Largest timestamp of the first batch, by which the segment's age is counted.
    pub fn first_batch_timestamp(&self) -> Result<Option<Timestamp>, SegmentError> {
        todo!()
    }

    /// Puts an aborted transaction in the transaction index; a committed one leaves no trace.
    pub fn update_transaction_index(
        &mut self,
        completed: &CompletedTransaction,
        last_stable_offset: Offset,
    ) -> Result<(), SegmentError> {
        todo!()
    }

    /// The aborted transactions that overlap the offsets from `fetch_offset` to below `upper_bound`.
    pub fn collect_aborted(
        &self,
        fetch_offset: Offset,
        upper_bound: Offset,
    ) -> Result<AbortedTransactions, SegmentError> {
        todo!()
    }

    /// The next offset-index entry at or behind `position + bytes`, for a bound on what a fetch can hold.
    pub fn fetch_upper_bound_offset(
        &self,
        position: u32,
        bytes: u32,
    ) -> Result<Option<Offset>, SegmentError> {
        todo!()
    }

    /// Checks what loading checks: that the offset index exists and that the transaction index is sane.
    pub fn sanity_check(&self) -> Result<(), SegmentError> {
        todo!()
    }

    /// Closes the time index and cuts unused space, once a newer segment takes the appends.
    pub fn become_inactive(&mut self) -> Result<(), SegmentError> {
        todo!()
    }

    /// Writes out index entries that wait in memory and gives the files to sync.
    pub fn prepare_flush(&mut self) -> Result<SegmentFlush, SegmentError> {
        todo!()
    }

    /// Brings all to stable storage.
    pub fn flush(&mut self) -> Result<(), SegmentError> {
        Ok(self.prepare_flush()?.run()?)
    }

    /// Closes in good order: closing time-index entry, unused space cut, all synced.
    pub fn close(&mut self) -> Result<(), SegmentError> {
        todo!()
    }

    /// Gives all files the suffix of another state.
    pub fn change_state(&mut self, state: FileState) -> Result<(), DiskError> {
        todo!()
    }

    /// Removes all files; missing ones are no error.
    pub fn remove(self) -> Result<(), DiskError> {
        todo!()
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: &Arc<Path>) {
        todo!()
    }

    /// Takes up a changed config.
    pub fn set_config(&mut self, config: SegmentConfig) {
        todo!()
    }

    /// The offset index.
    pub fn offset_index(&self) -> &OffsetIndex {
        todo!()
    }

    /// The time index.
    pub fn time_index(&self) -> &TimeIndex {
        todo!()
    }

    /// The transaction index.
    pub fn transaction_index(&self) -> &TransactionIndex {
        todo!()
    }

    /// The log file, opened if it is not yet.
    pub fn file(&self) -> Result<&Arc<dyn DiskFile>, DiskError> {
        todo!()
    }
}

/// Keeps the names above in use until the bodies are there.
#[expect(dead_code, reason = "signatures first")]
type Unused = (LeaderEpoch, ProducerId);
