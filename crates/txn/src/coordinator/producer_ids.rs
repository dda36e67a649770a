//! Producer ids, which come from outside, and requests that wait for one.

use std::collections::VecDeque;

use ottla_coordinator::{Now, Token};
use ottla_record::ProducerId;
use ottla_wire::ErrorCode;

use super::TransactionCoordinator;
use super::end_txn::Ending;
use super::init_producer_id::Initializing;
use super::transaction::Refusal;
use crate::outcome::{Outcome, Reply};

/// Requests that may wait for a producer id at a time; more are told to come again, as Kafka tells all of them.
const PARKED_MAX: usize = 1000;

/// A request that cannot be decided without a producer id.
#[derive(Debug)]
pub(super) enum Parked {
    InitProducerId(Initializing, Token),
    EndTxn(Ending, Token),
}

impl Parked {
    pub(super) fn into_failure(self, error: ErrorCode) -> Reply {
        match self {
            Self::InitProducerId(request, token) => Reply { token, response: request.error(error) },
            Self::EndTxn(request, token) => Reply { token, response: request.error(error) },
        }
    }
}

impl TransactionCoordinator {
    /// One of the producer ids that an [`Outcome`] asked for, or why there is none.
    ///
    /// It may not be given to anybody else; what is not used now will be later.
    pub fn handle_producer_id(&mut self, now: Now, producer_id: Result<ProducerId, ErrorCode>) -> Outcome {
        self.producer_ids_coming = self.producer_ids_coming.saturating_sub(1);
        let parked = self.parked.pop_front();
        match producer_id {
            Ok(id) => {
                self.spare_producer_ids.push_back(id);
                // It is decided anew: much may have happened meanwhile.
                match parked {
                    Some(Parked::InitProducerId(request, token)) => self.initialize(now, request, token),
                    Some(Parked::EndTxn(request, token)) => self.end(now, request, token),
                    None => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "there is no producer id");
                self.outcome.replies.extend(parked.map(|parked| parked.into_failure(error)));
            }
        }
        self.take_outcome()
    }

    /// Lets a request wait for a producer id.
    pub(super) fn park(&mut self, parked: Parked) {
        if self.parked.len() >= PARKED_MAX {
            let reply = parked.into_failure(ErrorCode::CoordinatorLoadInProgress);
            self.outcome.replies.push(reply);
            return;
        }
        self.parked.push_back(parked);
        self.want_producer_id();
    }

    pub(super) fn want_producer_id(&mut self) {
        self.producer_ids_coming += 1;
        self.outcome.producer_ids_wanted += 1;
    }
}

pub(super) fn take_producer_id(spare: &mut VecDeque<ProducerId>) -> Result<ProducerId, Refusal> {
    spare.pop_front().ok_or(Refusal::NeedsProducerId)
}
