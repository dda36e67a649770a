//! The state machine of a transactional producer (KIP-98, KIP-360, KIP-447, KIP-890).
//!
//! Says which request is next and takes its answer; knows neither connections nor tasks nor the time. One request is
//! under way at a time. There are two protocols: with transaction version 1 the coordinator is told of partitions and groups
//! before anything is written for them, and the epoch changes after errors only; with version 2 brokers tell it themselves, and
//! each transaction has an epoch of its own.

mod answers;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use ottla_wire::ErrorCode;

use super::completion::Completion;
use super::error::{Cause, TransactionError};
use super::request::{Offsets, PendingOffsets, Request};
use super::state::{State, TransactionOperation as Operation};
use crate::consumer::ConsumerGroupMetadata;
use crate::producer::batch::Identity;
use crate::topic_partition::TopicPartition;

/// Calls of `send_offsets_to_transaction` whose offsets wait at most; beyond, one more is an error.
const PENDING_OFFSETS_MAX: usize = 1000;

/// A transactional producer's state.
#[derive(Debug)]
pub(in crate::producer) struct Core {
    transactional_id: String,
    state: State,
    identity: Option<Identity>,
    is_v2: bool,
    /// The newest epoch of the cluster's features that was heeded.
    features_epoch: i64,
    /// Whether the coordinator can begin a new epoch for a producer that asks.
    can_bump: bool,
    /// Whether a new epoch has to be asked for when the transaction has ended.
    needs_bump: bool,
    /// Counts transactions, from 1 on.
    number: u64,
    /// Whether the coordinator may know of the transaction.
    is_started: bool,
    /// Why the transaction, or the producer, cannot go on. There is one in the two states of error only.
    failure: Option<TransactionError>,
    /// Partitions that the coordinator has to be told of.
    new_partitions: BTreeSet<TopicPartition>,
    /// Partitions that it may or may not know of, since no answer has come yet.
    asked_partitions: BTreeSet<TopicPartition>,
    /// Partitions that it was told of.
    partitions: HashSet<TopicPartition>,
    init: Option<Arc<Completion>>,
    offsets: VecDeque<PendingOffsets>,
    end: Option<End>,
    /// The call that waits, or has given up to wait, for a new state.
    pending: Option<(Operation, Arc<Completion>)>,
}

/// The end of a transaction that was asked for.
#[derive(Debug)]
struct End {
    is_commit: bool,
    is_v2: bool,
    /// Whether all batches are acknowledged or failed.
    is_drained: bool,
    /// Whether the transaction has ended, and only the new epoch is missing.
    is_done: bool,
    completion: Arc<Completion>,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub(in crate::producer) enum Step {
    /// Nothing.
    Idle,
    /// Waits until all batches are acknowledged or failed, then [`Core::drained`].
    Drain,
    /// Sends this and tells what came of it to [`Core::handle`].
    Send(Request),
}

/// When the next step is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::producer) enum Pace {
    Now,
    /// After the time between retries, with the coordinator looked up anew if so.
    Later {
        elsewhere: bool,
    },
    /// After a few milliseconds: the end of the transaction before is still being written.
    Soon,
}

/// What is known of the cluster's transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::producer) struct Observed {
    /// The epoch of the features, and the transaction version that they name.
    pub(in crate::producer) features_epoch: i64,
    pub(in crate::producer) transaction_version: i16,
    /// Whether the coordinator can begin a new epoch for a producer that asks.
    pub(in crate::producer) can_bump: bool,
}

impl Core {
    pub(in crate::producer) fn new(transactional_id: String) -> Self {
        Self {
            transactional_id,
            state: State::Uninitialized,
            identity: None,
            is_v2: false,
            features_epoch: -1,
            can_bump: false,
            needs_bump: false,
            number: 0,
            is_started: false,
            failure: None,
            new_partitions: BTreeSet::new(),
            asked_partitions: BTreeSet::new(),
            partitions: HashSet::new(),
            init: None,
            offsets: VecDeque::new(),
            end: None,
            pending: None,
        }
    }

    pub(in crate::producer) fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Whether the transaction goes by version 2.
    pub(in crate::producer) fn is_v2(&self) -> bool {
        self.is_v2
    }

    /// Whether a transaction goes on, or is about to end.
    pub(in crate::producer) fn is_ongoing(&self) -> bool {
        matches!(self.state, State::InTransaction | State::AbortableError) || self.state.is_completing()
    }

    /// The number of the transaction that takes records now; 0 if none does.
    pub(in crate::producer) fn open_number(&self) -> u64 {
        if self.state == State::InTransaction { self.number } else { 0 }
    }

    /// Why the producer cannot go on.
    pub(in crate::producer) fn fatal(&self) -> Option<&TransactionError> {
        self.failure.as_ref().filter(|_| self.state == State::FatalError)
    }

    /// Why batches that are not on their way yet have to fail.
    pub(in crate::producer) fn doom(&self) -> Option<Doom> {
        match self.state {
            State::AbortableError => self.failure.clone().map(Doom::Failed),
            State::Aborting => Some(Doom::Aborted),
            _ => None,
        }
    }

    /// Asks for the first identity.
    pub(in crate::producer) fn begin_init(&mut self) -> Result<Arc<Completion>, TransactionError> {
        let operation = Operation::Init;
        if let Some(completion) = self.same_again(operation)? {
            return Ok(completion);
        }
        self.check()?;
        self.become_by(operation, State::Initializing)?;
        let completion = Completion::new();
        self.init = Some(Arc::clone(&completion));
        self.pending = Some((operation, Arc::clone(&completion)));
        Ok(completion)
    }

    pub(in crate::producer) fn begin(&mut self) -> Result<(), TransactionError> {
        let operation = Operation::Begin;
        self.check_pending(operation)?;
        self.check()?;
        self.become_by(operation, State::InTransaction)?;
        self.number += 1;
        Ok(())
    }

    /// Begins to end the transaction, by what is known of the cluster now.
    pub(in crate::producer) fn begin_end(
        &mut self,
        is_commit: bool,
        observed: Option<Observed>,
    ) -> Result<Arc<Completion>, TransactionError> {
        let (operation, next) = match is_commit {
            true => (Operation::Commit, State::Committing),
            false => (Operation::Abort, State::Aborting),
        };
        if let Some(completion) = self.same_again(operation)? {
            return Ok(completion);
        }
        if is_commit || self.state != State::AbortableError {
            self.check()?;
        }
        self.become_by(operation, next)?;
        if !is_commit {
            self.new_partitions.clear();
        }
        let completion = Completion::new();
        let is_v2 = self.is_v2;
        let end =
            End { is_commit, is_v2, is_drained: false, is_done: false, completion: Arc::clone(&completion) };
        self.end = Some(end);
        self.pending = Some((operation, Arc::clone(&completion)));
        if let Some(observed) = observed {
            self.observe(observed);
            // Who has never been told an epoch by the end of a transaction begins with a new one.
            self.needs_bump |= !is_v2 && self.is_v2;
        }
        Ok(completion)
    }

    /// What ends the transaction that goes on, if one does: unless its end was asked for, it is aborted.
    pub(in crate::producer) fn finish(
        &mut self,
        observed: Option<Observed>,
    ) -> Result<Option<Arc<Completion>>, TransactionError> {
        if let Some(end) = &self.end {
            return Ok(Some(Arc::clone(&end.completion)));
        }
        if !self.is_ongoing() {
            return Ok(None);
        }
        self.begin_end(false, observed).map(Some)
    }

    /// Adds a group's offsets to the transaction.
    pub(in crate::producer) fn send_offsets(
        &mut self,
        offsets: Offsets,
        group: ConsumerGroupMetadata,
    ) -> Result<Arc<Completion>, TransactionError> {
        let operation = Operation::SendOffsets;
        self.check_pending(operation)?;
        self.check()?;
        if self.state != State::InTransaction {
            return Err(self.wrong_state(operation));
        }
        if self.offsets.len() >= PENDING_OFFSETS_MAX {
            let error = format!("{PENDING_OFFSETS_MAX} calls of {operation} are under way, wait for them");
            return Err(TransactionError::Invalid(error));
        }
        let completion = Completion::new();
        let is_v2 = self.is_v2;
        self.is_started |= is_v2;
        let pending =
            PendingOffsets { group, offsets, is_v2, is_added: is_v2, completion: Arc::clone(&completion) };
        self.offsets.push_back(pending);
        Ok(completion)
    }

    /// Lets a partition take part in the transaction; whether it has to wait until the coordinator knows.
    pub(in crate::producer) fn enlist(
        &mut self,
        partition: TopicPartition,
    ) -> Result<bool, TransactionError> {
        let operation = Operation::Send;
        self.check_pending(operation)?;
        self.check()?;
        if self.state != State::InTransaction {
            return Err(self.wrong_state(operation));
        }
        if self.is_v2 || self.partitions.contains(&partition) {
            return Ok(false);
        }
        self.new_partitions.insert(partition);
        Ok(true)
    }

    /// What to do next. `has_records` says whether records were sent in the transaction.
    pub(in crate::producer) fn step(&mut self, has_records: bool) -> Step {
        if self.failure.is_some() {
            return Step::Idle;
        }
        match self.next_request() {
            Some(request) => Step::Send(request),
            None => self.next_of_end(has_records),
        }
    }

    fn next_request(&mut self) -> Option<Request> {
        if self.init.is_some() {
            return Some(Request::Init { current: None });
        }
        let identity = self.identity?;
        self.asked_partitions.append(&mut self.new_partitions);
        if !self.asked_partitions.is_empty() {
            let partitions = self.asked_partitions.iter().cloned().collect();
            return Some(Request::AddPartitions { identity, partitions });
        }
        let pending = self.offsets.front()?;
        let group = pending.group.clone();
        Some(match pending.is_added {
            false => Request::AddOffsets { identity, group_id: group.group_id },
            true => {
                let offsets = pending.offsets.clone();
                Request::CommitOffsets { identity, is_v2: pending.is_v2, group, offsets }
            }
        })
    }

    fn next_of_end(&mut self, has_records: bool) -> Step {
        let (Some(end), Some(identity)) = (&self.end, self.identity) else { return Step::Idle };
        if end.is_done {
            return Step::Send(Request::Init { current: Some(identity) });
        }
        if !end.is_drained {
            return Step::Drain;
        }
        // The coordinator knows nothing of a transaction in which nothing was written.
        let is_known = self.is_started || (end.is_v2 && has_records);
        if !is_known {
            self.ended();
            return self.step(false);
        }
        let (is_v2, is_commit) = (end.is_v2, end.is_commit);
        Step::Send(Request::End { identity, is_v2, is_commit })
    }

    /// All batches of the transaction that ends are acknowledged or failed.
    pub(in crate::producer) fn drained(&mut self) {
        if let Some(end) = &mut self.end {
            end.is_drained = true;
        }
    }

    /// Takes note of what is known of the cluster.
    pub(in crate::producer) fn observe(&mut self, observed: Observed) {
        self.can_bump = observed.can_bump;
        if observed.features_epoch > self.features_epoch {
            self.features_epoch = observed.features_epoch;
            self.is_v2 = observed.transaction_version >= 2;
        }
    }

    /// A batch failed, or could not even be made.
    pub(in crate::producer) fn batch_failed(&mut self, code: ErrorCode, text: impl ToString) {
        let cause = Cause::new(code, text);
        match code {
            _ if self.state == State::FatalError => {}
            ErrorCode::ProducerFenced => {
                let transactional_id = self.transactional_id.clone();
                self.fail(TransactionError::Fenced { transactional_id });
            }
            ErrorCode::ClusterAuthorizationFailed
            | ErrorCode::TransactionalIdAuthorizationFailed
            | ErrorCode::UnsupportedVersion
            | ErrorCode::InvalidProducerIdMapping => self.fail(TransactionError::Fatal(cause)),
            _ if self.is_ongoing() => self.abortable_if_possible(cause),
            _ => {}
        }
    }

    /// Sequences are not known any more, so that only a new epoch lets the producer go on.
    fn abortable_if_possible(&mut self, cause: Cause) {
        if !self.is_v2 && !self.can_bump {
            return self.fail(TransactionError::Fatal(cause));
        }
        self.needs_bump |= !self.is_v2;
        self.abortable(cause);
    }

    /// The transaction can only be aborted. If it is being aborted, nothing has to change.
    fn abortable(&mut self, cause: Cause) {
        let error = TransactionError::Abortable(cause);
        if self.state == State::Aborting {
            tracing::debug!(%error, "failed while the transaction is being aborted");
            self.fail_offsets(&error);
            return;
        }
        if !self.state.may_become(State::AbortableError) {
            return self.fail(error);
        }
        self.set_state(State::AbortableError);
        self.finish_all(&error);
        self.failure.get_or_insert(error);
    }

    /// The producer cannot go on.
    pub(in crate::producer) fn fail(&mut self, error: TransactionError) {
        let error = match error {
            TransactionError::Abortable(cause) => TransactionError::Fatal(cause),
            error => error,
        };
        if self.state == State::FatalError {
            return;
        }
        tracing::error!(transactional_id = self.transactional_id, %error, "the producer cannot go on");
        self.set_state(State::FatalError);
        self.finish_all(&error);
        self.failure = Some(error);
    }

    fn finish_all(&mut self, error: &TransactionError) {
        self.fail_offsets(error);
        self.new_partitions.clear();
        let end = self.end.take().map(|end| end.completion);
        for completion in self.init.take().into_iter().chain(end) {
            completion.complete(Err(error.clone()));
        }
    }

    fn fail_offsets(&mut self, error: &TransactionError) {
        for pending in self.offsets.drain(..) {
            pending.completion.complete(Err(error.clone()));
        }
    }

    fn set_state(&mut self, next: State) {
        assert!(self.state.may_become(next), "a transaction cannot go from `{}` to `{next}`", self.state);
        tracing::debug!(transactional_id = self.transactional_id, from = %self.state, to = %next, "transaction");
        self.state = next;
        if next != State::AbortableError {
            self.failure = None;
        }
    }

    /// Follows the user's wish, if the state allows it.
    fn become_by(&mut self, operation: Operation, next: State) -> Result<(), TransactionError> {
        if !self.state.may_become(next) {
            return Err(self.wrong_state(operation));
        }
        self.set_state(next);
        Ok(())
    }

    fn wrong_state(&self, operation: Operation) -> TransactionError {
        TransactionError::WrongState { operation, state: self.state.to_string() }
    }

    /// The error that stands in the way of all but an abort.
    fn check(&self) -> Result<(), TransactionError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn pending_operation(&self) -> Option<Operation> {
        self.pending.as_ref().filter(|(_, completion)| !completion.is_told()).map(|(operation, _)| *operation)
    }

    /// What is under way, if it is the same operation; another one is an error.
    fn same_again(&mut self, operation: Operation) -> Result<Option<Arc<Completion>>, TransactionError> {
        match self.pending_operation() {
            Some(pending) if pending != operation => {
                return Err(TransactionError::Pending { operation, pending });
            }
            Some(_) => {}
            None => self.pending = None,
        }
        Ok(self.pending.as_ref().map(|(_, completion)| Arc::clone(completion)))
    }

    /// What is under way stands in the way of everything else.
    fn check_pending(&self, operation: Operation) -> Result<(), TransactionError> {
        self.pending_operation()
            .map_or(Ok(()), |pending| Err(TransactionError::Pending { operation, pending }))
    }

    /// What must hold between any two calls.
    #[cfg(test)]
    pub(super) fn invariants(&self) {
        let is_error = matches!(self.state, State::AbortableError | State::FatalError);
        assert_eq!(self.failure.is_some(), is_error, "{:?}", self.state);
        let is_ending =
            self.state.is_completing() || (self.state == State::Initializing && self.init.is_none());
        assert_eq!(self.end.is_some(), is_ending, "{:?}", self.state);
        assert!(self.identity.is_some() || !self.is_ongoing(), "{:?}", self.state);
        assert!(!is_error || (self.offsets.is_empty() && self.new_partitions.is_empty()));
    }

    #[cfg(test)]
    pub(super) fn state(&self) -> State {
        self.state
    }
}

/// Why batches that are not on their way have to fail.
#[derive(Debug, Clone)]
pub(in crate::producer) enum Doom {
    /// Something in the transaction failed.
    Failed(TransactionError),
    /// The user aborts; batches with a sequence go on, lest they leave a gap.
    Aborted,
}
