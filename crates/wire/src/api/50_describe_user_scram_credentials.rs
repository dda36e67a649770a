//! DescribeUserScramCredentials, API key 50.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Lists the SCRAM credentials of users, without their secrets (KIP-554).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 50, valid = "0", flexible = "0+")]
pub struct DescribeUserScramCredentialsRequest {
    /// Users to list; null or empty for all.
    #[field(nullable = "0+")]
    pub users: Option<Vec<UserName>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A user to list.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct UserName {
    /// Name of the user.
    pub name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The SCRAM mechanisms each user has credentials for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 50, valid = "0", flexible = "0+")]
pub struct DescribeUserScramCredentialsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Result for each user.
    pub results: Vec<DescribeUserScramCredentialsResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Credentials of one user.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeUserScramCredentialsResult {
    /// Name of the user.
    pub user: KafkaString,
    /// 0, or the reason this user cannot be listed.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// One entry for each mechanism set up.
    pub credential_infos: Vec<CredentialInfo>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A credential, without its secret.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CredentialInfo {
    /// 1 for SCRAM-SHA-256, 2 for SCRAM-SHA-512.
    pub mechanism: i8,
    /// Number of hashing rounds.
    pub iterations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
