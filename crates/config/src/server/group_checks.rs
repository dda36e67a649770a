//! Limits of groups must enclose their defaults.

use crate::broker::BrokerConfig;

/// A key with its value, for a comparison.
type Named = (&'static str, i32);

/// The assignors there are, by their short names and by the names of their classes in Kafka.
const CONSUMER_ASSIGNORS: &[&str] = &[
    "uniform",
    "range",
    "org.apache.kafka.coordinator.group.assignor.UniformAssignor",
    "org.apache.kafka.coordinator.group.assignor.RangeAssignor",
];
const SHARE_ASSIGNORS: &[&str] = &["simple", "org.apache.kafka.coordinator.group.assignor.SimpleAssignor"];

pub(super) fn check(keys: &BrokerConfig) -> Result<(), String> {
    check_assignors(&keys.consumer_group.group_consumer_assignors, CONSUMER_ASSIGNORS)?;
    check_assignors(&keys.share_group.group_share_assignors, SHARE_ASSIGNORS)?;
    check_consumer_groups(keys)?;
    check_share_groups(keys)?;
    check_streams_groups(keys)?;
    check_share_records(keys)
}

fn check_assignors(wanted: &[String], known: &[&str]) -> Result<(), String> {
    match wanted.iter().find(|assignor| !known.contains(&assignor.as_str())) {
        Some(unknown) => Err(format!("Class {unknown} cannot be found")),
        None => Ok(()),
    }
}

fn at_least((high, high_value): Named, (low, low_value): Named) -> Result<(), String> {
    if high_value >= low_value {
        Ok(())
    } else {
        Err(format!("{high} must be greater than or equal to {low}"))
    }
}

fn at_most((low, low_value): Named, (high, high_value): Named) -> Result<(), String> {
    if low_value <= high_value { Ok(()) } else { Err(format!("{low} must be less than or equal to {high}")) }
}

fn below((low, low_value): Named, (high, high_value): Named) -> Result<(), String> {
    if low_value < high_value { Ok(()) } else { Err(format!("{low} must be less than {high}")) }
}

/// A key, its lower and its upper limit.
struct Bounded {
    value: Named,
    min: Named,
    max: Named,
}

impl Bounded {
    fn check(&self) -> Result<(), String> {
        at_least(self.max, self.min)?;
        at_least(self.value, self.min)?;
        at_most(self.value, self.max)
    }
}

fn check_consumer_groups(keys: &BrokerConfig) -> Result<(), String> {
    let group = &keys.consumer_group;
    let heartbeat = Bounded {
        value: ("group.consumer.heartbeat.interval.ms", group.group_consumer_heartbeat_interval_ms),
        min: ("group.consumer.min.heartbeat.interval.ms", group.group_consumer_min_heartbeat_interval_ms),
        max: ("group.consumer.max.heartbeat.interval.ms", group.group_consumer_max_heartbeat_interval_ms),
    };
    let session = Bounded {
        value: ("group.consumer.session.timeout.ms", group.group_consumer_session_timeout_ms),
        min: ("group.consumer.min.session.timeout.ms", group.group_consumer_min_session_timeout_ms),
        max: ("group.consumer.max.session.timeout.ms", group.group_consumer_max_session_timeout_ms),
    };
    let assignment = Bounded {
        value: ("group.consumer.assignment.interval.ms", group.group_consumer_assignment_interval_ms),
        min: ("group.consumer.min.assignment.interval.ms", group.group_consumer_min_assignment_interval_ms),
        max: ("group.consumer.max.assignment.interval.ms", group.group_consumer_max_assignment_interval_ms),
    };
    heartbeat.check()?;
    session.check()?;
    below(heartbeat.value, session.value)?;
    assignment.check()
}

fn check_share_groups(keys: &BrokerConfig) -> Result<(), String> {
    let group = &keys.share_group;
    let heartbeat = Bounded {
        value: ("group.share.heartbeat.interval.ms", group.group_share_heartbeat_interval_ms),
        min: ("group.share.min.heartbeat.interval.ms", group.group_share_min_heartbeat_interval_ms),
        max: ("group.share.max.heartbeat.interval.ms", group.group_share_max_heartbeat_interval_ms),
    };
    let session = Bounded {
        value: ("group.share.session.timeout.ms", group.group_share_session_timeout_ms),
        min: ("group.share.min.session.timeout.ms", group.group_share_min_session_timeout_ms),
        max: ("group.share.max.session.timeout.ms", group.group_share_max_session_timeout_ms),
    };
    let assignment = Bounded {
        value: ("group.share.assignment.interval.ms", group.group_share_assignment_interval_ms),
        min: ("group.share.min.assignment.interval.ms", group.group_share_min_assignment_interval_ms),
        max: ("group.share.max.assignment.interval.ms", group.group_share_max_assignment_interval_ms),
    };
    heartbeat.check()?;
    session.check()?;
    below(heartbeat.value, session.value)?;
    let assignors = group.group_share_assignors.len();
    if assignors != 1 {
        return Err(format!(
            "group.share.assignors must contain exactly one assignor, but found {assignors}"
        ));
    }
    assignment.check()
}

fn check_streams_groups(keys: &BrokerConfig) -> Result<(), String> {
    let group = &keys.streams_group;
    let heartbeat = Bounded {
        value: ("group.streams.heartbeat.interval.ms", group.group_streams_heartbeat_interval_ms),
        min: ("group.streams.min.heartbeat.interval.ms", group.group_streams_min_heartbeat_interval_ms),
        max: ("group.streams.max.heartbeat.interval.ms", group.group_streams_max_heartbeat_interval_ms),
    };
    let session = Bounded {
        value: ("group.streams.session.timeout.ms", group.group_streams_session_timeout_ms),
        min: ("group.streams.min.session.timeout.ms", group.group_streams_min_session_timeout_ms),
        max: ("group.streams.max.session.timeout.ms", group.group_streams_max_session_timeout_ms),
    };
    let assignment = Bounded {
        value: ("group.streams.assignment.interval.ms", group.group_streams_assignment_interval_ms),
        min: ("group.streams.min.assignment.interval.ms", group.group_streams_min_assignment_interval_ms),
        max: ("group.streams.max.assignment.interval.ms", group.group_streams_max_assignment_interval_ms),
    };
    heartbeat.check()?;
    session.check()?;
    below(heartbeat.value, session.value)?;
    assignment.check()?;
    at_most(
        ("group.streams.num.standby.replicas", group.group_streams_num_standby_replicas),
        ("group.streams.max.standby.replicas", group.group_streams_max_standby_replicas),
    )
}

/// Here Kafka always says which of two must be the greater.
fn check_share_records(keys: &BrokerConfig) -> Result<(), String> {
    let group = &keys.share_group;
    let deliveries = ("group.share.delivery.count.limit", group.group_share_delivery_count_limit);
    at_least(
        ("group.share.max.delivery.count.limit", group.group_share_max_delivery_count_limit),
        deliveries,
    )?;
    at_least(
        deliveries,
        ("group.share.min.delivery.count.limit", group.group_share_min_delivery_count_limit),
    )?;

    let locks = ("group.share.partition.max.record.locks", group.group_share_partition_max_record_locks);
    let locks_max =
        ("group.share.max.partition.max.record.locks", group.group_share_max_partition_max_record_locks);
    let locks_min =
        ("group.share.min.partition.max.record.locks", group.group_share_min_partition_max_record_locks);
    at_least(locks_max, locks)?;
    at_least(locks, locks_min)?;

    let duration = ("group.share.record.lock.duration.ms", group.group_share_record_lock_duration_ms);
    let duration_min =
        ("group.share.min.record.lock.duration.ms", group.group_share_min_record_lock_duration_ms);
    let duration_max =
        ("group.share.max.record.lock.duration.ms", group.group_share_max_record_lock_duration_ms);
    at_least(duration, duration_min)?;
    at_least(duration_max, duration)?;

    let sessions = ("group.share.max.share.sessions", group.group_share_max_share_sessions);
    at_least(sessions, ("group.share.max.size", group.group_share_max_size))
}
