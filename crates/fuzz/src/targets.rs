//! The table of targets.

mod batch;
mod checkpoint;
mod config;
mod gzip;
mod lz4;
mod message;
mod names;
mod producer_snapshot;
mod recovery;
mod request;
mod snappy;
mod zstd;

use crate::Target;

/// All targets, by name.
pub const TARGETS: &[Target] = &[
    batch::TARGET,
    checkpoint::TARGET,
    config::TARGET,
    gzip::TARGET,
    lz4::TARGET,
    message::TARGET,
    names::TARGET,
    producer_snapshot::TARGET,
    recovery::TARGET,
    request::TARGET,
    snappy::TARGET,
    zstd::TARGET,
];
