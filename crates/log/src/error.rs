//! What can go wrong with a partition's files, one struct per cause.
//!
//! Every error names the file, where in it, what is wrong and what would help.

use std::io;
use std::path::PathBuf;

use ottla_record::Offset;

/// The disk refused an operation.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}{}", path.display(), remedy(source.kind()))]
pub struct DiskError {
    /// What was tried, as a verb: "open", "read", "append to", …
    pub action: &'static str,
    /// File or directory it was tried on.
    pub path: PathBuf,
    /// The operating system's answer; its kind tells a full disk from a read-only one.
    pub source: io::Error,
}

impl DiskError {
    /// The operating system's kind of error.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free space on this volume or move partitions to another log directory"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "; the volume is mounted read-only, often after a hardware fault"
        }
        io::ErrorKind::PermissionDenied => "; the process needs read and write access to the log directory",
        io::ErrorKind::NotFound => "; the file was removed from under the log",
        io::ErrorKind::UnexpectedEof => "; the file was cut from under the log",
        _ => "",
    }
}

/// An index says something that cannot be true.
#[derive(Debug, thiserror::Error)]
#[error("index {} is corrupt at position {position}: {what}; recovering its segment rebuilds it", path.display())]
pub struct CorruptIndexError {
    /// The index file.
    pub path: PathBuf,
    /// Byte position of the entry.
    pub position: u64,
    /// What is wrong, with the values found.
    pub what: String,
}

/// A batch in a log file cannot be what was written.
#[derive(Debug, thiserror::Error)]
#[error("log {} is corrupt at position {position}: {what}; restore the partition from a replica", path.display())]
pub struct CorruptBatchError {
    /// The log file.
    pub path: PathBuf,
    /// Byte position of the batch.
    pub position: u64,
    /// What is wrong, with the values found.
    pub what: String,
}

/// A producer snapshot cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[error(
    "producer snapshot {} is corrupt at position {position}: {what}; an older snapshot and the log replace it",
    path.display()
)]
pub struct CorruptSnapshotError {
    /// The snapshot file.
    pub path: PathBuf,
    /// Byte position of what is wrong.
    pub position: u64,
    /// What is wrong, with the values found.
    pub what: String,
}

/// A line of a text file is not what its format demands.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of {} is {found:?}, expected {expected}", path.display())]
pub struct MalformedLineError {
    /// The file.
    pub path: PathBuf,
    /// Line number, counted from 1.
    pub line: usize,
    /// The line as found, or what stands in its place.
    pub found: String,
    /// What would be right.
    pub expected: &'static str,
}

/// A file of a version that this release does not know.
#[derive(Debug, thiserror::Error)]
#[error("{} has format version {found}, this release reads version {supported}; a newer release wrote it", path.display())]
pub struct UnknownVersionError {
    /// The file.
    pub path: PathBuf,
    /// Version found.
    pub found: i64,
    /// Highest version known.
    pub supported: i64,
}

/// An offset too far from its segment's base offset for the indexes' four bytes.
#[derive(Debug, thiserror::Error)]
#[error(
    "offset {offset} does not fit segment {}: its offsets are {base_offset} to {base_offset} + {}; roll first",
    path.display(),
    i32::MAX
)]
pub struct OffsetOverflowError {
    /// The segment's log file.
    pub path: PathBuf,
    /// The segment's base offset.
    pub base_offset: Offset,
    /// The offset that does not fit.
    pub offset: Offset,
}

/// What an operation on an index can end in.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The index's content cannot be right.
    #[error(transparent)]
    Corrupt(#[from] CorruptIndexError),
    /// The index is of a newer format.
    #[error(transparent)]
    UnknownVersion(#[from] UnknownVersionError),
}

/// What an operation on a segment can end in.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The disk refused. After a failed write or sync the segment must be recovered before it is used again.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// An index disagrees with itself or with its log.
    #[error(transparent)]
    Index(CorruptIndexError),
    /// An index is of a newer format.
    #[error(transparent)]
    UnknownVersion(UnknownVersionError),
    /// The log file holds a batch that cannot be.
    #[error(transparent)]
    Batch(#[from] CorruptBatchError),
    /// An offset is too far from the base offset.
    #[error(transparent)]
    OffsetOverflow(#[from] OffsetOverflowError),
}

impl From<IndexError> for SegmentError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Disk(error) => Self::Disk(error),
            IndexError::Corrupt(error) => Self::Index(error),
            IndexError::UnknownVersion(error) => Self::UnknownVersion(error),
        }
    }
}

/// What reading a producer snapshot can end in.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The content cannot be trusted.
    #[error(transparent)]
    Corrupt(#[from] CorruptSnapshotError),
}

/// What reading a checkpoint or another text file of a log directory can end in.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A line is not what the format demands.
    #[error(transparent)]
    Malformed(#[from] MalformedLineError),
    /// The file is of another version.
    #[error(transparent)]
    UnknownVersion(#[from] UnknownVersionError),
}
