//! Share groups (KIP-932).

use crate::key::Key;
use crate::section::section;

section! {
    /// Share groups (KIP-932).
    pub struct ShareGroupConfig {
        /// Milliseconds without heartbeat after which a member is removed. Groups override it as
        /// `share.session.timeout.ms`.
        group_share_session_timeout_ms: i32 = Key::int("group.share.session.timeout.ms", 45_000).at_least(1),

        /// Lower bound in milliseconds for session timeouts.
        group_share_min_session_timeout_ms: i32 = Key::int("group.share.min.session.timeout.ms", 45_000)
            .at_least(1),

        /// Upper bound in milliseconds for session timeouts.
        group_share_max_session_timeout_ms: i32 = Key::int("group.share.max.session.timeout.ms", 60_000)
            .at_least(1),

        /// Milliseconds between the heartbeats of a member. Groups override it as
        /// `share.heartbeat.interval.ms`.
        group_share_heartbeat_interval_ms: i32 = Key::int("group.share.heartbeat.interval.ms", 5000)
            .at_least(1),

        /// Lower bound in milliseconds for heartbeat intervals.
        group_share_min_heartbeat_interval_ms: i32 = Key::int("group.share.min.heartbeat.interval.ms", 5000)
            .at_least(1),

        /// Upper bound in milliseconds for heartbeat intervals.
        group_share_max_heartbeat_interval_ms: i32 = Key::int("group.share.max.heartbeat.interval.ms", 15_000)
            .at_least(1),

        /// Members that a share group may have.
        group_share_max_size: i32 = Key::int("group.share.max.size", 200).between(1, 1000),

        /// The assignor of share groups, by short name (`simple`) or class. Exactly one.
        group_share_assignors: Vec<String> = Key::list("group.share.assignors", "simple")
            .distinct_non_empty(),

        /// Milliseconds between two computations of a group's assignment at least. Groups override it as
        /// `share.assignment.interval.ms`.
        group_share_assignment_interval_ms: i32 = Key::int("group.share.assignment.interval.ms", 1000)
            .at_least(0)
            .cluster_wide(),

        /// Lower bound in milliseconds for assignment intervals.
        group_share_min_assignment_interval_ms: i32 = Key::int("group.share.min.assignment.interval.ms", 0)
            .at_least(0),

        /// Upper bound in milliseconds for assignment intervals.
        group_share_max_assignment_interval_ms: i32 =
            Key::int("group.share.max.assignment.interval.ms", 15_000)
            .at_least(0),

        /// Records of a partition that may be acquired and unacknowledged at a time. Groups override it as
        /// `share.partition.max.record.locks`.
        group_share_partition_max_record_locks: i32 = Key::int("group.share.partition.max.record.locks", 2000)
            .between(100, 10_000),

        /// Lower bound for the number of record locks.
        group_share_min_partition_max_record_locks: i32 =
            Key::int("group.share.min.partition.max.record.locks", 100)
            .between(100, 2000),

        /// Upper bound for the number of record locks.
        group_share_max_partition_max_record_locks: i32 =
            Key::int("group.share.max.partition.max.record.locks", 4000)
            .between(2000, 10_000),

        /// Times that a record is delivered before it is given up. Groups override it as
        /// `share.delivery.count.limit`.
        group_share_delivery_count_limit: i32 = Key::int("group.share.delivery.count.limit", 5)
            .between(2, 10),

        /// Lower bound for the number of deliveries.
        group_share_min_delivery_count_limit: i32 = Key::int("group.share.min.delivery.count.limit", 2)
            .between(2, 5),

        /// Upper bound for the number of deliveries.
        group_share_max_delivery_count_limit: i32 = Key::int("group.share.max.delivery.count.limit", 10)
            .between(5, 25),

        /// Milliseconds a record stays acquired before others may have it. Groups override it as
        /// `share.record.lock.duration.ms`.
        group_share_record_lock_duration_ms: i32 = Key::int("group.share.record.lock.duration.ms", 30_000)
            .between(1000, 3_600_000),

        /// Lower bound in milliseconds for the duration of record locks.
        group_share_min_record_lock_duration_ms: i32 =
            Key::int("group.share.min.record.lock.duration.ms", 15_000)
            .between(1000, 30_000),

        /// Upper bound in milliseconds for the duration of record locks.
        group_share_max_record_lock_duration_ms: i32 =
            Key::int("group.share.max.record.lock.duration.ms", 60_000)
            .between(30_000, 3_600_000),

        /// Share sessions that a broker keeps at a time.
        group_share_max_share_sessions: i32 = Key::int("group.share.max.share.sessions", 2000).at_least(1),

        /// Milliseconds before a share partition whose state could not be initialized is tried again.
        group_share_initialize_retry_interval_ms: i32 =
            Key::int("group.share.initialize.retry.interval.ms", 30_000)
            .at_least(1)
            .low()
            .internal(),

        /// Class that persists the state of share partitions.
        group_share_persister_class_name: String =
            Key::string("group.share.persister.class.name", "org.apache.kafka.server.share.persister.DefaultStatePersister")
            .internal(),

        /// Completed requests after which waiting share fetches are purged.
        share_fetch_purgatory_purge_interval_requests: i32 =
            Key::int("share.fetch.purgatory.purge.interval.requests", 1000),
    }
}
