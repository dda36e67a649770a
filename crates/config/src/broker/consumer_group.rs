//! Groups of the consumer protocol (KIP-848).

use crate::key::Key;
use crate::section::section;

section! {
    /// Groups of the consumer protocol (KIP-848).
    pub struct ConsumerGroupConfig {
        /// Milliseconds without heartbeat after which a member is removed. Groups override it as
        /// `consumer.session.timeout.ms`.
        group_consumer_session_timeout_ms: i32 = Key::int("group.consumer.session.timeout.ms", 45_000)
            .at_least(1),

        /// Lower bound in milliseconds for session timeouts.
        group_consumer_min_session_timeout_ms: i32 = Key::int("group.consumer.min.session.timeout.ms", 45_000)
            .at_least(1),

        /// Upper bound in milliseconds for session timeouts.
        group_consumer_max_session_timeout_ms: i32 = Key::int("group.consumer.max.session.timeout.ms", 60_000)
            .at_least(1),

        /// Milliseconds between the heartbeats of a member. Groups override it as
        /// `consumer.heartbeat.interval.ms`.
        group_consumer_heartbeat_interval_ms: i32 = Key::int("group.consumer.heartbeat.interval.ms", 5000)
            .at_least(1),

        /// Lower bound in milliseconds for heartbeat intervals.
        group_consumer_min_heartbeat_interval_ms: i32 =
            Key::int("group.consumer.min.heartbeat.interval.ms", 5000)
            .at_least(1),

        /// Upper bound in milliseconds for heartbeat intervals.
        group_consumer_max_heartbeat_interval_ms: i32 =
            Key::int("group.consumer.max.heartbeat.interval.ms", 15_000)
            .at_least(1),

        /// Members that a consumer group may have.
        group_consumer_max_size: i32 = Key::int("group.consumer.max.size", i32::MAX).at_least(1),

        /// Assignors that the broker offers, by short name (`uniform`, `range`) or class, separated by commas.
        /// The first is the default.
        group_consumer_assignors: Vec<String> = Key::list("group.consumer.assignors", "uniform,range")
            .distinct_non_empty(),

        /// Whether groups may change between the classic and the consumer protocol while members of both are in
        /// them: `upgrade`, `downgrade`, `bidirectional` or `disabled`.
        group_consumer_migration_policy: String =
            Key::string("group.consumer.migration.policy", "bidirectional")
            .one_of_ignoring_case(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]),

        /// Milliseconds between two matches of a group's regular expressions against the topics.
        group_consumer_regex_refresh_interval_ms: i32 =
            Key::int("group.consumer.regex.refresh.interval.ms", 600_000)
            .at_least(10_000)
            .internal(),

        /// Milliseconds between two computations of a group's assignment at least. Groups override it as
        /// `consumer.assignment.interval.ms`.
        group_consumer_assignment_interval_ms: i32 = Key::int("group.consumer.assignment.interval.ms", 1000)
            .at_least(0)
            .cluster_wide(),

        /// Lower bound in milliseconds for assignment intervals.
        group_consumer_min_assignment_interval_ms: i32 =
            Key::int("group.consumer.min.assignment.interval.ms", 0)
            .at_least(0),

        /// Upper bound in milliseconds for assignment intervals.
        group_consumer_max_assignment_interval_ms: i32 =
            Key::int("group.consumer.max.assignment.interval.ms", 15_000)
            .at_least(0),
    }
}
