//! RenewDelegationToken, API key 39.

use bytes::Bytes;

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Sent by the owner or a renewer to put off the expiry of a delegation token (KIP-48).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 39, valid = "1-2", flexible = "2+")]
pub struct RenewDelegationTokenRequest {
    /// Secret that identifies the token.
    pub hmac: Bytes,
    /// Milliseconds from now to the new expiry; negative for the default.
    pub renew_period_ms: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells when the renewed token expires.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 39, valid = "1-2", flexible = "2+")]
pub struct RenewDelegationTokenResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// New expiry in milliseconds since the epoch.
    pub expiry_timestamp_ms: i64,
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
