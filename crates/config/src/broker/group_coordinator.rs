//! The group coordinator, the offsets topic and classic groups.

use crate::key::Key;
use crate::section::section;

section! {
    /// The group coordinator, the offsets topic and classic groups.
    pub struct GroupCoordinatorConfig {
        /// Shortest session timeout in milliseconds that a member of a classic group may ask for.
        group_min_session_timeout_ms: i32 = Key::int("group.min.session.timeout.ms", 6000),

        /// Longest session timeout in milliseconds that a member of a classic group may ask for.
        group_max_session_timeout_ms: i32 = Key::int("group.max.session.timeout.ms", 1_800_000),

        /// Milliseconds that the first rebalance of a new classic group waits for more members.
        group_initial_rebalance_delay_ms: i32 = Key::int("group.initial.rebalance.delay.ms", 3000),

        /// Members that a classic group may have.
        group_max_size: i32 = Key::int("group.max.size", i32::MAX).at_least(1),

        /// Group protocols the coordinator speaks, separated by commas; `classic` cannot be left out.
        /// Deprecated: features decide.
        group_coordinator_rebalance_protocols: Vec<String> =
            Key::list("group.coordinator.rebalance.protocols", "classic,consumer,streams")
            .distinct_non_empty_of(&["consumer", "classic", "share", "streams"]),

        /// Threads that run the shards of the group coordinator.
        group_coordinator_threads: i32 = Key::int("group.coordinator.threads", 4).at_least(1).high(),

        /// Threads for work of the group coordinator that may take long, such as computing assignments.
        group_coordinator_background_threads: i32 = Key::int("group.coordinator.background.threads", 2)
            .at_least(1)
            .high(),

        /// Milliseconds the coordinator gathers records before it writes them. -1: as long as other work is
        /// waiting.
        group_coordinator_append_linger_ms: i32 = Key::int("group.coordinator.append.linger.ms", -1)
            .at_least(-1),

        /// Largest buffer in bytes that the coordinator keeps for its next write.
        group_coordinator_cached_buffer_max_bytes: i32 =
            Key::int("group.coordinator.cached.buffer.max.bytes", 1_048_588)
            .at_least(524_288)
            .cluster_wide(),

        /// Most bytes of metadata that may be committed with an offset.
        offset_metadata_max_bytes: i32 = Key::int("offset.metadata.max.bytes", 4096).high(),

        /// Bytes read at a time while the coordinator loads a partition of the offsets topic.
        offsets_load_buffer_size: i32 = Key::int("offsets.load.buffer.size", 5_242_880).at_least(1).high(),

        /// Minutes that committed offsets are kept after their group became empty, or after the commit if it
        /// has no members.
        offsets_retention_minutes: i32 = Key::int("offsets.retention.minutes", 10_080).at_least(1).high(),

        /// Milliseconds between two looks for expired offsets.
        offsets_retention_check_interval_ms: i64 = Key::long("offsets.retention.check.interval.ms", 600_000)
            .at_least(1)
            .high(),

        /// Partitions of the offsets topic. Must not change once the topic exists.
        offsets_topic_num_partitions: i32 = Key::int("offsets.topic.num.partitions", 50).at_least(1).high(),

        /// Largest segment in bytes of the offsets topic; small ones load and compact faster.
        offsets_topic_segment_bytes: i32 = Key::int("offsets.topic.segment.bytes", 104_857_600)
            .at_least(1)
            .high(),

        /// Replicas of the offsets topic. Until the cluster has as many brokers the topic is not created.
        offsets_topic_replication_factor: i16 = Key::short("offsets.topic.replication.factor", 3)
            .at_least(1)
            .high(),

        /// Codec of the offsets topic by its number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
        offsets_topic_compression_codec: i32 = Key::int("offsets.topic.compression.codec", 0).high(),

        /// Milliseconds that a commit of offsets may take until all replicas have it.
        offsets_commit_timeout_ms: i32 = Key::int("offsets.commit.timeout.ms", 5000).at_least(1).high(),
    }
}
