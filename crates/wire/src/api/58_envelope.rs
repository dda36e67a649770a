//! Envelope, API key 58.

use bytes::Bytes;

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Sent by a broker to the active controller to forward a client's request on its behalf (KIP-590).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 58, valid = "0", flexible = "0+")]
pub struct EnvelopeRequest {
    /// Original request, header and body, as received.
    pub request_data: Bytes,
    /// Authenticated client as `DefaultPrincipalData`; null if there is none.
    #[field(nullable = "0+")]
    pub request_principal: Option<Bytes>,
    /// Raw IP address the client connects from.
    pub client_host_address: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The controller's answer to a forwarded request.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 58, valid = "0", flexible = "0+")]
pub struct EnvelopeResponse {
    /// Response to pass on, header and body; null after an error.
    #[field(nullable = "0+", default = null)]
    pub response_data: Option<Bytes>,
    /// Error of the forwarding itself, not of the forwarded request.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
