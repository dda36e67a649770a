//! `RemoveAccessControlEntryRecord`, type 19 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Written by the controller when an ACL is deleted.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 19, valid = "0", flexible = "0+")]
pub struct RemoveAccessControlEntryRecord {
    /// Id of the ACL deleted.
    pub id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
