//! What a controller is told at its start.

use std::collections::BTreeMap;

use ottla_config::{Layers, ServerConfig};
use ottla_record::Offset;

use crate::features::VersionRange;
use crate::outcome::VersionedRecord;

/// Where random bytes come from: for ids of topics and for where placement begins.
pub type RandomBytes = Box<dyn FnMut() -> [u8; 16] + Send>;

/// What a controller is told at its start.
#[derive(Debug, Clone)]
pub struct ControllerOptions {
    /// Number of the node.
    pub node_id: i32,
    /// Id of the cluster, which brokers must know.
    pub cluster_id: String,
    /// Levels of features that the node can run; see [`supported_features`](crate::features::supported_features).
    pub supported_features: BTreeMap<String, VersionRange>,
    /// Nodes of the quorum.
    pub quorum_node_ids: Vec<i32>,
    /// Level of `kraft.version`, which stands in the quorum's own records.
    pub kraft_version: i16,
    /// What stands in the node's file, resolved: defaults of topics, session timeout, intervals.
    pub config: ServerConfig,
    /// What stands in the node's file, as layers to lay dynamic values over.
    pub layers: Layers,
    /// The records that a new cluster begins with, of `bootstrap.checkpoint`; at least the level of `metadata.version`.
    pub bootstrap: Vec<VersionedRecord>,
}

/// Which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A broker checked and forwarded it.
    Broker,
    /// A client asked the controller itself.
    Controller,
}

/// Why a controller cannot become active.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// The bootstrap records do not say at which level the cluster begins.
    #[error("the bootstrap records hold no level of metadata.version that this release knows")]
    NoMetadataVersion,
    /// A transaction is open at a level that has none.
    #[error("a transaction is open at offset {0}, but the metadata.version has no transactions")]
    UnexpectedTransaction(Offset),
}
