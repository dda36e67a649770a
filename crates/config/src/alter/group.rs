//! Changes of groups.

use std::collections::BTreeMap;

use super::{AlterError, first};
use crate::definition::Definition;
use crate::group::GroupConfig;
use crate::server::ServerConfig;
use crate::written::Written;

pub(super) fn check(
    current: &ServerConfig,
    name: &str,
    altered: &BTreeMap<String, String>,
) -> Result<(), AlterError> {
    if name.is_empty() {
        return Err(AlterError::InvalidRequest("Default group resources are not allowed.".to_owned()));
    }
    check_values(current, altered).map_err(AlterError::InvalidConfig)
}

/// A value of a group between two limits of the broker.
struct Limited {
    name: &'static str,
    value: i32,
    min: Option<(&'static str, i32)>,
    max: (&'static str, i32),
}

impl Limited {
    fn check(&self) -> Result<(), String> {
        if let Some((min, limit)) = self.min
            && self.value < limit
        {
            return Err(format!("{} must be greater than or equal to {min}", self.name));
        }
        let (max, limit) = self.max;
        if self.value > limit {
            return Err(format!("{} must be less than or equal to {max}", self.name));
        }
        Ok(())
    }
}

fn check_values(current: &ServerConfig, altered: &BTreeMap<String, String>) -> Result<(), String> {
    if let Some(unknown) = altered.keys().find(|name| Definition::GROUP.key(name).is_none()) {
        return Err(format!("Unknown group config name: {unknown}"));
    }
    let overrides = Written::from_metadata_log(altered.clone());
    let group = current.group_config(&overrides).map_err(|errors| first(errors.0))?;
    let limited =
        consumer(current, &group).into_iter().chain(share(current, &group)).chain(streams(current, &group));
    limited.into_iter().try_for_each(|limited| limited.check())?;
    let pairs = [
        ("consumer", group.consumer_session_timeout_ms, group.consumer_heartbeat_interval_ms),
        ("share", group.share_session_timeout_ms, group.share_heartbeat_interval_ms),
        ("streams", group.streams_session_timeout_ms, group.streams_heartbeat_interval_ms),
    ];
    match pairs.iter().find(|(_, session, heartbeat)| session <= heartbeat) {
        Some((kind, ..)) => {
            Err(format!("{kind}.session.timeout.ms must be greater than {kind}.heartbeat.interval.ms"))
        }
        None => Ok(()),
    }
}

fn consumer(current: &ServerConfig, group: &GroupConfig) -> Vec<Limited> {
    let limits = &current.keys.consumer_group;
    vec![
        Limited {
            name: "consumer.heartbeat.interval.ms",
            value: group.consumer_heartbeat_interval_ms,
            min: Some((
                "group.consumer.min.heartbeat.interval.ms",
                limits.group_consumer_min_heartbeat_interval_ms,
            )),
            max: (
                "group.consumer.max.heartbeat.interval.ms",
                limits.group_consumer_max_heartbeat_interval_ms,
            ),
        },
        Limited {
            name: "consumer.session.timeout.ms",
            value: group.consumer_session_timeout_ms,
            min: Some((
                "group.consumer.min.session.timeout.ms",
                limits.group_consumer_min_session_timeout_ms,
            )),
            max: ("group.consumer.max.session.timeout.ms", limits.group_consumer_max_session_timeout_ms),
        },
        Limited {
            name: "consumer.assignment.interval.ms",
            value: group.consumer_assignment_interval_ms,
            min: Some((
                "group.consumer.min.assignment.interval.ms",
                limits.group_consumer_min_assignment_interval_ms,
            )),
            max: (
                "group.consumer.max.assignment.interval.ms",
                limits.group_consumer_max_assignment_interval_ms,
            ),
        },
    ]
}

fn share(current: &ServerConfig, group: &GroupConfig) -> Vec<Limited> {
    let limits = &current.keys.share_group;
    vec![
        Limited {
            name: "share.heartbeat.interval.ms",
            value: group.share_heartbeat_interval_ms,
            min: Some((
                "group.share.min.heartbeat.interval.ms",
                limits.group_share_min_heartbeat_interval_ms,
            )),
            max: ("group.share.max.heartbeat.interval.ms", limits.group_share_max_heartbeat_interval_ms),
        },
        Limited {
            name: "share.session.timeout.ms",
            value: group.share_session_timeout_ms,
            min: Some(("group.share.min.session.timeout.ms", limits.group_share_min_session_timeout_ms)),
            max: ("group.share.max.session.timeout.ms", limits.group_share_max_session_timeout_ms),
        },
        Limited {
            name: "share.record.lock.duration.ms",
            value: group.share_record_lock_duration_ms,
            min: Some((
                "group.share.min.record.lock.duration.ms",
                limits.group_share_min_record_lock_duration_ms,
            )),
            max: ("group.share.max.record.lock.duration.ms", limits.group_share_max_record_lock_duration_ms),
        },
        Limited {
            name: "share.delivery.count.limit",
            value: group.share_delivery_count_limit,
            min: Some(("group.share.min.delivery.count.limit", limits.group_share_min_delivery_count_limit)),
            max: ("group.share.max.delivery.count.limit", limits.group_share_max_delivery_count_limit),
        },
        Limited {
            name: "share.partition.max.record.locks",
            value: group.share_partition_max_record_locks,
            min: Some((
                "group.share.min.partition.max.record.locks",
                limits.group_share_min_partition_max_record_locks,
            )),
            max: (
                "group.share.max.partition.max.record.locks",
                limits.group_share_max_partition_max_record_locks,
            ),
        },
        Limited {
            name: "share.assignment.interval.ms",
            value: group.share_assignment_interval_ms,
            min: Some((
                "group.share.min.assignment.interval.ms",
                limits.group_share_min_assignment_interval_ms,
            )),
            max: ("group.share.max.assignment.interval.ms", limits.group_share_max_assignment_interval_ms),
        },
    ]
}

fn streams(current: &ServerConfig, group: &GroupConfig) -> Vec<Limited> {
    let limits = &current.keys.streams_group;
    vec![
        Limited {
            name: "streams.heartbeat.interval.ms",
            value: group.streams_heartbeat_interval_ms,
            min: Some((
                "group.streams.min.heartbeat.interval.ms",
                limits.group_streams_min_heartbeat_interval_ms,
            )),
            max: ("group.streams.max.heartbeat.interval.ms", limits.group_streams_max_heartbeat_interval_ms),
        },
        Limited {
            name: "streams.session.timeout.ms",
            value: group.streams_session_timeout_ms,
            min: Some(("group.streams.min.session.timeout.ms", limits.group_streams_min_session_timeout_ms)),
            max: ("group.streams.max.session.timeout.ms", limits.group_streams_max_session_timeout_ms),
        },
        Limited {
            name: "streams.num.standby.replicas",
            value: group.streams_num_standby_replicas,
            min: None,
            max: ("group.streams.max.standby.replicas", limits.group_streams_max_standby_replicas),
        },
        Limited {
            name: "streams.assignment.interval.ms",
            value: group.streams_assignment_interval_ms,
            min: Some((
                "group.streams.min.assignment.interval.ms",
                limits.group_streams_min_assignment_interval_ms,
            )),
            max: (
                "group.streams.max.assignment.interval.ms",
                limits.group_streams_max_assignment_interval_ms,
            ),
        },
    ]
}
