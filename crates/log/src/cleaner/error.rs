//! What a cleaning can end in.

use std::io::ErrorKind;

use ottla_record::Offset;

use crate::error::{DiskError, SegmentError};
use crate::log::{ReadError, StorageError};

/// Why a log was not cleaned to the end. What was put in place before stays; nothing half made is left.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// Its segments were cut, removed or moved meanwhile, or it need not be compacted any more. It may be tried again.
    #[error("the log was changed while it was cleaned")]
    Changed,
    /// The one who paces the cleaning said so.
    #[error("the cleaning was stopped")]
    Stopped,
    /// The volume is full. It may be tried again when there is room.
    #[error(transparent)]
    DiskFull(DiskError),
    /// The log holds what cannot be cleaned; without a change by somebody else, a second try ends in the same.
    #[error(transparent)]
    Uncleanable(#[from] UncleanableError),
    /// The disk failed otherwise.
    #[error(transparent)]
    Storage(StorageError),
}

/// What of a log cannot be cleaned.
#[derive(Debug, thiserror::Error)]
pub enum UncleanableError {
    /// A segment is not what it should be.
    #[error(transparent)]
    Segment(SegmentError),
    /// A file beside the segments is not what it should be.
    #[error(transparent)]
    Log(StorageError),
    /// Batches do not shrink when they are cleaned, so that the segment they fill would be too large.
    #[error("the segment cleaned into base offset {base_offset} would have more than {} bytes", i32::MAX)]
    TooLarge {
        /// Base offset of the segment.
        base_offset: Offset,
    },
}

impl From<DiskError> for CleanError {
    fn from(error: DiskError) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull(error),
            _ => Self::Storage(error.into()),
        }
    }
}

impl From<SegmentError> for CleanError {
    fn from(error: SegmentError) -> Self {
        match error {
            SegmentError::Disk(error) => error.into(),
            error => UncleanableError::Segment(error).into(),
        }
    }
}

impl From<StorageError> for CleanError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Disk(error) => error.into(),
            StorageError::Segment(error) => error.into(),
            StorageError::Poisoned(_) => Self::Changed,
            error => UncleanableError::Log(error).into(),
        }
    }
}

impl From<ReadError> for CleanError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Storage(error) => error.into(),
            ReadError::OffsetOutOfRange(_) => Self::Changed,
        }
    }
}
