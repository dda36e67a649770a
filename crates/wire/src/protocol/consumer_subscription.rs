//! What a consumer of a classic group asks for, behind its version.

use bytes::Bytes;

use crate::{KafkaString, Message, Struct};

/// Subscription bytes a classic consumer sends on joining, behind an int16 version.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-3", flexible = "none")]
pub struct ConsumerProtocolSubscription {
    /// Names of the topics the consumer subscribes to.
    pub topics: Vec<KafkaString>,
    /// Opaque bytes for the assignor, null for none.
    #[field(nullable = "0+", default = null)]
    pub user_data: Option<Bytes>,
    /// Partitions still held from before, for cooperative rebalancing.
    #[field(versions = "1+", ignorable)]
    pub owned_partitions: Vec<TopicPartition>,
    /// Generation in which `owned_partitions` were assigned, -1 when unknown.
    #[field(versions = "2+", default = -1, ignorable)]
    pub generation_id: i32,
    /// Rack the consumer runs in, null when not configured.
    #[field(versions = "3+", nullable = "3+", default = null, ignorable)]
    pub rack_id: Option<KafkaString>,
}

/// Partitions of one topic still held.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartition {
    /// Name of the topic held.
    #[field(key)]
    pub topic: KafkaString,
    /// Numbers of the partitions held.
    pub partitions: Vec<i32>,
}
