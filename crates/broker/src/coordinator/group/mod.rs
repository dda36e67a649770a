//! The group coordinators of this node: one for each partition of `__consumer_offsets` that it leads.
//!
//! A coordinator is a task that owns an [`ottla_group::GroupCoordinator`] and an inbox. It [loads](loader) the partition,
//! lets the core decide one request after another, [appends](append) what it decides, and answers when that is
//! replicated. Tasks run on threads of their own, so that a partition that loads, or a disk that is slow, holds up no
//! connection.

mod append;
mod loader;
mod shard;
#[cfg(test)]
mod tests;
mod threads;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use ottla_config::ServerConfig;
use ottla_controller::image::{MetadataDelta, MetadataImage};
use ottla_group::{
    DeletedTopic, GroupCoordinator, MemberIdSeed, Now, Outcome, Response, Token, partition_for,
};
use ottla_io::Clock;
use ottla_record::LeaderEpoch;
use ottla_wire::ErrorCode;
use parking_lot::RwLock;

use self::shard::{Shard, ShardHandle, ShardOptions};
use self::threads::Threads;
use super::CONSUMER_OFFSETS;
use crate::metadata::thread::{MetadataPublisher, RandomSource};
use crate::partitions::Partitions;

/// What the group coordinators of a node need.
pub(crate) struct GroupCoordinatorOptions {
    /// The configuration the node was started with; no key of groups can be changed later.
    pub(crate) config: Arc<ServerConfig>,
    /// The partitions of which this node has a replica.
    pub(crate) partitions: Arc<Partitions>,
    /// The time it goes by.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where ids of members come from.
    pub(crate) random: RandomSource,
}

/// The group coordinators of this node.
pub(crate) struct GroupCoordinators {
    options: GroupCoordinatorOptions,
    shards: RwLock<BTreeMap<i32, ShardHandle>>,
    /// Partitions of `__consumer_offsets`, or how many it will have.
    partition_count: AtomicI32,
    threads: Threads,
    /// Held by the one who creates the topic of groups.
    creating: tokio::sync::Mutex<()>,
}

impl fmt::Debug for GroupCoordinators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCoordinators").field("shards", &self.shards.read().len()).finish_non_exhaustive()
    }
}

impl GroupCoordinators {
    /// Starts the threads of coordinators; there are none before the metadata says so.
    ///
    /// # Errors
    ///
    /// The operating system gives no thread.
    pub(crate) fn start(options: GroupCoordinatorOptions) -> io::Result<Arc<Self>> {
        let threads = usize::try_from(options.config.keys.group_coordinator.group_coordinator_threads);
        let threads = Threads::start(threads.unwrap_or(1))?;
        let partition_count =
            AtomicI32::new(options.config.keys.group_coordinator.offsets_topic_num_partitions);
        Ok(Arc::new(Self {
            options,
            shards: RwLock::default(),
            partition_count,
            threads,
            creating: Default::default(),
        }))
    }

    /// The partition of `__consumer_offsets` that holds a group.
    pub(crate) fn partition_of(&self, group: &str) -> i32 {
        partition_for(group, self.partition_count.load(Ordering::Acquire))
    }

    /// Waits for the turn to create the topic of groups.
    pub(crate) async fn creating(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.creating.lock().await
    }

    /// A seed for the id of a member.
    pub(crate) fn member_id_seed(&self) -> MemberIdSeed {
        MemberIdSeed((self.options.random)())
    }

    /// Lets the coordinator of a group decide, and waits for its answer.
    ///
    /// # Errors
    ///
    /// `NOT_COORDINATOR` if it is not here, `COORDINATOR_LOAD_IN_PROGRESS` while it loads.
    pub(crate) async fn call(
        &self,
        group: &str,
        act: impl FnOnce(&mut GroupCoordinator, Now, Token) -> Outcome + Send + 'static,
    ) -> Result<Response, ErrorCode> {
        self.call_partition(self.partition_of(group), act).await
    }

    /// Lets the coordinator of a partition of `__consumer_offsets` decide, and waits for its answer.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub(crate) async fn call_partition(
        &self,
        partition: i32,
        act: impl FnOnce(&mut GroupCoordinator, Now, Token) -> Outcome + Send + 'static,
    ) -> Result<Response, ErrorCode> {
        let shard = self.shards.read().get(&partition).cloned();
        shard.ok_or(ErrorCode::NotCoordinator)?.call(Box::new(act)).await
    }

    /// Waits until a partition of `__consumer_offsets` is loaded, if it is coordinated here.
    pub(crate) async fn loaded(&self, partition: i32) {
        let shard = self.shards.read().get(&partition).cloned();
        if let Some(shard) = shard {
            shard.loaded().await;
        }
    }

    /// The partitions of `__consumer_offsets` that are coordinated here.
    pub(crate) fn coordinated(&self) -> Vec<i32> {
        self.shards.read().keys().copied().collect()
    }

    /// Follows a change of the metadata, which [`Partitions::apply`] has followed before: takes over partitions, gives them
    /// up, and forgets the offsets of topics that are gone.
    pub(crate) fn apply(&self, delta: &MetadataDelta) {
        self.count_partitions(&delta.image);
        let changes = delta.local_changes(self.options.partitions.node_id());
        let is_ours = |topic: &str| topic == CONSUMER_OFFSETS;
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
        if let Some(topic) = image.topics().topic_by_name(CONSUMER_OFFSETS) {
            let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            self.partition_count.store(count, Ordering::Release);
        }
    }

    /// Takes over a partition in an epoch.
    pub(crate) fn elect(&self, partition: i32, leader_epoch: LeaderEpoch) {
        let mut shards = self.shards.write();
        if shards.get(&partition).is_some_and(|shard| shard.leader_epoch() >= leader_epoch) {
            return;
        }
        if let Some(former) = shards.remove(&partition) {
            former.resign();
        }
        let found = match self.options.partitions.partition(CONSUMER_OFFSETS, partition) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(partition, %error, "cannot coordinate groups");
                return;
            }
        };
        let options = ShardOptions {
            config: Arc::clone(&self.options.config),
            clock: Arc::clone(&self.options.clock),
            partition: found,
            leader_epoch,
        };
        let (shard, handle) = Shard::new(options);
        self.threads.spawn(partition, shard.run());
        shards.insert(partition, handle);
    }

    /// Gives up a partition.
    pub(crate) fn resign(&self, partition: i32) {
        if let Some(shard) = self.shards.write().remove(&partition) {
            tracing::info!(partition, "groups are coordinated elsewhere");
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

/// Lets the coordinators follow the metadata.
pub(crate) struct GroupPublisher(pub(crate) Arc<GroupCoordinators>);

impl MetadataPublisher for GroupPublisher {
    fn apply(&mut self, delta: &MetadataDelta) {
        self.0.apply(delta);
    }
}
