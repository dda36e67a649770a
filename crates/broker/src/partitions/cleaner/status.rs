//! Numbers about the cleaner.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ottla_log::cleaner::CleanStats;
use ottla_log::manager::LogManager;

use super::{CleanerThread, LogCleaner, Partitions};

/// What one thread did last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ThreadStatus {
    pub(super) stats: CleanStats,
    pub(super) elapsed: Duration,
    /// By how much a log had outlived `max.compaction.lag.ms` when the thread last looked for one to clean.
    pub(super) compaction_delay_ms: i64,
}

/// Numbers under the names of Kafka's metrics.
#[derive(Debug, Clone, Default)]
pub(crate) struct CleanerNumbers {
    /// Of `kafka.log:type=LogCleaner`.
    pub(crate) cleaner: [(&'static str, i64); 5],
    /// Of `kafka.log:type=LogCleanerManager`.
    pub(crate) manager: [(&'static str, i64); 2],
    /// Of `kafka.log:type=LogCleanerManager` for each log directory: logs that cannot be cleaned, and their dirty bytes.
    pub(crate) uncleanable: Vec<(PathBuf, [u64; 2])>,
    /// Bytes that were read and written.
    pub(crate) throttled_bytes: u64,
}

impl LogCleaner {
    /// Numbers about the threads and what they did last.
    fn thread_numbers(&self) -> [(&'static str, i64); 5] {
        let running = self.running.lock();
        let threads = running.as_ref().map_or(&[][..], |running| &running.threads);
        let statuses: Vec<_> = threads.iter().map(|thread| *thread.status.lock()).collect();
        let max = |of: fn(&ThreadStatus) -> f64| statuses.iter().map(of).fold(0.0, f64::max) as i64;
        let written: u64 = statuses.iter().map(|status| status.stats.bytes_written).sum();
        let read: u64 = statuses.iter().map(|status| status.stats.bytes_read).sum();
        let is_dead = |thread: &&CleanerThread| thread.handle.is_finished();
        [
            ("max-buffer-utilization-percent", max(|status| status.stats.buffer_utilization * 100.0)),
            ("cleaner-recopy-percent", (100.0 * written as f64 / read.max(1) as f64) as i64),
            ("max-clean-time-secs", max(|status| status.elapsed.as_secs_f64())),
            ("max-compaction-delay-secs", max(|status| status.compaction_delay_ms as f64 / 1000.0)),
            ("DeadThreadCount", threads.iter().filter(is_dead).count() as i64),
        ]
    }
}

impl Partitions {
    /// Numbers about the cleaner.
    pub(crate) fn cleaner_numbers(&self) -> CleanerNumbers {
        let cleaner = &self.cleaner;
        let now = self.now();
        let dirty = f64::from_bits(cleaner.max_dirty_ratio.load(Ordering::Relaxed));
        let since = now.0.saturating_sub(cleaner.last_run_ms.load(Ordering::Relaxed));
        let uncleanable =
            |manager: &LogManager| [manager.uncleanable_logs().len() as u64, manager.uncleanable_bytes(now)];
        let directories = self.directories.iter().map(|directory| {
            let numbers = directory.manager().as_ref().map(uncleanable).unwrap_or_default();
            (directory.path().to_owned(), numbers)
        });
        CleanerNumbers {
            cleaner: cleaner.thread_numbers(),
            manager: [("max-dirty-percent", (100.0 * dirty) as i64), ("time-since-last-run-ms", since)],
            uncleanable: directories.collect(),
            throttled_bytes: cleaner.throttle.total(),
        }
    }
}
