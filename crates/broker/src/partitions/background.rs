//! What time brings to the logs: flushes, retention, checkpoints, removal of files, forgetting of producers; and what
//! follows when a log directory fails.
//!
//! One thread does all of it, one thing after another, so that the disk is not asked for everything at once. It never
//! holds a log's lock while the disk works for long.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use ottla_config::ServerConfig;
use ottla_log::checkpoint::OffsetCheckpoint;
use ottla_log::manager::{CloseOptions, LogManager, ManagerError, flush_log};
use ottla_log::paths::{REPLICATION_CHECKPOINT, TopicPartition};
use ottla_record::Offset;
use ottla_wire::Uuid;
use tokio::sync::watch;

use super::Partitions;
use super::directory::Directory;

/// What the background thread is told.
#[derive(Debug)]
pub(crate) enum Event {
    /// A file in a log directory failed.
    DirectoryFailed {
        /// Number of the directory.
        index: usize,
        /// The failure.
        cause: String,
    },
    /// The node stops.
    Stop,
}

/// Log directories that have failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Ids of those that failed.
    pub(crate) offline: Vec<Uuid>,
    /// Whether no other is left, so that the node must stop.
    pub(crate) none_left: bool,
}

/// Follows the loss of log directories.
pub(crate) type DirectoryLosses = watch::Receiver<Losses>;

/// How often logs are asked whether they must be flushed, and files whether they may be removed.
const TICK: Duration = Duration::from_secs(1);

/// What is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Flush,
    RemoveFiles,
    Retention,
    RecoveryPoints,
    LogStarts,
    HighWatermarks,
    ExpireProducers,
}

impl Task {
    fn interval(self, config: &ServerConfig) -> Duration {
        let keys = &config.keys;
        let ms = match self {
            Self::Flush | Self::RemoveFiles => return TICK,
            Self::Retention => keys.log.log_retention_check_interval_ms,
            Self::RecoveryPoints => keys.log.log_flush_offset_checkpoint_interval_ms.into(),
            Self::LogStarts => keys.log.log_flush_start_offset_checkpoint_interval_ms.into(),
            Self::HighWatermarks => keys.replication.replica_high_watermark_checkpoint_interval_ms,
            Self::ExpireProducers => keys.transaction.producer_id_expiration_check_interval_ms.into(),
        };
        Duration::from_millis(u64::try_from(ms).unwrap_or(0)).max(Duration::from_millis(1))
    }
}

/// The thread.
#[derive(Debug)]
pub(super) struct Background {
    events: Sender<Event>,
    thread: JoinHandle<()>,
}

impl Background {
    pub(super) fn start(
        partitions: &Arc<Partitions>,
        events: Sender<Event>,
        receiver: Receiver<Event>,
    ) -> io::Result<(Self, DirectoryLosses)> {
        let (losses, watcher) = watch::channel(Losses::default());
        let worker = Worker { partitions: Arc::downgrade(partitions), losses };
        let thread =
            std::thread::Builder::new().name("ottla-log".to_owned()).spawn(move || worker.run(&receiver))?;
        Ok((Self { events, thread }, watcher))
    }

    fn stop(self) {
        self.events.send(Event::Stop).ok();
        if self.thread.join().is_err() {
            tracing::error!("the thread that keeps the logs has panicked");
        }
    }
}

struct Worker {
    partitions: Weak<Partitions>,
    losses: watch::Sender<Losses>,
}

impl Worker {
    fn run(self, events: &Receiver<Event>) {
        let Some(partitions) = self.partitions.upgrade() else { return };
        let mut schedule = Schedule::new(&partitions.config.load(), partitions.clock.monotonic());
        let clock = Arc::clone(&partitions.clock);
        drop(partitions);
        loop {
            let wait = schedule.next_due().saturating_sub(clock.monotonic());
            let event = events.recv_timeout(wait);
            let Some(partitions) = self.partitions.upgrade() else { return };
            match event {
                Ok(Event::DirectoryFailed { index, cause }) => {
                    partitions.fail_directory(index, &cause);
                    self.losses.send_replace(partitions.losses());
                }
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            while let Some(task) = schedule.take_due(&partitions.config.load(), clock.monotonic()) {
                partitions.run_task(task);
            }
        }
    }
}

/// When each task is due, in monotonic time.
#[derive(Debug)]
struct Schedule {
    due: BTreeMap<Task, Duration>,
}

impl Schedule {
    fn new(config: &ServerConfig, now: Duration) -> Self {
        let delay = u64::try_from(config.keys.log.log_initial_task_delay_ms).unwrap_or(0);
        let first = now + Duration::from_millis(delay);
        let tasks = [Task::Retention, Task::RecoveryPoints, Task::LogStarts, Task::HighWatermarks];
        let mut due: BTreeMap<_, _> = tasks.into_iter().map(|task| (task, first)).collect();
        // These do not wait until a node has settled.
        let at_once = [Task::Flush, Task::RemoveFiles, Task::ExpireProducers];
        due.extend(at_once.map(|task| (task, now + task.interval(config))));
        Self { due }
    }

    fn next_due(&self) -> Duration {
        self.due.values().copied().min().unwrap_or(Duration::MAX)
    }

    /// The next task that is due, which is due again when its interval has passed.
    fn take_due(&mut self, config: &ServerConfig, now: Duration) -> Option<Task> {
        let (task, due) = self.due.iter_mut().find(|(_, due)| **due <= now)?;
        *due = now.saturating_add(task.interval(config));
        Some(*task)
    }
}

impl Partitions {
    /// Does everything that could be due, at once.
    #[cfg(test)]
    pub(crate) fn run_all_tasks(&self) {
        let tasks = [
            Task::Retention,
            Task::Flush,
            Task::RemoveFiles,
            Task::RecoveryPoints,
            Task::LogStarts,
            Task::HighWatermarks,
            Task::ExpireProducers,
        ];
        tasks.into_iter().for_each(|task| self.run_task(task));
    }

    fn run_task(&self, task: Task) {
        for directory in self.directories.iter().filter(|directory| directory.is_online()) {
            let done = match task {
                Task::Flush => self.flush_due(directory),
                Task::RemoveFiles => self.remove_due_files(directory),
                Task::HighWatermarks => self.checkpoint_high_watermarks(directory),
                Task::Retention => {
                    with_manager(directory, |manager| manager.delete_old_segments(self.now()).map(drop))
                }
                Task::RecoveryPoints => with_manager(directory, LogManager::checkpoint_recovery_points),
                Task::LogStarts => with_manager(directory, LogManager::checkpoint_log_starts),
                Task::ExpireProducers => with_manager(directory, |manager| {
                    manager.remove_expired_producers(self.now());
                    Ok(())
                }),
            };
            if let Err(error) = done {
                directory.report_cause(&error.to_string());
            }
        }
    }

    fn flush_due(&self, directory: &Directory) -> Result<(), ManagerError> {
        let now = self.now();
        let due = directory.manager().as_ref().map(|manager| manager.due_flushes(now)).unwrap_or_default();
        due.iter().try_for_each(|handle| flush_log(handle, now)).map_err(ManagerError::from)
    }

    fn remove_due_files(&self, directory: &Directory) -> Result<(), ManagerError> {
        let now = self.now();
        let jobs = directory.manager().as_ref().map(|manager| manager.due_file_deletions(now));
        for job in jobs.unwrap_or_default() {
            job.run()?;
        }
        loop {
            let job = directory.manager().as_mut().and_then(|manager| manager.due_directory_deletion(now));
            match job {
                Some(job) => job.run()?,
                None => return Ok(()),
            }
        }
    }

    /// Writes down how far each partition is replicated, for whoever opens the directory next.
    fn checkpoint_high_watermarks(&self, directory: &Directory) -> Result<(), ManagerError> {
        let mut offsets: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
        for topic in self.topics().iter() {
            let here =
                topic.partitions().filter(|partition| std::ptr::eq(&**partition.directory(), directory));
            for partition in here {
                offsets.insert(partition.name(), partition.high_watermark());
            }
        }
        let checkpoint =
            OffsetCheckpoint::new(Arc::clone(&self.disk), directory.path(), REPLICATION_CHECKPOINT);
        let lines: Vec<_> = offsets.iter().map(|(name, offset)| (name, *offset)).collect();
        Ok(checkpoint.write(lines.into_iter())?)
    }

    /// Takes a log directory out of use, and wakes all who wait for its partitions.
    fn fail_directory(&self, index: usize, cause: &str) {
        let Some(directory) = self.directories.get(index) else { return };
        directory.set_offline();
        if let Some(manager) = directory.manager().as_mut() {
            manager.take_offline(cause);
        }
        for topic in self.topics().iter() {
            let lost = topic.partitions().filter(|partition| Arc::ptr_eq(partition.directory(), directory));
            lost.for_each(|partition| partition.waiters().wake_all());
        }
    }

    /// The log directories that have failed.
    pub(crate) fn losses(&self) -> Losses {
        let offline = self.directories.iter().filter(|directory| !directory.is_online());
        let offline: Vec<_> = offline.map(|directory| directory.id()).collect();
        Losses { none_left: offline.len() == self.directories.len(), offline }
    }

    /// Brings everything to stable storage and closes the log directories in good order, so that the next start need not
    /// recover them. Blocks for as long as the disk takes.
    ///
    /// Directories that fail are left as after a crash; each failure is logged.
    pub(crate) fn close(&self) {
        self.cleaner.stop();
        let background = self.background.lock().take();
        if let Some(background) = background {
            background.stop();
        }
        let threads = self.config.load().keys.log.num_recovery_threads_per_data_dir;
        let options = CloseOptions {
            broker_epoch: self.broker_epoch.load(std::sync::atomic::Ordering::Acquire),
            threads: usize::try_from(threads).unwrap_or(1).max(1),
            now: self.now(),
        };
        for directory in self.directories.iter().filter(|directory| directory.is_online()) {
            let checkpointed = self.checkpoint_high_watermarks(directory);
            directory.set_offline();
            let Some(manager) = directory.manager().take() else { continue };
            if let Err(error) = checkpointed.and_then(|()| manager.close(&options)) {
                tracing::error!(dir = %directory.path().display(), %error, "log directory was not closed in good order");
            }
        }
    }
}

fn with_manager(
    directory: &Directory,
    work: impl FnOnce(&mut LogManager) -> Result<(), ManagerError>,
) -> Result<(), ManagerError> {
    directory.manager().as_mut().map_or(Ok(()), work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn producers_expire_from_the_start_on_and_directories_are_let_settle() {
        let file = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
                    listeners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.quorum.voters=1@localhost:9093\n\
                    log.dirs=/d\nproducer.id.expiration.check.interval.ms=500\nlog.retention.check.interval.ms=500\n";
        let config = ServerConfig::from_properties("server.properties", file.as_bytes()).unwrap();
        let mut schedule = Schedule::new(&config, Duration::ZERO);
        let due_by = |schedule: &mut Schedule, ms| {
            let now = Duration::from_millis(ms);
            std::iter::from_fn(|| schedule.take_due(&config, now)).collect::<Vec<_>>()
        };
        assert_eq!(due_by(&mut schedule, 499), []);
        assert_eq!(due_by(&mut schedule, 500), [Task::ExpireProducers]);
        assert_eq!(due_by(&mut schedule, 999), []);
        assert!(!due_by(&mut schedule, 29_999).contains(&Task::Retention));
        assert!(due_by(&mut schedule, 30_000).contains(&Task::Retention));
    }
}
