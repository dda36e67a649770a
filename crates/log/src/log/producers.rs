//! What the log knows of its producers, for those who ask and for those who tidy.

use ottla_record::{Offset, ProducerId, Timestamp};

use super::Log;
use crate::producer_state::ProducerStateEntry;

impl Log {
    /// Every producer the log knows, by id: DescribeProducers.
    pub fn active_producers(&self) -> impl Iterator<Item = &ProducerStateEntry> {
        self.producers.active_producers()
    }

    /// State of one producer.
    pub fn producer(&self, producer_id: ProducerId) -> Option<&ProducerStateEntry> {
        self.producers.entry(producer_id)
    }

    /// Whether this producer has a transaction open in this epoch.
    pub fn has_ongoing_transaction(&self, producer_id: ProducerId, producer_epoch: i16) -> bool {
        self.producers.entry(producer_id).is_some_and(|entry| {
            entry.producer_epoch() == producer_epoch && entry.current_transaction_first_offset().is_some()
        })
    }

    /// Whether a transaction has been open for longer than any may be.
    pub fn has_late_transaction(&self, now: Timestamp) -> bool {
        self.producers.has_late_transaction(now)
    }

    /// Forgets producers that were idle for `producer.id.expiration.ms` and have no transaction open.
    pub fn remove_expired_producers(&mut self, now: Timestamp) {
        self.producers.remove_expired_producers(now);
    }

    /// Offset of the newest producer snapshot.
    pub fn latest_producer_snapshot_offset(&self) -> Option<Offset> {
        self.producers.latest_snapshot_offset()
    }

    /// Offset up to which the producers' state counts.
    pub fn producer_state_end_offset(&self) -> Offset {
        self.producers.map_end_offset()
    }
}
