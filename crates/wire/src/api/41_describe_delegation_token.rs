//! DescribeDelegationToken, API key 41.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Lists the delegation tokens the client may see (KIP-48).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 41, valid = "1-3", flexible = "2+")]
pub struct DescribeDelegationTokenRequest {
    /// Owners whose tokens are wanted; null for all.
    #[field(nullable = "0+")]
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// An owner to list tokens of.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeDelegationTokenOwner {
    /// Type of the owner, usually `User`.
    pub principal_type: KafkaString,
    /// Name of the owner, without its type.
    pub principal_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The delegation tokens that match and are visible.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 41, valid = "1-3", flexible = "2+")]
pub struct DescribeDelegationTokenResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tokens found, secrets included.
    pub tokens: Vec<DescribedDelegationToken>,
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One delegation token.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedDelegationToken {
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
    pub issue_timestamp: i64,
    /// Time it expires unless renewed, in milliseconds since the epoch.
    pub expiry_timestamp: i64,
    /// Time no renewal can move past, in milliseconds since the epoch.
    pub max_timestamp: i64,
    /// Public id of the token, used as SCRAM user name.
    pub token_id: KafkaString,
    /// Secret of the token, its password once base64 encoded.
    pub hmac: Bytes,
    /// Principals besides the owner that may renew the token.
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A principal that may renew the token.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedDelegationTokenRenewer {
    /// Type of the renewer, usually `User`.
    pub principal_type: KafkaString,
    /// Name of the renewer, without its type.
    pub principal_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
