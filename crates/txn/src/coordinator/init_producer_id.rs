//! InitProducerId.

use std::collections::VecDeque;

use ottla_coordinator::{Now, Token};
use ottla_record::{NO_PRODUCER_EPOCH, ProducerId};
use ottla_wire::messages::{InitProducerIdRequest, InitProducerIdResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::producer_ids::{Parked, take_producer_id};
use super::transaction::{Producer, Refusal, Transaction};
use super::{TransactionCoordinator, error_for_client};
use crate::metadata::{NO_TIMEOUT_MS, TransactionMetadata};
use crate::outcome::{Outcome, Reply, Response, init_producer_id_error};
use crate::state::TransactionState;
use crate::version::TransactionVersion;

/// First version whose clients know `PRODUCER_FENCED`.
const FENCED_VERSION: i16 = 4;

/// A valid request.
#[derive(Debug)]
pub(super) struct Initializing {
    api_version: i16,
    transactional_id: KafkaString,
    timeout_ms: i32,
    /// The producer that goes on, by its own account.
    expected: Option<Producer>,
}

impl Initializing {
    pub(super) fn error(&self, error: ErrorCode) -> Response {
        let error = error_for_client(error, self.api_version, FENCED_VERSION);
        Response::InitProducerId(init_producer_id_error(error))
    }
}

impl TransactionCoordinator {
    /// A producer takes over a transactional id. Its predecessor is fenced, and the transaction of that aborted first:
    /// then the answer is `CONCURRENT_TRANSACTIONS`, and the producer comes again.
    ///
    /// A request without a transactional id is not for a coordinator: any broker can hand out a producer id.
    pub fn handle_init_producer_id(
        &mut self,
        now: Now,
        api_version: i16,
        request: &InitProducerIdRequest,
        token: Token,
    ) -> Outcome {
        match self.validate_init(api_version, request) {
            Ok(request) => self.initialize(now, request, token),
            Err(error) => self.reply(token, Response::InitProducerId(init_producer_id_error(error))),
        }
        self.take_outcome()
    }

    fn validate_init(
        &self,
        api_version: i16,
        request: &InitProducerIdRequest,
    ) -> Result<Initializing, ErrorCode> {
        let expected = Producer { id: ProducerId(request.producer_id), epoch: request.producer_epoch };
        let (has_id, has_epoch) = (expected.id != ProducerId::NONE, expected.epoch != NO_PRODUCER_EPOCH);
        let transactional_id = request.transactional_id.clone().unwrap_or_default();
        if has_id != has_epoch || transactional_id.is_empty() {
            return Err(ErrorCode::InvalidRequest);
        }
        if request.enable_2pc && !self.config.two_phase_commit_enable {
            return Err(ErrorCode::TransactionalIdAuthorizationFailed);
        }
        if request.keep_prepared_txn {
            return Err(ErrorCode::UnsupportedVersion);
        }
        let timeout_ms = if request.enable_2pc { NO_TIMEOUT_MS } else { request.transaction_timeout_ms };
        let is_allowed = (1..=self.config.transaction_max_timeout_ms).contains(&timeout_ms);
        if !is_allowed && !request.enable_2pc {
            return Err(ErrorCode::InvalidTransactionTimeout);
        }
        Ok(Initializing { api_version, transactional_id, timeout_ms, expected: has_id.then_some(expected) })
    }

    pub(super) fn initialize(&mut self, now: Now, request: Initializing, token: Token) {
        match self.decide_init(now, &request) {
            Ok(next) => {
                let response = match next.state {
                    // It is fenced; whoever comes again finds that done, and gets an epoch above.
                    TransactionState::PrepareAbort => request.error(ErrorCode::ConcurrentTransactions),
                    _ => Response::InitProducerId(InitProducerIdResponse {
                        producer_id: next.producer_id.0,
                        producer_epoch: next.producer_epoch,
                        ..InitProducerIdResponse::default()
                    }),
                };
                self.write_state(&request.transactional_id, next, Some(Reply { token, response }));
            }
            Err(Refusal::Error(error)) => self.reply(token, request.error(error)),
            Err(Refusal::NeedsProducerId) => self.park(Parked::InitProducerId(request, token)),
        }
    }

    /// The next state of the transactional id.
    fn decide_init(&mut self, now: Now, request: &Initializing) -> Result<TransactionMetadata, Refusal> {
        let now = now.time_of_day;
        let expected_epoch = request.expected.map(|expected| expected.epoch);
        let spare = &mut self.spare_producer_ids;
        let Some(transaction) = self.transactions.get(&request.transactional_id) else {
            let metadata = TransactionMetadata::new(take_producer_id(spare)?, now);
            let next = metadata.initialized(request.timeout_ms, expected_epoch, now)?;
            let id = request.transactional_id.detach();
            self.transactions.insert(id.clone(), Transaction::new(id, metadata));
            return Ok(next);
        };
        if transaction.pending.is_some() {
            return Err(ErrorCode::ConcurrentTransactions.into());
        }
        let metadata = &transaction.metadata;
        if request.expected.is_some_and(|expected| !metadata.is_continued_by(expected.id, expected.epoch)) {
            return Err(ErrorCode::ProducerFenced.into());
        }
        match metadata.state {
            TransactionState::PrepareCommit | TransactionState::PrepareAbort => {
                Err(ErrorCode::ConcurrentTransactions.into())
            }
            TransactionState::Ongoing => fenced(metadata, self.version, spare, now),
            TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort => {
                let is_current = expected_epoch.is_none_or(|epoch| epoch == metadata.producer_epoch);
                if metadata.is_epoch_exhausted() && is_current {
                    let producer_id = take_producer_id(spare)?;
                    let is_expected = expected_epoch.is_some();
                    return Ok(metadata.rotated(producer_id, request.timeout_ms, is_expected, now));
                }
                Ok(metadata.initialized(request.timeout_ms, expected_epoch, now)?)
            }
        }
    }
}

/// The state in which the producer of an open transaction is fenced and that is about to be aborted.
pub(super) fn fenced(
    metadata: &TransactionMetadata,
    version: TransactionVersion,
    spare: &mut VecDeque<ProducerId>,
    now: ottla_record::Timestamp,
) -> Result<TransactionMetadata, Refusal> {
    let needs_id = version.raises_epoch() && metadata.is_epoch_exhausted();
    let next_producer_id = if needs_id { take_producer_id(spare)? } else { ProducerId::NONE };
    Ok(metadata.fenced(version, next_producer_id, now))
}
