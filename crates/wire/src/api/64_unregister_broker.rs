//! UnregisterBroker, API key 64.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Asks the controller to forget a broker that was taken out of the cluster for good (KIP-631).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 64, valid = "0", flexible = "0+")]
pub struct UnregisterBrokerRequest {
    /// Node id of the broker to forget.
    pub broker_id: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the broker's registration was removed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 64, valid = "0", flexible = "0+")]
pub struct UnregisterBrokerResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
