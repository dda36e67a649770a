//! What becomes due with time: flushes, retention, removal of files, forgetting of producers.

use ottla_record::{Offset, Timestamp};

use super::{LogHandle, LogKind, LogManager, ManagerError, lock};
use crate::log::{DeletionJob, StorageError};
use crate::paths::TopicPartition;

/// Brings a log to stable storage; its lock is not held while the disk works.
///
/// # Errors
///
/// If the disk fails, which takes the log out of use.
pub fn flush_log(handle: &LogHandle, now: Timestamp) -> Result<(), StorageError> {
    let job = lock(handle).flush_job()?;
    let outcome = job.run();
    lock(handle).complete_flush(outcome, now)
}

impl LogManager {
    /// The logs that want to be flushed: those that rolled, and those of which `flush.messages` or `flush.ms` say so.
    /// Give each to [`flush_log`].
    pub fn due_flushes(&self, now: Timestamp) -> Vec<LogHandle> {
        let due = self.all_logs().filter(|(_, handle)| lock(handle).is_flush_due(now));
        due.map(|(_, handle)| handle.clone()).collect()
    }

    /// Lets go of segments beyond the retention limits, except of logs that the cleaner tends
    /// ([`LogManager::delete_old_segments_of_compacted`]); how many. Due every `log.retention.check.interval.ms`.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn delete_old_segments(&mut self, now: Timestamp) -> Result<usize, ManagerError> {
        self.check_online()?;
        let deleted = self.all_logs().try_fold(0, |sum, (_, handle)| {
            let mut log = lock(handle);
            if log.config().cleanup_policy.compact {
                return Ok(sum);
            }
            Ok(sum + log.delete_old_segments(now)?)
        });
        self.offline_on_storage_failure(deleted)
    }

    /// Files of segments whose time to be removed has come, one job for each log.
    pub fn due_file_deletions(&self, now: Timestamp) -> Vec<DeletionJob> {
        self.all_logs().filter_map(|(_, handle)| lock(handle).due_deletions(now)).collect()
    }

    /// Forgets idle producers. Due every `producer.id.expiration.check.interval.ms`.
    pub fn remove_expired_producers(&self, now: Timestamp) {
        for (_, handle) in self.all_logs() {
            lock(handle).remove_expired_producers(now);
        }
    }

    /// Removes the records of a log from `target` on, and makes the lower recovery point durable; whether there were
    /// any.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn truncate_to(
        &mut self,
        kind: LogKind,
        partition: &TopicPartition,
        target: Offset,
        now: Timestamp,
    ) -> Result<bool, ManagerError> {
        self.change(kind, partition, target, |handle| lock(handle).truncate_to(target, now))
    }

    /// Removes all records of a log; the next one gets `new_offset`. The log then starts at `log_start_offset`, or,
    /// without one, there as well.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn truncate_fully_and_start_at(
        &mut self,
        kind: LogKind,
        partition: &TopicPartition,
        new_offset: Offset,
        log_start_offset: Option<Offset>,
        now: Timestamp,
    ) -> Result<bool, ManagerError> {
        self.change(kind, partition, new_offset, |handle| {
            lock(handle).truncate_fully_and_start_at(new_offset, log_start_offset, now)?;
            Ok(true)
        })
    }

    /// Cuts a log at `target`, and checkpoints the recovery points if that cut anything.
    fn change(
        &mut self,
        kind: LogKind,
        partition: &TopicPartition,
        target: Offset,
        change: impl FnOnce(&LogHandle) -> Result<bool, StorageError>,
    ) -> Result<bool, ManagerError> {
        self.check_online()?;
        let Some(handle) = self.log(kind, partition).cloned() else { return Ok(false) };
        if kind == LogKind::Current {
            // First, so that no crash leaves records that will be appended there counted among the clean ones.
            self.lower_clean_to(partition, target)?;
        }
        let changed = change(&handle);
        let changed = self.offline_on_storage_failure(changed)?;
        if changed {
            self.checkpoint_recovery_points()?;
        }
        Ok(changed)
    }
}
