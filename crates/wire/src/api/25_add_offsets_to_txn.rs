//! AddOffsetsToTxn, API key 25.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Tells the transaction coordinator that offsets of a group will be committed within the transaction. Newer
/// producers leave it out (KIP-890).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 25, valid = "0-4", flexible = "3+")]
pub struct AddOffsetsToTxnRequest {
    /// Transactional id of the producer.
    pub transactional_id: KafkaString,
    /// Producer id from `InitProducerIdResponse`.
    pub producer_id: i64,
    /// Producer epoch in use.
    pub producer_epoch: i16,
    /// Group whose offsets will be committed.
    pub group_id: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the group's offsets partition joined the transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 25, valid = "0-4", flexible = "3+")]
pub struct AddOffsetsToTxnResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
