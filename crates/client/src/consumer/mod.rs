//! The consumer.
//!
//! Where to start: [`Consumer`] is what a user holds. What it knows is pure state, told the time and tested by itself: its
//! subscription and positions, its membership in the group, its fetch sessions. Requests run as tasks and come back as
//! events, which only calls of the user take in; heartbeats alone go on between them.

pub mod assignor;
mod commits;
mod config;
mod error;
mod events;
mod fetch;
mod group;
mod handle;
mod heartbeat;
mod listener;
mod membership;
mod offset_reset;
mod offsets;
mod position;
mod positions;
mod protocol;
mod rebalance;
mod records;
mod requests;
mod subscription;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use crate::offset_and_metadata::OffsetAndMetadata;
pub use crate::topic_partition::TopicPartition;
pub use config::{ConsumerConfig, FetchConfig};
pub use error::ConsumerError;
pub use handle::{CommitCallback, Consumer, ConsumerGroupMetadata, Waker};
pub use listener::{Listening, RebalanceListener};
pub use offset_reset::OffsetReset;
pub use records::{ConsumerRecord, ConsumerRecords, PartitionRecords};
pub use requests::{OffsetAndTimestamp, Offsets};
