//! The directory's offset checkpoints: how far each log is flushed, and where it starts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::Offset;

use super::{LogManager, ManagerError, lock};
use crate::checkpoint::OffsetCheckpoint;
use crate::error::DiskError;
use crate::paths::{CLEANER_CHECKPOINT, LOG_START_CHECKPOINT, RECOVERY_POINT_CHECKPOINT, TopicPartition};

/// The checkpoints that are needed to open logs.
#[derive(Debug)]
pub(super) struct Checkpoints {
    recovery_points: OffsetCheckpoint,
    log_starts: OffsetCheckpoint,
    cleaned: OffsetCheckpoint,
}

impl Checkpoints {
    pub(super) fn new(disk: &Arc<dyn Disk>, dir: &Path) -> Self {
        let checkpoint = |name| OffsetCheckpoint::new(Arc::clone(disk), dir, name);
        Self {
            recovery_points: checkpoint(RECOVERY_POINT_CHECKPOINT),
            log_starts: checkpoint(LOG_START_CHECKPOINT),
            cleaned: checkpoint(CLEANER_CHECKPOINT),
        }
    }

    /// Offsets below which logs are on stable storage. One that cannot be read costs a longer recovery and no record.
    pub(super) fn read_recovery_points(&self) -> BTreeMap<TopicPartition, Offset> {
        read_or_nothing(&self.recovery_points, "all logs are recovered from their start")
    }

    /// Offsets at which logs start.
    pub(super) fn read_log_starts(&self) -> BTreeMap<TopicPartition, Offset> {
        read_or_nothing(&self.log_starts, "all logs start at their first segment")
    }

    /// Up to where logs are clean that the cleaner has worked on; `None` where nobody can tell, which might be all of them.
    pub(super) fn read_clean_to(&self) -> Option<BTreeMap<TopicPartition, Offset>> {
        match self.cleaned.read() {
            Ok(offsets) => Some(offsets),
            Err(error) => {
                tracing::warn!(%error, "a checkpoint cannot be read: any log may have been compacted");
                None
            }
        }
    }
}

fn read_or_nothing(checkpoint: &OffsetCheckpoint, consequence: &str) -> BTreeMap<TopicPartition, Offset> {
    checkpoint.read().unwrap_or_else(|error| {
        tracing::warn!(%error, consequence, "a checkpoint cannot be read");
        BTreeMap::new()
    })
}

impl LogManager {
    /// Writes down how far each log is flushed. Due every `log.flush.offset.checkpoint.interval.ms`, and after each
    /// truncation.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn checkpoint_recovery_points(&mut self) -> Result<(), ManagerError> {
        self.check_online()?;
        let offsets: BTreeMap<_, _> =
            self.all_logs().map(|(partition, handle)| (partition, lock(handle).recovery_point())).collect();
        let written = self.checkpoints.recovery_points.write(offsets.into_iter());
        self.offline_on_failure(written)
    }

    /// Writes down where each log starts that starts behind its first segment's beginning. Due every
    /// `log.flush.start.offset.checkpoint.interval.ms`.
    ///
    /// # Errors
    ///
    /// If the directory is or goes offline.
    pub fn checkpoint_log_starts(&mut self) -> Result<(), ManagerError> {
        self.check_online()?;
        let start = |(partition, handle)| {
            let log = lock(handle);
            let start = log.log_start_offset();
            (start > log.first_segment_base_offset()).then_some((partition, start))
        };
        let offsets: BTreeMap<_, _> = self.all_logs().filter_map(start).collect();
        let written = self.checkpoints.log_starts.write(offsets.into_iter());
        self.offline_on_failure(written)
    }

    /// Writes down up to where each log is clean. Due whenever that changes.
    pub(super) fn checkpoint_clean_to(&mut self) -> Result<(), ManagerError> {
        self.check_online()?;
        let lines: Vec<_> =
            self.cleaning.clean_to.iter().map(|(partition, offset)| (partition, *offset)).collect();
        let written = self.checkpoints.cleaned.write(lines.into_iter());
        self.offline_on_failure(written)
    }

    pub(super) fn checkpoint_all(&mut self) -> Result<(), ManagerError> {
        self.checkpoint_recovery_points()?;
        self.checkpoint_log_starts()?;
        self.checkpoint_clean_to_if_outdated()
    }

    /// Takes the directory offline if the disk refused.
    pub(super) fn offline_on_failure<T>(&mut self, result: Result<T, DiskError>) -> Result<T, ManagerError> {
        result.map_err(|error| {
            self.take_offline(&error.to_string());
            error.into()
        })
    }
}
