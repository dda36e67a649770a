//! What a topic can override.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// What a topic can override.
    pub struct TopicConfig {
        /// Largest size of a log segment in bytes.
        segment_bytes: i32 = Key::int("segment.bytes", 1_073_741_824).at_least(1_048_576)
            .inherits(&["log.segment.bytes"]),

        /// Milliseconds after which a segment is rolled even if it is not full.
        segment_ms: i64 = Key::long("segment.ms", 604_800_000).at_least(1)
            .inherits(&["log.roll.ms", "log.roll.hours"]),

        /// Most milliseconds taken at random from `segment.ms`, so that segments do not roll all at once.
        segment_jitter_ms: i64 = Key::long("segment.jitter.ms", 0).at_least(0)
            .inherits(&["log.roll.jitter.ms", "log.roll.jitter.hours"]),

        /// Largest size of an offset or time index in bytes.
        segment_index_bytes: i32 = Key::int("segment.index.bytes", 10_485_760).at_least(4)
            .inherits(&["log.index.size.max.bytes"]),

        /// Records appended to a partition before its log is flushed to disk.
        flush_messages: i64 = Key::long("flush.messages", i64::MAX).at_least(1)
            .inherits(&["log.flush.interval.messages"]),

        /// Most milliseconds a record stays unflushed.
        flush_ms: i64 = Key::long("flush.ms", i64::MAX).at_least(0)
            .inherits(&["log.flush.interval.ms", "log.flush.scheduler.interval.ms"]),

        /// Size in bytes a partition's log is kept at; older segments beyond it are deleted. -1: no limit.
        retention_bytes: i64 = Key::long("retention.bytes", -1)
            .inherits(&["log.retention.bytes"]),

        /// Milliseconds a segment is kept. -1: for ever.
        retention_ms: i64 = Key::long("retention.ms", 604_800_000).at_least(-1)
            .inherits(&["log.retention.ms", "log.retention.minutes", "log.retention.hours"]),

        /// Whether the topic is tiered. The broker must offer it by `remote.log.storage.system.enable`.
        remote_storage_enable: bool = Key::boolean("remote.storage.enable", false),

        /// Milliseconds a segment of a tiered topic stays on local disk. -2: as long as `retention.ms` says.
        local_retention_ms: i64 = Key::long("local.retention.ms", -2).at_least(-2)
            .inherits(&["log.local.retention.ms"]),

        /// Bytes of a tiered partition kept on local disk. -2: as many as `retention.bytes` says.
        local_retention_bytes: i64 = Key::long("local.retention.bytes", -2).at_least(-2)
            .inherits(&["log.local.retention.bytes"]),

        /// Whether a tiered topic stops copying; what is in remote storage stays readable (KIP-950).
        remote_log_copy_disable: bool = Key::boolean("remote.log.copy.disable", false),

        /// Whether turning tiering off deletes what is in remote storage (KIP-950).
        remote_log_delete_on_disable: bool = Key::boolean("remote.log.delete.on.disable", false),

        /// Largest record batch accepted, in bytes after compression.
        max_message_bytes: i32 = Key::int("max.message.bytes", 1_048_588).at_least(0)
            .inherits(&["message.max.bytes"]),

        /// Bytes of log between two entries of the offset index.
        index_interval_bytes: i32 = Key::int("index.interval.bytes", 4096).at_least(0)
            .inherits(&["log.index.interval.bytes"]),

        /// Milliseconds between renaming the files of a deleted segment and removing them.
        file_delete_delay_ms: i64 = Key::long("file.delete.delay.ms", 60_000).at_least(0)
            .inherits(&["log.segment.delete.delay.ms"]),

        /// Milliseconds a tombstone is kept in a compacted log, so that slow readers see it.
        delete_retention_ms: i64 = Key::long("delete.retention.ms", 86_400_000).at_least(0)
            .inherits(&["log.cleaner.delete.retention.ms"]),

        /// Milliseconds a record stays uncompacted at least.
        min_compaction_lag_ms: i64 = Key::long("min.compaction.lag.ms", 0).at_least(0)
            .inherits(&["log.cleaner.min.compaction.lag.ms"]),

        /// Milliseconds after which a record must have become eligible for compaction.
        max_compaction_lag_ms: i64 = Key::long("max.compaction.lag.ms", i64::MAX).at_least(1)
            .inherits(&["log.cleaner.max.compaction.lag.ms"]),

        /// Share of a log that must be uncleaned before it is worth compacting, from 0 to 1.
        min_cleanable_dirty_ratio: f64 = Key::double("min.cleanable.dirty.ratio", 0.5).within(0.0, 1.0)
            .inherits(&["log.cleaner.min.cleanable.ratio"]),

        /// What happens to old segments: `delete` by time and size, `compact` to the last record of each key,
        /// both, or nothing if empty.
        cleanup_policy: Vec<String> = Key::list("cleanup.policy", "delete")
            .distinct_of(&["compact", "delete"])
            .inherits(&["log.cleanup.policy"]),

        /// Whether a replica that is not in sync may become leader when no other is left, at the price of lost
        /// records.
        unclean_leader_election_enable: bool = Key::boolean("unclean.leader.election.enable", false)
            .inherits(&["unclean.leader.election.enable"]),

        /// In-sync replicas that must have a record before a producer with acks=all is answered.
        min_insync_replicas: i32 = Key::int("min.insync.replicas", 1).at_least(1)
            .inherits(&["min.insync.replicas"]),

        /// Compression of the topic's batches: a codec, `uncompressed`, or `producer` to keep what the producer
        /// chose.
        compression_type: String = Key::string("compression.type", "producer")
            .one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])
            .inherits(&["compression.type"]),

        /// Level of gzip where the broker compresses by itself. -1 is zlib's own default.
        compression_gzip_level: i32 = Key::int("compression.gzip.level", -1).gzip_level()
            .inherits(&["compression.gzip.level"]),

        /// Level of lz4 where the broker compresses by itself.
        compression_lz4_level: i32 = Key::int("compression.lz4.level", 9).between(1, 17)
            .inherits(&["compression.lz4.level"]),

        /// Level of zstd where the broker compresses by itself. Negative levels are faster and compress less.
        compression_zstd_level: i32 = Key::int("compression.zstd.level", 3).between(-131_072, 22)
            .inherits(&["compression.zstd.level"]),

        /// Whether a new segment's file gets its full size at once.
        preallocate: bool = Key::boolean("preallocate", false)
            .inherits(&["log.preallocate"]),

        /// Who gives records their timestamps: the producer (`CreateTime`) or the leader (`LogAppendTime`).
        message_timestamp_type: String = Key::string("message.timestamp.type", "CreateTime")
            .one_of(&["CreateTime", "LogAppendTime"])
            .inherits(&["log.message.timestamp.type"]),

        /// Most milliseconds by which a record's timestamp may lie before the broker's time; older records are
        /// refused. Only with `CreateTime`.
        message_timestamp_before_max_ms: i64 = Key::long("message.timestamp.before.max.ms", i64::MAX)
            .at_least(0)
            .inherits(&["log.message.timestamp.before.max.ms"]),

        /// Most milliseconds by which a record's timestamp may lie after the broker's time; records further
        /// ahead are refused. Only with `CreateTime`.
        message_timestamp_after_max_ms: i64 = Key::long("message.timestamp.after.max.ms", 3_600_000)
            .at_least(0)
            .inherits(&["log.message.timestamp.after.max.ms"]),

        /// Replicas whose replication is throttled on the leader's side, as `PARTITION:BROKER` separated by
        /// commas, or `*` for all.
        leader_replication_throttled_replicas: Vec<String> =
            Key::list("leader.replication.throttled.replicas", "")
            .throttled_replicas(),

        /// Replicas whose replication is throttled on the follower's side, as `PARTITION:BROKER` separated by
        /// commas, or `*` for all.
        follower_replication_throttled_replicas: Vec<String> =
            Key::list("follower.replication.throttled.replicas", "")
            .throttled_replicas(),

        /// Overrides `segment.bytes` without its lower bound. For tests only.
        internal_segment_bytes: Option<i32> = Key::optional(Type::Int, "internal.segment.bytes").internal(),
    }
}

impl TopicConfig {
    /// Whether old records are compacted to the last one of each key.
    pub fn compacts(&self) -> bool {
        self.cleanup_policy.iter().any(|policy| policy == "compact")
    }

    /// Whether old segments are deleted by time and size.
    pub fn deletes(&self) -> bool {
        self.cleanup_policy.iter().any(|policy| policy == "delete")
    }

    /// Whether the leader gives records their timestamps.
    pub fn stamps_at_append(&self) -> bool {
        self.message_timestamp_type == "LogAppendTime"
    }

    /// Largest size of a log segment in bytes, tests' own setting included.
    pub fn segment_bytes_max(&self) -> i32 {
        self.internal_segment_bytes.unwrap_or(self.segment_bytes)
    }

    /// Milliseconds that a segment of a tiered topic stays on local disk; -1 for ever.
    pub fn effective_local_retention_ms(&self) -> i64 {
        if self.local_retention_ms == AS_WHOLE { self.retention_ms } else { self.local_retention_ms }
    }

    /// Bytes of a tiered partition kept on local disk; -1 for all.
    pub fn effective_local_retention_bytes(&self) -> i64 {
        if self.local_retention_bytes == AS_WHOLE { self.retention_bytes } else { self.local_retention_bytes }
    }
}

/// A local retention of this value is that of the whole topic.
const AS_WHOLE: i64 = -2;
