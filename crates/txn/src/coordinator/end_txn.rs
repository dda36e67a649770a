//! EndTxn.

use ottla_coordinator::{Now, Token};
use ottla_record::{ProducerId, TransactionResult};
use ottla_wire::messages::{EndTxnRequest, EndTxnResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::producer_ids::{Parked, take_producer_id};
use super::transaction::{Producer, Refusal, Transaction};
use super::{TransactionCoordinator, error_for_client};
use crate::metadata::{LAST_EPOCH, TransactionMetadata};
use crate::outcome::{Outcome, Reply, Response, end_txn_error};
use crate::state::TransactionState;
use crate::version::TransactionVersion;

/// First version whose clients know `PRODUCER_FENCED`.
const FENCED_VERSION: i16 = 2;

/// A request that names a transactional id.
#[derive(Debug)]
pub(super) struct Ending {
    api_version: i16,
    transactional_id: KafkaString,
    producer: Producer,
    result: TransactionResult,
}

/// What a request to end a transaction comes to.
enum Decision {
    /// The transactional id goes to this state.
    Write(TransactionMetadata),
    /// It was done already; the producer goes on as this one, if it must be told.
    Done(Option<Producer>),
}

impl Ending {
    fn version(&self) -> TransactionVersion {
        TransactionVersion::of_end_txn(self.api_version)
    }

    pub(super) fn error(&self, error: ErrorCode) -> Response {
        let error = error_for_client(error, self.api_version, FENCED_VERSION);
        Response::EndTxn(end_txn_error(error))
    }

    /// The answer that all is well; clients whose epoch was raised hear how to go on.
    fn success(&self, next: Option<Producer>) -> Response {
        let mut response = EndTxnResponse::default();
        if let Some(producer) = next {
            (response.producer_id, response.producer_epoch) = (producer.id.0, producer.epoch);
        }
        Response::EndTxn(response)
    }
}

impl TransactionCoordinator {
    /// A producer commits or aborts its transaction. The answer leaves as soon as that cannot be undone; markers are
    /// written meanwhile.
    pub fn handle_end_txn(
        &mut self,
        now: Now,
        api_version: i16,
        request: &EndTxnRequest,
        token: Token,
    ) -> Outcome {
        let result = match request.committed {
            true => TransactionResult::Commit,
            false => TransactionResult::Abort,
        };
        let request = Ending {
            api_version,
            transactional_id: request.transactional_id.clone(),
            producer: Producer { id: ProducerId(request.producer_id), epoch: request.producer_epoch },
            result,
        };
        self.end(now, request, token);
        self.take_outcome()
    }

    pub(super) fn end(&mut self, now: Now, request: Ending, token: Token) {
        match self.decide_end(now, &request) {
            Ok(Decision::Write(next)) => {
                let completed = next.completed(request.result, now.time_of_day);
                let producer = Producer { id: completed.producer_id, epoch: completed.producer_epoch };
                let response = request.success(request.version().raises_epoch().then_some(producer));
                self.write_state(&request.transactional_id, next, Some(Reply { token, response }));
            }
            Ok(Decision::Done(producer)) => self.reply(token, request.success(producer)),
            Err(Refusal::Error(error)) => self.reply(token, request.error(error)),
            Err(Refusal::NeedsProducerId) => self.park(Parked::EndTxn(request, token)),
        }
    }

    fn decide_end(&mut self, now: Now, request: &Ending) -> Result<Decision, Refusal> {
        if request.transactional_id.is_empty() {
            return Err(ErrorCode::InvalidRequest.into());
        }
        let transaction = self.transactions.get(&request.transactional_id);
        let transaction = transaction.ok_or(ErrorCode::InvalidProducerIdMapping)?;
        let version = request.version();
        let is_done = match version.raises_epoch() {
            true => check_raising(transaction, request)?,
            false => check_keeping(transaction, request)?,
        };
        let metadata = &transaction.metadata;
        if is_done {
            let producer = Producer { id: metadata.producer_id, epoch: metadata.producer_epoch };
            return Ok(Decision::Done(version.raises_epoch().then_some(producer)));
        }
        let needs_id = version.raises_epoch() && metadata.is_epoch_exhausted();
        let next_producer_id = match needs_id {
            true => take_producer_id(&mut self.spare_producer_ids)?,
            false => ProducerId::NONE,
        };
        let next = metadata.ending(request.result, version, next_producer_id, now.time_of_day);
        Ok(Decision::Write(next))
    }
}

/// Whether the transaction of a client whose epoch stays the same has ended as it wishes.
fn check_keeping(transaction: &Transaction, request: &Ending) -> Result<bool, ErrorCode> {
    let metadata = &transaction.metadata;
    if metadata.producer_id != request.producer.id {
        return Err(ErrorCode::InvalidProducerIdMapping);
    }
    if transaction.epoch_of_client() != request.producer.epoch {
        return Err(ErrorCode::ProducerFenced);
    }
    if transaction.pending.is_some() {
        return Err(ErrorCode::ConcurrentTransactions);
    }
    match metadata.state {
        TransactionState::Ongoing => Ok(false),
        state if state.completed() == Some(request.result) => Ok(true),
        state if state.prepared() == Some(request.result) => Err(ErrorCode::ConcurrentTransactions),
        state => Err(invalid_state(transaction, state, request)),
    }
}

/// Whether the transaction of a client whose epoch each end raises has ended as it wishes.
///
/// The same state and the same epoch do not make a request a repeated one: it may be the end of the next transaction,
/// of which nothing has been heard. A repeated one is known by the epoch before the raise.
fn check_raising(transaction: &Transaction, request: &Ending) -> Result<bool, ErrorCode> {
    // First of all: the producer may go by an id that it was just promised and that is being written.
    if transaction.pending.is_some() {
        return Err(ErrorCode::ConcurrentTransactions);
    }
    let (metadata, producer) = (&transaction.metadata, request.producer);
    let is_from_before_new_id = metadata.previous_producer_id == producer.id
        && producer.epoch == LAST_EPOCH
        && metadata.producer_epoch == 0;
    if metadata.producer_id != producer.id && !is_from_before_new_id {
        return Err(ErrorCode::InvalidProducerIdMapping);
    }
    let is_from_before_raise = producer.epoch.checked_add(1) == Some(metadata.producer_epoch);
    let is_current = producer.epoch == metadata.producer_epoch;
    let is_repeated = is_from_before_raise || is_from_before_new_id;
    let is_known = match metadata.state {
        TransactionState::Empty | TransactionState::Ongoing => is_current,
        TransactionState::PrepareCommit | TransactionState::PrepareAbort => is_from_before_raise,
        TransactionState::CompleteCommit | TransactionState::CompleteAbort => is_current || is_repeated,
    };
    if !is_known {
        return Err(ErrorCode::ProducerFenced);
    }
    match (metadata.state, request.result) {
        (TransactionState::Ongoing, _) => Ok(false),
        (state, result) if state.prepared() == Some(result) => Err(ErrorCode::ConcurrentTransactions),
        (state, result) if state.completed() == Some(result) && is_repeated => Ok(true),
        // The client does not know whether its transaction has begun.
        (state, TransactionResult::Abort) if state.is_idle() && !is_repeated => Ok(false),
        (state, _) => Err(invalid_state(transaction, state, request)),
    }
}

fn invalid_state(transaction: &Transaction, state: TransactionState, request: &Ending) -> ErrorCode {
    let (id, wish) = (&transaction.id, request.result);
    tracing::warn!(transactional_id = %id, ?state, ?wish, "transaction cannot end so");
    ErrorCode::InvalidTxnState
}
