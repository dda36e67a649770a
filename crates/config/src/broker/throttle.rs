//! Rates that exist as dynamic configuration only, never in a file.

use crate::key::Key;
use crate::section::section;

section! {
    /// Rates that exist as dynamic configuration only, never in a file.
    pub struct ThrottleConfig {
        /// Most bytes per second that a broker sends to throttled followers.
        leader_replication_throttled_rate: i64 = Key::long("leader.replication.throttled.rate", i64::MAX)
            .at_least(0)
            .cluster_wide(),

        /// Most bytes per second that a broker fetches as a throttled follower.
        follower_replication_throttled_rate: i64 = Key::long("follower.replication.throttled.rate", i64::MAX)
            .at_least(0)
            .cluster_wide(),

        /// Most bytes per second copied between log directories.
        replica_alter_log_dirs_io_max_bytes_per_second: i64 =
            Key::long("replica.alter.log.dirs.io.max.bytes.per.second", i64::MAX)
            .at_least(0)
            .cluster_wide(),
    }
}
