//! `AccessControlEntryRecord`, type 18 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Uuid};

/// Written by the controller when an ACL is created.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 18, valid = "0", flexible = "0+")]
pub struct AccessControlEntryRecord {
    /// Id the ACL is deleted by later.
    pub id: Uuid,
    /// 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.
    pub resource_type: i8,
    /// Resource name or prefix; `*` for any.
    pub resource_name: KafkaString,
    /// 3 matches the literal name, 4 matches it as prefix.
    pub pattern_type: i8,
    /// Principal such as `User:alice`; `User:*` for anyone.
    pub principal: KafkaString,
    /// Client address the ACL applies to; `*` for any.
    pub host: KafkaString,
    /// Operation code, such as 2 for all or 3 for read.
    pub operation: i8,
    /// 2 denies, 3 allows.
    pub permission_type: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
