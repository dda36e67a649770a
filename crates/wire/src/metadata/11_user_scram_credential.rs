//! `UserScramCredentialRecord`, type 11 of the records of `__cluster_metadata`.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller when a SCRAM credential is set (KIP-554).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 11, valid = "0", flexible = "0+")]
pub struct UserScramCredentialRecord {
    /// User the credential is for.
    pub name: KafkaString,
    /// 1 for SCRAM-SHA-256, 2 for SCRAM-SHA-512.
    pub mechanism: i8,
    /// Random bytes mixed into the password.
    pub salt: Bytes,
    /// Derived key a client's proof is checked against.
    pub stored_key: Bytes,
    /// Derived key the server proves itself with.
    pub server_key: Bytes,
    /// Hash rounds applied to the password.
    pub iterations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
