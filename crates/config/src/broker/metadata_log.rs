//! The log of the cluster's metadata.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// The log of the cluster's metadata.
    pub struct MetadataLogConfig {
        /// Directory of the metadata log. Not set: the first log directory.
        metadata_log_dir: Option<String> = Key::optional(Type::String, "metadata.log.dir").high(),

        /// Largest segment of the metadata log in bytes.
        metadata_log_segment_bytes: i32 = Key::int("metadata.log.segment.bytes", 1_073_741_824)
            .at_least(8_388_608)
            .high(),

        /// Milliseconds after which a segment of the metadata log is rolled even if it is not full.
        metadata_log_segment_ms: i64 = Key::long("metadata.log.segment.ms", 604_800_000).high(),

        /// Size in bytes beyond which old snapshots and segments of the metadata log are deleted.
        metadata_max_retention_bytes: i64 = Key::long("metadata.max.retention.bytes", 104_857_600).high(),

        /// Milliseconds that old snapshots and segments of the metadata log are kept.
        metadata_max_retention_ms: i64 = Key::long("metadata.max.retention.ms", 604_800_000).high(),

        /// Bytes of new metadata records after which a snapshot is written.
        metadata_log_max_record_bytes_between_snapshots: i64 =
            Key::long("metadata.log.max.record.bytes.between.snapshots", 20_971_520)
            .at_least(1)
            .high(),

        /// Milliseconds after which a snapshot is written if there are new records. 0: never because of time.
        metadata_log_max_snapshot_interval_ms: i64 =
            Key::long("metadata.log.max.snapshot.interval.ms", 3_600_000)
            .at_least(0)
            .high(),

        /// Milliseconds after which an idle controller writes a record of no effect. 0: never.
        metadata_max_idle_interval_ms: i32 = Key::int("metadata.max.idle.interval.ms", 500).at_least(0).low(),

        /// Overrides `metadata.log.segment.bytes` without its lower bound. For tests only.
        internal_metadata_log_segment_bytes: Option<i32> =
            Key::optional(Type::Int, "internal.metadata.log.segment.bytes")
            .low()
            .internal(),

        /// Largest batch of the metadata log in bytes. For tests only.
        internal_metadata_max_batch_size_in_bytes: i32 =
            Key::int("internal.metadata.max.batch.size.in.bytes", 8_388_608)
            .low()
            .internal(),

        /// Milliseconds between renaming the files of a deleted segment of the metadata log and removing them.
        /// For tests only.
        internal_metadata_delete_delay_millis: i64 =
            Key::long("internal.metadata.delete.delay.millis", 60_000)
            .low()
            .internal(),
    }
}
