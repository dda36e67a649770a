//! What concerns the whole node: threads, limits of requests, compression of topics, plug-ins.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// What concerns the whole node: threads, limits of requests, compression of topics, plug-ins.
    pub struct GeneralConfig {
        /// Former name of `node.id`. If both are set they must be equal.
        broker_id: i32 = Key::int("broker.id", -1).high(),

        /// Rack of this broker, for spreading replicas over racks and for fetching from the nearest replica.
        broker_rack: Option<String> = Key::optional(Type::String, "broker.rack"),

        /// Largest record batch accepted, in bytes after compression. Topics override it as
        /// `max.message.bytes`.
        message_max_bytes: i32 = Key::int("message.max.bytes", 1_048_588).at_least(0).high().cluster_wide(),

        /// Threads that process requests, disk access included.
        num_io_threads: i32 = Key::int("num.io.threads", 8).at_least(1).high().cluster_wide(),

        /// Threads that move replicas between log directories. Not set: as many as there are log directories.
        num_replica_alter_log_dirs_threads: Option<i32> =
            Key::optional(Type::Int, "num.replica.alter.log.dirs.threads")
            .high(),

        /// Threads for background work such as deleting files and expiring requests.
        background_threads: i32 = Key::int("background.threads", 10).at_least(1).high().cluster_wide(),

        /// Milliseconds a client inside the node waits for a response before it tries again or gives up.
        request_timeout_ms: i32 = Key::int("request.timeout.ms", 30_000).high(),

        /// Milliseconds a client inside the node waits for a connection to be established; doubled with each
        /// failure up to `socket.connection.setup.timeout.max.ms`.
        socket_connection_setup_timeout_ms: i64 = Key::long("socket.connection.setup.timeout.ms", 10_000),

        /// Longest wait in milliseconds for a connection to be established.
        socket_connection_setup_timeout_max_ms: i64 =
            Key::long("socket.connection.setup.timeout.max.ms", 30_000),

        /// Class of the authorizer that decides who may do what. Empty: everyone may do everything.
        authorizer_class_name: String = Key::string("authorizer.class.name", "").non_null().low(),

        /// Listeners that open before the authorizer is ready, separated by commas. Not set: the controller
        /// listeners.
        early_start_listeners: Option<Vec<String>> = Key::optional(Type::List, "early.start.listeners")
            .distinct()
            .high(),

        /// Whether topics may be deleted.
        delete_topic_enable: bool = Key::boolean("delete.topic.enable", true).high(),

        /// Compression of a topic's batches: a codec, `uncompressed`, or `producer` to keep what the producer
        /// chose. Topics override it under the same name.
        compression_type: String = Key::string("compression.type", "producer")
            .one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"])
            .high()
            .cluster_wide(),

        /// Level of gzip where the broker compresses by itself. -1 is zlib's own default.
        compression_gzip_level: i32 = Key::int("compression.gzip.level", -1).gzip_level().cluster_wide(),

        /// Level of lz4 where the broker compresses by itself.
        compression_lz4_level: i32 = Key::int("compression.lz4.level", 9).between(1, 17).cluster_wide(),

        /// Level of zstd where the broker compresses by itself. Negative levels are faster and compress less.
        compression_zstd_level: i32 = Key::int("compression.zstd.level", 3)
            .between(-131_072, 22)
            .cluster_wide(),

        /// Incremental fetch sessions kept at a time (KIP-227). Other fetches name all their partitions each
        /// time.
        max_incremental_fetch_session_cache_slots: i32 =
            Key::int("max.incremental.fetch.session.cache.slots", 1000)
            .at_least(0),

        /// Most bytes a fetch returns, over all its partitions. A first batch larger than this is still
        /// returned, so that consumers make progress.
        fetch_max_bytes: i32 = Key::int("fetch.max.bytes", 57_671_680).at_least(1024),

        /// Partitions that one request may list, for example to describe topic partitions (KIP-966).
        max_request_partition_size_limit: i32 = Key::int("max.request.partition.size.limit", 2000)
            .at_least(1),

        /// Names of the providers that resolve variables in values, separated by commas; each is configured
        /// under `config.providers.NAME.`.
        config_providers: Vec<String> = Key::list("config.providers", "").distinct().low().cluster_wide(),

        /// Whether a broker hands over its leaderships before it stops.
        controlled_shutdown_enable: bool = Key::boolean("controlled.shutdown.enable", true),

        /// Whether versions of requests still in development are offered. For tests only.
        unstable_api_versions_enable: bool = Key::boolean("unstable.api.versions.enable", false)
            .high()
            .internal(),

        /// Whether feature levels still in development may be used. For tests only.
        unstable_feature_versions_enable: bool = Key::boolean("unstable.feature.versions.enable", false)
            .high()
            .internal(),

        /// Security providers to register, separated by commas. Kept for compatibility; Java classes cannot be
        /// loaded.
        security_providers: Option<String> = Key::optional(Type::String, "security.providers").low(),
    }
}
