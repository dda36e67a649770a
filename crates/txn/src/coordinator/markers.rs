//! The end of a transaction that is prepared: a marker on each of its partitions, then the record that it is over.

use ottla_coordinator::Now;
use ottla_wire::KafkaString;

use super::transaction::{Marking, Pending};
use super::{Timer, TransactionCoordinator};
use crate::marker::{MarkerResult, MarkerVerdict, MarkersId, MarkersToWrite};
use crate::outcome::Outcome;
use crate::partitions::Partitions;

/// Milliseconds before what failed at a transaction's end is tried again. Kafka tries at once, in its sender's next turn.
const RETRY_BACKOFF_MS: i64 = 50;

/// Markers that are being written.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) transactional_id: KafkaString,
    /// Partitions that are not answered yet.
    pub(super) partitions: Partitions,
}

impl TransactionCoordinator {
    /// Begins to end a prepared transaction.
    pub(super) fn begin_markers(&mut self, now: Now, id: &KafkaString) {
        let Some(transaction) = self.transactions.get_mut(id) else { return };
        transaction.pending = Some(Pending::Marking(Marking::default()));
        let partitions = transaction.metadata.partitions.clone();
        match partitions.is_empty() {
            true => self.complete(now, id),
            false => self.send_markers(id, partitions),
        }
    }

    fn send_markers(&mut self, id: &KafkaString, partitions: Partitions) {
        let Some(transaction) = self.transactions.get(id) else { return };
        let metadata = &transaction.metadata;
        let Some(result) = metadata.state.prepared() else { return };
        let markers_id = MarkersId(self.next_markers_id);
        self.next_markers_id += 1;
        self.outcome.markers.push(MarkersToWrite {
            id: markers_id,
            transactional_id: transaction.id.clone(),
            producer_id: metadata.producer_id,
            producer_epoch: metadata.producer_epoch,
            coordinator_epoch: self.coordinator_epoch,
            transaction_version: metadata.client_version,
            result,
            partitions: partitions.clone(),
        });
        let in_flight = InFlight { transactional_id: transaction.id.clone(), partitions };
        self.in_flight.insert(markers_id, in_flight);
    }

    /// What became of markers, all of them or some; the others are still to come.
    pub fn handle_markers_written(&mut self, now: Now, id: MarkersId, results: &[MarkerResult]) -> Outcome {
        let Some(in_flight) = self.in_flight.get_mut(&id) else { return self.take_outcome() };
        let answered: Vec<&MarkerResult> = results
            .iter()
            .filter(|result| in_flight.partitions.remove(&result.topic, result.partition))
            .collect();
        let transactional_id = in_flight.transactional_id.clone();
        if in_flight.partitions.is_empty() {
            self.in_flight.remove(&id);
        }
        self.markers_answered(now, &transactional_id, &answered);
        self.take_outcome()
    }

    fn markers_answered(&mut self, now: Now, id: &KafkaString, results: &[&MarkerResult]) {
        let Some(transaction) = self.transactions.get_mut(id) else { return };
        let Some(Pending::Marking(marking)) = &mut transaction.pending else { return };
        for MarkerResult { topic, partition, outcome } in results {
            match outcome.verdict() {
                MarkerVerdict::Done => {
                    transaction.metadata.partitions.remove(topic, *partition);
                }
                MarkerVerdict::Retry => {
                    tracing::info!(transactional_id = %id, %topic, partition, ?outcome, "marker is to be written again");
                    marking.again.insert(topic, *partition);
                }
                MarkerVerdict::Fenced => {
                    tracing::warn!(transactional_id = %id, %topic, partition, ?outcome, "transaction is not ended here");
                    marking.is_fenced = true;
                }
            }
        }
        if marking.is_fenced {
            return;
        }
        if !marking.again.is_empty() {
            self.schedule_end(now, id);
        } else if transaction.metadata.partitions.is_empty() {
            self.complete(now, id);
        }
    }

    pub(super) fn schedule_end(&mut self, now: Now, id: &KafkaString) {
        let timer = Timer::End(id.clone());
        if !self.timers.is_scheduled(&timer) {
            self.schedule(timer, now, RETRY_BACKOFF_MS);
        }
    }

    /// Tries again what failed at the transaction's end.
    pub(super) fn end_again(&mut self, now: Now, id: &KafkaString) {
        let Some(transaction) = self.transactions.get_mut(id) else { return };
        let Some(Pending::Marking(marking)) = &mut transaction.pending else { return };
        if marking.is_fenced {
            return;
        }
        let again = std::mem::take(&mut marking.again);
        if !again.is_empty() {
            self.send_markers(id, again);
        } else if transaction.metadata.partitions.is_empty() {
            self.complete(now, id);
        }
    }

    /// Writes that the transaction is over.
    fn complete(&mut self, now: Now, id: &KafkaString) {
        let Some(transaction) = self.transactions.get(id) else { return };
        let Some(result) = transaction.metadata.state.prepared() else { return };
        let next = transaction.metadata.completed(result, now.time_of_day);
        self.write_state(id, next, None);
    }
}
