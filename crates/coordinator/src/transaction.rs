//! Transactions that a coordinator's records belong to, as those of clients do.

use ottla_record::{EndTxnMarker, ProducerId};

/// How a write belongs to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteTransaction {
    /// The records count once the transaction is committed: their batch is transactional.
    Within(TransactionalProducer),
    /// There are no records; the marker of the transaction's end is appended.
    Ends(TransactionEnd),
}

/// The producer of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionalProducer {
    /// Its id.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: i16,
}

/// A transaction has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionEnd {
    /// Whose it was, with the epoch that the marker bears: from version 2 on the one already raised.
    pub producer: TransactionalProducer,
    /// How it ended, and in which epoch of its coordinator.
    pub marker: EndTxnMarker,
    /// Version of the transaction protocol, which decides how strictly the epoch is checked (KIP-1228).
    pub transaction_version: i16,
}
