//! Transactions: the state machine, and the task that does what it says.
//!
//! All decisions are made in `core`. What every send looks at, its number of the open transaction, is mirrored in an
//! atomic, so that the core's lock is taken once for each partition and transaction only.

mod api;
mod calls;
#[cfg(test)]
mod cluster;
mod completion;
mod core;
#[cfg(test)]
mod end_to_end;
mod error;
mod request;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ottla_wire::KafkaString;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

pub use self::error::{Cause, TransactionError};
pub use self::state::TransactionOperation;

use self::calls::Caller;
use self::completion::Completion;
pub(super) use self::core::Doom;
use self::core::{Core, Pace, Step};
use self::request::{Offsets, Reply, Request};
use super::error::ProduceError;
use super::shared::Shared;
use super::topic::{Partition, PartitionState};
use crate::client::Client;
use crate::consumer::ConsumerGroupMetadata;
use crate::error::ClientError;
use crate::topic_partition::TopicPartition;

/// How long a producer waits for the end of its transaction before to be written, before it adds partitions to the next.
const SOON: Duration = Duration::from_millis(20);

/// A producer's transactions.
#[derive(Debug)]
pub(super) struct Transactions {
    core: Mutex<Core>,
    caller: Caller,
    /// Something is to be done.
    changed: Notify,
    /// The number of the transaction that takes records; 0 if none does.
    open: AtomicU64,
    /// Whether the transaction goes by version 2.
    is_v2: AtomicBool,
    /// Whether records were appended in this transaction.
    has_records: AtomicBool,
    /// What went wrong with the last request.
    trouble: Mutex<Option<String>>,
    /// Whether batches have to fail, so that senders ask the core for the reason.
    is_doomed: AtomicBool,
}

impl Transactions {
    pub(super) fn new(transactional_id: &str, timeout: Duration, client: Client) -> Self {
        Self {
            core: Mutex::new(Core::new(transactional_id.to_owned())),
            caller: Caller {
                client,
                transactional_id: transactional_id.into(),
                timeout_ms: i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX),
            },
            changed: Notify::new(),
            open: AtomicU64::new(0),
            is_v2: AtomicBool::new(false),
            has_records: AtomicBool::new(false),
            trouble: Mutex::new(None),
            is_doomed: AtomicBool::new(false),
        }
    }

    pub(super) fn transactional_id(&self) -> &KafkaString {
        &self.caller.transactional_id
    }

    pub(super) fn is_v2(&self) -> bool {
        self.is_v2.load(Ordering::Relaxed)
    }

    /// Why batches that are not on their way have to fail.
    pub(super) fn doom(&self) -> Option<Doom> {
        if self.is_doomed.load(Ordering::Acquire) { self.core.lock().doom() } else { None }
    }

    /// Lets a partition take part in the open transaction, before a record is appended, under the partition's lock.
    pub(super) fn enlist(
        &self,
        partition: &Partition,
        state: &mut PartitionState,
    ) -> Result<(), ProduceError> {
        let open = self.open.load(Ordering::Acquire);
        if open != 0 && state.transaction == open {
            return Ok(());
        }
        let mut core = self.core.lock();
        let is_held = core.enlist(TopicPartition::new(partition.topic.clone(), partition.index))?;
        state.transaction = core.open_number();
        drop(core);
        state.batches.set_held(is_held);
        if is_held {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// A record was appended, under the partition's lock.
    pub(super) fn appended(&self) {
        if !self.has_records.load(Ordering::Relaxed) {
            self.has_records.store(true, Ordering::Relaxed);
        }
    }

    /// Tells the core of a failure, and everybody else what it makes of it.
    pub(super) fn batch_failed(&self, shared: &Shared, error: &ProduceError) {
        let mut core = self.core.lock();
        core.batch_failed(error.code(), error);
        self.publish(shared, &core);
        drop(core);
        self.changed.notify_one();
        shared.wake_all();
    }

    /// Mirrors what the core decided to where it is looked for.
    fn publish(&self, shared: &Shared, core: &Core) {
        shared.identities.set(core.identity());
        self.is_v2.store(core.is_v2(), Ordering::Relaxed);
        self.open.store(core.open_number(), Ordering::Release);
        self.is_doomed.store(core.doom().is_some(), Ordering::Release);
        if let Some(error) = core.fatal() {
            shared.fatal.lock().get_or_insert_with(|| error.clone().into());
        }
    }

    /// Lets the core decide, and everybody know.
    fn change<T>(
        &self,
        shared: &Shared,
        decide: impl FnOnce(&mut Core) -> Result<T, TransactionError>,
    ) -> Result<T, TransactionError> {
        let mut core = self.core.lock();
        let result = decide(&mut core);
        self.publish(shared, &core);
        drop(core);
        self.changed.notify_one();
        result
    }

    async fn wait(
        &self,
        shared: &Shared,
        operation: TransactionOperation,
        completion: &Completion,
    ) -> Result<(), TransactionError> {
        let after = shared.config.max_block;
        timeout(after, completion.wait()).await.unwrap_or_else(|_| {
            let last = self.trouble.lock().clone();
            Err(TransactionError::TimedOut { operation, after, last })
        })
    }

    pub(super) async fn init(&self, shared: &Shared) -> Result<(), TransactionError> {
        let completion = self.change(shared, Core::begin_init)?;
        self.wait(shared, TransactionOperation::Init, &completion).await
    }

    pub(super) fn begin(&self, shared: &Shared) -> Result<(), TransactionError> {
        self.change(shared, |core| {
            core.begin()?;
            self.has_records.store(false, Ordering::Relaxed);
            Ok(())
        })
    }

    pub(super) async fn end(&self, shared: &Shared, is_commit: bool) -> Result<(), TransactionError> {
        let observed = self.caller.observe();
        let completion = self.change(shared, |core| core.begin_end(is_commit, observed))?;
        let operation = if is_commit { TransactionOperation::Commit } else { TransactionOperation::Abort };
        self.wait(shared, operation, &completion).await
    }

    pub(super) async fn send_offsets(
        &self,
        shared: &Shared,
        offsets: Offsets,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), TransactionError> {
        if group.generation_id > 0 && group.member_id.is_empty() {
            let generation = group.generation_id;
            let error = format!("group metadata of generation {generation} without a member id cannot be");
            return Err(TransactionError::Invalid(error));
        }
        if offsets.is_empty() {
            return Ok(());
        }
        let completion = self.change(shared, |core| core.send_offsets(offsets, group.clone()))?;
        self.wait(shared, TransactionOperation::SendOffsets, &completion).await
    }

    /// Waits for the end of the transaction, if there is one; one that is still open is aborted.
    pub(super) async fn finish(&self, shared: &Shared) {
        let observed = self.caller.observe();
        if let Ok(Some(completion)) = self.change(shared, |core| core.finish(observed)) {
            let _ = completion.wait().await;
        }
    }

    /// Ends the producer; whoever waits is told.
    pub(super) fn close(&self, shared: &Shared) {
        let _ = self.change(shared, |core| {
            core.fail(TransactionError::Closed);
            Ok(())
        });
    }

    /// Does what the core says until it is aborted.
    pub(super) async fn run(&self, shared: &Arc<Shared>) {
        loop {
            match self.step(shared) {
                Step::Idle => self.changed.notified().await,
                Step::Drain => tokio::select! {
                    () = self.drain(shared) => self.core.lock().drained(),
                    () = self.changed.notified() => {}
                },
                Step::Send(request) => self.send(shared, &request).await,
            }
        }
    }

    fn step(&self, shared: &Shared) -> Step {
        let mut core = self.core.lock();
        let step = core.step(self.has_records.load(Ordering::Relaxed));
        self.publish(shared, &core);
        step
    }

    async fn send(&self, shared: &Arc<Shared>, request: &Request) {
        let outcome = self.caller.send(request).await;
        let trouble = outcome.as_ref().err().map(ClientError::to_string);
        if let Some(error) = &trouble {
            tracing::debug!(%error, ?request, "a request of the transaction failed");
        }
        *self.trouble.lock() = trouble;
        let pace = self.take(shared, request, outcome);
        if let Request::AddPartitions { partitions, .. } = request {
            self.release(shared, partitions);
        }
        shared.wake_all();
        match pace {
            Pace::Now => {}
            Pace::Soon => sleep(SOON.min(shared.config.client.retry_backoff)).await,
            Pace::Later { elsewhere } => {
                if elsewhere {
                    self.caller.forget_coordinator(request);
                }
                sleep(shared.config.client.retry_backoff).await;
            }
        }
    }

    /// Takes what came of a request; when the next step is due.
    fn take(&self, shared: &Shared, request: &Request, outcome: Result<Reply, ClientError>) -> Pace {
        let observed = self.caller.observe().filter(|_| matches!(request, Request::Init { .. }));
        let mut core = self.core.lock();
        if let Some(observed) = observed {
            core.observe(observed);
        }
        let pace = core.handle(request, outcome);
        self.publish(shared, &core);
        pace
    }

    /// Lets partitions be sent to that the coordinator knows of now.
    fn release(&self, shared: &Shared, partitions: &[TopicPartition]) {
        for wanted in partitions {
            let Some(topic) = shared.topics.read().get(wanted.topic.as_str()).map(Arc::clone) else {
                continue;
            };
            let view = topic.view.load();
            let position = usize::try_from(wanted.partition).unwrap_or(usize::MAX);
            let Some(partition) = view.partitions.get(position) else { continue };
            // The partition's lock comes before the core's wherever both are held.
            let mut state = partition.state.lock();
            if self.core.lock().is_added(wanted) {
                state.batches.set_held(false);
            }
        }
    }

    /// Lets batches fail that have to, and waits until none is left.
    async fn drain(&self, shared: &Shared) {
        if let Some(doom) = self.doom() {
            for partition in shared.partitions() {
                let mut state = partition.state.lock();
                shared.metrics.records_failed.add(state.batches.doom(&doom));
            }
        }
        shared.flush().await;
    }
}
