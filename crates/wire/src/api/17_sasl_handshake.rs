//! SaslHandshake, API key 17.

use crate::{KafkaString, Message};

/// Opens SASL authentication by naming a mechanism. After version 0 raw tokens follow; after version 1
/// `SaslAuthenticateRequest` carries them (KIP-152).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 17, valid = "0-1", flexible = "none")]
pub struct SaslHandshakeRequest {
    /// Mechanism the client wants, for instance `SCRAM-SHA-512`.
    pub mechanism: KafkaString,
}

/// Accepts the mechanism or lists those that would be.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 17, valid = "0-1", flexible = "none")]
pub struct SaslHandshakeResponse {
    /// 0, or `UNSUPPORTED_SASL_MECHANISM` if it is not enabled.
    pub error_code: i16,
    /// Mechanisms this listener has enabled.
    pub mechanisms: Vec<KafkaString>,
}
