//! ListGroups, API key 16.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by admin tools to each broker to list the groups it coordinates (filters: KIP-518, KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 16, valid = "0-5", flexible = "3+")]
pub struct ListGroupsRequest {
    /// Group states to keep (KIP-518); empty keeps all.
    #[field(versions = "4+")]
    pub states_filter: Vec<KafkaString>,
    /// Group types to keep (KIP-848); empty keeps all.
    #[field(versions = "5+")]
    pub types_filter: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The groups this broker coordinates.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 16, valid = "0-5", flexible = "3+")]
pub struct ListGroupsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Groups that passed the filters.
    pub groups: Vec<ListedGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One group, in brief.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ListedGroup {
    /// Group id this entry is about.
    pub group_id: KafkaString,
    /// Kind of group, for instance `consumer`; empty for simple groups.
    pub protocol_type: KafkaString,
    /// Name of the group's state; empty before version 4.
    #[field(versions = "4+", ignorable)]
    pub group_state: KafkaString,
    /// Protocol such as `classic` or `consumer`; empty before version 5.
    #[field(versions = "5+", ignorable)]
    pub group_type: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
