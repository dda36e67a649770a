//! InitProducerId, API key 22.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Sent by idempotent and transactional producers to get a producer id and epoch; it fences older producers
/// with the same transactional id (KIP-98).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 22, valid = "0-6", flexible = "2+")]
pub struct InitProducerIdRequest {
    /// Id of a transactional producer; null for a merely idempotent one.
    #[field(nullable = "0+")]
    pub transactional_id: Option<KafkaString>,
    /// Milliseconds after which the coordinator aborts an open transaction.
    pub transaction_timeout_ms: i32,
    /// Producer id in use, to bump its epoch (KIP-360); -1 for none.
    #[field(versions = "3+", default = -1)]
    pub producer_id: i64,
    /// Epoch in use with that id; -1 for none.
    #[field(versions = "3+", default = -1)]
    pub producer_epoch: i16,
    /// Whether transactions never time out, for two-phase commit (KIP-939).
    #[field(versions = "6+", name = "enable2Pc")]
    pub enable_2pc: bool,
    /// Whether an open transaction should survive; otherwise it is aborted.
    #[field(versions = "6+")]
    pub keep_prepared_txn: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The producer id and epoch to use from now on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 22, valid = "0-6", flexible = "2+")]
pub struct InitProducerIdResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Producer id to use; -1 after an error.
    #[field(default = -1)]
    pub producer_id: i64,
    /// Epoch to use; starts at 0 and rises with each fencing.
    pub producer_epoch: i16,
    /// Producer id of the transaction that was kept; -1 for none.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_id: i64,
    /// Epoch of the transaction that was kept; -1 for none.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_epoch: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
