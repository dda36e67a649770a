//! Tiered storage (KIP-405).

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// Tiered storage (KIP-405).
    pub struct RemoteLogConfig {
        /// Whether the node offers tiered storage; topics then turn it on by `remote.storage.enable`.
        remote_log_storage_system_enable: bool = Key::boolean("remote.log.storage.system.enable", false),

        /// Prefix of the keys handed to the remote storage manager.
        remote_log_storage_manager_impl_prefix: String =
            Key::string("remote.log.storage.manager.impl.prefix", "rsm.config.")
            .non_empty(),

        /// Prefix of the keys handed to the remote log metadata manager.
        remote_log_metadata_manager_impl_prefix: String =
            Key::string("remote.log.metadata.manager.impl.prefix", "rlmm.config.")
            .non_empty(),

        /// Class of the remote storage manager.
        remote_log_storage_manager_class_name: Option<String> =
            Key::optional(Type::String, "remote.log.storage.manager.class.name")
            .non_empty(),

        /// Class path of the remote storage manager. Kept for compatibility.
        remote_log_storage_manager_class_path: Option<String> =
            Key::optional(Type::String, "remote.log.storage.manager.class.path"),

        /// Class of the remote log metadata manager.
        remote_log_metadata_manager_class_name: String =
            Key::string("remote.log.metadata.manager.class.name", "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager")
            .non_empty(),

        /// Class path of the remote log metadata manager. Kept for compatibility.
        remote_log_metadata_manager_class_path: Option<String> =
            Key::optional(Type::String, "remote.log.metadata.manager.class.path"),

        /// Listener of this broker to which the remote log metadata manager connects.
        remote_log_metadata_manager_listener_name: Option<String> =
            Key::optional(Type::String, "remote.log.metadata.manager.listener.name")
            .non_empty(),

        /// Most bytes of custom metadata kept per remote segment; a segment with more is not copied.
        remote_log_metadata_custom_metadata_max_bytes: i32 =
            Key::int("remote.log.metadata.custom.metadata.max.bytes", 128)
            .at_least(0)
            .low(),

        /// Bytes of disk for the cache of index files fetched from remote storage.
        remote_log_index_file_cache_total_size_bytes: i64 =
            Key::long("remote.log.index.file.cache.total.size.bytes", 1_073_741_824)
            .at_least(1)
            .low()
            .cluster_wide(),

        /// Milliseconds an unused index file stays in the cache. -1: until space is needed.
        remote_log_index_file_cache_ttl_ms: i64 = Key::long("remote.log.index.file.cache.ttl.ms", 900_000)
            .at_least(-1)
            .low()
            .internal(),

        /// Threads for tasks of followers. Deprecated for `remote.log.manager.follower.thread.pool.size`.
        remote_log_manager_thread_pool_size: i32 = Key::int("remote.log.manager.thread.pool.size", 2)
            .at_least(1),

        /// Threads that copy segments to remote storage.
        remote_log_manager_copier_thread_pool_size: i32 =
            Key::int("remote.log.manager.copier.thread.pool.size", 10)
            .at_least(1)
            .cluster_wide(),

        /// Threads that delete expired remote segments.
        remote_log_manager_expiration_thread_pool_size: i32 =
            Key::int("remote.log.manager.expiration.thread.pool.size", 10)
            .at_least(1)
            .cluster_wide(),

        /// Threads for the remote log tasks of followers.
        remote_log_manager_follower_thread_pool_size: i32 =
            Key::int("remote.log.manager.follower.thread.pool.size", 2)
            .at_least(1)
            .cluster_wide(),

        /// Milliseconds between two rounds of copying, expiring and following.
        remote_log_manager_task_interval_ms: i64 = Key::long("remote.log.manager.task.interval.ms", 30_000)
            .at_least(1)
            .low(),

        /// Milliseconds before a failed remote log task is tried again for the first time.
        remote_log_manager_task_retry_backoff_ms: i64 =
            Key::long("remote.log.manager.task.retry.backoff.ms", 500)
            .at_least(1)
            .low()
            .internal(),

        /// Most milliseconds before a failed remote log task is tried again.
        remote_log_manager_task_retry_backoff_max_ms: i64 =
            Key::long("remote.log.manager.task.retry.backoff.max.ms", 30_000)
            .at_least(1)
            .low()
            .internal(),

        /// Share by which the wait before a new try varies at random, from 0 to 0.5.
        remote_log_manager_task_retry_jitter: f64 = Key::double("remote.log.manager.task.retry.jitter", 0.2)
            .within(0.0, 0.5)
            .low()
            .internal(),

        /// Threads that read from remote storage.
        remote_log_reader_threads: i32 = Key::int("remote.log.reader.threads", 10).at_least(1).cluster_wide(),

        /// Reads from remote storage that may wait for a thread; more are refused.
        remote_log_reader_max_pending_tasks: i32 = Key::int("remote.log.reader.max.pending.tasks", 100)
            .at_least(1),

        /// Milliseconds a tiered topic's segment stays on local disk. -2: as long as `log.retention.ms` says.
        /// Topics override it as `local.retention.ms`.
        log_local_retention_ms: i64 = Key::long("log.local.retention.ms", -2).at_least(-2).cluster_wide(),

        /// Bytes of a tiered partition kept on local disk. -2: as many as `log.retention.bytes` says. Topics
        /// override it as `local.retention.bytes`.
        log_local_retention_bytes: i64 = Key::long("log.local.retention.bytes", -2)
            .at_least(-2)
            .cluster_wide(),

        /// Most bytes per second copied to remote storage.
        remote_log_manager_copy_max_bytes_per_second: i64 =
            Key::long("remote.log.manager.copy.max.bytes.per.second", i64::MAX)
            .at_least(1)
            .cluster_wide(),

        /// Windows over which the copying rate is measured.
        remote_log_manager_copy_quota_window_num: i32 =
            Key::int("remote.log.manager.copy.quota.window.num", 11)
            .at_least(1),

        /// Length in seconds of a window over which the copying rate is measured.
        remote_log_manager_copy_quota_window_size_seconds: i32 =
            Key::int("remote.log.manager.copy.quota.window.size.seconds", 1)
            .at_least(1),

        /// Most bytes per second read from remote storage.
        remote_log_manager_fetch_max_bytes_per_second: i64 =
            Key::long("remote.log.manager.fetch.max.bytes.per.second", i64::MAX)
            .at_least(1)
            .cluster_wide(),

        /// Windows over which the reading rate is measured.
        remote_log_manager_fetch_quota_window_num: i32 =
            Key::int("remote.log.manager.fetch.quota.window.num", 11)
            .at_least(1),

        /// Length in seconds of a window over which the reading rate is measured.
        remote_log_manager_fetch_quota_window_size_seconds: i32 =
            Key::int("remote.log.manager.fetch.quota.window.size.seconds", 1)
            .at_least(1),

        /// Most milliseconds a fetch waits for remote storage.
        remote_fetch_max_wait_ms: i32 = Key::int("remote.fetch.max.wait.ms", 500).at_least(1).cluster_wide(),

        /// Most milliseconds a search for offsets waits for remote storage.
        remote_list_offsets_request_timeout_ms: i64 =
            Key::long("remote.list.offsets.request.timeout.ms", 30_000)
            .at_least(1)
            .cluster_wide(),
    }
}
