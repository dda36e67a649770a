//! What a group can override.

use crate::key::Key;
use crate::section::section;

section! {
    /// What a group can override.
    pub struct GroupConfig {
        /// Milliseconds without heartbeat after which a member of a consumer group is removed.
        consumer_session_timeout_ms: i32 = Key::int("consumer.session.timeout.ms", 45_000).at_least(1)
            .inherits(&["group.consumer.session.timeout.ms"]),

        /// Milliseconds between the heartbeats of a member of a consumer group.
        consumer_heartbeat_interval_ms: i32 = Key::int("consumer.heartbeat.interval.ms", 5000).at_least(1)
            .inherits(&["group.consumer.heartbeat.interval.ms"]),

        /// Milliseconds between two computations of a consumer group's assignment at least.
        consumer_assignment_interval_ms: i32 = Key::int("consumer.assignment.interval.ms", 1000).at_least(0)
            .inherits(&["group.consumer.assignment.interval.ms"]),

        /// Milliseconds without heartbeat after which a member of a share group is removed.
        share_session_timeout_ms: i32 = Key::int("share.session.timeout.ms", 45_000).at_least(1)
            .inherits(&["group.share.session.timeout.ms"]),

        /// Milliseconds between the heartbeats of a member of a share group.
        share_heartbeat_interval_ms: i32 = Key::int("share.heartbeat.interval.ms", 5000).at_least(1)
            .inherits(&["group.share.heartbeat.interval.ms"]),

        /// Milliseconds a record stays acquired before other members of a share group may have it.
        share_record_lock_duration_ms: i32 = Key::int("share.record.lock.duration.ms", 30_000).at_least(1000)
            .inherits(&["group.share.record.lock.duration.ms"]),

        /// Times that a record is delivered to a share group before it is given up.
        share_delivery_count_limit: i32 = Key::int("share.delivery.count.limit", 5).at_least(2)
            .inherits(&["group.share.delivery.count.limit"]),

        /// Records of a partition that a share group may have acquired and not acknowledged at a time.
        share_partition_max_record_locks: i32 = Key::int("share.partition.max.record.locks", 2000)
            .at_least(100)
            .inherits(&["group.share.partition.max.record.locks"]),

        /// Where a share group starts in a partition: `earliest`, `latest`, or `by_duration:PnDTnHnMn.nS`, that
        /// long ago.
        share_auto_offset_reset: String = Key::string("share.auto.offset.reset", "latest")
            .share_offset_reset(),

        /// Whether a share group gets records of transactions that are not committed: `read_committed` or
        /// `read_uncommitted`.
        share_isolation_level: String = Key::string("share.isolation.level", "read_uncommitted")
            .one_of(&["read_committed", "read_uncommitted"]),

        /// Whether members of a share group may renew the locks of records.
        share_renew_acknowledge_enable: bool = Key::boolean("share.renew.acknowledge.enable", true),

        /// Milliseconds between two computations of a share group's assignment at least.
        share_assignment_interval_ms: i32 = Key::int("share.assignment.interval.ms", 1000).at_least(0)
            .inherits(&["group.share.assignment.interval.ms"]),

        /// Milliseconds without heartbeat after which a member of a streams group is removed.
        streams_session_timeout_ms: i32 = Key::int("streams.session.timeout.ms", 45_000).at_least(1)
            .inherits(&["group.streams.session.timeout.ms"]),

        /// Milliseconds between the heartbeats of a member of a streams group.
        streams_heartbeat_interval_ms: i32 = Key::int("streams.heartbeat.interval.ms", 5000).at_least(1)
            .inherits(&["group.streams.heartbeat.interval.ms"]),

        /// Standby replicas of each task of a streams group.
        streams_num_standby_replicas: i32 = Key::int("streams.num.standby.replicas", 0).at_least(0)
            .inherits(&["group.streams.num.standby.replicas"]),

        /// Milliseconds that the first rebalance of a new streams group waits for more members.
        streams_initial_rebalance_delay_ms: i32 = Key::int("streams.initial.rebalance.delay.ms", 3000)
            .at_least(0)
            .inherits(&["group.streams.initial.rebalance.delay.ms"]),

        /// Milliseconds between two computations of a streams group's assignment at least.
        streams_assignment_interval_ms: i32 = Key::int("streams.assignment.interval.ms", 1000).at_least(0)
            .inherits(&["group.streams.assignment.interval.ms"]),
    }
}
