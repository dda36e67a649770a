//! DeleteGroups, API key 42.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks a coordinator to delete empty groups along with their offsets (KIP-229).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 42, valid = "0-2", flexible = "2+")]
pub struct DeleteGroupsRequest {
    /// Ids of the groups to delete.
    pub groups_names: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which groups were deleted.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 42, valid = "0-2", flexible = "2+")]
pub struct DeleteGroupsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each group.
    pub results: Vec<DeletableGroupResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeletableGroupResult {
    /// Group id this entry is about.
    #[field(key)]
    pub group_id: KafkaString,
    /// 0, or the reason, such as `NON_EMPTY_GROUP`.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
