//! The cluster's metadata: its log, and the thread that decides what goes into it.

pub(crate) mod auto_create;
pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod endpoints;
pub(crate) mod framing;
pub(crate) mod log;
pub(crate) mod producer_ids;
mod quorum_state;
pub(crate) mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod thread;
pub(crate) mod voters;

/// Directory of the metadata log within `metadata.log.dir`.
pub(crate) const METADATA_LOG_DIR_NAME: &str = "__cluster_metadata-0";
