//! What follows when records are safe or could not be written.

use ottla_coordinator::{Now, WriteId};
use ottla_record::NO_PRODUCER_EPOCH;
use ottla_wire::{ErrorCode, KafkaString};

use super::transaction::{Marking, Pending};
use super::{TransactionCoordinator, failed_reply};
use crate::metadata::TransactionMetadata;
use crate::outcome::{Outcome, Reply, append_error};
use crate::record::TransactionRecord;

/// What follows a write.
#[derive(Debug)]
pub(super) enum Completion {
    /// The transactional id is in its next state.
    State(KafkaString),
    /// The transactional ids are forgotten.
    Expired(Vec<KafkaString>),
}

impl Completion {
    /// The transactional ids that it is about.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        let ids = match self {
            Self::State(id) => std::slice::from_ref(id),
            Self::Expired(ids) => ids.as_slice(),
        };
        ids.iter().map(KafkaString::as_str)
    }
}

impl TransactionCoordinator {
    /// Writes the next state of a transactional id that is there and waits for nothing. The reply leaves when that is
    /// safe.
    pub(super) fn write_state(&mut self, id: &str, next: TransactionMetadata, reply: Option<Reply>) {
        let Some(transaction) = self.transactions.get_mut(id) else { return };
        let record = TransactionRecord::state(&transaction.id, &next, self.version);
        transaction.pending = Some(Pending::Writing(Box::new(next)));
        let write = self.writes.begin(vec![record], Completion::State(transaction.id.clone()));
        self.outcome.writes.push(write);
        if let Some(reply) = reply {
            let left = self.writes.hold(reply);
            self.outcome.replies.extend(left);
        }
    }

    /// The records cannot be lost any more, and count from now on.
    pub fn committed(&mut self, now: Now, id: WriteId) -> Outcome {
        let Some(write) = self.writes.take(id) else { return self.take_outcome() };
        self.outcome.replies.extend(write.replies);
        match write.completion {
            Completion::State(id) => self.state_written(now, &id),
            Completion::Expired(ids) => self.expiration_written(&ids),
        }
        self.take_outcome()
    }

    fn state_written(&mut self, now: Now, id: &KafkaString) {
        let Some(transaction) = self.transactions.get_mut(id) else { return };
        let Some(Pending::Writing(next)) = transaction.pending.take() else { return };
        transaction.metadata = *next;
        let metadata = &transaction.metadata;
        tracing::debug!(transactional_id = %id, state = ?metadata.state, producer_id = %metadata.producer_id,
            producer_epoch = metadata.producer_epoch, "transactional id is in another state");
        if transaction.is_prepared() {
            self.begin_markers(now, id);
        }
    }

    /// The records could not be appended, or nobody knows whether they are safe.
    pub fn failed(&mut self, now: Now, id: WriteId, error: ErrorCode) -> Outcome {
        let Some(write) = self.writes.take(id) else { return self.take_outcome() };
        tracing::warn!(%error, "records of transactions could not be written");
        let error = append_error(error);
        self.outcome.replies.extend(write.replies.into_iter().map(|reply| failed_reply(reply, error)));
        match write.completion {
            Completion::State(id) => self.state_failed(now, &id),
            Completion::Expired(ids) => self.expiration_failed(&ids),
        }
        self.take_outcome()
    }

    fn state_failed(&mut self, now: Now, id: &KafkaString) {
        let Some(transaction) = self.transactions.get_mut(id) else { return };
        transaction.pending = None;
        if transaction.is_prepared() {
            // It has all its markers, and that will be written sooner or later.
            transaction.pending = Some(Pending::Marking(Marking::default()));
            self.schedule_end(now, id);
        } else if transaction.metadata.producer_epoch == NO_PRODUCER_EPOCH {
            // The record may be in the log after all, so its producer id is of no use to anybody else.
            self.transactions.remove(id);
        }
    }
}
