//! ConsumerGroupHeartbeat, API key 68.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a consumer of the new protocol to join, stay in or leave its group (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 68, valid = "0-1", flexible = "0+")]
pub struct ConsumerGroupHeartbeatRequest {
    /// Group the consumer belongs to.
    pub group_id: KafkaString,
    /// Id the consumer made up for itself, kept for its lifetime.
    pub member_id: KafkaString,
    /// Epoch last received; 0 joins, -1 leaves, -2 leaves for a static rejoin.
    pub member_epoch: i32,
    /// Static membership id; null when unset or unchanged.
    #[field(nullable = "0+", default = null)]
    pub instance_id: Option<KafkaString>,
    /// Rack the consumer runs in; null when unset or unchanged.
    #[field(nullable = "0+", default = null)]
    pub rack_id: Option<KafkaString>,
    /// Milliseconds allowed for giving up partitions; -1 when unchanged.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// Topic names the consumer wants; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub subscribed_topic_names: Option<Vec<KafkaString>>,
    /// RE2J pattern of topics the consumer wants; null when unchanged.
    #[field(versions = "1+", nullable = "1+", default = null)]
    pub subscribed_topic_regex: Option<KafkaString>,
    /// Broker-side assignor preferred; null for no preference or no change.
    #[field(nullable = "0+", default = null)]
    pub server_assignor: Option<KafkaString>,
    /// Partitions the consumer holds now; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub topic_partitions: Option<Vec<RequestTopicPartitions>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic held by the consumer.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestTopicPartitions {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Numbers of the partitions held.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Coordinator's answer with the member's epoch and, on change, its assignment (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 68, valid = "0-1", flexible = "0+")]
pub struct ConsumerGroupHeartbeatResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Id the member goes by, echoed or made by a v0 coordinator.
    #[field(nullable = "0+", default = null)]
    pub member_id: Option<KafkaString>,
    /// Epoch to send in the next heartbeat.
    pub member_epoch: i32,
    /// Milliseconds to wait before the next heartbeat.
    pub heartbeat_interval_ms: i32,
    /// Partitions the member should own; null when nothing changed.
    #[field(nullable = "0+", default = null)]
    pub assignment: Option<Assignment>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// What the member should own from now on.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Assignment {
    /// Partitions the member may consume at once.
    pub topic_partitions: Vec<ResponseTopicPartitions>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic given to the member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseTopicPartitions {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Numbers of the partitions given.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
