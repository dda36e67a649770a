//! Sending to one broker: which batches go together, when, and what their answers mean.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use ottla_record::{Codec, Compressor};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::answer::{self, Sent};
use super::error::ProduceError;
use super::partition::{Parcel, Payload, Readiness, Settled, Verdict};
use super::shared::{Desk, Shared};
use super::topic::Partition;
use super::transaction::Transactions;
use crate::error::ClientError;
use crate::net::{Connection, Purpose};

/// What is needed to wait for an answer, and who sent what.
pub(super) type Answered = (Vec<Sent>, Result<answer::Answer, ClientError>);

/// The task that sends to one broker.
pub(super) struct Sender {
    shared: Arc<Shared>,
    desk: Arc<Desk>,
    /// Partitions that have something to send or to wait for.
    partitions: Vec<Arc<Partition>>,
    compressor: Compressor,
    answers: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// The partition to begin the next request with, so that none starves.
    turn: usize,
}

/// What a look at all partitions found.
#[derive(Debug, Default)]
struct Survey {
    /// Whether some batch may be sent now.
    is_ready: bool,
    /// When to look again.
    due: Option<Instant>,
}

impl Survey {
    fn at(&mut self, due: Instant) {
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>, desk: Arc<Desk>) -> Self {
        Self {
            shared,
            desk,
            partitions: Vec::new(),
            compressor: Compressor::new(),
            answers: FuturesUnordered::new(),
            turn: 0,
        }
    }

    /// Runs until it is aborted.
    pub(super) async fn run(mut self) {
        let mut due = None;
        loop {
            tokio::select! {
                () = self.desk.wake.notified() => {}
                Some(answered) = self.answers.next(), if !self.answers.is_empty() => self.take_answer(answered),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            due = self.work().await;
        }
    }

    /// Sends as much as may be sent, and says when to look again.
    async fn work(&mut self) -> Option<Instant> {
        loop {
            let now = Instant::now();
            let survey = self.survey(now);
            if self.desk.broker < 0 && !self.partitions.is_empty() {
                // Whether a leader was found is asked at the pace of retries.
                self.shared.client.metadata().request_update();
                let again = now + self.shared.config.client.retry_backoff_max;
                return Some(survey.due.map_or(again, |due| due.min(again)));
            }
            let may_send = self.desk.broker >= 0 && self.answers.len() < self.shared.config.max_in_flight;
            if !survey.is_ready || !may_send {
                return survey.due;
            }
            if self.shared.rules.is_idempotent && self.shared.identities.current().is_none() {
                if self.shared.rules.is_transactional {
                    return survey.due;
                }
                self.obtain_identity(survey.due).await;
                continue;
            }
            let Some(connection) = self.connection(survey.due).await else {
                // Whoever cannot be reached is not asked again before the pool's wait is over.
                return Some(Instant::now());
            };
            let parcels = self.collect(Instant::now());
            if parcels.is_empty() {
                return self.survey(Instant::now()).due;
            }
            self.send(connection, parcels).await;
        }
    }

    /// Looks at every partition: drops what is done with or belongs elsewhere, fails what has expired, and begins
    /// new epochs.
    fn survey(&mut self, now: Instant) -> Survey {
        self.partitions.append(&mut self.desk.incoming.lock());
        let mut survey = Survey::default();
        let shared = Arc::clone(&self.shared);
        let fatal = shared.fatal.lock().clone();
        let doom = shared.transactions.as_ref().and_then(Transactions::doom);
        let mut failure = None;
        let (urgent, rules) = (shared.is_urgent(), &shared.rules);
        let broker = self.desk.broker;
        self.partitions.retain(|partition| {
            let mut state = partition.state.lock();
            let expired = state.batches.expire(now, rules);
            let aborted = fatal.as_ref().map_or(0, |error| state.batches.abort(error));
            let doomed = doom.as_ref().map_or(0, |doom| state.batches.doom(doom));
            shared.metrics.records_failed.add(expired + aborted + doomed);
            failure = failure.take().or_else(|| state.batches.take_failure());
            if let Some(stale) = state.batches.stale_identity() {
                shared.identities.retire(stale);
                if let Some(identity) = shared.identities.current() {
                    state.batches.reset(identity);
                }
            }
            partition.depth.store(state.batches.waiting() as u32, Ordering::Relaxed);
            if state.batches.is_empty() {
                state.is_listed = false;
                return false;
            }
            if partition.leader() != broker {
                state.is_listed = false;
                shared.list(partition, &mut state);
                return false;
            }
            if let Some(expiry) = state.batches.expiry(rules) {
                survey.at(expiry);
            }
            // Without an identity yet, whatever waits is a reason to ask for one.
            let identity = shared.identities.current();
            match state.batches.readiness(now, urgent, identity, rules) {
                Readiness::Now => survey.is_ready = true,
                Readiness::At(due) => survey.at(due),
                Readiness::Never => {
                    survey.is_ready |= rules.is_idempotent && !rules.is_transactional && identity.is_none();
                }
            }
            true
        });
        self.tell(failure);
        survey
    }

    /// Tells the transaction that a batch of it failed.
    fn tell(&self, failure: Option<ProduceError>) {
        if let (Some(transactions), Some(error)) = (&self.shared.transactions, failure) {
            transactions.batch_failed(&self.shared, &error);
        }
    }

    /// Asks for an identity, until `due` at the latest.
    async fn obtain_identity(&mut self, due: Option<Instant>) {
        let shared = &self.shared;
        let now = Instant::now();
        let limit = now + shared.config.client.request_timeout;
        // Only an expiry is worth breaking off for.
        let deadline =
            due.filter(|due| *due > now + shared.config.linger).map_or(limit, |due| due.min(limit));
        match shared.identities.obtain(&shared.client, deadline).await {
            Ok(()) => shared.wake_all(),
            // The call has tried again and again; so does whoever called.
            Err(error) if error.is_retriable() => tracing::debug!(%error, "no producer id yet"),
            Err(error) => {
                tracing::error!(%error, "the cluster gives the producer no id");
                *shared.fatal.lock() = Some(ProduceError::NoProducerId(error));
                shared.wake_all();
            }
        }
    }

    /// A connection to the broker; given up when something else is due.
    async fn connection(&mut self, due: Option<Instant>) -> Option<Connection> {
        let (client, broker) = (&self.shared.client, self.desk.broker);
        if let Some(connection) = client.open_connection(broker, Purpose::General) {
            return Some(connection);
        }
        let now = Instant::now();
        let limit = now + self.shared.config.client.connection_setup_timeout_max;
        // What lingers meanwhile can go on lingering; only an expiry is worth breaking off for.
        let deadline =
            due.filter(|due| *due > now + self.shared.config.linger).map_or(limit, |due| due.min(limit));
        let connecting = client.broker_connection(broker, Purpose::General, deadline);
        match timeout_at(deadline, connecting).await {
            Ok(Ok(connection)) => Some(connection),
            Ok(Err(error)) => {
                tracing::debug!(broker, %error, "cannot reach the broker");
                client.metadata().request_update();
                let backoff = self.shared.config.client.reconnect_backoff;
                tokio::time::sleep(backoff).await;
                None
            }
            Err(_) => None,
        }
    }

    /// One batch of each partition, as many as one request takes.
    fn collect(&mut self, now: Instant) -> Vec<(Arc<Partition>, Parcel)> {
        let shared = &self.shared;
        let identity = shared.identities.current();
        let mut room = shared.config.max_request_size;
        let mut parcels = Vec::new();
        let count = self.partitions.len();
        for step in 0..count {
            let position = (self.turn + step) % count;
            let partition = &self.partitions[position];
            let mut state = partition.state.lock();
            let most = if parcels.is_empty() { usize::MAX } else { room };
            let Some(parcel) = state.batches.take(now, most, identity, &shared.rules) else { continue };
            partition.depth.store(state.batches.waiting() as u32, Ordering::Relaxed);
            drop(state);
            room = room.saturating_sub(parcel.uncompressed);
            parcels.push((Arc::clone(partition), parcel));
        }
        self.turn = self.turn.wrapping_add(1);
        parcels
    }

    async fn send(&mut self, connection: Connection, parcels: Vec<(Arc<Partition>, Parcel)>) {
        let mut sent = Vec::with_capacity(parcels.len());
        for (partition, parcel) in parcels {
            match self.build(&partition, parcel.payload, parcel.uncompressed, parcel.number) {
                Ok(bytes) => {
                    self.count(&bytes, parcel.records, parcel.uncompressed, parcel.is_retry);
                    if !parcel.is_retry {
                        let queued = parcel.created.elapsed().as_micros() as usize;
                        self.shared.metrics.queue_time_micros.add(queued);
                    }
                    sent.push(Sent { partition, number: parcel.number, records: parcel.records, bytes });
                }
                Err(error) => {
                    let verdict = Verdict::Lost(ClientError::Invalid(error));
                    self.settle(&partition, parcel.number, parcel.records, verdict);
                }
            }
        }
        if sent.is_empty() {
            return;
        }
        self.shared.metrics.requests_sent.add(1);
        let answer = answer::send(&self.shared, &connection, &mut sent).await;
        match answer {
            Ok(pending) => self.answers.push(Box::pin(async move { (sent, pending.await) })),
            Err(error) => self.take_answer((sent, Err(error))),
        }
    }

    fn build(
        &mut self,
        partition: &Partition,
        payload: Payload,
        uncompressed: usize,
        number: u64,
    ) -> Result<Bytes, String> {
        let builder = match payload {
            Payload::Built(bytes) => return Ok(bytes),
            Payload::ToBuild(builder) => builder,
        };
        let bytes: Bytes = builder.build(&mut self.compressor).map_err(|error| error.to_string())?.into();
        self.shared.give_back(builder);
        if self.shared.config.compression.codec() != Codec::None
            && let Some(topic) = self.shared.topics.read().get(partition.topic.as_str())
        {
            topic.ratio.observe(uncompressed, bytes.len());
        }
        partition.state.lock().batches.keep(number, bytes.clone());
        Ok(bytes)
    }

    fn count(&self, bytes: &Bytes, records: i32, uncompressed: usize, is_retry: bool) {
        let metrics = &self.shared.metrics;
        metrics.batches_sent.add(1);
        metrics.records_sent.add(records as usize);
        metrics.bytes_sent.add(bytes.len());
        metrics.bytes_uncompressed.add(uncompressed);
        if is_retry {
            metrics.records_retried.add(records as usize);
        }
    }

    fn take_answer(&self, (sent, answer): Answered) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(broker = self.desk.broker, %error, "a produce request got no answer");
                self.shared.client.metadata().request_update();
                for sent in sent {
                    let verdict = Verdict::Lost(error.clone());
                    self.settle(&sent.partition, sent.number, sent.records, verdict);
                }
                return;
            }
        };
        self.shared.metrics.requests_answered.add(1);
        self.shared.metrics.request_latency_micros.add(answer.latency.as_micros() as usize);
        self.shared.metrics.throttle_millis.add(answer.throttle_ms);
        let moved = answer::heed(&self.shared, &answer);
        let mut verdicts: HashMap<(&str, i32), Verdict> = answer.verdicts(&sent);
        for sent in &sent {
            let partition = &sent.partition;
            let verdict = verdicts.remove(&(partition.topic.as_str(), partition.index));
            let verdict = verdict.unwrap_or_else(|| Verdict::Lost(answer::no_verdict()));
            self.settle(partition, sent.number, sent.records, verdict);
            if moved {
                partition.state.lock().batches.hurry(Instant::now());
            }
        }
    }

    fn settle(&self, partition: &Arc<Partition>, number: u64, records: i32, verdict: Verdict) {
        let mut state = partition.state.lock();
        let settled = state.batches.settle(number, verdict, Instant::now(), &self.shared.rules);
        match settled {
            Settled::Failed => self.shared.metrics.records_failed.add(records as usize),
            Settled::Split => {
                self.shared.metrics.batches_split.add(1);
                if let Some(topic) = self.shared.topics.read().get(partition.topic.as_str()) {
                    topic.ratio.reset();
                }
            }
            Settled::Acknowledged | Settled::Retried | Settled::Gone => {}
        }
        let failure = state.batches.take_failure();
        drop(state);
        self.tell(failure);
        // A partition that moved on while this batch was away is looked after by another sender.
        if partition.leader() != self.desk.broker {
            self.shared.wake(partition.leader());
        }
    }
}
