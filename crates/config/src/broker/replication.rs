//! Followers, leadership and the waits of requests.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// Followers, leadership and the waits of requests.
    pub struct ReplicationConfig {
        /// Milliseconds after which a request to the controller has timed out on its socket.
        controller_socket_timeout_ms: i32 = Key::int("controller.socket.timeout.ms", 30_000),

        /// Replicas of a topic that is created without saying how many.
        default_replication_factor: i32 = Key::int("default.replication.factor", 1),

        /// Milliseconds a follower may fail to reach the leader's log end before it leaves the in-sync
        /// replicas.
        replica_lag_time_max_ms: i64 = Key::long("replica.lag.time.max.ms", 30_000).high(),

        /// Milliseconds a fetch for replication may take on its socket. At least `replica.fetch.wait.max.ms`.
        replica_socket_timeout_ms: i32 = Key::int("replica.socket.timeout.ms", 30_000).high(),

        /// Size in bytes of the receive buffer of sockets for replication.
        replica_socket_receive_buffer_bytes: i32 = Key::int("replica.socket.receive.buffer.bytes", 65_536)
            .high(),

        /// Most bytes fetched per partition and request for replication. A first batch larger than this is
        /// still fetched.
        replica_fetch_max_bytes: i32 = Key::int("replica.fetch.max.bytes", 1_048_576).at_least(0),

        /// Most milliseconds a fetch for replication waits for `replica.fetch.min.bytes`. At most
        /// `replica.lag.time.max.ms`.
        replica_fetch_wait_max_ms: i32 = Key::int("replica.fetch.wait.max.ms", 500).high(),

        /// Bytes that a fetch for replication waits for.
        replica_fetch_min_bytes: i32 = Key::int("replica.fetch.min.bytes", 1).high(),

        /// Most bytes of a whole response to a fetch for replication. A first batch larger than this is still
        /// fetched.
        replica_fetch_response_max_bytes: i32 = Key::int("replica.fetch.response.max.bytes", 10_485_760)
            .at_least(0),

        /// Threads that fetch from each source broker.
        num_replica_fetchers: i32 = Key::int("num.replica.fetchers", 1).at_least(1).high().cluster_wide(),

        /// Milliseconds a fetcher rests after an error of a partition.
        replica_fetch_backoff_ms: i32 = Key::int("replica.fetch.backoff.ms", 1000).at_least(0),

        /// Milliseconds between two writes of the high watermarks to disk.
        replica_high_watermark_checkpoint_interval_ms: i64 =
            Key::long("replica.high.watermark.checkpoint.interval.ms", 5000)
            .high(),

        /// Completed requests after which waiting fetches are purged.
        fetch_purgatory_purge_interval_requests: i32 =
            Key::int("fetch.purgatory.purge.interval.requests", 1000),

        /// Completed requests after which waiting produces are purged.
        producer_purgatory_purge_interval_requests: i32 =
            Key::int("producer.purgatory.purge.interval.requests", 1000),

        /// Completed requests after which waiting deletions of records are purged.
        delete_records_purgatory_purge_interval_requests: i32 =
            Key::int("delete.records.purgatory.purge.interval.requests", 1),

        /// Whether the controller moves leaderships back to the preferred replicas.
        auto_leader_rebalance_enable: bool = Key::boolean("auto.leader.rebalance.enable", true).high(),

        /// Seconds between two looks for leaderships to move back.
        leader_imbalance_check_interval_seconds: i64 =
            Key::long("leader.imbalance.check.interval.seconds", 300)
            .at_least(1)
            .high(),

        /// Whether a replica that is not in sync may become leader when no other is left, at the price of lost
        /// records.
        unclean_leader_election_enable: bool = Key::boolean("unclean.leader.election.enable", false)
            .high()
            .cluster_wide(),

        /// Milliseconds between two looks of the controller for partitions in need of an unclean election.
        unclean_leader_election_interval_ms: i64 = Key::long("unclean.leader.election.interval.ms", 300_000)
            .at_least(1)
            .internal(),

        /// Security protocol between brokers. Not together with `inter.broker.listener.name`.
        security_inter_broker_protocol: String = Key::string("security.inter.broker.protocol", "PLAINTEXT")
            .one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),

        /// Listener for traffic between brokers. Not set: the one named like `security.inter.broker.protocol`.
        inter_broker_listener_name: Option<String> = Key::optional(Type::String, "inter.broker.listener.name"),

        /// Class that picks the replica a consumer fetches from (KIP-392). Not set: the leader.
        replica_selector_class: Option<String> = Key::optional(Type::String, "replica.selector.class"),

        /// Whether a new follower starts at the first offset that is not in remote storage yet, instead of
        /// rebuilding the whole local log (KIP-1023).
        follower_fetch_last_tiered_offset_enable: bool =
            Key::boolean("follower.fetch.last.tiered.offset.enable", false)
            .cluster_wide(),
    }
}
