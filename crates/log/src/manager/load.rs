//! Opening a log directory: its lock, its checkpoints, and all its logs, several at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ottla_io::{Disk, DiskLock, EntryKind};
use ottla_record::{Offset, Timestamp};

use super::checkpoints::Checkpoints;
use super::cleaning::Cleaning;
use super::removal::DirectoryDeletions;
use super::threads::run_on;
use super::{LockedError, LogHandle, LogManager, ManagerError, lock};
use crate::clean_shutdown::{CleanShutdownFile, Shutdown};
use crate::config::LogConfig;
use crate::error::DiskError;
use crate::log::{LoadSummary, Log, OpenError, OpenOptions};
use crate::paths::{LOCK, PartitionDir, PartitionDirState, TopicPartition};

/// The quorum's own log, which has a keeper of its own.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// Copies of tiered indexes.
const REMOTE_INDEX_CACHE: &str = "remote-log-index-cache";

/// How to open a log directory.
pub struct ManagerOptions<'a> {
    /// Configuration of logs whose topic has none of its own.
    pub default_config: Arc<LogConfig>,
    /// Configuration by topic.
    pub topic_configs: BTreeMap<String, Arc<LogConfig>>,
    /// Threads that load, `num.recovery.threads.per.data.dir`; at least one.
    pub threads: usize,
    /// Now.
    pub now: Timestamp,
    /// Told of every log that was loaded, from the thread that did.
    pub progress: &'a (dyn Fn(&LoadProgress<'_>) + Sync),
}

impl fmt::Debug for ManagerOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagerOptions")
            .field("threads", &self.threads)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// How far loading has come.
#[derive(Debug, Clone, Copy)]
pub struct LoadProgress<'a> {
    /// Logs loaded, this one included.
    pub loaded: usize,
    /// Logs in all.
    pub total: usize,
    /// The log that was loaded.
    pub log: &'a LoadedLog,
}

/// What loading one log came to.
#[derive(Debug, Clone)]
pub struct LoadedLog {
    /// Its directory.
    pub dir: PathBuf,
    /// What was done to it.
    pub summary: LoadSummary,
}

/// What opening a log directory found.
#[derive(Debug, Clone)]
pub struct ManagerSummary {
    /// How the directory was left.
    pub shutdown: Shutdown,
    /// Number of logs loaded.
    pub logs: usize,
    /// Logs that needed anything but loading.
    pub mended: Vec<LoadedLog>,
    /// Directories of deleted partitions, which will be removed.
    pub deleted_dirs: usize,
}

/// A partition's directory to load.
struct Task {
    dir: PathBuf,
    partition: TopicPartition,
    state: PartitionDirState,
}

impl LogManager {
    /// Opens a log directory and all logs in it. A missing directory is created.
    ///
    /// Without the file that a good shutdown leaves, the logs are recovered from their recovery points.
    ///
    /// # Errors
    ///
    /// If the directory is in use elsewhere, holds what it must not, or a log cannot be opened. Other log directories
    /// can go on without this one.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        options: &ManagerOptions<'_>,
    ) -> Result<(Self, ManagerSummary), ManagerError> {
        let lock = take_lock(&*disk, dir)?;
        let (tasks, mut others) = survey(&*disk, dir)?;
        let shutdown = CleanShutdownFile::new(Arc::clone(&disk), dir).take()?;
        if shutdown == Shutdown::Unclean {
            // A process that died may have created directories whose names a power loss would still take.
            disk.sync_dir(dir).map_err(|source| DiskError {
                action: "sync",
                path: dir.to_owned(),
                source,
            })?;
        }
        let checkpoints = Checkpoints::new(&disk, dir);
        let recovery_points = checkpoints.read_recovery_points();
        let clean_to = checkpoints.read_clean_to();
        let loaded = Loading {
            disk: &disk,
            options,
            clean_shutdown: shutdown != Shutdown::Unclean,
            recovery_points: recovery_points.clone(),
            log_starts: checkpoints.read_log_starts(),
            clean_to: clean_to.as_ref(),
            tasks: &tasks,
            next: AtomicUsize::new(0),
            done: Mutex::default(),
        }
        .run()?;

        let mut summary = ManagerSummary {
            shutdown,
            logs: loaded.len(),
            mended: Vec::new(),
            deleted_dirs: others.deleted.len(),
        };
        let due = Timestamp(options.now.0.saturating_add(options.default_config.file_delete_delay_ms));
        let mut deletions = DirectoryDeletions::default();
        for dir in others.deleted.drain(..) {
            deletions.push(due, dir);
        }
        let mut manager = Self {
            disk,
            dir: dir.to_owned(),
            _lock: lock,
            default_config: Arc::clone(&options.default_config),
            logs: BTreeMap::new(),
            future_logs: BTreeMap::new(),
            stray_dirs: others.stray,
            checkpoints,
            deletions,
            cleaning: Cleaning::default(),
            offline: None,
        };
        for (index, log, loaded) in loaded {
            manager.add(&tasks[index], log)?;
            if loaded.summary != LoadSummary::default() {
                summary.mended.push(loaded);
            }
        }
        manager.lower_recovery_points(&recovery_points)?;
        manager.load_clean_to(clean_to)?;
        Ok((manager, summary))
    }

    /// A log that lost flushed records ends below its checkpointed recovery point. What is appended there must not pass
    /// for flushed at the next crash.
    fn lower_recovery_points(
        &mut self,
        checkpointed: &BTreeMap<TopicPartition, Offset>,
    ) -> Result<(), ManagerError> {
        let is_behind = |(partition, handle): (&TopicPartition, &LogHandle)| {
            checkpointed.get(partition).is_some_and(|offset| lock(handle).recovery_point() < *offset)
        };
        if self.all_logs().any(is_behind) { self.checkpoint_recovery_points() } else { Ok(()) }
    }

    fn add(&mut self, task: &Task, log: Log) -> Result<(), ManagerError> {
        let logs = match task.state {
            PartitionDirState::Future => &mut self.future_logs,
            _ => &mut self.logs,
        };
        let previous: Option<LogHandle> = logs.insert(task.partition.clone(), Arc::new(Mutex::new(log)));
        match previous {
            None => Ok(()),
            Some(previous) => {
                let first = lock(&previous).dir().to_owned();
                Err(ManagerError::Duplicate {
                    partition: task.partition.clone(),
                    first,
                    second: task.dir.clone(),
                })
            }
        }
    }

    pub(super) fn offline_on_open_failure(&mut self, error: &OpenError) {
        if let OpenError::Storage(error) = error {
            self.take_offline(&error.to_string());
        }
    }
}

/// Creates the directory if need be, for good, and locks it.
fn take_lock(disk: &dyn Disk, dir: &Path) -> Result<Box<dyn DiskLock>, ManagerError> {
    let failed = |action, source| DiskError { action, path: dir.to_owned(), source };
    if !disk.exists(dir).map_err(|source| failed("look for", source))? {
        disk.create_dir_all(dir).map_err(|source| failed("create", source))?;
        if let Some(parent) = dir.parent() {
            disk.sync_dir(parent).map_err(|source| failed("create", source))?;
        }
    }
    let lock = disk.try_lock(&dir.join(LOCK)).map_err(|source| failed("lock", source))?;
    Ok(lock.ok_or_else(|| LockedError { dir: dir.to_owned() })?)
}

/// Directories that are not loaded.
#[derive(Default)]
struct Others {
    deleted: Vec<PathBuf>,
    stray: Vec<PathBuf>,
}

/// Tells the directories apart.
fn survey(disk: &dyn Disk, log_dir: &Path) -> Result<(Vec<Task>, Others), ManagerError> {
    let listing = disk.list(log_dir).map_err(|source| DiskError {
        action: "list",
        path: log_dir.to_owned(),
        source,
    })?;
    let (mut tasks, mut others) = (Vec::new(), Others::default());
    for entry in listing {
        if entry.kind != EntryKind::Directory || entry.name == REMOTE_INDEX_CACHE {
            continue;
        }
        let dir = log_dir.join(&entry.name);
        let Some(PartitionDir { partition, state }) = PartitionDir::parse(&entry.name) else {
            return Err(ManagerError::Open { dir: dir.clone(), source: OpenError::Name(dir) });
        };
        match state {
            _ if partition.topic == METADATA_TOPIC => {}
            PartitionDirState::Delete => others.deleted.push(dir),
            PartitionDirState::Stray => others.stray.push(dir),
            PartitionDirState::Live | PartitionDirState::Future => tasks.push(Task { dir, partition, state }),
        }
    }
    Ok((tasks, others))
}

/// A log that was loaded, with the number of its task.
type Loaded = (usize, Log, LoadedLog);

/// Threads that load logs.
struct Loading<'a> {
    disk: &'a Arc<dyn Disk>,
    options: &'a ManagerOptions<'a>,
    clean_shutdown: bool,
    recovery_points: BTreeMap<TopicPartition, Offset>,
    log_starts: BTreeMap<TopicPartition, Offset>,
    clean_to: Option<&'a BTreeMap<TopicPartition, Offset>>,
    tasks: &'a [Task],
    next: AtomicUsize,
    done: Mutex<Vec<Loaded>>,
}

impl Loading<'_> {
    fn run(self) -> Result<Vec<Loaded>, ManagerError> {
        run_on(self.options.threads, self.tasks.len(), || self.work())?;
        let mut done = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, ..)| *index);
        Ok(done)
    }

    /// Loads logs until none is left. The first that fails ends it.
    fn work(&self) -> Result<(), ManagerError> {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = self.tasks.get(index) else { return Ok(()) };
            let result = Log::open(Arc::clone(self.disk), &task.dir, &self.open_options(&task.partition));
            let (log, summary) = result.map_err(|source| {
                self.next.store(self.tasks.len(), Ordering::Relaxed);
                ManagerError::Open { dir: task.dir.clone(), source }
            })?;
            let loaded = LoadedLog { dir: task.dir.clone(), summary };
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            let progress = LoadProgress { loaded: done.len() + 1, total: self.tasks.len(), log: &loaded };
            (self.options.progress)(&progress);
            done.push((index, log, loaded));
        }
    }

    fn open_options(&self, partition: &TopicPartition) -> OpenOptions {
        let config = self.options.topic_configs.get(&partition.topic).unwrap_or(&self.options.default_config);
        let offset = |offsets: &BTreeMap<_, _>| offsets.get(partition).copied().unwrap_or(Offset(0));
        OpenOptions {
            config: Arc::clone(config),
            clean_shutdown: self.clean_shutdown,
            recovery_point: offset(&self.recovery_points),
            log_start_offset: offset(&self.log_starts),
            was_compacted: self.clean_to.is_none_or(|clean_to| clean_to.contains_key(partition)),
            topic_id: None,
            now: self.options.now,
        }
    }
}
