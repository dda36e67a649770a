//! DescribeTransactions, API key 65.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks a transaction coordinator for the state of given transactional ids (KIP-664).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 65, valid = "0", flexible = "0+")]
pub struct DescribeTransactionsRequest {
    /// Transactional ids to look up; none yields an empty answer.
    pub transactional_ids: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of each transactional id asked for (KIP-664).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 65, valid = "0", flexible = "0+")]
pub struct DescribeTransactionsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// One entry for each transactional id asked for.
    pub transaction_states: Vec<TransactionState>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one transactional id, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TransactionState {
    /// Outcome for this transactional id, 0 on success.
    pub error_code: i16,
    /// Transactional id the entry answers for.
    pub transactional_id: KafkaString,
    /// Coordinator state by name, such as `Ongoing` or `CompleteCommit`.
    pub transaction_state: KafkaString,
    /// Milliseconds after which the coordinator aborts an open transaction.
    pub transaction_timeout_ms: i32,
    /// Unix milliseconds when the transaction began, -1 when none is open.
    pub transaction_start_time_ms: i64,
    /// Producer id the transactional id maps to.
    pub producer_id: i64,
    /// Epoch of that producer id; older ones are fenced.
    pub producer_epoch: i16,
    /// Partitions in the transaction that still lack a marker.
    pub topics: Vec<TopicData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic taking part.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicData {
    /// Name of the topic taking part.
    #[field(key)]
    pub topic: KafkaString,
    /// Numbers of the topic's partitions taking part.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
