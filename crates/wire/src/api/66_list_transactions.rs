//! ListTransactions, API key 66.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks one coordinator which transactions it holds, narrowed by filters (KIP-664; duration filter KIP-994,
/// id pattern KIP-1152).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 66, valid = "0-2", flexible = "0+")]
pub struct ListTransactionsRequest {
    /// State names to keep; empty keeps every state.
    pub state_filters: Vec<KafkaString>,
    /// Producer ids to keep; empty keeps every producer.
    pub producer_id_filters: Vec<i64>,
    /// Keep those open longer than this many milliseconds; negative for all.
    #[field(versions = "1+", default = -1)]
    pub duration_filter: i64,
    /// Regular expression an id must match; null or empty for all.
    #[field(versions = "2+", nullable = "2+", default = null)]
    pub transactional_id_pattern: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Transactions that passed the filters and that the caller may describe (KIP-664).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 66, valid = "0-2", flexible = "0+")]
pub struct ListTransactionsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// State names from the request that this broker does not know.
    pub unknown_state_filters: Vec<KafkaString>,
    /// One entry for each transaction that passed the filters.
    pub transaction_states: Vec<TransactionState>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Short summary of one transaction.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TransactionState {
    /// Transactional id the producer uses.
    pub transactional_id: KafkaString,
    /// Producer id the transactional id maps to.
    pub producer_id: i64,
    /// Coordinator state by name, such as `Empty` or `Ongoing`.
    pub transaction_state: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
