//! The log cleaner, which compacts.

use crate::key::Key;
use crate::section::section;

section! {
    /// The log cleaner, which compacts.
    pub struct CleanerConfig {
        /// Threads that compact logs.
        log_cleaner_threads: i32 = Key::int("log.cleaner.threads", 1).at_least(0).cluster_wide(),

        /// Most bytes per second that all cleaner threads together read and write.
        log_cleaner_io_max_bytes_per_second: f64 =
            Key::double("log.cleaner.io.max.bytes.per.second", f64::MAX)
            .cluster_wide(),

        /// Bytes of memory for the offset maps of all cleaner threads. At least 1 MiB for each thread.
        log_cleaner_dedupe_buffer_size: i64 = Key::long("log.cleaner.dedupe.buffer.size", 134_217_728)
            .cluster_wide(),

        /// Bytes of memory for the read and write buffers of all cleaner threads.
        log_cleaner_io_buffer_size: i32 = Key::int("log.cleaner.io.buffer.size", 524_288)
            .at_least(0)
            .cluster_wide(),

        /// How full an offset map may get, from 0 to 1. Fuller maps clean more at once and collide more often.
        log_cleaner_io_buffer_load_factor: f64 = Key::double("log.cleaner.io.buffer.load.factor", 0.9)
            .cluster_wide(),

        /// Milliseconds a cleaner thread sleeps when there is nothing to clean.
        log_cleaner_backoff_ms: i64 = Key::long("log.cleaner.backoff.ms", 15_000).at_least(0).cluster_wide(),

        /// Share of a log that must be uncleaned before it is worth compacting. Topics override it as
        /// `min.cleanable.dirty.ratio`.
        log_cleaner_min_cleanable_ratio: f64 = Key::double("log.cleaner.min.cleanable.ratio", 0.5)
            .within(0.0, 1.0)
            .cluster_wide(),

        /// Whether logs are compacted at all. Without it the logs of compacted topics grow without bound.
        log_cleaner_enable: bool = Key::boolean("log.cleaner.enable", true),

        /// Milliseconds a tombstone is kept in a compacted log, so that slow readers see it.
        log_cleaner_delete_retention_ms: i64 = Key::long("log.cleaner.delete.retention.ms", 86_400_000)
            .at_least(0)
            .cluster_wide(),

        /// Milliseconds a record stays uncompacted at least.
        log_cleaner_min_compaction_lag_ms: i64 = Key::long("log.cleaner.min.compaction.lag.ms", 0)
            .at_least(0)
            .cluster_wide(),

        /// Milliseconds after which a record must have become eligible for compaction.
        log_cleaner_max_compaction_lag_ms: i64 = Key::long("log.cleaner.max.compaction.lag.ms", i64::MAX)
            .at_least(1)
            .cluster_wide(),
    }
}
