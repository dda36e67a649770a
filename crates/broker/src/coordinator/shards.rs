//! The coordinators of one internal topic.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI16, AtomicI32, Ordering};
use std::time::Duration;

use ottla_controller::features::TRANSACTION_VERSION;
use ottla_controller::image::{MetadataDelta, MetadataImage};
use ottla_coordinator::{Now, Token, partition_for};
use ottla_group::DeletedTopic;
use ottla_io::Clock;
use ottla_log::producer_state::VerificationGuard;
use ottla_record::LeaderEpoch;
use ottla_wire::{ErrorCode, KafkaString};
use parking_lot::RwLock;

use super::core::{Core, Errands};
use super::shard::{Shard, ShardHandle, ShardOptions};
use super::threads::Threads;
use crate::broker::Broker;
use crate::metadata::auto_create::create_missing_topics;
use crate::partitions::{Partition, Partitions};

/// What the coordinators of a topic need.
pub(crate) struct CoordinatorOptions<C: Core> {
    /// The topic.
    pub(crate) topic: &'static str,
    /// How many partitions it gets when it is created.
    pub(crate) partition_count: i32,
    /// How many threads they run on.
    pub(crate) threads: usize,
    /// The partitions of which this node has a replica.
    pub(crate) partitions: Arc<Partitions>,
    /// The time they go by.
    pub(crate) clock: Arc<dyn Clock>,
    /// A core that has loaded nothing yet, for an epoch of its partition and a level of `transaction.version`.
    pub(crate) new_core: Box<dyn Fn(LeaderEpoch, i16) -> C + Send + Sync>,
    /// Does what they ask the rest of the node for.
    pub(crate) errands: Arc<dyn Errands<C>>,
    /// Codec of what they write, by its number.
    pub(crate) compression_codec: i32,
    /// Time after which a write that is not replicated has failed.
    pub(crate) commit_timeout: Duration,
    /// Bytes to read at once while loading.
    pub(crate) load_bytes: u32,
}

/// The coordinators of one internal topic: one for each partition that this node leads.
pub(crate) struct Coordinators<C: Core> {
    options: CoordinatorOptions<C>,
    shards: RwLock<BTreeMap<i32, ShardHandle<C>>>,
    /// Partitions of the topic, or how many it will have.
    partition_count: AtomicI32,
    /// Level of the feature `transaction.version`.
    transaction_version: AtomicI16,
    threads: Threads,
    /// Held by the one who creates the topic.
    creating: tokio::sync::Mutex<()>,
}

impl<C: Core> fmt::Debug for Coordinators<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coordinators")
            .field("topic", &self.options.topic)
            .field("shards", &self.shards.read().len())
            .finish_non_exhaustive()
    }
}

impl<C: Core> Coordinators<C> {
    /// Starts the threads of coordinators; there are none before the metadata says so.
    ///
    /// # Errors
    ///
    /// The operating system gives no thread.
    pub(crate) fn start(options: CoordinatorOptions<C>) -> io::Result<Self> {
        let threads = Threads::start(options.threads, C::WHAT)?;
        let partition_count = AtomicI32::new(options.partition_count);
        Ok(Self {
            options,
            shards: RwLock::default(),
            partition_count,
            transaction_version: AtomicI16::new(0),
            threads,
            creating: Default::default(),
        })
    }

    /// The partition of the topic that holds what goes by this id.
    pub(crate) fn partition_of(&self, id: &str) -> i32 {
        partition_for(id, self.partition_count.load(Ordering::Acquire))
    }

    /// The partition of the topic itself, if this node has a replica.
    pub(crate) fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        self.options.partitions.partition(self.options.topic, index).ok()
    }

    /// The partition that holds what goes by this id, after the first to ask has had the topic created.
    pub(crate) async fn created_partition_of(&self, broker: &Arc<Broker>, id: &str) -> i32 {
        let is_missing = broker.metadata.peek().topics().topic_by_name(self.options.topic).is_none();
        if is_missing {
            // Many may ask at once; one is heard, the others then find it there.
            let _turn = self.creating.lock().await;
            create_missing_topics(broker, &[KafkaString::from_static(self.options.topic)]).await;
        }
        let partition = self.partition_of(id);
        if is_missing {
            // There is nothing in it to load, so the first client need not be sent away once more.
            self.loaded(partition).await;
        }
        partition
    }

    /// Lets the coordinator of an id decide, and waits for its answer.
    ///
    /// # Errors
    ///
    /// `NOT_COORDINATOR` if it is not here, `COORDINATOR_LOAD_IN_PROGRESS` while it loads.
    pub(crate) async fn call(
        &self,
        id: &str,
        act: impl FnOnce(&mut C, Now, Token) -> C::Outcome + Send + 'static,
    ) -> Result<C::Response, ErrorCode> {
        self.call_partition(self.partition_of(id), act).await
    }

    /// Lets the coordinator of a partition decide, and waits for its answer.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub(crate) async fn call_partition(
        &self,
        partition: i32,
        act: impl FnOnce(&mut C, Now, Token) -> C::Outcome + Send + 'static,
    ) -> Result<C::Response, ErrorCode> {
        self.call_verified(partition, None, act).await
    }

    /// Lets the coordinator of a partition write in a transaction, for which the guard is shown to the partition.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub(crate) async fn call_verified(
        &self,
        partition: i32,
        guard: Option<VerificationGuard>,
        act: impl FnOnce(&mut C, Now, Token) -> C::Outcome + Send + 'static,
    ) -> Result<C::Response, ErrorCode> {
        let shard = self.shards.read().get(&partition).cloned();
        shard.ok_or(ErrorCode::NotCoordinator)?.call(Box::new(act), guard).await
    }

    /// Waits until a partition is loaded, if it is coordinated here.
    pub(crate) async fn loaded(&self, partition: i32) {
        let shard = self.shards.read().get(&partition).cloned();
        if let Some(shard) = shard {
            shard.loaded().await;
        }
    }

    /// The partitions that are coordinated here.
    pub(crate) fn coordinated(&self) -> Vec<i32> {
        self.shards.read().keys().copied().collect()
    }

    /// Follows a change of the metadata, which [`Partitions::apply`] has followed before: takes over partitions, gives them
    /// up, and lets cores forget topics that are gone.
    pub(crate) fn apply(&self, delta: &MetadataDelta) {
        self.count_partitions(&delta.image);
        let level = delta.image.features().level(TRANSACTION_VERSION);
        if self.transaction_version.swap(level, Ordering::AcqRel) != level {
            self.shards.read().values().for_each(|shard| shard.set_transaction_version(level));
        }
        let changes = delta.local_changes(self.options.partitions.node_id());
        let is_ours = |topic: &str| topic == self.options.topic;
        for lost in changes.deleted.iter().chain(&changes.followers) {
            if is_ours(&lost.topic) {
                self.resign(lost.partition);
            }
        }
        for led in changes.leaders.iter().filter(|led| is_ours(&led.topic)) {
            self.elect(led.partition, led.registration.leader_epoch);
        }
        let deleted: Vec<DeletedTopic> = delta
            .deleted_topics()
            .map(|topic| DeletedTopic { name: topic.name.clone(), id: topic.id })
            .collect();
        if !deleted.is_empty() {
            self.shards.read().values().for_each(|shard| shard.forget_topics(&deleted));
        }
    }

    fn count_partitions(&self, image: &MetadataImage) {
        if let Some(topic) = image.topics().topic_by_name(self.options.topic) {
            let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            self.partition_count.store(count, Ordering::Release);
        }
    }

    /// Takes over a partition in an epoch.
    fn elect(&self, partition: i32, leader_epoch: LeaderEpoch) {
        let mut shards = self.shards.write();
        if shards.get(&partition).is_some_and(|shard| shard.leader_epoch() >= leader_epoch) {
            return;
        }
        if let Some(former) = shards.remove(&partition) {
            former.resign();
        }
        let found = match self.options.partitions.partition(self.options.topic, partition) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(partition, %error, "cannot coordinate {}", C::WHAT);
                return;
            }
        };
        let (shard, handle) = Shard::new(ShardOptions {
            core: (self.options.new_core)(leader_epoch, self.transaction_version.load(Ordering::Acquire)),
            errands: Arc::clone(&self.options.errands),
            clock: Arc::clone(&self.options.clock),
            partition: found,
            leader_epoch,
            compression_codec: self.options.compression_codec,
            commit_timeout: self.options.commit_timeout,
            load_bytes: self.options.load_bytes,
        });
        self.threads.spawn(partition, shard.run());
        shards.insert(partition, handle);
    }

    /// Gives up a partition.
    pub(crate) fn resign(&self, partition: i32) {
        if let Some(shard) = self.shards.write().remove(&partition) {
            tracing::info!(partition, "{} are coordinated elsewhere", C::WHAT);
            shard.resign();
        }
    }

    /// Gives up all partitions, answers who waits, and ends the threads.
    pub(crate) fn close(&self) {
        let shards = std::mem::take(&mut *self.shards.write());
        shards.values().for_each(ShardHandle::resign);
        self.threads.join();
    }
}
