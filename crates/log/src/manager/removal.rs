//! Partitions that leave the directory, and copies that take their place.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::Timestamp;

use super::{LogHandle, LogKind, LogManager, ManagerError, lock};
use crate::error::DiskError;
use crate::log::StorageError;
use crate::paths::{PartitionDirState, TopicPartition, partition_dir_name};

/// Directories that were renamed and wait to be removed.
#[derive(Debug, Default)]
pub(super) struct DirectoryDeletions {
    queue: VecDeque<(Timestamp, PathBuf)>,
}

impl DirectoryDeletions {
    pub(super) fn push(&mut self, due: Timestamp, dir: PathBuf) {
        self.queue.push_back((due, dir));
    }
}

/// Removal of one directory whose time has come, to be run without any lock.
#[derive(Debug)]
#[must_use = "the directory stays until the job is run"]
pub struct DirectoryDeletionJob {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

impl DirectoryDeletionJob {
    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes it with all that is in it; one that is gone already is no error.
    pub fn run(self) -> Result<(), DiskError> {
        match self.disk.remove_dir_all(&self.dir) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(DiskError { action: "remove", path: self.dir, source })
            }
            _ => Ok(()),
        }
    }
}

/// How to take a log out of the directory.
#[derive(Debug, Clone, Copy)]
pub struct RemoveLog {
    /// Own or copy.
    pub kind: LogKind,
    /// A random number, for the name of the directory.
    pub unique: u128,
    /// Now.
    pub now: Timestamp,
}

impl LogManager {
    /// Takes a partition's log out of the directory: it is renamed to `-delete` at once, and removed once
    /// `file.delete.delay.ms` has passed. Whether there was one.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn delete_log(
        &mut self,
        partition: &TopicPartition,
        remove: &RemoveLog,
    ) -> Result<bool, ManagerError> {
        Ok(self.delete_logs([(partition, *remove)])? > 0)
    }

    /// Takes logs out of the directory as [`LogManager::delete_log`] does, and writes the checkpoints once for all. How many
    /// there were.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn delete_logs<'a>(
        &mut self,
        logs: impl IntoIterator<Item = (&'a TopicPartition, RemoveLog)>,
    ) -> Result<usize, ManagerError> {
        let mut deleted = 0;
        for (partition, remove) in logs {
            if let Some(handle) = self.rename_away(partition, &remove, PartitionDirState::Delete)? {
                self.schedule_deletion(&handle, remove.now);
                deleted += 1;
            }
        }
        if deleted > 0 {
            self.checkpoint_all()?;
        }
        Ok(deleted)
    }

    /// Puts a partition's log aside that the cluster does not know: it is renamed to `-stray` and kept. Whether there
    /// was one.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn set_stray(
        &mut self,
        partition: &TopicPartition,
        remove: &RemoveLog,
    ) -> Result<bool, ManagerError> {
        let Some(handle) = self.rename_away(partition, remove, PartitionDirState::Stray)? else {
            return Ok(false);
        };
        let dir = lock(&handle).dir().to_owned();
        tracing::warn!(%partition, dir = %dir.display(), "log is not known to the cluster and put aside");
        self.stray_dirs.push(dir);
        self.checkpoint_all()?;
        Ok(true)
    }

    /// Makes the copy that has caught up the partition's log; it takes its own name. The log it replaces, in another log
    /// directory, is its manager's to delete.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    ///
    /// # Panics
    ///
    /// If there is no copy, or the partition's log is in this directory as well.
    pub fn promote_future_log(&mut self, partition: &TopicPartition) -> Result<LogHandle, ManagerError> {
        self.check_online()?;
        assert!(!self.logs.contains_key(partition), "{partition} and its copy in one directory");
        let handle =
            self.future_logs.remove(partition).expect("a copy was asked to take its partition's place");
        let renamed = lock(&handle).rename_dir(&partition.to_string());
        self.offline_on_storage_failure(renamed)?;
        self.logs.insert(partition.clone(), Arc::clone(&handle));
        self.checkpoint_all()?;
        Ok(handle)
    }

    /// The next directory whose time to be removed has come.
    pub fn due_directory_deletion(&mut self, now: Timestamp) -> Option<DirectoryDeletionJob> {
        let (_, dir) = self.deletions.queue.pop_front_if(|(due, _)| *due <= now)?;
        Some(DirectoryDeletionJob { disk: Arc::clone(&self.disk), dir })
    }

    /// When [`LogManager::due_directory_deletion`] next has something to do.
    pub fn next_directory_deletion_due(&self) -> Option<Timestamp> {
        self.deletions.queue.front().map(|(due, _)| *due)
    }

    fn rename_away(
        &mut self,
        partition: &TopicPartition,
        remove: &RemoveLog,
        state: PartitionDirState,
    ) -> Result<Option<LogHandle>, ManagerError> {
        self.check_online()?;
        let Some(handle) = self.logs_of_mut(remove.kind).remove(partition) else { return Ok(None) };
        if remove.kind == LogKind::Current {
            self.forget_cleaning_of(partition);
        }
        let mut log = lock(&handle);
        let renamed = log.rename_dir(&partition_dir_name(partition, state, remove.unique));
        log.take_out_of_use("its partition was removed from this log directory");
        drop(log);
        self.offline_on_storage_failure(renamed)?;
        Ok(Some(handle))
    }

    fn schedule_deletion(&mut self, handle: &LogHandle, now: Timestamp) {
        let log = lock(handle);
        let due = Timestamp(now.0.saturating_add(log.config().file_delete_delay_ms));
        self.deletions.push(due, log.dir().to_owned());
    }

    /// Takes the directory offline if a log failed.
    pub(super) fn offline_on_storage_failure<T>(
        &mut self,
        result: Result<T, StorageError>,
    ) -> Result<T, ManagerError> {
        result.map_err(|error| {
            self.take_offline(&error.to_string());
            error.into()
        })
    }
}
