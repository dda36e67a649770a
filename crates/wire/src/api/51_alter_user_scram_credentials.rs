//! AlterUserScramCredentials, API key 51.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to set or delete SCRAM credentials (KIP-554).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 51, valid = "0", flexible = "0+")]
pub struct AlterUserScramCredentialsRequest {
    /// Credentials that are to go.
    pub deletions: Vec<ScramCredentialDeletion>,
    /// Credentials to add or replace.
    pub upsertions: Vec<ScramCredentialUpsertion>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A credential to delete.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ScramCredentialDeletion {
    /// User that loses the credential.
    pub name: KafkaString,
    /// 1 for SCRAM-SHA-256, 2 for SCRAM-SHA-512.
    pub mechanism: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A credential to add or replace.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ScramCredentialUpsertion {
    /// User that gets the credential.
    pub name: KafkaString,
    /// 1 for SCRAM-SHA-256, 2 for SCRAM-SHA-512.
    pub mechanism: i8,
    /// Number of hashing rounds, 4096 to 16384.
    pub iterations: i32,
    /// Random salt picked by the client.
    pub salt: Bytes,
    /// Password hashed with salt and rounds; never the plain text.
    pub salted_password: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which users' credentials were changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 51, valid = "0", flexible = "0+")]
pub struct AlterUserScramCredentialsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each user.
    pub results: Vec<AlterUserScramCredentialsResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one user.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterUserScramCredentialsResult {
    /// Name of the user.
    pub user: KafkaString,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
