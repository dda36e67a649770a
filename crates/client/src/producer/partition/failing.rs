//! Batches that fail: refused, too late, or with their transaction.

use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::Instant;

use super::{Batches, Rules, Verdict};
use crate::error::ApiError;
use crate::producer::batch::Batch;
use crate::producer::delivery::{BatchFailure, Outcome};
use crate::producer::error::ProduceError;
use crate::producer::transaction::Doom;
use crate::topic_partition::TopicPartition;

impl Batches {
    /// A batch that has a sequence leaves a gap, or is not known to: what is behind needs a new epoch.
    pub(super) fn fail(&mut self, position: usize, failure: BatchFailure, rules: &Rules) {
        self.note_failure(&failure.error, rules);
        self.finish(position, Outcome::Failed(failure));
    }

    /// Fails all that was not acknowledged in time; how many records that are.
    pub(in crate::producer) fn expire(&mut self, now: Instant, rules: &Rules) -> usize {
        let timeout = rules.delivery_timeout;
        let mut records = 0;
        while let Some(position) = self.in_flight.iter().position(|batch| batch.is_expired(now, timeout)) {
            records += self.in_flight[position].records as usize;
            let failure = self.expired(&self.in_flight[position], rules);
            self.fail(position, failure.into(), rules);
        }
        while self.waiting.front().is_some_and(|batch| batch.is_expired(now, timeout)) {
            let Some(batch) = self.waiting.pop_front() else { break };
            records += batch.records as usize;
            let failure = self.expired(&batch, rules);
            if rules.is_transactional {
                self.note_failure(&failure, rules);
            }
            batch.result.complete(Outcome::Failed(failure.into()));
        }
        records
    }

    fn expired(&self, batch: &Batch, rules: &Rules) -> ProduceError {
        ProduceError::Expired {
            partition: TopicPartition::new(self.topic.clone(), self.partition),
            records: batch.records,
            after: rules.delivery_timeout,
        }
    }

    /// When the next batch expires.
    pub(in crate::producer) fn expiry(&self, rules: &Rules) -> Option<Instant> {
        let oldest = self.in_flight.iter().chain(self.waiting.front()).map(|batch| batch.created).min();
        oldest.map(|created| created + rules.delivery_timeout)
    }

    /// What a gap in the sequence leads to.
    pub(super) fn note_failure(&mut self, error: &ProduceError, rules: &Rules) {
        if rules.is_transactional {
            self.failure.get_or_insert_with(|| error.clone());
        } else {
            self.needs_reset |= rules.is_idempotent;
        }
    }

    /// Why a batch failed since this was asked last.
    pub(in crate::producer) fn take_failure(&mut self) -> Option<ProduceError> {
        self.failure.take()
    }

    /// Fails what is not on its way in a transaction that is to be aborted; how many records that are.
    pub(in crate::producer) fn doom(&mut self, doom: &Doom) -> usize {
        let (error, in_flight_too) = match doom {
            Doom::Failed(error) => (error.clone().into(), true),
            Doom::Aborted => (ProduceError::Aborted, false),
        };
        let mut records = 0;
        let mut fail = |batch: &Batch| {
            records += batch.records as usize;
            batch.result.complete(Outcome::Failed(error.clone().into()));
        };
        self.waiting.drain(..).for_each(|batch| fail(&batch));
        if in_flight_too {
            self.in_flight.iter().filter(|batch| !batch.is_on_wire).for_each(fail);
            self.in_flight.retain(|batch| batch.is_on_wire);
        }
        records
    }

    /// Fails everything.
    pub(in crate::producer) fn abort(&mut self, error: &ProduceError) -> usize {
        let mut records = 0;
        for batch in self.in_flight.drain(..).chain(self.waiting.drain(..)) {
            records += batch.records as usize;
            batch.result.complete(Outcome::Failed(error.clone().into()));
        }
        records
    }
}

pub(super) fn failure(verdict: Verdict) -> BatchFailure {
    let (error, records) = match verdict {
        Verdict::Refused { error, records } => (error, records),
        Verdict::Lost(error) => return ProduceError::Lost(error).into(),
        Verdict::Acknowledged { .. } => return ProduceError::InBadCompany.into(),
    };
    // With several bad records the code of the whole is not each one's.
    let code = if records.len() == 1 { error.code } else { ErrorCode::InvalidRecord };
    let message =
        |own: Option<KafkaString>| own.map(|text| text.as_str().to_owned()).or_else(|| error.message.clone());
    let records = records
        .into_iter()
        .map(|(index, own)| (index, ProduceError::Rejected(ApiError { code, message: message(own) })))
        .collect();
    BatchFailure { error: error.into(), records }
}
