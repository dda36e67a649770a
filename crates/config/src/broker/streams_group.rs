//! Groups of the streams protocol (KIP-1071).

use crate::key::Key;
use crate::section::section;

section! {
    /// Groups of the streams protocol (KIP-1071).
    pub struct StreamsGroupConfig {
        /// Milliseconds without heartbeat after which a member is removed. Groups override it as
        /// `streams.session.timeout.ms`.
        group_streams_session_timeout_ms: i32 = Key::int("group.streams.session.timeout.ms", 45_000)
            .at_least(1),

        /// Lower bound in milliseconds for session timeouts.
        group_streams_min_session_timeout_ms: i32 = Key::int("group.streams.min.session.timeout.ms", 45_000)
            .at_least(1),

        /// Upper bound in milliseconds for session timeouts.
        group_streams_max_session_timeout_ms: i32 = Key::int("group.streams.max.session.timeout.ms", 60_000)
            .at_least(1),

        /// Milliseconds between the heartbeats of a member. Groups override it as
        /// `streams.heartbeat.interval.ms`.
        group_streams_heartbeat_interval_ms: i32 = Key::int("group.streams.heartbeat.interval.ms", 5000)
            .at_least(1),

        /// Lower bound in milliseconds for heartbeat intervals.
        group_streams_min_heartbeat_interval_ms: i32 =
            Key::int("group.streams.min.heartbeat.interval.ms", 5000)
            .at_least(1),

        /// Upper bound in milliseconds for heartbeat intervals.
        group_streams_max_heartbeat_interval_ms: i32 =
            Key::int("group.streams.max.heartbeat.interval.ms", 15_000)
            .at_least(1),

        /// Members that a streams group may have.
        group_streams_max_size: i32 = Key::int("group.streams.max.size", i32::MAX).at_least(1),

        /// Standby replicas of each task. Groups override it as `streams.num.standby.replicas`.
        group_streams_num_standby_replicas: i32 = Key::int("group.streams.num.standby.replicas", 0)
            .at_least(0),

        /// Upper bound for the number of standby replicas.
        group_streams_max_standby_replicas: i32 = Key::int("group.streams.max.standby.replicas", 2)
            .at_least(0),

        /// Milliseconds that the first rebalance of a new group waits for more members. Groups override it as
        /// `streams.initial.rebalance.delay.ms`.
        group_streams_initial_rebalance_delay_ms: i32 =
            Key::int("group.streams.initial.rebalance.delay.ms", 3000)
            .at_least(0),

        /// Milliseconds between two computations of a group's assignment at least. Groups override it as
        /// `streams.assignment.interval.ms`.
        group_streams_assignment_interval_ms: i32 = Key::int("group.streams.assignment.interval.ms", 1000)
            .at_least(0)
            .cluster_wide(),

        /// Lower bound in milliseconds for assignment intervals.
        group_streams_min_assignment_interval_ms: i32 =
            Key::int("group.streams.min.assignment.interval.ms", 0)
            .at_least(0),

        /// Upper bound in milliseconds for assignment intervals.
        group_streams_max_assignment_interval_ms: i32 =
            Key::int("group.streams.max.assignment.interval.ms", 15_000)
            .at_least(0),
    }
}
