//! How rates are measured that quotas limit.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// How rates are measured that quotas limit.
    pub struct QuotaConfig {
        /// Windows over which client quotas are measured.
        quota_window_num: i32 = Key::int("quota.window.num", 11).at_least(1).low(),

        /// Length in seconds of a window for client quotas.
        quota_window_size_seconds: i32 = Key::int("quota.window.size.seconds", 1).at_least(1).low(),

        /// Windows over which replication quotas are measured.
        replication_quota_window_num: i32 = Key::int("replication.quota.window.num", 11).at_least(1).low(),

        /// Length in seconds of a window for replication quotas.
        replication_quota_window_size_seconds: i32 = Key::int("replication.quota.window.size.seconds", 1)
            .at_least(1)
            .low(),

        /// Windows over which quotas for moves between log directories are measured.
        alter_log_dirs_replication_quota_window_num: i32 =
            Key::int("alter.log.dirs.replication.quota.window.num", 11)
            .at_least(1)
            .low(),

        /// Length in seconds of a window for moves between log directories.
        alter_log_dirs_replication_quota_window_size_seconds: i32 =
            Key::int("alter.log.dirs.replication.quota.window.size.seconds", 1)
            .at_least(1)
            .low(),

        /// Windows over which quotas for mutations by the controller are measured.
        controller_quota_window_num: i32 = Key::int("controller.quota.window.num", 11).at_least(1).low(),

        /// Length in seconds of a window for mutations by the controller.
        controller_quota_window_size_seconds: i32 = Key::int("controller.quota.window.size.seconds", 1)
            .at_least(1)
            .low(),

        /// Class that decides which quota applies to a client. Not set: user and client id decide.
        client_quota_callback_class: Option<String> =
            Key::optional(Type::Class, "client.quota.callback.class")
            .low(),
    }
}
