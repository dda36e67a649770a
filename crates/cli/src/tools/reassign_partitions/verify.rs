//! `--verify`.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::admin::{DescribeTopicsOptions, Reassignment, TopicSelector};
use ottla_client::{Admin, TopicPartition};
use ottla_wire::{ErrorCode, KafkaString};

use super::options::PRESERVE_THROTTLES;
use super::plan::Plan;
use super::{Failure, joined, log_dirs, throttles};
use crate::frame::{Arguments, Console};

pub(super) async fn run(
    admin: &Admin,
    plan: &Plan,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let current = admin.list_partition_reassignments(None).await?;
    let replicas = present_replicas(admin, plan, &current).await?;
    let mut lines = vec!["Status of partition reassignment:".to_owned()];
    let targets: BTreeMap<&TopicPartition, &Vec<i32>> =
        plan.partitions.iter().map(|(partition, target)| (partition, target)).collect();
    for (partition, target) in targets {
        let is_moving = current.contains_key(partition);
        let now = replicas.get(partition).map_or(&[][..], Vec::as_slice);
        lines.push(state_of(partition, is_moving, now, target));
    }
    writeln!(console.out(), "{}", lines.join("\n"))?;
    let are_moving = write_log_dir_moves(admin, plan, console).await?;
    if current.is_empty() && !are_moving && !arguments.has(&PRESERVE_THROTTLES) {
        throttles::clear(admin, &plan.partitions, console).await?;
    }
    Ok(())
}

fn state_of(partition: &TopicPartition, is_moving: bool, now: &[i32], target: &[i32]) -> String {
    match (is_moving, now == target) {
        (true, _) => format!("Reassignment of partition {partition} is still in progress."),
        (false, true) => format!("Reassignment of partition {partition} is completed."),
        (false, false) => format!(
            "There is no active reassignment of partition {partition}, but replica set is {} rather than {}.",
            joined(now),
            joined(target)
        ),
    }
}

/// The brokers of those partitions that are not moving; none of topics that there are not.
async fn present_replicas(
    admin: &Admin,
    plan: &Plan,
    current: &BTreeMap<TopicPartition, Reassignment>,
) -> Result<BTreeMap<TopicPartition, Vec<i32>>, Failure> {
    let still = plan.partitions.iter().filter(|(partition, _)| !current.contains_key(partition));
    let topics: BTreeSet<KafkaString> = still.map(|(partition, _)| partition.topic.clone()).collect();
    let mut replicas = BTreeMap::new();
    if topics.is_empty() {
        return Ok(replicas);
    }
    let selected: Vec<TopicSelector> = topics.into_iter().map(TopicSelector::Name).collect();
    for described in admin.describe_topics(&selected, DescribeTopicsOptions::default()).await?.into_values() {
        let described = match described {
            Err(error) if error.code() == ErrorCode::UnknownTopicOrPartition => continue,
            described => described?,
        };
        for partition in described.partitions {
            let key = TopicPartition::new(described.name.clone(), partition.index);
            replicas.insert(key, partition.replicas);
        }
    }
    Ok(replicas)
}

/// Tells of moves between directories; whether some are not done.
async fn write_log_dir_moves(admin: &Admin, plan: &Plan, console: &mut Console<'_>) -> Result<bool, Failure> {
    let places = log_dirs::places(admin, &plan.log_dirs.keys().cloned().collect()).await?;
    let mut replicas: Vec<_> = places.iter().collect();
    replicas.sort_by(|a, b| log_dirs::by_broker(a.0, b.0));
    let lines: Vec<String> = replicas
        .iter()
        .map(|(replica, place)| log_dirs::state_of(replica, place, &plan.log_dirs[*replica]))
        .collect();
    writeln!(console.out(), "{}", lines.join("\n"))?;
    Ok(places.values().any(|place| place.future.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let partition = TopicPartition::new("t", 3);
        let state = |is_moving, now: &[i32]| state_of(&partition, is_moving, now, &[1, 2]);
        assert_eq!(state(true, &[1, 2]), "Reassignment of partition t-3 is still in progress.");
        assert_eq!(state(false, &[1, 2]), "Reassignment of partition t-3 is completed.");
        assert_eq!(
            state(false, &[2, 1]),
            "There is no active reassignment of partition t-3, but replica set is 2,1 rather than 1,2."
        );
    }
}
