//! Transactions as the producer's user has them.

use std::sync::atomic::Ordering;

use super::{TransactionError, Transactions};
use crate::consumer::ConsumerGroupMetadata;
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::producer::Producer;
use crate::topic_partition::TopicPartition;

impl Producer {
    fn transactions(&self) -> Result<&Transactions, TransactionError> {
        if self.shared().is_closed.load(Ordering::Relaxed) {
            return Err(TransactionError::Closed);
        }
        self.shared().transactions.as_ref().ok_or(TransactionError::NotTransactional)
    }

    /// Fences all other producers with the same `transactional.id`, aborts what they left open, and gets an identity for
    /// the transactions to come (KIP-98). Must be done before the first one.
    ///
    /// # Errors
    ///
    /// The coordinator did not let the producer in, or not within `max.block.ms`.
    pub async fn init_transactions(&self) -> Result<(), TransactionError> {
        self.transactions()?.init(self.shared()).await
    }

    /// Begins a transaction: all that is sent until its end is part of it.
    ///
    /// # Errors
    ///
    /// Another transaction is not at its end, or the producer was not initialized.
    pub fn begin_transaction(&self) -> Result<(), TransactionError> {
        self.transactions()?.begin(self.shared())
    }

    /// Makes what a group has read part of the transaction: with it, these offsets are committed for the group
    /// (KIP-447). The next record to read is meant, not the last one that was read.
    ///
    /// # Errors
    ///
    /// No transaction is open, the group has moved on without the consumer, or no answer came within `max.block.ms`.
    pub async fn send_offsets_to_transaction(
        &self,
        offsets: impl IntoIterator<Item = (TopicPartition, OffsetAndMetadata)>,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), TransactionError> {
        let offsets = offsets.into_iter().collect();
        self.transactions()?.send_offsets(self.shared(), offsets, group).await
    }

    /// Sends all that waits, and commits the transaction. After a timeout, the same call waits for the end again.
    ///
    /// # Errors
    ///
    /// A record of the transaction failed, so that it must be [aborted](Self::abort_transaction), or the producer
    /// [cannot go on](TransactionError::is_fatal), or the end did not come within `max.block.ms`.
    pub async fn commit_transaction(&self) -> Result<(), TransactionError> {
        self.transactions()?.end(self.shared(), true).await
    }

    /// Aborts the transaction; what was not sent yet fails. After a timeout, the same call waits for the end again.
    ///
    /// # Errors
    ///
    /// No transaction is open, the producer [cannot go on](TransactionError::is_fatal), or the end did not come within
    /// `max.block.ms`.
    pub async fn abort_transaction(&self) -> Result<(), TransactionError> {
        self.transactions()?.end(self.shared(), false).await
    }
}
