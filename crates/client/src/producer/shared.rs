//! What the handles of a producer and its tasks share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ottla_record::{BatchBuilder, BatchSettings};
use ottla_wire::KafkaString;
use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;

use super::config::ProducerConfig;
use super::error::ProduceError;
use super::identity::Identities;
use super::metrics::ProducerMetrics;
use super::partition::Rules;
use super::sender::Sender;
use super::topic::{Partition, PartitionState, Topic};
use super::transaction::Transactions;
use crate::client::Client;
use crate::metadata::Cluster;

/// Builders whose memory is kept for the next batches at most.
const SPARE_BUILDERS: usize = 64;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: ProducerConfig,
    pub(super) rules: Rules,
    pub(super) client: Client,
    pub(super) topics: RwLock<HashMap<KafkaString, Arc<Topic>>>,
    /// Bytes of buffer memory that are free.
    pub(super) memory: Arc<Semaphore>,
    /// Sends that wait for memory.
    pub(super) memory_waiters: AtomicUsize,
    /// Flushes under way.
    pub(super) flushes: AtomicUsize,
    pub(super) is_closed: AtomicBool,
    pub(super) identities: Identities,
    /// With a transactional id only.
    pub(super) transactions: Option<Transactions>,
    /// Why nothing can be sent any more.
    pub(super) fatal: Mutex<Option<ProduceError>>,
    pub(super) metrics: ProducerMetrics,
    desks: Mutex<HashMap<i32, Arc<Desk>>>,
    spare: Mutex<Vec<BatchBuilder>>,
    tasks: Mutex<Vec<AbortHandle>>,
    runtime: Handle,
}

/// Where a broker's sender finds what it has to look after. The desk of broker -1 is that of partitions without a
/// leader.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) broker: i32,
    /// Partitions that came since the sender looked last.
    pub(super) incoming: Mutex<Vec<Arc<Partition>>>,
    pub(super) wake: Notify,
}

impl Shared {
    pub(super) fn new(config: ProducerConfig, rules: Rules, client: Client) -> Self {
        let memory = config.buffer_memory.min(Semaphore::MAX_PERMITS);
        let transactions = config
            .transactional_id
            .as_ref()
            .map(|id| Transactions::new(id, config.transaction_timeout, client.clone()));
        Self {
            transactions,
            rules,
            client,
            topics: RwLock::default(),
            memory: Arc::new(Semaphore::new(memory)),
            memory_waiters: AtomicUsize::new(0),
            flushes: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            identities: Identities::default(),
            fatal: Mutex::new(None),
            metrics: ProducerMetrics::default(),
            desks: Mutex::default(),
            spare: Mutex::default(),
            tasks: Mutex::default(),
            runtime: Handle::current(),
            config,
        }
    }

    /// Whether batches are to be sent although they are not full: somebody waits.
    pub(super) fn is_urgent(&self) -> bool {
        self.flushes.load(Ordering::Relaxed) > 0
            || self.memory_waiters.load(Ordering::Relaxed) > 0
            || self.is_closed.load(Ordering::Relaxed)
    }

    /// Sends all that was put on its way so far and waits until each of it is acknowledged, or failed.
    pub(super) async fn flush(&self) {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        let _flushing = Flushing(self);
        let partitions = self.partitions();
        let results: Vec<_> =
            partitions.iter().flat_map(|p| p.state.lock().batches.results().collect::<Vec<_>>()).collect();
        self.wake_all();
        for result in results.iter().filter(|result| !result.is_done()) {
            result.wait().await;
        }
    }

    pub(super) fn keep_task(&self, task: AbortHandle) {
        self.tasks.lock().push(task);
    }

    pub(super) fn abort_tasks(&self) {
        self.tasks.lock().drain(..).for_each(|task| task.abort());
    }

    /// The desk of a broker, with its sender behind it.
    pub(super) fn desk(self: &Arc<Self>, broker: i32) -> Arc<Desk> {
        let mut desks = self.desks.lock();
        let desk = desks.entry(broker).or_insert_with(|| {
            let desk = Desk { broker, incoming: Mutex::default(), wake: Notify::new() };
            let desk = Arc::new(desk);
            let sender = Sender::new(Arc::clone(self), Arc::clone(&desk));
            let task = self.runtime.spawn(sender.run());
            self.tasks.lock().push(task.abort_handle());
            desk
        });
        Arc::clone(desk)
    }

    /// Lets the leader's sender look after a partition, if none does.
    pub(super) fn list(self: &Arc<Self>, partition: &Arc<Partition>, state: &mut PartitionState) {
        if !std::mem::replace(&mut state.is_listed, true) {
            let desk = self.desk(partition.leader());
            desk.incoming.lock().push(Arc::clone(partition));
            desk.wake.notify_one();
        }
    }

    pub(super) fn wake(&self, broker: i32) {
        if let Some(desk) = self.desks.lock().get(&broker) {
            desk.wake.notify_one();
        }
    }

    pub(super) fn wake_all(&self) {
        self.desks.lock().values().for_each(|desk| desk.wake.notify_one());
    }

    /// A builder with memory of an earlier batch, if there is one.
    pub(super) fn builder(&self) -> BatchBuilder {
        let spare = self.spare.lock().pop();
        spare.unwrap_or_else(|| BatchBuilder::new(BatchSettings::default()))
    }

    pub(super) fn give_back(&self, builder: BatchBuilder) {
        let mut spare = self.spare.lock();
        if spare.len() < SPARE_BUILDERS {
            spare.push(builder);
        }
    }

    /// All partitions that are known.
    pub(super) fn partitions(&self) -> Vec<Arc<Partition>> {
        let topics = self.topics.read();
        topics.values().flat_map(|topic| topic.view.load().partitions.clone()).collect()
    }

    /// Takes what is new about the cluster. Senders hand partitions that moved on by themselves; they only have
    /// to be woken.
    pub(super) fn update(&self, cluster: &Cluster) {
        let topics: Vec<Arc<Topic>> = self.topics.read().values().cloned().collect();
        let mut any_moved = false;
        for topic in topics {
            match cluster.topic(&topic.name) {
                Some(metadata) if !metadata.partitions.is_empty() => {
                    any_moved |= !topic.update(metadata).is_empty();
                }
                Some(_) => {}
                None => self.forget(&topic),
            }
        }
        if any_moved {
            self.wake_all();
        }
    }

    /// Drops a topic that is no longer asked for, unless something of it is still on its way.
    fn forget(&self, topic: &Topic) {
        let view = topic.view.load();
        if view.partitions.iter().all(|partition| partition.state.lock().batches.is_empty()) {
            self.topics.write().remove(topic.name.as_str());
        }
    }
}

/// A flush under way.
struct Flushing<'a>(&'a Shared);

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.0.flushes.fetch_sub(1, Ordering::Relaxed);
    }
}
