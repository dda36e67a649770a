//! The cluster's metadata: its log, and the thread that decides what goes into it.

pub(crate) mod framing;
pub(crate) mod snapshot;

/// Directory of the metadata log within `metadata.log.dir`.
pub(crate) const METADATA_LOG_DIR_NAME: &str = "__cluster_metadata-0";
