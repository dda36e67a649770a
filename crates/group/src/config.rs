//! What an operator sets about groups.

use std::time::Duration;

use ottla_config::BrokerConfig;

/// Milliseconds in which a member that is new to a group must be let in, or join once more.
const NEW_MEMBER_JOIN_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// What an operator sets about groups, in the units that the coordinator counts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCoordinatorConfig {
    /// Shortest session timeout that a classic member may ask for, in milliseconds.
    pub group_min_session_timeout_ms: i32,
    /// Longest session timeout that a classic member may ask for, in milliseconds.
    pub group_max_session_timeout_ms: i32,
    /// Members that a classic group may have.
    pub group_max_size: usize,
    /// Milliseconds that the first rebalance of an empty group waits for more members.
    pub group_initial_rebalance_delay_ms: i32,
    /// Milliseconds in which a new member must be let in.
    pub new_member_join_timeout_ms: i32,
    /// Most UTF-16 code units of metadata that may be committed with an offset.
    pub offset_metadata_max_bytes: usize,
    /// Milliseconds that offsets are kept once they may expire.
    pub offsets_retention_ms: i64,
    /// Milliseconds between two looks for expired offsets.
    pub offsets_retention_check_interval_ms: i64,
}

impl From<&BrokerConfig> for GroupCoordinatorConfig {
    fn from(keys: &BrokerConfig) -> Self {
        let group = &keys.group_coordinator;
        Self {
            group_min_session_timeout_ms: group.group_min_session_timeout_ms,
            group_max_session_timeout_ms: group.group_max_session_timeout_ms,
            group_max_size: usize::try_from(group.group_max_size).unwrap_or_default(),
            group_initial_rebalance_delay_ms: group.group_initial_rebalance_delay_ms,
            new_member_join_timeout_ms: NEW_MEMBER_JOIN_TIMEOUT.as_millis() as i32,
            offset_metadata_max_bytes: usize::try_from(group.offset_metadata_max_bytes).unwrap_or_default(),
            offsets_retention_ms: i64::from(group.offsets_retention_minutes) * 60_000,
            offsets_retention_check_interval_ms: group.offsets_retention_check_interval_ms,
        }
    }
}
