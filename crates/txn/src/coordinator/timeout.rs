//! Transactions that take too long.

use ottla_coordinator::Now;
use ottla_wire::KafkaString;

use super::init_producer_id::fenced;
use super::transaction::Refusal;
use super::{Timer, TransactionCoordinator};

/// Transactions that are aborted at a time; the rest follows at once.
const ABORTS_PER_SCAN: usize = 1000;

impl TransactionCoordinator {
    pub(super) fn schedule_timeout_scan(&mut self, now: Now, at_once: bool) {
        let interval_ms = if at_once { 0 } else { self.config.abort_timed_out_interval_ms };
        self.schedule(Timer::AbortTimedOut, now, interval_ms);
    }

    /// Aborts open transactions that have taken longer than their producer wanted, and fences that.
    pub(super) fn abort_timed_out(&mut self, now: Now) {
        let timed_out = self.transactions.values().filter(|transaction| {
            transaction.pending.is_none() && transaction.metadata.is_timed_out(now.time_of_day)
        });
        let ids: Vec<KafkaString> =
            timed_out.map(|transaction| transaction.id.clone()).take(ABORTS_PER_SCAN).collect();
        let aborted = ids.iter().filter(|id| self.abort(now, id)).count();
        // What could not be aborted would be found again at once.
        self.schedule_timeout_scan(now, aborted == ABORTS_PER_SCAN);
    }

    /// Aborts an open transaction, unless that takes a producer id that is not there yet.
    fn abort(&mut self, now: Now, id: &KafkaString) -> bool {
        let Some(transaction) = self.transactions.get(id) else { return false };
        let spare = &mut self.spare_producer_ids;
        match fenced(&transaction.metadata, self.version, spare, now.time_of_day) {
            Ok(next) => {
                let producer_id = transaction.metadata.producer_id;
                tracing::info!(transactional_id = %id, %producer_id, "transaction has timed out");
                self.write_state(id, next, None);
                true
            }
            Err(Refusal::NeedsProducerId) => {
                if self.producer_ids_coming == 0 {
                    self.want_producer_id();
                }
                false
            }
            Err(Refusal::Error(_)) => false,
        }
    }
}
