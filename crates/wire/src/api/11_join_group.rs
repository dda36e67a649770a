//! JoinGroup, API key 11.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by a classic group member to its coordinator to enter the group or rejoin it during a rebalance
/// (static members: KIP-345).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 11, valid = "0-9", flexible = "6+")]
pub struct JoinGroupRequest {
    /// Group the member wants to join.
    pub group_id: KafkaString,
    /// Milliseconds without a heartbeat after which the member is removed.
    pub session_timeout_ms: i32,
    /// Milliseconds members get to rejoin; -1 means the session timeout.
    #[field(versions = "1+", default = -1, ignorable)]
    pub rebalance_timeout_ms: i32,
    /// Id the coordinator gave out; empty on the first attempt.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "5+", nullable = "5+", default = null)]
    pub group_instance_id: Option<KafkaString>,
    /// Kind of group, for instance `consumer`; must match the other members.
    pub protocol_type: KafkaString,
    /// Assignment strategies on offer, most preferred first.
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Why the member joins, for the broker's log; may be null.
    #[field(versions = "8+", nullable = "8+", default = null, ignorable)]
    pub reason: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One strategy the member can follow.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct JoinGroupRequestProtocol {
    /// Name of the strategy, for instance `range`.
    #[field(key)]
    pub name: KafkaString,
    /// Subscription encoded for this strategy; opaque to the broker.
    pub metadata: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Ends the join phase: tells the member its id, generation and chosen strategy, and gives the leader all
/// members.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 11, valid = "0-9", flexible = "6+")]
pub struct JoinGroupResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Generation the group has entered; -1 after an error.
    #[field(default = -1)]
    pub generation_id: i32,
    /// Kind of group; null before version 7 or after an error.
    #[field(versions = "7+", nullable = "7+", default = null, ignorable)]
    pub protocol_type: Option<KafkaString>,
    /// Strategy the coordinator chose; null or empty after an error.
    #[field(nullable = "7+")]
    pub protocol_name: Option<KafkaString>,
    /// Member id of the group leader.
    pub leader: KafkaString,
    /// Whether the leader should leave the assignment as it is (KIP-814).
    #[field(versions = "9+")]
    pub skip_assignment: bool,
    /// Id of the member; on `MEMBER_ID_REQUIRED` the one to retry with.
    pub member_id: KafkaString,
    /// All members, sent to the leader only; empty for the rest.
    pub members: Vec<JoinGroupResponseMember>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A member as the leader needs to see it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct JoinGroupResponseMember {
    /// Id of this member.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub group_instance_id: Option<KafkaString>,
    /// Subscription this member sent for the chosen strategy.
    pub metadata: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
