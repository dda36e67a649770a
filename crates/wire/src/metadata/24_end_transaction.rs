//! `EndTransactionRecord`, type 24 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Closes a metadata transaction and makes its records apply.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 24, valid = "0", flexible = "0+")]
pub struct EndTransactionRecord {
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
