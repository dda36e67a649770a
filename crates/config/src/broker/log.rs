//! Log directories, and what topics inherit for their logs unless they say otherwise.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// Log directories, and what topics inherit for their logs unless they say otherwise.
    pub struct LogDefaultsConfig {
        /// Partitions of a topic that is created without saying how many.
        num_partitions: i32 = Key::int("num.partitions", 1).at_least(1),

        /// Directory of the logs, used if `log.dirs` is not set.
        log_dir: Vec<String> = Key::list("log.dir", "/tmp/kafka-logs").distinct_non_empty().high(),

        /// Directories of the logs, separated by commas. Not set: `log.dir`.
        log_dirs: Option<Vec<String>> = Key::optional(Type::List, "log.dirs").distinct_non_empty().high(),

        /// Log directories that receive no new replicas, separated by commas; `*` alone stands for all
        /// (KIP-1066).
        cordoned_log_dirs: Vec<String> = Key::list("cordoned.log.dirs", "").distinct().per_broker(),

        /// Largest size of a log segment in bytes. Topics override it as `segment.bytes`.
        log_segment_bytes: i32 = Key::int("log.segment.bytes", 1_073_741_824)
            .at_least(1_048_576)
            .high()
            .cluster_wide(),

        /// Milliseconds after which a segment is rolled even if it is not full. Not set: `log.roll.hours`.
        log_roll_ms: Option<i64> = Key::optional(Type::Long, "log.roll.ms").high().cluster_wide(),

        /// Hours after which a segment is rolled even if it is not full, if `log.roll.ms` is not set.
        log_roll_hours: i32 = Key::int("log.roll.hours", 168).at_least(1).high(),

        /// Most milliseconds taken at random from the time to roll, so that segments do not roll all at once.
        /// Not set: `log.roll.jitter.hours`.
        log_roll_jitter_ms: Option<i64> = Key::optional(Type::Long, "log.roll.jitter.ms")
            .high()
            .cluster_wide(),

        /// Most hours taken at random from the time to roll, if `log.roll.jitter.ms` is not set.
        log_roll_jitter_hours: i32 = Key::int("log.roll.jitter.hours", 0).at_least(0).high(),

        /// Milliseconds a segment is kept. -1: for ever. Not set: `log.retention.minutes`.
        log_retention_ms: Option<i64> = Key::optional(Type::Long, "log.retention.ms").high().cluster_wide(),

        /// Minutes a segment is kept, if `log.retention.ms` is not set. Negative: for ever. Not set:
        /// `log.retention.hours`.
        log_retention_minutes: Option<i32> = Key::optional(Type::Int, "log.retention.minutes").high(),

        /// Hours a segment is kept, if neither `log.retention.ms` nor `log.retention.minutes` is set. Negative:
        /// for ever.
        log_retention_hours: i32 = Key::int("log.retention.hours", 168).high(),

        /// Size in bytes a partition's log is kept at; older segments beyond it are deleted. -1: no limit.
        log_retention_bytes: i64 = Key::long("log.retention.bytes", -1).high().cluster_wide(),

        /// Milliseconds between two looks for segments that may be deleted.
        log_retention_check_interval_ms: i64 = Key::long("log.retention.check.interval.ms", 300_000)
            .at_least(1),

        /// What happens to old segments: `delete` by time and size, `compact` to the last record of each key,
        /// both, or nothing if empty. Topics override it as `cleanup.policy`.
        log_cleanup_policy: Vec<String> = Key::list("log.cleanup.policy", "delete")
            .distinct_of(&["compact", "delete"])
            .cluster_wide(),

        /// Largest size of an offset or time index in bytes.
        log_index_size_max_bytes: i32 = Key::int("log.index.size.max.bytes", 10_485_760)
            .at_least(4)
            .cluster_wide(),

        /// Bytes of log between two entries of the offset index.
        log_index_interval_bytes: i32 = Key::int("log.index.interval.bytes", 4096).at_least(0).cluster_wide(),

        /// Records appended to a partition before its log is flushed to disk.
        log_flush_interval_messages: i64 = Key::long("log.flush.interval.messages", i64::MAX)
            .at_least(1)
            .high()
            .cluster_wide(),

        /// Milliseconds between renaming the files of a deleted segment and removing them.
        log_segment_delete_delay_ms: i64 = Key::long("log.segment.delete.delay.ms", 60_000)
            .at_least(0)
            .high()
            .cluster_wide(),

        /// Milliseconds between two looks for logs to be flushed.
        log_flush_scheduler_interval_ms: i64 = Key::long("log.flush.scheduler.interval.ms", i64::MAX).high(),

        /// Most milliseconds a record stays unflushed. Not set: `log.flush.scheduler.interval.ms`.
        log_flush_interval_ms: Option<i64> = Key::optional(Type::Long, "log.flush.interval.ms")
            .high()
            .cluster_wide(),

        /// Milliseconds between two writes of the recovery point checkpoint.
        log_flush_offset_checkpoint_interval_ms: i32 =
            Key::int("log.flush.offset.checkpoint.interval.ms", 60_000)
            .at_least(0)
            .high(),

        /// Milliseconds between two writes of the log start offset checkpoint.
        log_flush_start_offset_checkpoint_interval_ms: i32 =
            Key::int("log.flush.start.offset.checkpoint.interval.ms", 60_000)
            .at_least(0)
            .high(),

        /// Whether a new segment's file gets its full size at once.
        log_preallocate: bool = Key::boolean("log.preallocate", false).cluster_wide(),

        /// Threads per log directory that load logs at start and flush them at shutdown.
        num_recovery_threads_per_data_dir: i32 = Key::int("num.recovery.threads.per.data.dir", 2)
            .at_least(1)
            .high()
            .cluster_wide(),

        /// Whether a topic is created when someone asks for one that does not exist.
        auto_create_topics_enable: bool = Key::boolean("auto.create.topics.enable", true).high(),

        /// In-sync replicas that must have a record before a producer with acks=all is answered.
        min_insync_replicas: i32 = Key::int("min.insync.replicas", 1).at_least(1).high().cluster_wide(),

        /// Who gives records their timestamps: the producer (`CreateTime`) or the leader (`LogAppendTime`).
        log_message_timestamp_type: String = Key::string("log.message.timestamp.type", "CreateTime")
            .one_of(&["CreateTime", "LogAppendTime"])
            .cluster_wide(),

        /// Most milliseconds by which a record's timestamp may lie before the broker's time; older records are
        /// refused. Only with `CreateTime`.
        log_message_timestamp_before_max_ms: i64 = Key::long("log.message.timestamp.before.max.ms", i64::MAX)
            .at_least(0)
            .cluster_wide(),

        /// Most milliseconds by which a record's timestamp may lie after the broker's time; records further
        /// ahead are refused. Only with `CreateTime`.
        log_message_timestamp_after_max_ms: i64 = Key::long("log.message.timestamp.after.max.ms", 3_600_000)
            .at_least(0)
            .cluster_wide(),

        /// Class of the policy that may refuse to create a topic; belongs to the controller.
        create_topic_policy_class_name: Option<String> =
            Key::optional(Type::Class, "create.topic.policy.class.name")
            .low(),

        /// Class of the policy that may refuse a change of configuration; belongs to the controller.
        alter_config_policy_class_name: Option<String> =
            Key::optional(Type::Class, "alter.config.policy.class.name")
            .low(),

        /// Milliseconds after which a broker stops if it cannot tell the controller that the directory of some
        /// leader has failed.
        log_dir_failure_timeout_ms: i64 = Key::long("log.dir.failure.timeout.ms", 30_000).at_least(1).low(),

        /// Milliseconds after start before the periodic log tasks run for the first time. For tests only.
        log_initial_task_delay_ms: i64 = Key::long("log.initial.task.delay.ms", 30_000)
            .at_least(0)
            .low()
            .internal(),
    }
}
