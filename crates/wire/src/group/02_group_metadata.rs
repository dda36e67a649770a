//! GroupMetadata, type 2 of the records of `__consumer_offsets`.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of a classic group's state in `__consumer_offsets`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 2, valid = "0", flexible = "none")]
pub struct GroupMetadataKey {
    /// Classic group the state is of.
    pub group: KafkaString,
}

/// State of a classic group after a completed rebalance.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 2, valid = "0-4", flexible = "4+")]
pub struct GroupMetadataValue {
    /// Kind of group, `consumer` for consumers.
    pub protocol_type: KafkaString,
    /// Count of rebalances completed.
    pub generation: i32,
    /// Assignor or protocol chosen, null for an empty group.
    #[field(nullable = "0+")]
    pub protocol: Option<KafkaString>,
    /// Member id of the leader, null for an empty group.
    #[field(nullable = "0+")]
    pub leader: Option<KafkaString>,
    /// Unix milliseconds of the last state change, -1 when unknown.
    #[field(versions = "2+", default = -1, ignorable)]
    pub current_state_timestamp: i64,
    /// Members of this generation.
    pub members: Vec<MemberMetadata>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One member of the classic group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MemberMetadata {
    /// Id the coordinator gave the member.
    pub member_id: KafkaString,
    /// Static membership id, null for a dynamic member.
    #[field(versions = "3+", nullable = "3+", default = null, ignorable)]
    pub group_instance_id: Option<KafkaString>,
    /// `client.id` the member connected with.
    pub client_id: KafkaString,
    /// Address the member connected from.
    pub client_host: KafkaString,
    /// Milliseconds the member has to rejoin, -1 to use the session timeout.
    #[field(versions = "1+", default = -1, ignorable)]
    pub rebalance_timeout: i32,
    /// Milliseconds without heartbeat after which it is dropped.
    pub session_timeout: i32,
    /// Protocol metadata bytes the member joined with.
    pub subscription: Bytes,
    /// Assignment bytes the leader gave the member.
    pub assignment: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
