//! What an operator sets about transactions.

use ottla_config::BrokerConfig;

/// What an operator sets about transactions, in the units that the coordinator counts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionCoordinatorConfig {
    /// Milliseconds without a change after which a transactional id without a transaction is forgotten.
    pub transactional_id_expiration_ms: i64,
    /// Longest timeout that a producer may ask for, in milliseconds.
    pub transaction_max_timeout_ms: i32,
    /// Milliseconds between two looks for transactions that have timed out.
    pub abort_timed_out_interval_ms: i64,
    /// Milliseconds between two looks for transactional ids that have expired.
    pub remove_expired_interval_ms: i64,
    /// Whether producers may have transactions without a timeout (KIP-939).
    pub two_phase_commit_enable: bool,
}

impl From<&BrokerConfig> for TransactionCoordinatorConfig {
    fn from(keys: &BrokerConfig) -> Self {
        let transaction = &keys.transaction;
        Self {
            transactional_id_expiration_ms: transaction.transactional_id_expiration_ms.into(),
            transaction_max_timeout_ms: transaction.transaction_max_timeout_ms,
            abort_timed_out_interval_ms: transaction
                .transaction_abort_timed_out_transaction_cleanup_interval_ms
                .into(),
            remove_expired_interval_ms: transaction
                .transaction_remove_expired_transaction_cleanup_interval_ms
                .into(),
            two_phase_commit_enable: transaction.transaction_two_phase_commit_enable,
        }
    }
}
