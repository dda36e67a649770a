//! DescribeAcls, API key 29.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by admin tools to list the ACLs that match a filter (KIP-140).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 29, valid = "1-3", flexible = "2+")]
pub struct DescribeAclsRequest {
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

/// The ACLs that match, grouped by resource.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 29, valid = "1-3", flexible = "2+")]
pub struct DescribeAclsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Resources with matching ACLs.
    pub resources: Vec<DescribeAclsResource>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One resource pattern and its ACLs.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeAclsResource {
    /// Code such as 2 topic, 3 group, 4 cluster.
    pub resource_type: i8,
    /// Name or prefix the ACLs apply to; `*` for all.
    pub resource_name: KafkaString,
    /// 3 for a literal name, 4 for a prefix.
    #[field(default = 3)]
    pub pattern_type: i8,
    /// ACLs on this resource that match.
    pub acls: Vec<AclDescription>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One ACL on the resource.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AclDescription {
    /// Who it is for, as `User:name`; `User:*` is everyone.
    pub principal: KafkaString,
    /// Client address it holds for; `*` is any.
    pub host: KafkaString,
    /// Operation code, such as 3 read or 4 write.
    pub operation: i8,
    /// 2 to deny, 3 to allow.
    pub permission_type: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
