//! The consumer.

pub mod assignor;
mod config;
mod consumer;
mod error;
mod events;
mod fetch;
mod group;
mod heartbeat;
mod listener;
mod membership;
mod offset_reset;
mod position;
mod protocol;
mod rebalance;
mod records;
mod requests;
mod subscription;


pub use config::{ConsumerConfig, FetchConfig};
pub use consumer::{CommitCallback, Consumer, ConsumerGroupMetadata, Waker};
pub use error::ConsumerError;
pub use listener::{Listening, RebalanceListener};
pub use offset_reset::OffsetReset;
pub use records::{ConsumerRecord, ConsumerRecords, PartitionRecords};
pub use requests::{OffsetAndMetadata, OffsetAndTimestamp, Offsets};
pub use crate::topic_partition::TopicPartition;
