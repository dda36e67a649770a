//! The records of `__transaction_state`: transactional ids and how far each one's transaction is.
//!
//! [`TransactionKey`] is the key of any of them, read and written with the number of its type;
//! [`TransactionValue`] is the value of any of them, with its version. A record with a key and no value
//! deletes what the key names.

use crate::records::coordinator_records;

#[path = "00_transaction_log.rs"]
pub mod transaction_log;

coordinator_records! {
    /// The key of a record of `__transaction_state`.
    TransactionKey
    /// The value of a record of `__transaction_state`.
    TransactionValue("__transaction_state record")
    0 TransactionLog(transaction_log::{TransactionLogKey, TransactionLogValue});
}
