//! `RemoveUserScramCredentialRecord`, type 22 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller when a SCRAM credential is deleted (KIP-554).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 22, valid = "0", flexible = "0+")]
pub struct RemoveUserScramCredentialRecord {
    /// User the credential was for.
    pub name: KafkaString,
    /// 1 for SCRAM-SHA-256, 2 for SCRAM-SHA-512.
    pub mechanism: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
