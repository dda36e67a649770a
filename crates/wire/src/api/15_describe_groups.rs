//! DescribeGroups, API key 15.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by admin tools to a coordinator for the state and members of classic groups (error details:
/// KIP-1043).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 15, valid = "0-6", flexible = "5+")]
pub struct DescribeGroupsRequest {
    /// Group ids that are of interest.
    pub groups: Vec<KafkaString>,
    /// Whether to report what the client may do to each group.
    #[field(versions = "3+")]
    pub include_authorized_operations: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State and members of the groups asked for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 15, valid = "0-6", flexible = "5+")]
pub struct DescribeGroupsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// One entry for each requested group.
    pub groups: Vec<DescribedGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one classic group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedGroup {
    /// 0, or why this group cannot be described.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(versions = "6+", nullable = "6+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Group id this entry is about.
    pub group_id: KafkaString,
    /// Name of the state, for instance `Stable`; empty after an error.
    pub group_state: KafkaString,
    /// Kind of group, for instance `consumer`; empty after an error.
    pub protocol_type: KafkaString,
    /// Assignment strategy in use; empty when none is.
    pub protocol_data: KafkaString,
    /// Present members of the group.
    pub members: Vec<DescribedGroupMember>,
    /// Bit set of allowed group operations; lowest int32 when not asked for.
    #[field(versions = "3+", default = -0x8000_0000)]
    pub authorized_operations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One member of a classic group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedGroupMember {
    /// Id the coordinator gave this member.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "4+", nullable = "4+", default = null, ignorable)]
    pub group_instance_id: Option<KafkaString>,
    /// Client id taken from the member's last join.
    pub client_id: KafkaString,
    /// Address the member connects from.
    pub client_host: KafkaString,
    /// Subscription for the strategy in use; empty unless stable.
    pub member_metadata: Bytes,
    /// Assignment from the group leader; empty unless stable.
    pub member_assignment: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
