//! The partitions of which this node has a replica: their logs, and the requests that wait for them.
//!
//! [`Partitions`] opens the log directories, finds a request's partitions in its [`TopicTable`], and follows the metadata:
//! logs are created, configured, led and deleted as it says. A [`Partition`] appends and reads. What time brings (flushes,
//! retention, checkpoints, removal of files) one background thread does, compaction others; nothing of that runs on an IO
//! thread.
//!
//! Never: replication, or moving replicas between log directories.

mod apply;
mod assignment;
mod background;
mod cleaner;
mod describe;
mod directory;
mod error;
mod metrics;
mod open;
mod partition;
mod read;
mod settings;
#[cfg(test)]
mod tests;
mod topic;
mod waiters;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use ottla_config::ServerConfig;
use ottla_io::{Clock, Disk};
use ottla_record::Timestamp;
use ottla_wire::Uuid;
use parking_lot::Mutex;

pub(crate) use apply::log_configs;
#[cfg(test)]
pub(crate) use assignment::Assignment;
use background::Background;
pub(crate) use background::DirectoryLosses;
pub(crate) use cleaner::CleanerNumbers;
use cleaner::LogCleaner;
pub(crate) use directory::Directory;
pub(crate) use error::{AppendFailure, DeleteFailure, PartitionError, ReadFailure};
pub(crate) use metrics::TopicMetrics;
pub use open::OpenError;
pub(crate) use open::{DirectoryToOpen, OpenPartitions, Opened};
pub(crate) use partition::{Append, Partition, TimestampAnswer};
pub(crate) use read::{Found, PartitionRead, Read};
#[cfg(test)]
pub(crate) use settings::TopicSettings;
pub(crate) use topic::{Topic, TopicState, TopicTable, Topics};
pub(crate) use waiters::{Registration, Wanted};

/// Topics that only the node itself writes to.
pub(crate) const INTERNAL_TOPICS: [&str; 3] =
    ["__consumer_offsets", "__transaction_state", "__share_group_state"];

/// The partitions of which this node has a replica.
pub(crate) struct Partitions {
    node_id: i32,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    config: ArcSwap<ServerConfig>,
    directories: Vec<Arc<Directory>>,
    topics: TopicTable,
    /// What the clean-shutdown files get: the epoch of the broker's registration.
    broker_epoch: AtomicI64,
    background: Mutex<Option<Background>>,
    cleaner: LogCleaner,
    random: RandomState,
    /// What topics have seen that are gone.
    gone_topics: TopicMetrics,
}

impl std::fmt::Debug for Partitions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partitions")
            .field("node_id", &self.node_id)
            .field("directories", &self.directories)
            .finish_non_exhaustive()
    }
}

impl Partitions {
    /// Number of this node.
    pub(crate) fn node_id(&self) -> i32 {
        self.node_id
    }

    /// The topics and their partitions.
    pub(crate) fn topics(&self) -> arc_swap::Guard<Arc<Topics>> {
        self.topics.load()
    }

    /// The partition of a topic name and number.
    ///
    /// # Errors
    ///
    /// If there is none, it is elsewhere, or its log directory has failed.
    pub(crate) fn partition(&self, topic: &str, index: i32) -> Result<Arc<Partition>, PartitionError> {
        let topics = self.topics();
        let topic = topics.by_name(topic).ok_or(PartitionError::UnknownTopicOrPartition)?;
        topic.partition(index).cloned()
    }

    /// The log directories, in the order of `log.dirs`.
    pub(crate) fn directories(&self) -> &[Arc<Directory>] {
        &self.directories
    }

    /// What topics have seen that are gone, all together.
    pub(crate) fn gone_topics(&self) -> &TopicMetrics {
        &self.gone_topics
    }

    /// Tells under which epoch the broker is registered, for the files that a clean shutdown leaves.
    pub(crate) fn set_broker_epoch(&self, epoch: i64) {
        self.broker_epoch.store(epoch, Ordering::Release);
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }

    /// A random number, for names of directories.
    fn unique(&self, of: Uuid) -> u128 {
        let half = |salt: u8| u128::from(self.random.hash_one((of, salt, self.clock.monotonic())));
        half(0) << 64 | half(1)
    }
}
