//! `AbortTransactionRecord`, type 25 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Discards the records of the open metadata transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 25, valid = "0", flexible = "0+")]
pub struct AbortTransactionRecord {
    /// Why it was discarded, null when not stated.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub reason: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
