//! The state machine of one partition of `__transaction_state`.

mod add_partitions;
mod check;
mod describe;
mod end_txn;
mod expire;
mod init_producer_id;
mod list;
mod markers;
mod producer_ids;
mod replay;
#[cfg(test)]
mod tests;
mod timeout;
mod transaction;
mod write;

use std::collections::{BTreeMap, VecDeque};

use ottla_coordinator::{Now, Timers, Token, Writes};
use ottla_record::{LeaderEpoch, ProducerId, Timestamp};
use ottla_wire::{ErrorCode, KafkaString};

use crate::config::TransactionCoordinatorConfig;
use crate::marker::MarkersId;
use crate::metadata::TransactionMetadata;
use crate::outcome::{Outcome, Reply, Response};
use crate::version::TransactionVersion;

use markers::InFlight;
use producer_ids::Parked;
use transaction::Transaction;
use write::Completion;

pub use add_partitions::partitions_result;
pub use list::TransactionFilter;

/// Timers that one call of [`TransactionCoordinator::handle_timeout`] deals with; the rest is due at once.
const TIMERS_PER_CALL: usize = 1000;

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// Transactions may have timed out.
    AbortTimedOut,
    /// Transactional ids may have expired.
    RemoveExpired,
    /// The transaction's end is tried again: its markers, or that it has them all.
    End(KafkaString),
}

/// The coordinator of the transactional ids in one partition of `__transaction_state`.
///
/// It is loaded by [`replay`](Self::replay) and [`on_loaded`](Self::on_loaded); from then on requests may come. The
/// writes of an [`Outcome`] are appended in their order before anything else is handled; each is followed by
/// [`committed`](Self::committed) once it cannot be lost any more, or by [`failed`](Self::failed). Markers are answered
/// by [`handle_markers_written`](Self::handle_markers_written), and wishes for producer ids by
/// [`handle_producer_id`](Self::handle_producer_id), in any order and at any time.
///
/// Every request is answered once, by a [`Reply`] with its token, and none before what it rests on is safe.
#[derive(Debug)]
pub struct TransactionCoordinator {
    config: TransactionCoordinatorConfig,
    coordinator_epoch: LeaderEpoch,
    version: TransactionVersion,
    transactions: BTreeMap<KafkaString, Transaction>,
    /// Markers that are being written.
    in_flight: BTreeMap<MarkersId, InFlight>,
    next_markers_id: u64,
    /// Requests that cannot be decided without a producer id, in the order they came.
    parked: VecDeque<Parked>,
    /// Producer ids that nobody has; as many at most as there ever were requests parked at a time.
    spare_producer_ids: VecDeque<ProducerId>,
    /// Calls of [`handle_producer_id`](Self::handle_producer_id) that are to come.
    producer_ids_coming: usize,
    timers: Timers<Timer>,
    writes: Writes<Completion, Response>,
    outcome: Outcome,
}

impl TransactionCoordinator {
    /// A coordinator that knows nothing yet.
    ///
    /// `coordinator_epoch` is the leader epoch of its partition, `version` the finalized level of `transaction.version`.
    pub fn new(
        config: TransactionCoordinatorConfig,
        coordinator_epoch: LeaderEpoch,
        version: TransactionVersion,
    ) -> Self {
        Self {
            config,
            coordinator_epoch,
            version,
            transactions: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            next_markers_id: 0,
            parked: VecDeque::new(),
            spare_producer_ids: VecDeque::new(),
            producer_ids_coming: 0,
            timers: Timers::default(),
            writes: Writes::default(),
            outcome: Outcome::default(),
        }
    }

    /// The finalized level of `transaction.version` is another one from now on.
    pub fn set_transaction_version(&mut self, version: TransactionVersion) {
        self.version = version;
    }

    /// The transactional ids, in order, each with what is known of it.
    pub fn transactions(&self) -> impl Iterator<Item = (&KafkaString, &TransactionMetadata)> {
        self.transactions.iter().map(|(id, transaction)| (id, &transaction.metadata))
    }

    /// What is known of a transactional id.
    pub fn transaction(&self, transactional_id: &str) -> Option<&TransactionMetadata> {
        self.transactions.get(transactional_id).map(|transaction| &transaction.metadata)
    }

    /// All records are replayed: transactions that were about to end do so.
    pub fn on_loaded(&mut self, now: Now) -> Outcome {
        self.schedule_timeout_scan(now, false);
        self.schedule_expiration_scan(now, false);
        let prepared = self.transactions.iter().filter(|(_, transaction)| transaction.is_prepared());
        let ids: Vec<KafkaString> = prepared.map(|(id, _)| id.clone()).collect();
        for id in ids {
            tracing::info!(transactional_id = %id, "transaction was about to end and does so now");
            self.begin_markers(now, &id);
        }
        self.take_outcome()
    }

    /// The partition has gone to another coordinator: whoever waits is told. The coordinator is of no more use.
    pub fn on_unloaded(mut self) -> Vec<Reply> {
        let moved = ErrorCode::NotCoordinator;
        let waiting = self.writes.take_all().into_iter().flat_map(|write| write.replies);
        let mut replies: Vec<Reply> = waiting.map(|reply| failed_reply(reply, moved)).collect();
        replies.extend(self.parked.drain(..).map(|parked| parked.into_failure(moved)));
        replies
    }

    /// The steady time to call [`handle_timeout`](Self::handle_timeout) at, if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// Does what is due by the steady time.
    pub fn handle_timeout(&mut self, now: Now) -> Outcome {
        for _ in 0..TIMERS_PER_CALL {
            let Some(timer) = self.timers.pop(now.steady) else { break };
            match timer {
                Timer::AbortTimedOut => self.abort_timed_out(now),
                Timer::RemoveExpired => self.remove_expired(now),
                Timer::End(id) => self.end_again(now, &id),
            }
        }
        self.take_outcome()
    }

    /// Sets a timer that goes off so many milliseconds from now.
    fn schedule(&mut self, timer: Timer, now: Now, milliseconds: i64) {
        self.timers.schedule(timer, Timestamp(now.steady.0.saturating_add(milliseconds)));
    }

    fn reply(&mut self, token: Token, response: Response) {
        self.outcome.replies.push(Reply { token, response });
    }

    fn take_outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.outcome)
    }
}

fn failed_reply(reply: Reply, error: ErrorCode) -> Reply {
    Reply { token: reply.token, response: reply.response.into_failure(error) }
}

/// The error as a client understands it that sends this version: old ones do not know `PRODUCER_FENCED`.
fn error_for_client(error: ErrorCode, api_version: i16, first_with_fenced: i16) -> ErrorCode {
    match error {
        ErrorCode::ProducerFenced if api_version < first_with_fenced => ErrorCode::InvalidProducerEpoch,
        other => other,
    }
}
