//! TransactionLog, type 0 of the records of `__transaction_state`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of a transaction's state in `__transaction_state` (KIP-98).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 0, valid = "0", flexible = "none")]
pub struct TransactionLogKey {
    /// Transactional id the state is of.
    pub transactional_id: KafkaString,
}

/// State of a transactional id; a tombstone forgets it (KIP-98, flexible since KIP-890).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 0, valid = "0-1", flexible = "1+")]
pub struct TransactionLogValue {
    /// Producer id the transactional id maps to.
    pub producer_id: i64,
    /// Producer id of the transaction before, -1 for none.
    #[field(versions = "1+", tag = 0, default = -1)]
    pub previous_producer_id: i64,
    /// Producer id to switch to at completion, -1 for none.
    #[field(versions = "1+", tag = 1, default = -1)]
    pub next_producer_id: i64,
    /// Epoch of the producer id.
    pub producer_epoch: i16,
    /// Epoch that goes with `next_producer_id`, -1 for none.
    #[field(versions = "1+", tag = 3, default = -1)]
    pub next_producer_epoch: i16,
    /// Milliseconds after which an open transaction is aborted.
    pub transaction_timeout_ms: i32,
    /// 0 empty, 1 ongoing, 2 and 3 preparing, 4 and 5 complete, 6 dead.
    pub transaction_status: i8,
    /// Partitions that need a marker; null when none take part.
    #[field(nullable = "0+")]
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    /// Unix milliseconds of the last state change.
    pub transaction_last_update_timestamp_ms: i64,
    /// Unix milliseconds when the transaction began, -1 when none did.
    pub transaction_start_timestamp_ms: i64,
    /// Transaction version the client works with, 0 for the oldest.
    #[field(versions = "1+", tag = 2)]
    pub client_transaction_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic taking part.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionsSchema {
    /// Name of the topic taking part.
    pub topic: KafkaString,
    /// Numbers of the topic's partitions taking part.
    pub partition_ids: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
