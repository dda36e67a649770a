//! The share coordinator, which keeps the state of share partitions.

use crate::key::Key;
use crate::section::section;

section! {
    /// The share coordinator, which keeps the state of share partitions.
    pub struct ShareCoordinatorConfig {
        /// Partitions of the share state topic. Must not change once the topic exists.
        share_coordinator_state_topic_num_partitions: i32 =
            Key::int("share.coordinator.state.topic.num.partitions", 50)
            .at_least(1)
            .high(),

        /// Replicas of the share state topic. Until the cluster has as many brokers the topic is not created.
        share_coordinator_state_topic_replication_factor: i16 =
            Key::short("share.coordinator.state.topic.replication.factor", 3)
            .at_least(1)
            .high(),

        /// In-sync replicas that must have a record of the share state topic.
        share_coordinator_state_topic_min_isr: i16 = Key::short("share.coordinator.state.topic.min.isr", 2)
            .at_least(1)
            .high(),

        /// Largest segment in bytes of the share state topic.
        share_coordinator_state_topic_segment_bytes: i32 =
            Key::int("share.coordinator.state.topic.segment.bytes", 104_857_600)
            .at_least(1)
            .high(),

        /// Codec of the share state topic by its number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
        share_coordinator_state_topic_compression_codec: i32 =
            Key::int("share.coordinator.state.topic.compression.codec", 0)
            .high(),

        /// Milliseconds between two deletions of records of the share state topic that nobody needs any more.
        share_coordinator_state_topic_prune_interval_ms: i32 =
            Key::int("share.coordinator.state.topic.prune.interval.ms", 300_000)
            .at_least(1)
            .low()
            .internal(),

        /// Update records written between two snapshots of a share partition's state.
        share_coordinator_snapshot_update_records_per_snapshot: i32 =
            Key::int("share.coordinator.snapshot.update.records.per.snapshot", 500)
            .between(0, 500),

        /// Milliseconds after which the state of a share partition without traffic is written as a snapshot.
        share_coordinator_cold_partition_snapshot_interval_ms: i32 =
            Key::int("share.coordinator.cold.partition.snapshot.interval.ms", 300_000)
            .at_least(1)
            .low()
            .internal(),

        /// Threads that run the shards of the share coordinator.
        share_coordinator_threads: i32 = Key::int("share.coordinator.threads", 1).at_least(1),

        /// Bytes read at a time while the coordinator loads a partition of the share state topic.
        share_coordinator_load_buffer_size: i32 = Key::int("share.coordinator.load.buffer.size", 5_242_880)
            .at_least(1)
            .high(),

        /// Milliseconds that a write of share state may take until all replicas have it.
        share_coordinator_write_timeout_ms: i32 = Key::int("share.coordinator.write.timeout.ms", 5000)
            .at_least(1)
            .high(),

        /// Milliseconds the coordinator gathers records before it writes them. -1: as long as other work is
        /// waiting.
        share_coordinator_append_linger_ms: i32 = Key::int("share.coordinator.append.linger.ms", -1)
            .at_least(-1),

        /// Largest buffer in bytes that the coordinator keeps for its next write.
        share_coordinator_cached_buffer_max_bytes: i32 =
            Key::int("share.coordinator.cached.buffer.max.bytes", 1_048_588)
            .at_least(524_288)
            .cluster_wide(),
    }
}
