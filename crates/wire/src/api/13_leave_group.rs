//! LeaveGroup, API key 13.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Takes members out of a group at once, rather than by session timeout; several at a time from version 3
/// (KIP-345).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 13, valid = "0-5", flexible = "4+")]
pub struct LeaveGroupRequest {
    /// Group the members are to leave.
    pub group_id: KafkaString,
    /// The member that leaves, up to version 2.
    #[field(versions = "0-2")]
    pub member_id: KafkaString,
    /// Members to take out, from version 3.
    #[field(versions = "3+")]
    pub members: Vec<MemberIdentity>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A member to take out, by id or static name.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MemberIdentity {
    /// Id of the member; empty to go by static name.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(nullable = "3+", default = null)]
    pub group_instance_id: Option<KafkaString>,
    /// Why it leaves, for the broker's log; may be null.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub reason: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the members left the group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 13, valid = "0-5", flexible = "4+")]
pub struct LeaveGroupResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// Error for the request as a whole; 0 for none.
    pub error_code: i16,
    /// Result for each member, from version 3.
    #[field(versions = "3+")]
    pub members: Vec<MemberResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one leaving member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MemberResponse {
    /// Id as given in the request.
    pub member_id: KafkaString,
    /// Static member name as given; null for a dynamic member.
    #[field(nullable = "3+")]
    pub group_instance_id: Option<KafkaString>,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
