//! What the log knows of its producers, for those who ask and for those who tidy.

use ottla_record::{BatchHeader, Offset, ProducerId, Timestamp};

use super::Log;
use crate::producer_state::{
    ProducerStateEntry, ProducerStateError, Verification, VerificationGuard, VerificationState,
};

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

    /// Notes that a producer's coordinator is asked about its transaction, before the first batch of that is appended;
    /// nothing is to be asked if the transaction is known here to be open.
    ///
    /// # Errors
    ///
    /// The producer was fenced by one of a higher epoch.
    pub fn start_verification(
        &mut self,
        producer_id: ProducerId,
        question: VerificationState,
    ) -> Result<Option<VerificationGuard>, ProducerStateError> {
        self.check_not_fenced(producer_id, question.producer_epoch)?;
        if self.has_ongoing_transaction(producer_id, question.producer_epoch) {
            return Ok(None);
        }
        Ok(Some(self.producers.begin_verification(producer_id, question)))
    }

    /// Refuses a batch of a transaction that is not open here, unless the coordinator has vouched for it.
    pub(super) fn check_verified(
        &self,
        batch: &BatchHeader,
        verification: Verification,
    ) -> Result<(), ProducerStateError> {
        let attributes = batch.attributes;
        let Verification::Needed(guard) = verification else { return Ok(()) };
        let (producer_id, epoch) = (batch.producer_id, batch.producer_epoch);
        if !attributes.is_transactional()
            || attributes.is_control()
            || self.has_ongoing_transaction(producer_id, epoch)
        {
            return Ok(());
        }
        self.check_not_fenced(producer_id, epoch)?;
        match guard {
            Some(guard) if self.producers.is_verified(producer_id, guard) => Ok(()),
            _ => Err(ProducerStateError::UnverifiedTransaction { producer_id, offset: self.log_end_offset }),
        }
    }

    fn check_not_fenced(&self, producer_id: ProducerId, epoch: i16) -> Result<(), ProducerStateError> {
        let current = self.producers.entry(producer_id).map(ProducerStateEntry::producer_epoch);
        match current {
            Some(current) if epoch < current => Err(ProducerStateError::InvalidProducerEpoch {
                producer_id,
                offset: self.log_end_offset,
                epoch,
                current,
                must_be_above: false,
            }),
            _ => Ok(()),
        }
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
