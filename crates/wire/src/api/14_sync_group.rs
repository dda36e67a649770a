//! SyncGroup, API key 14.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by every classic member after joining to obtain its share; the leader's carries the assignment of all
/// (static members: KIP-345).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 14, valid = "0-5", flexible = "4+")]
pub struct SyncGroupRequest {
    /// Group the member is in.
    pub group_id: KafkaString,
    /// Generation the member has joined.
    pub generation_id: i32,
    /// Id of the member.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<KafkaString>,
    /// Kind of group, cross-checked by the coordinator; null skips the check.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub protocol_type: Option<KafkaString>,
    /// Strategy followed, cross-checked by the coordinator; null skips the check.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub protocol_name: Option<KafkaString>,
    /// Everybody's assignment, from the leader; empty from followers.
    pub assignments: Vec<SyncGroupRequestAssignment>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// What the leader assigns to one member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct SyncGroupRequestAssignment {
    /// Member that gets this assignment.
    pub member_id: KafkaString,
    /// Assignment encoded by the leader; opaque to the broker.
    pub assignment: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Hands a classic member the assignment made by the leader.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 14, valid = "0-5", flexible = "4+")]
pub struct SyncGroupResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Kind of group; null after an error.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub protocol_type: Option<KafkaString>,
    /// Strategy in force; null after an error.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub protocol_name: Option<KafkaString>,
    /// Assignment in the leader's encoding; empty after an error.
    pub assignment: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
