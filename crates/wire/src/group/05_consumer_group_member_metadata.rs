//! ConsumerGroupMemberMetadata, type 5 of the records of `__consumer_offsets`.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of a consumer group member's subscription (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 5, valid = "0", flexible = "none")]
pub struct ConsumerGroupMemberMetadataKey {
    /// Consumer group the member is in.
    pub group_id: KafkaString,
    /// Member the subscription is of.
    pub member_id: KafkaString,
}

/// Subscription and client details of a consumer group member (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 5, valid = "0", flexible = "0+")]
pub struct ConsumerGroupMemberMetadataValue {
    /// Static membership id, null for a dynamic member.
    #[field(nullable = "0+")]
    pub instance_id: Option<KafkaString>,
    /// Rack the member reported, null when none.
    #[field(nullable = "0+")]
    pub rack_id: Option<KafkaString>,
    /// `client.id` the member connected with.
    pub client_id: KafkaString,
    /// Address the member connected from.
    pub client_host: KafkaString,
    /// Topic names the member subscribed to.
    pub subscribed_topic_names: Vec<KafkaString>,
    /// Topic pattern the member subscribed to, null when none.
    #[field(nullable = "0+")]
    pub subscribed_topic_regex: Option<KafkaString>,
    /// Milliseconds the member has to give up partitions.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// Broker-side assignor the member prefers, null when none.
    #[field(nullable = "0+")]
    pub server_assignor: Option<KafkaString>,
    /// Extra state of a classic protocol member, null for others.
    #[field(nullable = "0+", tag = 0)]
    pub classic_member_metadata: Option<ClassicMemberMetadata>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of a member that still speaks the classic protocol.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ClassicMemberMetadata {
    /// Milliseconds without heartbeat after which it is dropped.
    pub session_timeout_ms: i32,
    /// Protocols the member joined with, preferred first.
    pub supported_protocols: Vec<ClassicProtocol>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One protocol the member supports.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ClassicProtocol {
    /// Name of the protocol, usually an assignor.
    pub name: KafkaString,
    /// Subscription bytes the member sent for this protocol.
    pub metadata: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
