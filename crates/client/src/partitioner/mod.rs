//! Choosing the partition of a record, one file a way.

mod murmur2;
mod round_robin;
mod sticky;

pub use murmur2::{murmur2, partition_of_key};
pub use round_robin::RoundRobin;
pub(crate) use sticky::{Load, Sticky};

use crate::metadata::TopicMetadata;

/// A way of one's own to choose partitions.
pub trait Partitioner: Send + Sync + std::fmt::Debug {
    /// The partition for a record: one that the topic has.
    fn partition(&self, topic: &TopicMetadata, key: Option<&[u8]>, value: Option<&[u8]>) -> i32;
}
