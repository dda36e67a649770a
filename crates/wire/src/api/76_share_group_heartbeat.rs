//! ShareGroupHeartbeat, API key 76.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a share consumer to join, stay in or leave its share group (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 76, valid = "1", flexible = "0+")]
pub struct ShareGroupHeartbeatRequest {
    /// Share group the consumer belongs to.
    pub group_id: KafkaString,
    /// Id the consumer made up for itself, kept for its lifetime.
    pub member_id: KafkaString,
    /// Epoch last received; 0 joins the group, -1 leaves it.
    pub member_epoch: i32,
    /// Rack the consumer runs in; null when unset or unchanged.
    #[field(nullable = "0+", default = null)]
    pub rack_id: Option<KafkaString>,
    /// Topic names the consumer wants; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub subscribed_topic_names: Option<Vec<KafkaString>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Coordinator's answer with the member's epoch and, on change, its assignment (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 76, valid = "1", flexible = "0+")]
pub struct ShareGroupHeartbeatResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Id the member goes by, echoed from the request.
    #[field(nullable = "0+", default = null)]
    pub member_id: Option<KafkaString>,
    /// Epoch to send in the next heartbeat.
    pub member_epoch: i32,
    /// Milliseconds to wait before the next heartbeat.
    pub heartbeat_interval_ms: i32,
    /// Partitions the member should fetch; null when nothing changed.
    #[field(nullable = "0+", default = null)]
    pub assignment: Option<Assignment>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// What the member should fetch from now on.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Assignment {
    /// Partitions to fetch, possibly shared with other members.
    pub topic_partitions: Vec<TopicPartitions>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic given to the member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartitions {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Numbers of the partitions given.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
