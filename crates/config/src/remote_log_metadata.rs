//! The topic that holds the metadata of remote segments; these keys stand under the prefix
//! `remote.log.metadata.manager.impl.prefix`.

use crate::key::Key;
use crate::section::section;

section! {
    /// The topic that holds the metadata of remote segments; these keys stand under the prefix
    /// `remote.log.metadata.manager.impl.prefix`.
    pub struct RemoteLogMetadataConfig {
        /// Partitions of the topic. Must not change once the topic exists.
        remote_log_metadata_topic_num_partitions: i32 =
            Key::int("remote.log.metadata.topic.num.partitions", 50)
            .at_least(1)
            .low(),

        /// Replicas of the topic.
        remote_log_metadata_topic_replication_factor: i16 =
            Key::short("remote.log.metadata.topic.replication.factor", 3)
            .at_least(1)
            .low(),

        /// In-sync replicas that must have a record of the topic.
        remote_log_metadata_topic_min_isr: i16 = Key::short("remote.log.metadata.topic.min.isr", 2)
            .at_least(1)
            .low(),

        /// Milliseconds a record is kept. -1: for ever; a limit must be longer than the retention of every
        /// tiered topic.
        remote_log_metadata_topic_retention_ms: i64 = Key::long("remote.log.metadata.topic.retention.ms", -1)
            .low(),

        /// Milliseconds to wait until what was just written has been read back.
        remote_log_metadata_consume_wait_ms: i64 = Key::long("remote.log.metadata.consume.wait.ms", 120_000)
            .at_least(0)
            .low(),

        /// Milliseconds before initialization is tried again.
        remote_log_metadata_initialization_retry_interval_ms: i64 =
            Key::long("remote.log.metadata.initialization.retry.interval.ms", 100)
            .at_least(0)
            .low(),

        /// Milliseconds after which initialization is given up.
        remote_log_metadata_initialization_retry_max_timeout_ms: i64 =
            Key::long("remote.log.metadata.initialization.retry.max.timeout.ms", 120_000)
            .at_least(0)
            .low(),
    }
}
