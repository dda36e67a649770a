//! Opening the log directories when a node starts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::mpsc;

use arc_swap::ArcSwap;
use ottla_config::ServerConfig;
use ottla_io::{Clock, Disk};
use ottla_log::config::LogConfig;
use ottla_log::log::OpenError as LogOpenError;
use ottla_log::manager::{LoadProgress, LogManager, ManagerError, ManagerOptions, ManagerSummary};
use ottla_record::Timestamp;
use ottla_wire::Uuid;
use parking_lot::Mutex;

use super::Partitions;
use super::background::{Background, DirectoryLosses};
use super::cleaner::LogCleaner;
use super::directory::Directory;
use super::metrics::TopicMetrics;
use super::settings::log_config;
use super::topic::TopicTable;

/// A log directory to open.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryToOpen {
    /// Its path, as configured.
    pub(crate) path: PathBuf,
    /// Its id, from its `meta.properties`.
    pub(crate) id: Uuid,
}

/// What opening the log directories needs.
pub(crate) struct OpenPartitions<'a> {
    /// Number of this node.
    pub(crate) node_id: i32,
    /// Where all files are.
    pub(crate) disk: Arc<dyn Disk>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The node's configuration, dynamic values included.
    pub(crate) config: Arc<ServerConfig>,
    /// The log directories, in the order of `log.dirs`.
    pub(crate) directories: Vec<DirectoryToOpen>,
    /// Configuration of the topics that have some of their own.
    pub(crate) topics: BTreeMap<String, Arc<LogConfig>>,
    /// Told of every log that was loaded.
    pub(crate) progress: &'a (dyn Fn(&LoadProgress<'_>) + Sync),
}

/// The opened log directories.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Their partitions, none of which is known to requests before the metadata was applied.
    pub(crate) partitions: Arc<Partitions>,
    /// What was found in each directory that could be opened.
    pub(crate) summaries: Vec<(PathBuf, ManagerSummary)>,
    /// Tells when directories fail from now on.
    pub(crate) losses: DirectoryLosses,
}

/// Why the log directories of a node cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A directory is in use, or holds what it must not.
    #[error(transparent)]
    Directory(#[from] ManagerError),
    /// No directory works.
    #[error("no log directory of log.dirs can be used; the last failed with: {0}")]
    NoneLeft(String),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl Partitions {
    /// Opens the log directories, all at the same time. A directory that fails is left out, as long as another works.
    ///
    /// Blocks until all logs are loaded and, after a crash, recovered.
    ///
    /// # Errors
    ///
    /// If a directory is in use or holds what it must not, or none works.
    pub(crate) fn open(open: OpenPartitions<'_>) -> Result<Opened, OpenError> {
        let results = open_all(&open);
        let (events, receiver) = mpsc::channel();
        let mut directories = Vec::with_capacity(results.len());
        let mut summaries = Vec::new();
        let mut last_failure = None;
        for ((index, to_open), result) in open.directories.iter().enumerate().zip(results) {
            let manager = match result {
                Ok((manager, summary)) => {
                    summaries.push((to_open.path.clone(), summary));
                    Some(manager)
                }
                Err(error) if is_failure_of_disk(&error) => {
                    tracing::error!(dir = %to_open.path.display(), %error, "log directory is offline from the start");
                    last_failure = Some(error.to_string());
                    None
                }
                Err(error) => return Err(error.into()),
            };
            let directory = Directory::new(index, to_open.path.clone(), to_open.id, manager, events.clone());
            let is_cordoned =
                open.config.cordoned_log_dirs.iter().any(|dir| *dir == to_open.path.to_string_lossy());
            directory.set_cordoned(is_cordoned);
            directories.push(Arc::new(directory));
        }
        if summaries.is_empty() {
            return Err(OpenError::NoneLeft(last_failure.unwrap_or_else(|| "log.dirs is empty".to_owned())));
        }
        let cleaner = LogCleaner::new(&open.config, open.clock.now_ms());
        let partitions = Arc::new(Self {
            node_id: open.node_id,
            disk: open.disk,
            clock: open.clock,
            config: ArcSwap::from(open.config),
            directories,
            topics: TopicTable::default(),
            broker_epoch: AtomicI64::new(-1),
            background: Mutex::new(None),
            cleaner,
            random: Default::default(),
            gone_topics: TopicMetrics::default(),
        });
        let (background, losses) = Background::start(&partitions, events, receiver)?;
        *partitions.background.lock() = Some(background);
        partitions.cleaner.configure(&partitions, &partitions.config.load())?;
        Ok(Opened { partitions, summaries, losses })
    }
}

fn open_all(open: &OpenPartitions<'_>) -> Vec<Result<(LogManager, ManagerSummary), ManagerError>> {
    let default_config = Arc::new(log_config(&open.config.topic_defaults, &open.config));
    let threads = usize::try_from(open.config.keys.log.num_recovery_threads_per_data_dir).unwrap_or(1);
    let options = ManagerOptions {
        default_config,
        topic_configs: open.topics.clone(),
        threads: threads.max(1),
        now: Timestamp(open.clock.now_ms()),
        progress: open.progress,
    };
    let open_one =
        |to_open: &DirectoryToOpen| LogManager::open(Arc::clone(&open.disk), &to_open.path, &options);
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            open.directories.iter().map(|to_open| scope.spawn(|| open_one(to_open))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Whether an error means that the disk does not work, rather than that a human must look.
fn is_failure_of_disk(error: &ManagerError) -> bool {
    match error {
        ManagerError::Disk(_) | ManagerError::Storage(_) | ManagerError::Offline(_) => true,
        ManagerError::Open { source, .. } => {
            matches!(source, LogOpenError::Storage(error) if error.disk().is_some())
        }
        ManagerError::Locked(_) | ManagerError::Duplicate { .. } => false,
    }
}
