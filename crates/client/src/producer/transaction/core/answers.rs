//! What answers make of a transaction.

use ottla_wire::ErrorCode;

use super::super::error::{Cause, TransactionError};
use super::super::request::{Class, PendingOffsets, Reply, Request};
use super::super::state::State;
use super::{Core, Pace};
use crate::error::ClientError;
use crate::producer::batch::Identity;
use crate::topic_partition::TopicPartition;

impl Core {
    /// Takes what came of a request; when to take the next step.
    pub(in crate::producer) fn handle(
        &mut self,
        request: &Request,
        outcome: Result<Reply, ClientError>,
    ) -> Pace {
        if self.state == State::FatalError {
            return Pace::Now;
        }
        match outcome {
            Ok(Reply::Initialized(identity)) => self.initialized(identity),
            Ok(Reply::OffsetsAdded) => {
                self.is_started = true;
                if let Some(pending) = self.offsets.front_mut() {
                    pending.is_added = true;
                }
            }
            Ok(Reply::Ended(identity)) => {
                self.identity = identity.or(self.identity);
                self.ended();
            }
            Ok(Reply::Partitions(codes)) if matches!(request, Request::AddPartitions { .. }) => {
                return self.partitions_added(request, codes);
            }
            Ok(Reply::Partitions(codes)) => return self.offsets_committed(request, codes),
            Err(error) => return self.failed(request, &error),
        }
        Pace::Now
    }

    fn initialized(&mut self, identity: Identity) {
        self.identity = Some(identity);
        self.needs_bump = false;
        self.set_state(State::Ready);
        let end = self.end.take().map(|end| end.completion);
        if let Some(completion) = self.init.take().or(end) {
            completion.complete(Ok(()));
        }
    }

    /// Goes back to the state between transactions, if no new epoch is needed first.
    pub(super) fn ended(&mut self) {
        self.is_started = false;
        self.new_partitions.clear();
        self.asked_partitions.clear();
        self.partitions.clear();
        if self.needs_bump {
            self.set_state(State::Initializing);
            if let Some(end) = &mut self.end {
                end.is_done = true;
            }
            return;
        }
        self.set_state(State::Ready);
        if let Some(end) = self.end.take() {
            end.completion.complete(Ok(()));
        }
    }

    fn partitions_added(&mut self, request: &Request, codes: Vec<(TopicPartition, ErrorCode)>) -> Pace {
        let refused = || codes.iter().filter(|(_, code)| *code != ErrorCode::None);
        // What counts for the whole request comes first.
        for (_, code) in refused() {
            if request.class(*code) != Class::OfPartition {
                let is_concurrent = *code == ErrorCode::ConcurrentTransactions;
                let pace = self.failed(request, &(*code).into());
                return if is_concurrent && self.partitions.is_empty() { Pace::Soon } else { pace };
            }
        }
        let reason = refused().find(|(_, code)| *code != ErrorCode::OperationNotAttempted);
        if let Some((partition, code)) = reason.or_else(|| refused().next()) {
            let text = format!("partition {partition} cannot take part: {}", code.message());
            self.asked_partitions.clear();
            self.abortable(Cause::new(*code, text));
            return Pace::Now;
        }
        for (partition, _) in codes {
            if self.asked_partitions.remove(&partition) {
                self.is_started = true;
                self.partitions.insert(partition);
            }
        }
        // Whatever the answer left out is asked for again.
        if self.asked_partitions.is_empty() { Pace::Now } else { Pace::Later { elsewhere: false } }
    }

    /// Whether a partition takes part and the coordinator knows it.
    pub(in crate::producer) fn is_added(&self, partition: &TopicPartition) -> bool {
        self.is_v2 || self.partitions.contains(partition)
    }

    fn offsets_committed(&mut self, request: &Request, codes: Vec<(TopicPartition, ErrorCode)>) -> Pace {
        let mut pace = Pace::Now;
        for (partition, code) in codes {
            if code == ErrorCode::None {
                if let Some(pending) = self.offsets.front_mut() {
                    pending.offsets.retain(|(wanted, _)| *wanted != partition);
                }
                continue;
            }
            let next = self.failed(request, &code.into());
            if !matches!(next, Pace::Later { .. }) {
                return next;
            }
            if !matches!(pace, Pace::Later { elsewhere: true }) {
                pace = next;
            }
        }
        let is_done = |pending: &mut PendingOffsets| pending.offsets.is_empty();
        if let Some(done) = self.offsets.pop_front_if(is_done) {
            done.completion.complete(Ok(()));
            return Pace::Now;
        }
        // Whatever the answer left out is asked for again.
        if pace == Pace::Now { Pace::Later { elsewhere: false } } else { pace }
    }

    fn failed(&mut self, request: &Request, error: &ClientError) -> Pace {
        let cause = Cause::new(error.code(), error);
        let class = match error {
            ClientError::Api(error) => request.class(error.code),
            error if error.is_retriable() => Class::Retry,
            _ => Class::Fatal,
        };
        match class {
            Class::Retry => return Pace::Later { elsewhere: false },
            Class::RetryElsewhere => return Pace::Later { elsewhere: true },
            _ => self.asked_partitions.clear(),
        }
        match class {
            // An abort that cannot be done leaves nothing to fall back on.
            _ if self.state == State::Aborting
                && matches!(request, Request::End { .. })
                && class != Class::Fenced =>
            {
                self.fail(TransactionError::Fatal(cause));
            }
            Class::Uninitialized => self.uninitialized(cause),
            Class::Abortable => self.abortable(cause),
            Class::AbortableWithBump => self.abortable_if_possible(cause),
            Class::Fenced => {
                let transactional_id = self.transactional_id.clone();
                self.fail(TransactionError::Fenced { transactional_id });
            }
            _ => self.fail(TransactionError::Fatal(cause)),
        }
        Pace::Now
    }

    /// The producer may not go on, but may be let in later.
    fn uninitialized(&mut self, cause: Cause) {
        self.set_state(State::Uninitialized);
        self.finish_all(&TransactionError::NotInitialized(cause));
    }
}
