//! EndTxn, API key 26.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Sent by a transactional producer to commit or abort its transaction (KIP-98).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 26, valid = "0-5", flexible = "3+")]
pub struct EndTxnRequest {
    /// Transactional id of the producer.
    pub transactional_id: KafkaString,
    /// Producer id the transaction runs under.
    pub producer_id: i64,
    /// Producer epoch the transaction runs under.
    pub producer_epoch: i16,
    /// True commits the transaction, false aborts it.
    pub committed: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells that the outcome is durable; from version 5 it also gives the producer its next id and epoch
/// (KIP-890).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 26, valid = "0-5", flexible = "3+")]
pub struct EndTxnResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Producer id for the next transaction; -1 if not given.
    #[field(versions = "5+", default = -1, ignorable)]
    pub producer_id: i64,
    /// Epoch for the next transaction; -1 if not given.
    #[field(versions = "5+", default = -1, ignorable)]
    pub producer_epoch: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
