//! CreateDelegationToken, API key 38.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks for a delegation token, which lets other processes authenticate as its owner (KIP-48).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 38, valid = "1-3", flexible = "2+")]
pub struct CreateDelegationTokenRequest {
    /// Principal type of another owner; null for the requester (KIP-373).
    #[field(versions = "3+", nullable = "3+")]
    pub owner_principal_type: Option<KafkaString>,
    /// Principal name of another owner; null for the requester.
    #[field(versions = "3+", nullable = "3+")]
    pub owner_principal_name: Option<KafkaString>,
    /// Principals besides the owner that may renew the token.
    pub renewers: Vec<CreatableRenewers>,
    /// Longest life in milliseconds; -1 for the broker's maximum.
    pub max_lifetime_ms: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A principal that may renew the token.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CreatableRenewers {
    /// Type of the renewer, usually `User`.
    pub principal_type: KafkaString,
    /// Name of the renewer, without its type.
    pub principal_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The new token with its secret.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 38, valid = "1-3", flexible = "2+")]
pub struct CreateDelegationTokenResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Principal type of the token's owner.
    pub principal_type: KafkaString,
    /// Principal name of the token's owner.
    pub principal_name: KafkaString,
    /// Principal type of whoever asked for the token.
    #[field(versions = "3+")]
    pub token_requester_principal_type: KafkaString,
    /// Principal name of whoever asked for the token.
    #[field(versions = "3+")]
    pub token_requester_principal_name: KafkaString,
    /// Time of issue in milliseconds since the epoch.
    pub issue_timestamp_ms: i64,
    /// Time it expires unless renewed, in milliseconds since the epoch.
    pub expiry_timestamp_ms: i64,
    /// Time no renewal can move past, in milliseconds since the epoch.
    pub max_timestamp_ms: i64,
    /// Public id of the token, used as SCRAM user name.
    pub token_id: KafkaString,
    /// Secret of the token, its password once base64 encoded.
    pub hmac: Bytes,
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
