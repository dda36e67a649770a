//! ShareGroupMemberMetadata, type 10 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Key of a share group member's subscription (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 10, valid = "0", flexible = "none")]
pub struct ShareGroupMemberMetadataKey {
    /// Share group the member is in.
    pub group_id: KafkaString,
    /// Member the subscription is of.
    pub member_id: KafkaString,
}

/// Subscription and client details of a share group member (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 10, valid = "0", flexible = "0+")]
pub struct ShareGroupMemberMetadataValue {
    /// Rack the member reported, null when none.
    #[field(nullable = "0+")]
    pub rack_id: Option<KafkaString>,
    /// `client.id` the member connected with.
    pub client_id: KafkaString,
    /// Address the member connected from.
    pub client_host: KafkaString,
    /// Topic names the member subscribed to.
    pub subscribed_topic_names: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
