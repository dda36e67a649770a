//! What a consumer of a classic group is given, behind its version.

use bytes::Bytes;

use crate::{KafkaString, Message, Struct};

/// Assignment bytes the classic group leader sends to each consumer, behind an int16 version.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-3", flexible = "none")]
pub struct ConsumerProtocolAssignment {
    /// Partitions given to the consumer, by topic.
    pub assigned_partitions: Vec<TopicPartition>,
    /// Opaque bytes from the assignor, null for none.
    #[field(nullable = "0+", default = null)]
    pub user_data: Option<Bytes>,
}

/// Partitions of one topic given to the consumer.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartition {
    /// Name of the topic given.
    #[field(key)]
    pub topic: KafkaString,
    /// Numbers of the partitions given.
    pub partitions: Vec<i32>,
}
