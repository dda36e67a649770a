//! The consumer.

pub mod assignor;
mod topic_partition;

pub use topic_partition::TopicPartition;
