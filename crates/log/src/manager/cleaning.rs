//! Which logs are cleaned, by whom the caller likes, and up to where they are clean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_record::{Offset, Timestamp};

use super::{LogHandle, LogManager, ManagerError, lock};
use crate::cleaner::{Cleanable, Cleaned};
use crate::paths::TopicPartition;

/// What a log directory knows of cleaning.
#[derive(Debug, Default)]
pub(super) struct Cleaning {
    /// Up to where logs are clean; what the checkpoint says. A log that the cleaner has ever worked on is named, whatever its
    /// policy says now: its segments may have gaps between them.
    pub(super) clean_to: BTreeMap<TopicPartition, Offset>,
    /// Logs that are being cleaned.
    in_progress: BTreeSet<TopicPartition>,
    /// Logs that cannot be cleaned; they are left alone until the next start.
    uncleanable: BTreeSet<TopicPartition>,
    /// Whether the checkpoint names logs that are gone.
    is_outdated: bool,
}

/// A log that may be cleaned.
#[derive(Debug, Clone)]
pub struct CompactedLog {
    /// Its partition.
    pub partition: TopicPartition,
    /// The log.
    pub handle: LogHandle,
    /// Up to where it is clean, if it was ever cleaned.
    pub clean_to: Option<Offset>,
}

/// What became of a cleaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LastCleaning {
    /// It was done.
    Done(Cleaned),
    /// It was given up, and may be tried again.
    GivenUp,
    /// The log cannot be cleaned.
    Uncleanable,
}

impl LogManager {
    /// The logs whose policy says compact, but those that are being cleaned already or cannot be.
    pub fn compacted_logs(&self) -> Vec<CompactedLog> {
        if self.offline.is_some() {
            return Vec::new();
        }
        let Cleaning { clean_to, in_progress, uncleanable, .. } = &self.cleaning;
        let is_free = |partition| !in_progress.contains(partition) && !uncleanable.contains(partition);
        let compacted = self.logs.iter().filter(|(partition, handle)| {
            is_free(*partition) && lock(handle).config().cleanup_policy.compact
        });
        let log = |(partition, handle): (&TopicPartition, &LogHandle)| CompactedLog {
            partition: partition.clone(),
            handle: Arc::clone(handle),
            clean_to: clean_to.get(partition).copied(),
        };
        compacted.map(log).collect()
    }

    /// Begins to clean a log; whether nobody else has. [`LogManager::end_cleaning`] must follow.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn begin_cleaning(
        &mut self,
        log: &CompactedLog,
        cleanable: &Cleanable,
    ) -> Result<bool, ManagerError> {
        self.check_online()?;
        let is_here = self.logs.get(&log.partition).is_some_and(|handle| Arc::ptr_eq(handle, &log.handle));
        if !is_here || !self.cleaning.in_progress.insert(log.partition.clone()) {
            return Ok(false);
        }
        let first_dirty_offset = cleanable.first_dirty_offset;
        let known = self.cleaning.clean_to.get(&log.partition);
        if known != Some(&first_dirty_offset) {
            // Recovery must know that there may be gaps before there are any.
            self.cleaning.clean_to.insert(log.partition.clone(), first_dirty_offset);
            if let Err(error) = self.checkpoint_clean_to() {
                self.cleaning.in_progress.remove(&log.partition);
                return Err(error);
            }
        }
        Ok(true)
    }

    /// Ends a cleaning: where the dirty part begins is written down.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn end_cleaning(&mut self, log: &CompactedLog, cleaning: LastCleaning) -> Result<(), ManagerError> {
        self.cleaning.in_progress.remove(&log.partition);
        let is_here = self.logs.get(&log.partition).is_some_and(|handle| Arc::ptr_eq(handle, &log.handle));
        if !is_here {
            return Ok(());
        }
        match cleaning {
            LastCleaning::Done(cleaned) => {
                // A log that was cut since may end below.
                let is_unchanged = lock(&log.handle).has_segments_of(cleaned.segments_version);
                if is_unchanged {
                    self.cleaning.clean_to.insert(log.partition.clone(), cleaned.clean_to);
                    self.checkpoint_clean_to()?;
                }
            }
            LastCleaning::GivenUp => {}
            LastCleaning::Uncleanable => self.set_uncleanable(log),
        }
        Ok(())
    }

    /// Notes that a log cannot be cleaned: it is left alone until the next start.
    pub fn set_uncleanable(&mut self, log: &CompactedLog) {
        if self.logs.get(&log.partition).is_some_and(|handle| Arc::ptr_eq(handle, &log.handle)) {
            self.cleaning.uncleanable.insert(log.partition.clone());
        }
    }

    /// Lets go of segments of compacted logs: those below the log start, and, where the policy says delete as well, those
    /// beyond the retention limits; how many. Logs that are being cleaned are left for later.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn delete_old_segments_of_compacted(&mut self, now: Timestamp) -> Result<usize, ManagerError> {
        self.check_online()?;
        let logs = self.compacted_logs();
        let deleted =
            logs.iter().try_fold(0, |sum, log| Ok(sum + lock(&log.handle).delete_old_segments(now)?));
        self.offline_on_storage_failure(deleted)
    }

    /// Logs that cannot be cleaned.
    pub fn uncleanable_logs(&self) -> impl ExactSizeIterator<Item = &TopicPartition> {
        self.cleaning.uncleanable.iter()
    }

    /// Bytes that would be cleaned if the logs that cannot be could. A log of which even that is unknown counts nothing.
    pub fn uncleanable_bytes(&self, now: Timestamp) -> u64 {
        let bytes = |partition: &TopicPartition| {
            let log = self.logs.get(partition)?;
            let clean_to = self.cleaning.clean_to.get(partition).copied();
            Some(Cleanable::of(&mut lock(log), clean_to, now).ok()?.cleanable_bytes)
        };
        self.cleaning.uncleanable.iter().filter_map(bytes).sum()
    }

    /// Up to where a log is clean, if it was ever cleaned: what a copy of it in another log directory takes over.
    pub fn clean_to(&self, partition: &TopicPartition) -> Option<Offset> {
        self.cleaning.clean_to.get(partition).copied()
    }

    /// Sets up to where a log is clean, as its copy in another log directory was.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn set_clean_to(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), ManagerError> {
        self.check_online()?;
        self.cleaning.clean_to.insert(partition.clone(), offset);
        self.checkpoint_clean_to()
    }

    /// Takes over what the checkpoint says, as far as it can be right: a log that lost records in a crash is dirty from its
    /// start, since others may be appended in their place. If nobody can read the checkpoint, all logs may have been cleaned.
    pub(super) fn load_clean_to(
        &mut self,
        checkpointed: Option<BTreeMap<TopicPartition, Offset>>,
    ) -> Result<(), ManagerError> {
        let is_unreadable = checkpointed.is_none();
        let checkpointed = checkpointed.unwrap_or_default();
        let mut clean_to = BTreeMap::new();
        let mut changed = is_unreadable && !self.logs.is_empty();
        for (partition, handle) in &self.logs {
            let log = lock(handle);
            let start = log.log_start_offset();
            match checkpointed.get(partition) {
                Some(offset) if *offset <= log.log_end_offset() => {
                    clean_to.insert(partition.clone(), *offset);
                }
                None if !is_unreadable => {}
                _ => {
                    clean_to.insert(partition.clone(), start);
                    changed = true;
                }
            }
        }
        // An entry of a log that is gone must not pass for one of a log that gets its name.
        changed |= clean_to.len() != checkpointed.len();
        self.cleaning.clean_to = clean_to;
        if changed { self.checkpoint_clean_to() } else { Ok(()) }
    }

    /// Follows a log that is cut at `target`.
    pub(super) fn lower_clean_to(
        &mut self,
        partition: &TopicPartition,
        target: Offset,
    ) -> Result<(), ManagerError> {
        match self.cleaning.clean_to.get_mut(partition) {
            Some(clean_to) if *clean_to > target => {
                *clean_to = target;
                self.checkpoint_clean_to()
            }
            _ => Ok(()),
        }
    }

    /// Forgets a log that leaves the directory; the checkpoint must be written then.
    pub(super) fn forget_cleaning_of(&mut self, partition: &TopicPartition) {
        self.cleaning.uncleanable.remove(partition);
        self.cleaning.is_outdated |= self.cleaning.clean_to.remove(partition).is_some();
    }

    /// Writes down up to where logs are clean if some have left.
    pub(super) fn checkpoint_clean_to_if_outdated(&mut self) -> Result<(), ManagerError> {
        if !std::mem::take(&mut self.cleaning.is_outdated) {
            return Ok(());
        }
        self.checkpoint_clean_to()
    }
}
