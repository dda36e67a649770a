//! `BeginTransactionRecord`, type 23 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Opens a metadata transaction; records after it apply only once it ends.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 23, valid = "0", flexible = "0+")]
pub struct BeginTransactionRecord {
    /// What the transaction is for, null when not stated.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub name: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
