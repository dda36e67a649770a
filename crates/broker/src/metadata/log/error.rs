//! Why the metadata log cannot be opened or written.

use std::path::PathBuf;

use ottla_controller::image::ReplayError;
use ottla_log::error::DiskError;
use ottla_log::log::{AppendError, IncrementError, OpenError, ReadError, StorageError};
use ottla_record::Offset;
use thiserror::Error;

use crate::metadata::framing::FramingError;
use crate::metadata::quorum_state::QuorumStateError;
use crate::metadata::snapshot::{SnapshotId, SnapshotReadError, SnapshotWriteError};
use crate::metadata::voters::QuorumError;

/// The metadata log failed while it was used. The node has to stop: what it last wrote may or may not be there.
#[derive(Debug, Error)]
pub(crate) enum MetadataLogError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Increment(#[from] IncrementError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotWriteError),
}

/// The metadata log cannot be opened.
#[derive(Debug, Error)]
pub(crate) enum OpenMetadataLogError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    QuorumState(#[from] QuorumStateError),
    #[error(transparent)]
    Quorum(#[from] QuorumError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotReadError),
    #[error("the metadata log in {} holds what is no metadata", dir.display())]
    Framing {
        dir: PathBuf,
        #[source]
        source: FramingError,
    },
    #[error(
        "the metadata log in {} begins at offset {start}, and no snapshot covers what was before: the newest is {}; \
         restore the missing *.checkpoint file", dir.display(), describe(*newest)
    )]
    Gap { dir: PathBuf, start: Offset, newest: Option<SnapshotId> },
    #[error("record at offset {offset} of the metadata log in {} does not fit what came before", dir.display())]
    Replay {
        dir: PathBuf,
        offset: Offset,
        #[source]
        source: ReplayError,
    },
}

fn describe(snapshot: Option<SnapshotId>) -> String {
    snapshot.map_or_else(|| "none".to_owned(), SnapshotId::file_name)
}
