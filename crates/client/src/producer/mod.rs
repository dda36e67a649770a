//! Sending records.
//!
//! [`Producer::send`] copies a record into the newest batch of its partition, under that partition's lock, and
//! returns; one task for each broker takes along what is full, or has waited for long enough, builds it and sends
//! it. All decisions about the batches of a partition are made in `partition`, without connections or tasks.

mod answer;
mod batch;
mod config;
mod delivery;
mod error;
mod identity;
mod metrics;
mod partition;
mod ratio;
mod record;
mod sender;
mod shared;
#[cfg(test)]
mod tests;
mod topic;
mod transaction;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ottla_record::{Codec, NewRecord, Timestamp};
use ottla_wire::KafkaString;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

pub use config::{Acks, ProducerConfig};
pub use delivery::{Delivery, RecordMetadata};
pub use error::ProduceError;
pub use metrics::{Counter, ProducerMetrics};
pub use record::ProducerRecord;
pub use transaction::{Cause, TransactionError, TransactionOperation};

use crate::client::Client;
use crate::config::ConfigError;
use crate::error::ClientError;
use crate::metadata::{MetadataOptions, TopicMetadata};
use crate::net::{Backoff, Connector, Tcp};
use crate::partitioner::partition_of_key;
use partition::{Append, Rules};
use shared::Shared;
use topic::{Topic, View};

/// Sends records. Cheap to clone; all clones send through the same batches.
///
/// Records that are not sent when the last clone is dropped are lost: [`flush`](Self::flush) or
/// [`close`](Self::close) first.
#[derive(Debug, Clone)]
pub struct Producer {
    handle: Arc<HandleOfAll>,
}

/// Ends the tasks when the last handle is gone, and the thread, if there is one.
#[derive(Debug)]
struct HandleOfAll {
    shared: Arc<Shared>,
    /// Its other end keeps the producer's own thread running.
    thread: Option<oneshot::Sender<()>>,
}

impl Drop for HandleOfAll {
    fn drop(&mut self) {
        self.shared.abort_tasks();
        self.shared.client.close();
        drop(self.thread.take());
    }
}

/// Why a record could not be appended right away.
#[derive(Debug)]
enum Obstacle {
    /// The topic is not known, or has not the partition that was asked for.
    Topic,
    /// A batch for the record takes so many bytes.
    Memory(usize),
    Error(ProduceError),
}

impl From<TransactionError> for Obstacle {
    fn from(error: TransactionError) -> Self {
        Self::Error(error.into())
    }
}

impl From<ProduceError> for Obstacle {
    fn from(error: ProduceError) -> Self {
        Self::Error(error)
    }
}

impl Producer {
    /// A producer that connects when first used. Must be made within a tokio runtime.
    pub fn new(config: ProducerConfig) -> Self {
        Self::with_connector(config, Box::new(Tcp))
    }

    /// A producer with a thread of its own, which builds and sends batches while others do something else.
    ///
    /// # Errors
    ///
    /// The thread or its runtime could not be started.
    pub fn with_own_thread(config: ProducerConfig) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let mut producer = Self::new(config);
        drop(inside);
        let (guard, ended) = oneshot::channel::<()>();
        let name = producer.config().client.client_id.clone();
        let work = move || {
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        };
        std::thread::Builder::new().name(name).spawn(work)?;
        if let Some(handle) = Arc::get_mut(&mut producer.handle) {
            handle.thread = Some(guard);
        }
        Ok(producer)
    }

    /// A producer from Kafka's configuration keys.
    ///
    /// # Errors
    ///
    /// A value is not one that its key can have.
    pub fn from_properties<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(ProducerConfig::from_properties(entries)?))
    }

    pub(crate) fn with_connector(config: ProducerConfig, connector: Box<dyn Connector>) -> Self {
        let options = MetadataOptions { allow_auto_create: true, topic_idle: Some(config.metadata_max_idle) };
        let client = Client::with_connector(config.client.clone(), options, connector);
        let rules = Rules {
            linger: config.linger,
            delivery_timeout: config.delivery_timeout,
            batch_size: config.batch_size,
            compression: config.compression,
            retries: config.retries,
            backoff: Backoff::new(config.client.retry_backoff, config.client.retry_backoff_max),
            is_idempotent: config.enable_idempotence,
            is_transactional: config.transactional_id.is_some(),
            is_one_at_a_time: !config.enable_idempotence && config.max_in_flight == 1,
        };
        let shared = Arc::new(Shared::new(config, rules, client));
        let watcher = tokio::spawn(watch(Arc::clone(&shared)));
        shared.keep_task(watcher.abort_handle());
        if shared.transactions.is_some() {
            let runner = tokio::spawn(run_transactions(Arc::clone(&shared)));
            shared.keep_task(runner.abort_handle());
        }
        Self { handle: Arc::new(HandleOfAll { shared, thread: None }) }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// What the producer was told.
    pub fn config(&self) -> &ProducerConfig {
        &self.shared().config
    }

    /// What it stands on.
    pub fn client(&self) -> &Client {
        &self.shared().client
    }

    /// What it has counted so far.
    pub fn metrics(&self) -> &ProducerMetrics {
        &self.shared().metrics
    }

    /// Bytes of buffer memory that are free.
    pub fn buffer_available(&self) -> usize {
        self.shared().memory.available_permits()
    }

    /// What is known of a topic, once it is known.
    ///
    /// # Errors
    ///
    /// The topic was not known within `max.block.ms`.
    pub async fn topic(&self, name: &str) -> Result<Arc<TopicMetadata>, ProduceError> {
        let deadline = Instant::now() + self.config().max_block;
        let topic = self.client().metadata().topic(&name.into(), deadline).await;
        topic.map_err(|error| ProduceError::Topic { topic: name.to_owned(), error })
    }

    /// Puts a record on its way, waiting up to `max.block.ms` for metadata and memory, which hardly ever is
    /// necessary. What becomes of it is told by the [`Delivery`].
    ///
    /// # Errors
    ///
    /// The record cannot be sent, or not within `max.block.ms`.
    pub async fn send(&self, record: &ProducerRecord<'_>) -> Result<Delivery, ProduceError> {
        // Whoever only sends would never let the senders run on a runtime of one thread.
        tokio::task::coop::consume_budget().await;
        let sent = match self.append(record, &mut None) {
            Ok(delivery) => Ok(delivery),
            Err(Obstacle::Error(error)) => Err(error),
            Err(obstacle) => Box::pin(self.send_after(record, obstacle)).await,
        };
        sent.inspect_err(|error| self.note_failure(error))
    }

    /// A transaction of which a record is missing is not to be committed.
    fn note_failure(&self, error: &ProduceError) {
        if let Some(transactions) = &self.shared().transactions
            && error.ends_transaction()
        {
            transactions.batch_failed(self.shared(), error);
        }
    }

    /// Puts a record on its way if that needs no waiting; `None` where [`send`](Self::send) would wait.
    ///
    /// # Errors
    ///
    /// The record cannot be sent.
    pub fn try_send(&self, record: &ProducerRecord<'_>) -> Result<Option<Delivery>, ProduceError> {
        match self.append(record, &mut None) {
            Ok(delivery) => Ok(Some(delivery)),
            Err(Obstacle::Error(error)) => {
                self.note_failure(&error);
                Err(error)
            }
            Err(_) => Ok(None),
        }
    }

    async fn send_after(
        &self,
        record: &ProducerRecord<'_>,
        mut obstacle: Obstacle,
    ) -> Result<Delivery, ProduceError> {
        let deadline = Instant::now() + self.config().max_block;
        let mut memory = None;
        loop {
            match obstacle {
                Obstacle::Topic => self.learn(record, deadline).await?,
                Obstacle::Memory(bytes) => memory = Some(self.wait_for_memory(bytes, deadline).await?),
                Obstacle::Error(error) => return Err(error),
            }
            match self.append(record, &mut memory) {
                Ok(delivery) => return Ok(delivery),
                Err(next) => obstacle = next,
            }
        }
    }

    /// Learns about the record's topic, and its partition if it names one.
    async fn learn(&self, record: &ProducerRecord<'_>, deadline: Instant) -> Result<(), ProduceError> {
        let shared = self.shared();
        let name = KafkaString::from(record.topic);
        let failed = |error| ProduceError::Topic { topic: record.topic.to_owned(), error };
        let metadata = shared.client.metadata();
        let mut topic = metadata.topic(&name, deadline).await.map_err(failed)?;
        while let Some(partition) = record.partition
            && usize::try_from(partition).is_ok_and(|index| index >= topic.partitions.len())
        {
            let (partitions, topic_name) = (topic.partitions.len(), record.topic.to_owned());
            let missing = ProduceError::NoPartition { topic: topic_name, partition, partitions };
            metadata.refresh(deadline).await.map_err(|error| match error {
                ClientError::TimedOut { .. } => missing,
                error => failed(error),
            })?;
            topic = metadata.topic(&name, deadline).await.map_err(failed)?;
        }
        let config = &shared.config;
        let mut topics = shared.topics.write();
        let known = topics
            .entry(name)
            .or_insert_with(|| Arc::new(Topic::new(&topic, config.batch_size, config.adaptive_partitioning)));
        known.update(&topic);
        Ok(())
    }

    async fn wait_for_memory(
        &self,
        bytes: usize,
        deadline: Instant,
    ) -> Result<OwnedSemaphorePermit, ProduceError> {
        let shared = self.shared();
        shared.metrics.buffer_waits.add(1);
        shared.memory_waiters.fetch_add(1, Ordering::Relaxed);
        // With somebody waiting, what is not full is sent as well.
        shared.wake_all();
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let waited = timeout_at(deadline, Arc::clone(&shared.memory).acquire_many_owned(permits)).await;
        shared.memory_waiters.fetch_sub(1, Ordering::Relaxed);
        match waited {
            Ok(Ok(memory)) => Ok(memory),
            Ok(Err(_)) => Err(ProduceError::Closed),
            Err(_) => Err(ProduceError::BufferFull { needed: bytes, after: shared.config.max_block }),
        }
    }

    /// Appends a record to a batch of its partition, unless something is in the way. `memory` is for a new batch.
    fn append(
        &self,
        record: &ProducerRecord<'_>,
        memory: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Delivery, Obstacle> {
        let shared = self.shared();
        let size = check(shared, record)?;
        let Some(topic) = shared.topics.read().get(record.topic).map(Arc::clone) else {
            return Err(Obstacle::Topic);
        };
        let view = topic.view.load();
        let (index, is_sticky) = partition_of(shared, &topic, &view, record);
        let position = usize::try_from(index).map_err(|_| no_partition(&view, index))?;
        let partition = view.partitions.get(position).ok_or(Obstacle::Topic)?;
        let new = NewRecord {
            timestamp: record.timestamp.unwrap_or_else(now),
            key: record.key,
            value: record.value,
            headers: record.headers,
        };
        let mut state = partition.state.lock();
        if let Some(transactions) = &shared.transactions {
            transactions.enlist(partition, &mut state)?;
        }
        let mut appended = state.batches.append(&new)?;
        if matches!(appended, Append::NeedsBatch) {
            let limit = batch_limit(shared, &topic).max(size);
            let memory = match memory.take() {
                Some(memory) => memory,
                None => reserve(shared, limit)?,
            };
            let builder = shared.builder();
            state.batches.open(Instant::now(), builder, limit, Some(memory), &shared.rules);
            partition.depth.store(state.batches.waiting() as u32, Ordering::Relaxed);
            shared.client.metadata().want(&topic.name);
            appended = state.batches.append(&new)?;
        }
        let Append::Done(appended) = appended else {
            return Err(ProduceError::Build("a record does not fit a batch made for it".to_owned()).into());
        };
        if let Some(transactions) = &shared.transactions {
            transactions.appended();
        }
        let was_listed = state.is_listed;
        shared.list(partition, &mut state);
        drop(state);
        if was_listed && (appended.is_full || appended.was_empty) {
            shared.wake(partition.leader());
        }
        if is_sticky {
            topic.sticky.appended(index, appended.bytes, appended.is_full, || view.loads());
        }
        Ok(appended.delivery)
    }

    /// Sends all that was put on its way so far and waits until each of it is acknowledged, or failed.
    pub async fn flush(&self) {
        self.shared().flush().await;
    }

    /// Takes no further records, aborts the transaction that is open, waits up to `limit` until all are
    /// acknowledged, and fails those that are not.
    pub async fn close(&self, limit: Duration) {
        let shared = self.shared();
        shared.is_closed.store(true, Ordering::Relaxed);
        let _ = timeout(limit, async {
            self.flush().await;
            if let Some(transactions) = &shared.transactions {
                transactions.finish(shared).await;
            }
        })
        .await;
        shared.memory.close();
        if let Some(transactions) = &shared.transactions {
            transactions.close(shared);
        }
        shared.abort_tasks();
        for partition in shared.partitions() {
            let failed = partition.state.lock().batches.abort(&ProduceError::Closed);
            shared.metrics.records_failed.add(failed);
        }
        shared.client.close();
    }
}

/// Does what the producer's transactions need.
async fn run_transactions(shared: Arc<Shared>) {
    if let Some(transactions) = &shared.transactions {
        transactions.run(&shared).await;
    }
}

/// Checks what does not depend on topic and time, and says how many bytes a batch takes with the record alone.
fn check(shared: &Shared, record: &ProducerRecord<'_>) -> Result<usize, ProduceError> {
    if shared.is_closed.load(Ordering::Relaxed) {
        return Err(ProduceError::Closed);
    }
    if let Some(timestamp) = record.timestamp.filter(|timestamp| !timestamp.is_some()) {
        return Err(ProduceError::NegativeTimestamp(timestamp.0));
    }
    let size = record.size_at_most();
    let limits = [
        ("max.request.size", shared.config.max_request_size),
        ("buffer.memory", shared.config.buffer_memory),
    ];
    match limits.into_iter().find(|(_, limit)| size > *limit) {
        Some((key, limit)) => Err(ProduceError::RecordTooLarge { size, key, limit }),
        None => Ok(size),
    }
}

/// The record's partition, and whether it is one to stay with for now.
fn partition_of(shared: &Shared, topic: &Topic, view: &View, record: &ProducerRecord<'_>) -> (i32, bool) {
    if let Some(partition) = record.partition {
        return (partition, false);
    }
    if let Some(partitioner) = &shared.config.partitioner {
        return (partitioner.partition(&view.metadata, record.key, record.value), false);
    }
    match record.key.filter(|_| !shared.config.ignore_keys) {
        Some(key) if !view.partitions.is_empty() => (partition_of_key(key, view.partitions.len()), false),
        _ => (topic.sticky.current(|| view.loads()), true),
    }
}

fn no_partition(view: &View, partition: i32) -> ProduceError {
    let partitions = view.partitions.len();
    ProduceError::NoPartition { topic: view.metadata.name.to_string(), partition, partitions }
}

/// Bytes of a batch before compression: as many as make a full one after it, by what is known of the topic.
fn batch_limit(shared: &Shared, topic: &Topic) -> usize {
    let config = &shared.config;
    match config.compression.codec() {
        Codec::None => config.batch_size,
        _ => topic.ratio.before_compression(config.batch_size).min(config.max_request_size),
    }
}

fn reserve(shared: &Shared, bytes: usize) -> Result<OwnedSemaphorePermit, Obstacle> {
    let bytes = bytes.min(shared.config.buffer_memory);
    let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
    // Whoever waits already comes first.
    if shared.memory_waiters.load(Ordering::Relaxed) > 0 {
        return Err(Obstacle::Memory(bytes));
    }
    Arc::clone(&shared.memory).try_acquire_many_owned(permits).map_err(|_| Obstacle::Memory(bytes))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Follows the metadata: leaders that change, partitions that come.
async fn watch(shared: Arc<Shared>) {
    let mut version = 0;
    loop {
        let cluster = shared.client.metadata().changed(version).await;
        version = cluster.version;
        shared.update(&cluster);
    }
}
