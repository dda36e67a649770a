//! A node: the shell around the cores. It owns sockets, threads, the clock and the disks, and hands events to what decides.
//!
//! A request comes in on a connection of `net`, is looked up in the table of `api`, and answered from what the node holds in its
//! shared state. Nothing here decides what the cores decide: the cluster's state is `ottla_controller`'s, groups are
//! `ottla_group`'s, what is in a log is `ottla_log`'s.
//!
//! Start with [`Node`], a running node; [`storage`] formats the directories it runs on.

mod api;
mod broker;
mod coordinator;
mod fetch_sessions;
mod metadata;
mod metrics;
mod net;
mod node;
mod partitions;
pub mod storage;
#[cfg(test)]
mod testing;

pub use metrics::EndpointError;
pub use net::BindError;
pub use node::{BoundListener, MetadataError, Node, NodeOptions, StartError, UnsupportedError};
pub use partitions::OpenError as OpenLogsError;
