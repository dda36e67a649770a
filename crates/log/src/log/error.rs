//! What an operation on a log can end in.

use std::path::PathBuf;

use ottla_record::{LeaderEpoch, Offset};

use crate::error::{CheckpointError, DiskError, SegmentError, SnapshotError};

/// The log's files failed it.
///
/// Met while writing, it leaves the log unusable until it is opened anew: nobody knows which bytes reached the disk.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A segment is not what it should be.
    #[error(transparent)]
    Segment(SegmentError),
    /// A producer snapshot is not what it should be.
    #[error(transparent)]
    Snapshot(SnapshotError),
    /// A text file is not what it should be.
    #[error(transparent)]
    Checkpoint(CheckpointError),
    /// An earlier write or sync failed.
    #[error(transparent)]
    Poisoned(#[from] PoisonedError),
}

impl StorageError {
    /// The disk's own error, where that is the cause.
    pub fn disk(&self) -> Option<&DiskError> {
        match self {
            Self::Disk(error)
            | Self::Segment(SegmentError::Disk(error))
            | Self::Snapshot(SnapshotError::Disk(error))
            | Self::Checkpoint(CheckpointError::Disk(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<SegmentError> for StorageError {
    fn from(error: SegmentError) -> Self {
        match error {
            SegmentError::Disk(error) => Self::Disk(error),
            error => Self::Segment(error),
        }
    }
}

impl From<SnapshotError> for StorageError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Disk(error) => Self::Disk(error),
            error => Self::Snapshot(error),
        }
    }
}

impl From<CheckpointError> for StorageError {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::Disk(error) => Self::Disk(error),
            error => Self::Checkpoint(error),
        }
    }
}

/// The log is not used any more: a write or sync of its files failed, or it was closed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("log {} is out of use until it is opened anew: {cause}", dir.display())]
pub struct PoisonedError {
    /// Directory of the log.
    pub dir: PathBuf,
    /// Why: the first failure.
    pub cause: String,
}

/// An offset that is not in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "offset {offset} is outside the log, which holds {log_start_offset} up to, not including, {log_end_offset}"
)]
pub struct OffsetOutOfRangeError {
    /// The offset asked for.
    pub offset: Offset,
    /// First offset of the log.
    pub log_start_offset: Offset,
    /// Offset after the log's last.
    pub log_end_offset: Offset,
}

/// What a read can end in.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The files failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The offset is not in the log.
    #[error(transparent)]
    OffsetOutOfRange(#[from] OffsetOutOfRangeError),
}

impl From<SegmentError> for ReadError {
    fn from(error: SegmentError) -> Self {
        Self::Storage(error.into())
    }
}

/// A log start offset above the high watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "log start offset {requested} is above the high watermark {high_watermark}; only replicated records can be deleted"
)]
pub struct LogStartOffsetError {
    /// The offset asked for.
    pub requested: Offset,
    /// The log's high watermark.
    pub high_watermark: Offset,
}

/// What moving the log start offset can end in.
#[derive(Debug, thiserror::Error)]
pub enum IncrementError {
    /// The files failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The offset is too high.
    #[error(transparent)]
    AboveHighWatermark(#[from] LogStartOffsetError),
}

/// Batches copied from a leader do not continue the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "batches from {first_offset} to {last_offset} do not continue the log, whose end is {log_end_offset}; truncate first"
)]
pub struct UnexpectedOffsetError {
    /// First offset of the first batch.
    pub first_offset: Offset,
    /// Last offset of the last batch.
    pub last_offset: Offset,
    /// Offset the log expects.
    pub log_end_offset: Offset,
}

/// Batches whose offsets do not grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "batch {index} begins at offset {first_offset}, not above {previous_last_offset}, the end of the one before"
)]
pub struct OffsetsOutOfOrderError {
    /// Number of the batch within the append, from 0.
    pub index: usize,
    /// Its first offset.
    pub first_offset: Offset,
    /// Last offset of the batch before it.
    pub previous_last_offset: Offset,
}

/// A batch of another leader epoch than the one its appender leads in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("batch carries leader epoch {found}, the leader appends in epoch {expected}")]
pub struct LeaderEpochMismatchError {
    /// Epoch in the batch.
    pub found: LeaderEpoch,
    /// Epoch of the leader.
    pub expected: LeaderEpoch,
}
