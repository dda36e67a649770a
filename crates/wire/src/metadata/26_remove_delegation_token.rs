//! `RemoveDelegationTokenRecord`, type 26 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller when a delegation token expires or is withdrawn (KIP-48).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 26, valid = "0", flexible = "0+")]
pub struct RemoveDelegationTokenRecord {
    /// Public id of the token removed.
    pub token_id: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
