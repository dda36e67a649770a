//! What is in the log directories, for those who ask.

use std::collections::BTreeMap;

use ottla_io::DiskSpace;
use ottla_log::manager::{LogKind, lock};
use ottla_log::paths::TopicPartition;

use super::Partitions;
use super::directory::Directory;

/// One log of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogDescription {
    /// Whose it is.
    pub(crate) partition: TopicPartition,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Records by which a copy is behind the log it will replace; of a partition's own log, none.
    pub(crate) offset_lag: i64,
    /// Whether it is a copy on its way from another directory.
    pub(crate) is_future: bool,
}

/// What is in a directory.
#[derive(Debug)]
pub(crate) struct DirectoryDescription {
    /// Its volume; none if the disk does not say.
    pub(crate) space: Option<DiskSpace>,
    /// Its logs.
    pub(crate) logs: Vec<LogDescription>,
}

impl Partitions {
    /// What is in a directory; none if it is offline. Blocks while the directory's logs are being changed.
    pub(crate) fn describe(&self, directory: &Directory) -> Option<DirectoryDescription> {
        if !directory.is_online() {
            return None;
        }
        let space = self.disk.space(directory.path()).ok();
        let guard = directory.manager();
        let manager = guard.as_ref()?;
        let mut logs = Vec::new();
        let mut ends: BTreeMap<&TopicPartition, i64> = BTreeMap::new();
        for (partition, handle) in manager.logs(LogKind::Current) {
            let log = lock(handle);
            ends.insert(partition, log.log_end_offset().0);
            let (size, partition) = (log.size(), partition.clone());
            logs.push(LogDescription { partition, size, offset_lag: 0, is_future: false });
        }
        for (partition, handle) in manager.logs(LogKind::Future) {
            let log = lock(handle);
            let end = log.log_end_offset().0;
            logs.push(LogDescription {
                partition: partition.clone(),
                size: log.size(),
                offset_lag: ends.get(partition).map_or(-1, |current| (current - end).max(0)),
                is_future: true,
            });
        }
        Some(DirectoryDescription { space, logs })
    }
}
