//! The logs of one log directory: one entry of `log.dirs`.
//!
//! A [`LogManager`] holds the directory's lock, opens its logs, creates new ones, and keeps the directory's checkpoints.
//! It keeps no time: what has become due is asked for with the time in hand. Threads it starts only to load and to close.
//!
//! Logs are handed out as [`LogHandle`]s. A failure of one of them means that the disk cannot be trusted: the whole
//! directory goes [offline](LogManager::take_offline), other directories go on.

mod background;
mod checkpoints;
mod cleaning;
mod close;
mod error;
mod load;
mod removal;
mod threads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_io::{Disk, DiskLock};
use ottla_record::{Offset, Timestamp};
use ottla_wire::Uuid;

pub use background::flush_log;
pub use cleaning::{CompactedLog, LastCleaning};
pub use close::CloseOptions;
pub use error::{CreateError, LockedError, ManagerError, OfflineError};
pub use load::{LoadProgress, LoadedLog, ManagerOptions, ManagerSummary};
pub use removal::{DirectoryDeletionJob, RemoveLog};

use crate::config::LogConfig;
use crate::log::{Log, OpenOptions};
use crate::paths::{PartitionDirState, TopicPartition, partition_dir_name};
use checkpoints::Checkpoints;
use cleaning::Cleaning;
use removal::DirectoryDeletions;

/// One log, shared by those who use it; the lock is held for short.
pub type LogHandle = Arc<Mutex<Log>>;

/// The logs of one log directory.
#[derive(Debug)]
pub struct LogManager {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// Held as long as the directory is in use.
    _lock: Box<dyn DiskLock>,
    default_config: Arc<LogConfig>,
    logs: BTreeMap<TopicPartition, LogHandle>,
    /// Copies on their way here from other log directories.
    future_logs: BTreeMap<TopicPartition, LogHandle>,
    /// Directories of partitions that the cluster no longer knows; they stay until an operator removes them.
    stray_dirs: Vec<PathBuf>,
    checkpoints: Checkpoints,
    deletions: DirectoryDeletions,
    cleaning: Cleaning,
    offline: Option<OfflineError>,
}

/// Whether a log is the partition's own, or a copy on its way from another log directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogKind {
    /// The partition's own.
    Current,
    /// A copy that is catching up.
    Future,
}

/// How to create a log.
#[derive(Debug, Clone)]
pub struct CreateLog {
    /// Own or copy.
    pub kind: LogKind,
    /// Its configuration; the directory's default without one.
    pub config: Option<Arc<LogConfig>>,
    /// Id of its topic.
    pub topic_id: Option<Uuid>,
    /// A random number, for the name of a copy's directory.
    pub unique: u128,
    /// Now.
    pub now: Timestamp,
}

impl LogManager {
    /// The log directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The partition's log, if this directory has one.
    pub fn log(&self, kind: LogKind, partition: &TopicPartition) -> Option<&LogHandle> {
        self.logs_of(kind).get(partition)
    }

    /// All logs of this kind, by partition.
    pub fn logs(&self, kind: LogKind) -> impl ExactSizeIterator<Item = (&TopicPartition, &LogHandle)> {
        self.logs_of(kind).iter()
    }

    /// Directories of partitions that the cluster no longer knows.
    pub fn stray_dirs(&self) -> &[PathBuf] {
        &self.stray_dirs
    }

    /// Sets the configuration of logs that get none of their own.
    pub fn set_default_config(&mut self, config: Arc<LogConfig>) {
        self.default_config = config;
    }

    /// The partition's log, created if this directory has none.
    ///
    /// # Errors
    ///
    /// If the directory is offline, the log that is there belongs to another topic, or the disk fails, which takes the
    /// directory offline.
    pub fn create_log(
        &mut self,
        partition: &TopicPartition,
        create: &CreateLog,
    ) -> Result<LogHandle, CreateError> {
        self.check_online()?;
        if let Some(handle) = self.log(create.kind, partition) {
            let handle = Arc::clone(handle);
            if let Some(topic_id) = create.topic_id {
                lock(&handle).assign_topic_id(topic_id)?;
            }
            return Ok(handle);
        }
        let state = match create.kind {
            LogKind::Current => PartitionDirState::Live,
            LogKind::Future => PartitionDirState::Future,
        };
        let options = OpenOptions {
            config: Arc::clone(create.config.as_ref().unwrap_or(&self.default_config)),
            clean_shutdown: true,
            recovery_point: Offset(0),
            log_start_offset: Offset(0),
            was_compacted: false,
            topic_id: create.topic_id,
            now: create.now,
        };
        let dir = self.dir.join(partition_dir_name(partition, state, create.unique));
        let (log, _) = Log::open(Arc::clone(&self.disk), &dir, &options).inspect_err(|error| {
            self.offline_on_open_failure(error);
        })?;
        let handle = Arc::new(Mutex::new(log));
        self.logs_of_mut(create.kind).insert(partition.clone(), Arc::clone(&handle));
        Ok(handle)
    }

    /// Why the directory is out of use, if it is.
    pub fn offline(&self) -> Option<&OfflineError> {
        self.offline.as_ref()
    }

    /// Takes the directory and all its logs out of use. Its lock is held on; nothing is written any more.
    pub fn take_offline(&mut self, cause: &str) {
        if self.offline.is_some() {
            return;
        }
        tracing::error!(dir = %self.dir.display(), cause, "log directory goes offline");
        self.offline = Some(OfflineError { dir: self.dir.clone(), cause: cause.to_owned() });
        for handle in self.logs.values().chain(self.future_logs.values()) {
            lock(handle).take_out_of_use(cause);
        }
    }

    /// Takes the directory offline if one of its logs has failed since this was last asked; whether it is offline.
    pub fn check_logs(&mut self) -> bool {
        let failed = self
            .logs
            .values()
            .chain(self.future_logs.values())
            .find_map(|handle| lock(handle).poison().cloned());
        if let Some(failed) = failed {
            self.take_offline(&failed.to_string());
        }
        self.offline.is_some()
    }

    fn check_online(&self) -> Result<(), OfflineError> {
        match &self.offline {
            Some(offline) => Err(offline.clone()),
            None => Ok(()),
        }
    }

    fn logs_of(&self, kind: LogKind) -> &BTreeMap<TopicPartition, LogHandle> {
        match kind {
            LogKind::Current => &self.logs,
            LogKind::Future => &self.future_logs,
        }
    }

    fn logs_of_mut(&mut self, kind: LogKind) -> &mut BTreeMap<TopicPartition, LogHandle> {
        match kind {
            LogKind::Current => &mut self.logs,
            LogKind::Future => &mut self.future_logs,
        }
    }

    /// All logs, copies last.
    fn all_logs(&self) -> impl Iterator<Item = (&TopicPartition, &LogHandle)> {
        self.logs.iter().chain(&self.future_logs)
    }
}

/// The log behind a handle. A thread that panicked while it held the lock had a bug, which is reported where it
/// happened; the log itself checks what it is about to write.
pub fn lock(handle: &LogHandle) -> MutexGuard<'_, Log> {
    handle.lock().unwrap_or_else(PoisonError::into_inner)
}
