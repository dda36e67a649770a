//! DeleteAcls, API key 31.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to delete all ACLs that match any of the filters (KIP-140).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 31, valid = "1-3", flexible = "2+")]
pub struct DeleteAclsRequest {
    /// Filters that select what to delete.
    pub filters: Vec<DeleteAclsFilter>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Selects ACLs to delete.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteAclsFilter {
    /// Resource type code to match; 1 matches any.
    pub resource_type_filter: i8,
    /// Resource name to match; null matches any.
    #[field(nullable = "0+")]
    pub resource_name_filter: Option<KafkaString>,
    /// 1 any, 2 all that apply, 3 literal, 4 prefixed (KIP-290).
    #[field(default = 3)]
    pub pattern_type_filter: i8,
    /// Principal to match, as `User:name`; null matches any.
    #[field(nullable = "0+")]
    pub principal_filter: Option<KafkaString>,
    /// Host to match; null matches any.
    #[field(nullable = "0+")]
    pub host_filter: Option<KafkaString>,
    /// Operation code to match; 1 matches any.
    pub operation: i8,
    /// 1 matches any, 2 deny, 3 allow.
    pub permission_type: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which ACLs were deleted.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 31, valid = "1-3", flexible = "2+")]
pub struct DeleteAclsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each filter, in the order of the request.
    pub filter_results: Vec<DeleteAclsFilterResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// What one filter matched.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteAclsFilterResult {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// ACLs the filter selected.
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// An ACL that was selected for deletion.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DeleteAclsMatchingAcl {
    /// 0 if it was deleted, else the reason it was not.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Code such as 2 topic, 3 group, 4 cluster.
    pub resource_type: i8,
    /// Name or prefix it applied to; `*` for all.
    pub resource_name: KafkaString,
    /// 3 for a literal name, 4 for a prefix.
    #[field(default = 3)]
    pub pattern_type: i8,
    /// Who it was for, as `User:name`.
    pub principal: KafkaString,
    /// Client address it held for; `*` is any.
    pub host: KafkaString,
    /// Operation code, such as 3 read or 4 write.
    pub operation: i8,
    /// 2 for a denial, 3 for a grant.
    pub permission_type: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
