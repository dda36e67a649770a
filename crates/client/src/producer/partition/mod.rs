//! The batches of one partition: those that wait and those in flight, in the order of their records.
//!
//! Decides everything about them by itself, with the time handed in; knows neither connections nor tasks.

mod failing;
mod split;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ottla_record::{BatchBuilder, BatchSettings, Compression, NewRecord, Offset, Timestamp};
use ottla_wire::{ErrorCode, KafkaString};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::error::{ApiError, ClientError};
use crate::net::Backoff;
use crate::producer::batch::{Batch, Contents, Identity, Sequence};
use crate::producer::delivery::{BatchResult, Delivery, Outcome};
use crate::producer::error::ProduceError;
use failing::failure;

/// What holds for all partitions of a producer.
#[derive(Debug, Clone, Copy)]
pub(in crate::producer) struct Rules {
    pub(in crate::producer) linger: Duration,
    pub(in crate::producer) delivery_timeout: Duration,
    pub(in crate::producer) batch_size: usize,
    pub(in crate::producer) compression: Compression,
    pub(in crate::producer) retries: u32,
    pub(in crate::producer) backoff: Backoff,
    pub(in crate::producer) is_idempotent: bool,
    pub(in crate::producer) is_transactional: bool,
    /// Whether a batch may only leave when the one before is answered: without idempotence, and with one
    /// request in flight, that alone keeps the order.
    pub(in crate::producer) is_one_at_a_time: bool,
}

impl Rules {
    fn batch_settings(&self) -> BatchSettings {
        BatchSettings {
            compression: self.compression,
            is_transactional: self.is_transactional,
            ..BatchSettings::default()
        }
    }
}

/// The batches of one partition.
#[derive(Debug)]
pub(in crate::producer) struct Batches {
    topic: KafkaString,
    partition: i32,
    waiting: VecDeque<Batch>,
    /// In the order of their sequences, those that are to be sent again included.
    in_flight: VecDeque<Batch>,
    /// Batches of which no answer has come yet, those included that have expired meanwhile.
    on_wire: usize,
    identity: Option<Identity>,
    next_sequence: i32,
    /// The brokers' sequence is not known any more: a new epoch has to begin. Not with transactions, which have to be
    /// aborted then, and whose coordinator gives the next epoch.
    needs_reset: bool,
    /// Whether the transaction's coordinator has to be told of the partition first.
    is_held: bool,
    /// Why a batch failed, for the transaction that it was part of.
    failure: Option<ProduceError>,
    next_number: u64,
}

/// What became of an append.
#[derive(Debug)]
pub(in crate::producer) enum Append {
    Done(Appended),
    /// A new batch is needed, and memory for it.
    NeedsBatch,
}

#[derive(Debug)]
pub(in crate::producer) struct Appended {
    pub(in crate::producer) delivery: Delivery,
    pub(in crate::producer) bytes: usize,
    /// Whether the newest batch takes no further record.
    pub(in crate::producer) is_full: bool,
    /// Whether nothing waited before.
    pub(in crate::producer) was_empty: bool,
}

/// A batch that the sender takes along.
#[derive(Debug)]
pub(in crate::producer) struct Parcel {
    pub(in crate::producer) number: u64,
    pub(in crate::producer) payload: Payload,
    pub(in crate::producer) records: i32,
    pub(in crate::producer) uncompressed: usize,
    pub(in crate::producer) created: Instant,
    pub(in crate::producer) is_retry: bool,
}

/// What is in a parcel.
#[derive(Debug)]
pub(in crate::producer) enum Payload {
    ToBuild(BatchBuilder),
    Built(Bytes),
}

/// Whether there is something to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::producer) enum Readiness {
    Now,
    At(Instant),
    /// Not before something else happens.
    Never,
}

/// What a broker, or the lack of one, made of a batch.
#[derive(Debug)]
pub(in crate::producer) enum Verdict {
    Acknowledged { base_offset: Offset, log_append_time: Option<Timestamp> },
    Refused { error: ApiError, records: Vec<(i32, Option<KafkaString>)> },
    Lost(ClientError),
}

/// What a verdict led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::producer) enum Settled {
    Acknowledged,
    Failed,
    Retried,
    Split,
    /// The batch had expired before.
    Gone,
}

impl Batches {
    pub(in crate::producer) fn new(topic: KafkaString, partition: i32) -> Self {
        Self {
            topic,
            partition,
            waiting: VecDeque::new(),
            in_flight: VecDeque::new(),
            on_wire: 0,
            identity: None,
            next_sequence: 0,
            needs_reset: false,
            is_held: false,
            failure: None,
            next_number: 0,
        }
    }

    pub(in crate::producer) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty() && self.on_wire == 0
    }

    pub(in crate::producer) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The results of all batches that are not done.
    pub(in crate::producer) fn results(&self) -> impl Iterator<Item = Arc<BatchResult>> {
        self.in_flight.iter().chain(&self.waiting).map(|batch| Arc::clone(&batch.result))
    }

    /// Appends a record to the newest batch, if it fits.
    pub(in crate::producer) fn append(&mut self, record: &NewRecord<'_>) -> Result<Append, ProduceError> {
        let Some(batch) = self.waiting.back_mut().filter(|batch| !batch.is_full) else {
            return Ok(Append::NeedsBatch);
        };
        let Contents::Open(builder) = &mut batch.contents else { return Ok(Append::NeedsBatch) };
        let size = builder.uncompressed_size_with(record);
        if batch.records > 0 && size > batch.limit {
            batch.is_full = true;
            return Ok(Append::NeedsBatch);
        }
        builder.append(record).map_err(|error| ProduceError::Build(error.to_string()))?;
        let bytes = size - batch.uncompressed;
        let index = batch.records;
        batch.records += 1;
        batch.uncompressed = size;
        batch.record_size_max = batch.record_size_max.max(bytes);
        batch.is_full = size >= batch.limit;
        let delivery = Delivery { result: Arc::clone(&batch.result), index, timestamp: record.timestamp };
        let (is_full, was_empty) = (batch.is_full, index == 0 && self.waiting.len() == 1);
        Ok(Append::Done(Appended { delivery, bytes, is_full, was_empty }))
    }

    /// Begins a batch of up to `limit` bytes before compression.
    pub(in crate::producer) fn open(
        &mut self,
        now: Instant,
        mut builder: BatchBuilder,
        limit: usize,
        memory: Option<OwnedSemaphorePermit>,
        rules: &Rules,
    ) {
        if let Some(last) = self.waiting.back_mut() {
            last.is_full = true;
        }
        builder.restart(rules.batch_settings());
        let mut batch = self.batch(now, builder, limit);
        batch.memory = memory;
        self.waiting.push_back(batch);
    }

    fn batch(&mut self, now: Instant, builder: BatchBuilder, limit: usize) -> Batch {
        let number = self.next_number;
        self.next_number += 1;
        Batch {
            number,
            contents: Contents::Open(builder),
            result: BatchResult::new(self.topic.clone(), self.partition),
            created: now,
            limit,
            records: 0,
            uncompressed: ottla_record::HEADER_SIZE,
            record_size_max: 0,
            is_full: false,
            is_split: false,
            attempts: 0,
            retry_at: None,
            sequence: None,
            is_on_wire: false,
            memory: None,
        }
    }

    /// When the next batch may be sent; `force` sends what is not full yet. `identity` is the producer's present
    /// one.
    pub(in crate::producer) fn readiness(
        &self,
        now: Instant,
        force: bool,
        identity: Option<Identity>,
        rules: &Rules,
    ) -> Readiness {
        let Some(batch) = self.candidate(identity, rules) else { return Readiness::Never };
        let is_retry = batch.retry_at.is_some();
        let is_due = batch.is_due(now, rules.linger);
        let more_behind = !is_retry && self.waiting.len() > 1;
        if is_due || more_behind || (force && !is_retry) {
            Readiness::Now
        } else {
            Readiness::At(batch.due(rules.linger))
        }
    }

    /// The batch that may be sent next, due or not.
    fn candidate(&self, identity: Option<Identity>, rules: &Rules) -> Option<&Batch> {
        if self.needs_reset || self.is_held || (rules.is_one_at_a_time && self.on_wire > 0) {
            return None;
        }
        if let Some(position) = self.in_flight.iter().position(|batch| !batch.is_on_wire) {
            // With sequences, what is sent again goes alone, so that what is behind cannot overtake it.
            let may_go = !rules.is_idempotent || position == 0;
            return self.in_flight.get(position).filter(|_| may_go);
        }
        if rules.is_idempotent {
            let identity = identity?;
            // A new identity counts from 0, which the broker takes only when all of the former is settled.
            if self.identity != Some(identity) && !self.in_flight.is_empty() {
                return None;
            }
        }
        self.waiting.front()
    }

    /// Takes the next batch along if it may be sent now and is no larger than `room`, by its size before
    /// compression or as it was built.
    pub(in crate::producer) fn take(
        &mut self,
        now: Instant,
        room: usize,
        identity: Option<Identity>,
        rules: &Rules,
    ) -> Option<Parcel> {
        let candidate = self.candidate(identity, rules)?;
        if candidate.retry_at.is_some_and(|retry_at| now < retry_at) {
            return None;
        }
        let size = match &candidate.contents {
            Contents::Built(bytes) => bytes.len(),
            _ => candidate.uncompressed,
        };
        if size > room {
            return None;
        }
        let number = candidate.number;
        if let Some(batch) = self.in_flight.iter_mut().find(|batch| batch.number == number) {
            self.on_wire += 1;
            return Some(parcel(batch));
        }
        let mut batch = self.waiting.pop_front()?;
        if rules.is_idempotent
            && let Some(identity) = identity
        {
            if self.identity != Some(identity) {
                (self.identity, self.next_sequence) = (Some(identity), 0);
            }
            batch.set_sequence(Sequence { identity, first: self.next_sequence });
            self.next_sequence = batch.next_sequence().unwrap_or(0);
        }
        batch.is_full = true;
        self.on_wire += 1;
        let parcel = parcel(&mut batch);
        self.in_flight.push_back(batch);
        Some(parcel)
    }

    /// Keeps the bytes of a batch that was built, for the case that it has to be sent again.
    pub(in crate::producer) fn keep(&mut self, number: u64, bytes: Bytes) {
        if let Some(batch) = self.in_flight.iter_mut().find(|batch| batch.number == number) {
            batch.contents = Contents::Built(bytes);
        }
    }

    /// Takes what became of a batch.
    pub(in crate::producer) fn settle(
        &mut self,
        number: u64,
        verdict: Verdict,
        now: Instant,
        rules: &Rules,
    ) -> Settled {
        self.on_wire -= 1;
        let Some(position) = self.in_flight.iter().position(|batch| batch.number == number) else {
            return Settled::Gone;
        };
        self.in_flight[position].is_on_wire = false;
        let code = match verdict {
            Verdict::Acknowledged { base_offset, log_append_time } => {
                self.finish(position, Outcome::Acknowledged { base_offset, log_append_time });
                return Settled::Acknowledged;
            }
            Verdict::Refused { ref error, .. } => error.code,
            Verdict::Lost(ref error) => error.code(),
        };
        if code == ErrorCode::DuplicateSequenceNumber {
            // The broker has it, and much after it, so that it cannot say where.
            let outcome = Outcome::Acknowledged { base_offset: Offset::NONE, log_append_time: None };
            self.finish(position, outcome);
            return Settled::Acknowledged;
        }
        if code == ErrorCode::MessageTooLarge && self.in_flight[position].records > 1 {
            return self.split(position, rules);
        }
        if self.may_retry(position, &verdict, code, now, rules) {
            let batch = &mut self.in_flight[position];
            batch.attempts += 1;
            batch.retry_at = Some(now + rules.backoff.after(batch.attempts));
            return Settled::Retried;
        }
        self.fail(position, failure(verdict), rules);
        Settled::Failed
    }

    fn may_retry(
        &mut self,
        position: usize,
        verdict: &Verdict,
        code: ErrorCode,
        now: Instant,
        rules: &Rules,
    ) -> bool {
        let batch = &self.in_flight[position];
        if batch.is_expired(now, rules.delivery_timeout) || batch.attempts >= rules.retries {
            return false;
        }
        if rules.is_transactional {
            // Behind one that failed itself that is no wonder; at the front something is missing.
            if code == ErrorCode::OutOfOrderSequenceNumber {
                return position != 0;
            }
        } else if rules.is_idempotent {
            match code {
                // The broker has forgotten the producer.
                ErrorCode::UnknownProducerId => {
                    self.needs_reset = true;
                    return true;
                }
                // Behind one that failed itself that is no wonder; at the front something is missing.
                ErrorCode::OutOfOrderSequenceNumber => {
                    self.needs_reset |= position == 0;
                    return true;
                }
                _ => {}
            }
        }
        match verdict {
            Verdict::Lost(error) => error.is_retriable(),
            _ => code.is_retriable(),
        }
    }

    /// Lets a batch that was sent again go at once, as when its new leader is known already.
    pub(in crate::producer) fn hurry(&mut self, now: Instant) {
        for batch in self.in_flight.iter_mut().filter(|batch| !batch.is_on_wire) {
            batch.retry_at = Some(now);
        }
    }

    fn finish(&mut self, position: usize, outcome: Outcome) {
        if let Some(batch) = self.in_flight.remove(position) {
            batch.result.complete(outcome);
        }
    }

    /// Whether batches have to wait until the transaction's coordinator knows of the partition.
    pub(in crate::producer) fn set_held(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// The identity that has to end before anything is sent again, once nothing is on the wire any more.
    pub(in crate::producer) fn stale_identity(&self) -> Option<Identity> {
        self.identity.filter(|_| self.needs_reset && self.on_wire == 0)
    }

    /// Counts from 0 under a new identity, beginning with what is to be sent again.
    pub(in crate::producer) fn reset(&mut self, identity: Identity) {
        assert!(self.on_wire == 0, "sequences are reset while batches are on the wire");
        self.identity = Some(identity);
        self.needs_reset = false;
        let mut first = 0;
        for batch in &mut self.in_flight {
            batch.set_sequence(Sequence { identity, first });
            first = batch.next_sequence().unwrap_or(0);
        }
        self.next_sequence = first;
    }
}

fn parcel(batch: &mut Batch) -> Parcel {
    batch.is_on_wire = true;
    let payload = match std::mem::replace(&mut batch.contents, Contents::Lent) {
        Contents::Open(mut builder) => {
            if let Some(Sequence { identity, first }) = batch.sequence {
                builder.set_producer(identity.producer_id, identity.epoch, first);
            }
            Payload::ToBuild(builder)
        }
        Contents::Built(bytes) => {
            batch.contents = Contents::Built(bytes.clone());
            Payload::Built(bytes)
        }
        Contents::Lent => Payload::Built(Bytes::new()),
    };
    Parcel {
        number: batch.number,
        payload,
        records: batch.records,
        uncompressed: batch.uncompressed,
        created: batch.created,
        is_retry: batch.attempts > 0,
    }
}
