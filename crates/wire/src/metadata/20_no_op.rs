//! `NoOpRecord`, type 20 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Written by an idle controller to move the metadata log onward; changes nothing.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 20, valid = "0", flexible = "0+")]
pub struct NoOpRecord {
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
