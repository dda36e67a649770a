//! Kafka's clients in async Rust: producer, consumer and admin.
//!
//! Where to start:
//! - [`Admin`] asks about a cluster and changes it: topics, configs, groups, offsets, log directories.
//! - [`Consumer`](consumer::Consumer) reads records, alone or sharing partitions with its group.
//! - [`Producer`](producer::Producer) sends records.
//! - [`Client`] is what they stand on: connections, metadata, and [`Client::call`] for a request of any API.
//! - [`ClientConfig`] reads Kafka's own configuration keys.
//!
//! What it never does: more work than it was told a limit for. Answers longer than a limit, requests in flight,
//! retries and waits are all bounded by configuration. Malformed answers end their connection, never the process.
//!
//! Clients are made within a tokio runtime of either kind and leave small tasks there: one for each connection
//! and one for the metadata of each client.

pub mod admin;
mod client;
pub mod config;
pub mod consumer;
mod coordinator;
mod error;
mod metadata;
mod net;
mod offset_and_metadata;
pub mod partitioner;
pub mod producer;
#[cfg(test)]
mod testing;
mod topic_partition;

pub use admin::Admin;
pub use client::{CallOptions, Client, Target};
pub use config::{Address, ClientConfig, ConfigError};
pub use coordinator::CoordinatorKind;
pub use error::{ApiError, CallError, ClientError};
pub use metadata::{Broker, Cluster, LeaderHint, Metadata, PartitionMetadata, TopicMetadata};
pub use net::{Connection, ConnectionError, NodeVersions, Pending, Purpose, UnsupportedVersion};
pub use offset_and_metadata::OffsetAndMetadata;
pub use topic_partition::TopicPartition;
