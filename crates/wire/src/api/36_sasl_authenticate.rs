//! SaslAuthenticate, API key 36.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Carries one client token of the SASL exchange (KIP-152).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 36, valid = "0-2", flexible = "2+")]
pub struct SaslAuthenticateRequest {
    /// Token in the format of the chosen mechanism.
    pub auth_bytes: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Carries the server's token back, or ends the exchange with an error.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 36, valid = "0-2", flexible = "2+")]
pub struct SaslAuthenticateResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Reason of the failure; null on success.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Server token; empty if the mechanism has nothing to say.
    pub auth_bytes: Bytes,
    /// Milliseconds until the client must authenticate again; 0 for never (KIP-368).
    #[field(versions = "1+", ignorable)]
    pub session_lifetime_ms: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
