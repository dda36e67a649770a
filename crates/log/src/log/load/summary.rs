//! What loading a log found, did, and can fail with.

use std::path::PathBuf;

use ottla_record::Offset;
use ottla_wire::Uuid;

use super::super::error::StorageError;
use crate::error::{CheckpointError, DiskError, SegmentError};

/// What loading a log did to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadSummary {
    /// Temporary, deleted and orphaned files that were removed.
    pub removed_files: usize,
    /// Files of compacted segments that took the place of others.
    pub swapped_files: usize,
    /// Segments that were read from end to end and checked.
    pub recovered_segments: usize,
    /// Segments whose indexes were missing or wrong and were made anew.
    pub rebuilt_indexes: usize,
    /// Where records were cut off, if any were.
    pub truncated: Option<TruncatedTail>,
    /// Records gone that were said to be on stable storage. That is so as well where a crash came between a truncation
    /// and the checkpoint that had to follow it.
    pub lost_flushed: Option<LostFlushedRecords>,
    /// Segments behind the cut, or below a log start offset that lies behind the end; they are removed later.
    pub deleted_segments: usize,
}

/// Records that recovery cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruncatedTail {
    /// Base offset of the segment that was cut.
    pub segment_base_offset: Offset,
    /// Position of the cut in its log file.
    pub position: u32,
    /// Bytes that were cut off this segment.
    pub bytes: u64,
    /// Offset at which the log ends now.
    pub end_offset: Offset,
    /// What was wrong.
    pub reason: String,
}

/// Records that were on stable storage and are gone: the disk broke its word, or files were changed from outside. Only
/// a replica can bring them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostFlushedRecords {
    /// Offset at which the log ends now.
    pub end_offset: Offset,
    /// Offset below which everything was said to be on stable storage.
    pub recovery_point: Offset,
}

/// What opening a log can end in.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The files failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The directory belongs to another topic.
    #[error(transparent)]
    TopicId(#[from] TopicIdMismatchError),
    /// The directory's name is no partition's.
    #[error("directory {} is not named topic-partition; a log directory must hold nothing else", _0.display())]
    Name(PathBuf),
}

impl From<DiskError> for OpenError {
    fn from(error: DiskError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<CheckpointError> for OpenError {
    fn from(error: CheckpointError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<SegmentError> for OpenError {
    fn from(error: SegmentError) -> Self {
        Self::Storage(error.into())
    }
}

/// The directory holds the log of a topic that once had the same name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} belongs to topic id {found}, but the topic has id {expected}; remove the directory, or move it away, if the \
     topic was deleted and made anew",
    path.display()
)]
pub struct TopicIdMismatchError {
    /// The partition's metadata file.
    pub path: PathBuf,
    /// Id in the file.
    pub found: Uuid,
    /// Id of the topic.
    pub expected: Uuid,
}
