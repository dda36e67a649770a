//! What can go wrong with a log directory.

use std::path::PathBuf;

use crate::error::DiskError;
use crate::log::{OpenError, StorageError};
use crate::paths::TopicPartition;

/// Another process, or another manager in this one, uses the directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("log directory {} is in use: another process holds the lock on its file .lock; stop that process first", dir.display())]
pub struct LockedError {
    /// The log directory.
    pub dir: PathBuf,
}

/// The directory is out of use since something in it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("log directory {} is offline: {cause}", dir.display())]
pub struct OfflineError {
    /// The log directory.
    pub dir: PathBuf,
    /// The first failure.
    pub cause: String,
}

/// What an operation on a log directory can end in.
#[derive(Debug, thiserror::Error)]
pub enum ManagerError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The directory is in use elsewhere.
    #[error(transparent)]
    Locked(#[from] LockedError),
    /// A log of the directory could not be opened.
    #[error("cannot open the log in {}: {source}", dir.display())]
    Open {
        /// Directory of the log.
        dir: PathBuf,
        /// Why not.
        source: OpenError,
    },
    /// Two directories claim to be the same copy.
    #[error("{} and {} are both a copy of {partition}; remove the one that is not wanted", first.display(), second.display())]
    Duplicate {
        /// The partition.
        partition: TopicPartition,
        /// One directory.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A log failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The directory is out of use.
    #[error(transparent)]
    Offline(#[from] OfflineError),
}

/// What creating a log can end in.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The directory is out of use.
    #[error(transparent)]
    Offline(#[from] OfflineError),
    /// The log cannot be opened, or belongs to another topic.
    #[error(transparent)]
    Open(#[from] OpenError),
}
