//! AllocateProducerIds, API key 67.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Sent by a broker that needs a fresh block of producer ids from the controller (KIP-730).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 67, valid = "0", flexible = "0+")]
pub struct AllocateProducerIdsRequest {
    /// Broker that asks for the block.
    pub broker_id: i32,
    /// Epoch from that broker's registration, checked by the controller.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Block of producer ids reserved for the broker (KIP-730).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 67, valid = "0", flexible = "0+")]
pub struct AllocateProducerIdsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// First producer id of the block.
    pub producer_id_start: i64,
    /// How many consecutive ids the block holds.
    pub producer_id_len: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
