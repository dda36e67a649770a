//! ExpireDelegationToken, API key 40.

use bytes::Bytes;

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Sent by the owner or a renewer to end a delegation token sooner (KIP-48).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 40, valid = "1-2", flexible = "2+")]
pub struct ExpireDelegationTokenRequest {
    /// Secret that identifies the token.
    pub hmac: Bytes,
    /// Milliseconds from now to the expiry; negative ends it at once.
    pub expiry_time_period_ms: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells when the token expires.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 40, valid = "1-2", flexible = "2+")]
pub struct ExpireDelegationTokenResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Resulting expiry in milliseconds since the epoch.
    pub expiry_timestamp_ms: i64,
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
