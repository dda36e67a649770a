//! Transactional ids that nobody has used for long.

use ottla_coordinator::Now;
use ottla_record::Timestamp;
use ottla_wire::KafkaString;

use super::transaction::{Pending, Transaction};
use super::write::Completion;
use super::{Timer, TransactionCoordinator};
use crate::record::TransactionRecord;

/// Bytes of transactional ids whose deletions become one batch, unless one alone is longer.
const BYTES_PER_BATCH: usize = 16 * 1024;
/// Transactional ids that are deleted at a time; the rest follows at once.
const IDS_PER_SCAN: usize = 10_000;

impl TransactionCoordinator {
    pub(super) fn schedule_expiration_scan(&mut self, now: Now, at_once: bool) {
        let interval_ms = if at_once { 0 } else { self.config.remove_expired_interval_ms };
        self.schedule(Timer::RemoveExpired, now, interval_ms);
    }

    /// Deletes transactional ids that have expired.
    pub(super) fn remove_expired(&mut self, now: Now) {
        let oldest = Timestamp(now.time_of_day.0.saturating_sub(self.config.transactional_id_expiration_ms));
        let (mut batch, mut bytes, mut count) = (Vec::new(), 0, 0);
        let mut batches = Vec::new();
        let expired = self.transactions.values_mut().filter(|transaction| is_expired(transaction, oldest));
        for transaction in expired.take(IDS_PER_SCAN) {
            tracing::info!(transactional_id = %transaction.id, "transactional id has expired");
            transaction.pending = Some(Pending::Expiring);
            if bytes + transaction.id.len() > BYTES_PER_BATCH && !batch.is_empty() {
                batches.push(std::mem::take(&mut batch));
                bytes = 0;
            }
            bytes += transaction.id.len();
            count += 1;
            batch.push(transaction.id.clone());
        }
        batches.extend((!batch.is_empty()).then_some(batch));
        for ids in batches {
            let records = ids.iter().map(TransactionRecord::tombstone).collect();
            let write = self.writes.begin(records, Completion::Expired(ids));
            self.outcome.writes.push(write);
        }
        self.schedule_expiration_scan(now, count == IDS_PER_SCAN);
    }

    pub(super) fn expiration_written(&mut self, ids: &[KafkaString]) {
        for id in ids {
            self.transactions.remove(id);
        }
    }

    pub(super) fn expiration_failed(&mut self, ids: &[KafkaString]) {
        for id in ids {
            if let Some(transaction) = self.transactions.get_mut(id) {
                transaction.pending = None;
            }
        }
    }
}

fn is_expired(transaction: &Transaction, oldest: Timestamp) -> bool {
    let metadata = &transaction.metadata;
    transaction.pending.is_none() && metadata.state.is_idle() && metadata.last_update_timestamp <= oldest
}
