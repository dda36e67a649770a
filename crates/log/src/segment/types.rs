//! What goes into a segment's methods and comes out of them.

use std::sync::Arc;

use ottla_io::DiskFile;
use ottla_record::{BatchHeader, Offset, Timestamp};

use crate::error::{CorruptBatchError, DiskError};
use crate::paths::FileState;
use crate::place::Place;

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

impl AppendedBatch {
    /// A batch by its header.
    pub fn of(header: &BatchHeader) -> Self {
        Self {
            last_offset: header.last_offset(),
            max_timestamp: header.max_timestamp,
            size: header.size_in_bytes() as u32,
        }
    }
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
    /// Its base offset; of a compressed legacy message that of the last one inside.
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
    /// What stood behind the last valid batch, `None` where nothing did.
    pub stopped: Option<CorruptBatchError>,
}

/// The files to sync so that what a segment held when asked is on stable storage.
#[derive(Debug, Default)]
pub struct SegmentFlush {
    files: [Option<(Place, Arc<dyn DiskFile>)>; 4],
}

impl SegmentFlush {
    pub(super) fn add(&mut self, place: &Place, file: Option<Arc<dyn DiskFile>>) {
        let Some(file) = file else { return };
        let slot = self.files.iter_mut().find(|slot| slot.is_none()).expect("a segment has four files");
        *slot = Some((place.clone(), file));
    }

    /// Whether nothing has changed since the last flush.
    pub fn is_empty(&self) -> bool {
        self.files[0].is_none()
    }

    /// Syncs them. Needs no lock on the log.
    ///
    /// # Errors
    ///
    /// If the disk fails; what was written since the last sync may be lost then, even if a later sync succeeds.
    pub fn run(&self) -> Result<(), DiskError> {
        self.files
            .iter()
            .flatten()
            .try_for_each(|(place, file)| file.sync().map_err(|source| place.failed("sync", source)))
    }
}
