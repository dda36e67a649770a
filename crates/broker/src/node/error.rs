//! Why a node does not start.

use std::io;

use super::unsupported::UnsupportedError;
use crate::metadata::thread::StartMetadataError;
use crate::metrics::EndpointError;
use crate::net::BindError;
use crate::partitions::OpenError;
use crate::storage::OpenStorageError;

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration asks for what this node cannot do and must not run without.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedError),
    /// The directories are not those of this node.
    #[error(transparent)]
    Storage(#[from] OpenStorageError),
    /// A listener could not be opened.
    #[error(transparent)]
    Listener(#[from] BindError),
    /// The metrics endpoint could not be opened.
    #[error(transparent)]
    Metrics(#[from] EndpointError),
    /// The metadata of the cluster cannot be used, or this node may not take part in it.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The log directories could not be opened.
    #[error(transparent)]
    Partitions(#[from] OpenError),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

/// Why the metadata of the cluster cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct MetadataError(#[from] StartMetadataError);

impl From<StartMetadataError> for StartError {
    fn from(error: StartMetadataError) -> Self {
        Self::Metadata(error.into())
    }
}
