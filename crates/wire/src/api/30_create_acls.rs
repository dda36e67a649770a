//! CreateAcls, API key 30.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to add ACLs; brokers forward it there (KIP-140).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 30, valid = "1-3", flexible = "2+")]
pub struct CreateAclsRequest {
    /// ACLs the controller is to add.
    pub creations: Vec<AclCreation>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One ACL to add.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AclCreation {
    /// Code such as 2 topic, 3 group, 4 cluster.
    pub resource_type: i8,
    /// Name or prefix it applies to; `*` for all.
    pub resource_name: KafkaString,
    /// 3 for a literal name, 4 for a prefix.
    #[field(default = 3)]
    pub resource_pattern_type: i8,
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

/// Tells which ACLs were added.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 30, valid = "1-3", flexible = "2+")]
pub struct CreateAclsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each ACL, in the order of the request.
    pub results: Vec<AclCreationResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one ACL.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AclCreationResult {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
