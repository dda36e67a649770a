//! `--cancel` and `--list`.

use std::collections::BTreeMap;
use std::time::Duration;

use ottla_client::admin::{AlterReassignmentsOptions, Reassignment};
use ottla_client::{Admin, TopicPartition};

use super::options::{PRESERVE_THROTTLES, TIMEOUT};
use super::plan::Plan;
use super::{Failure, cluster, joined, log_dirs, number, plural, throttles};
use crate::frame::{Arguments, Console};

pub(super) async fn run(
    admin: &Admin,
    plan: &Plan,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let asked: Vec<TopicPartition> = plan.partitions.iter().map(|(partition, _)| partition.clone()).collect();
    let mut current = admin.list_partition_reassignments(Some(&asked)).await?;
    current.retain(|_, reassignment| !reassignment.adding.is_empty() || !reassignment.removing.is_empty());
    if current.is_empty() {
        writeln!(console.out(), "None of the specified partition reassignments are active.")?;
    } else {
        cancel(admin, &current).await?;
        let names = cluster::names(current.keys());
        let ending = plural(current.len());
        writeln!(console.out(), "Successfully cancelled partition reassignment{ending} for: {names}")?;
    }
    let places = log_dirs::places(admin, &plan.log_dirs.keys().cloned().collect()).await?;
    // Moving back to where it is ends the move.
    let moving: BTreeMap<_, _> = places
        .into_iter()
        .filter(|(_, place)| place.future.is_some())
        .filter_map(|(replica, place)| Some((replica, place.current?)))
        .collect();
    if moving.is_empty() {
        write!(console.out(), "None of the specified partition moves are active.")?;
    } else {
        let timeout = Duration::from_millis(u64::try_from(number(arguments, &TIMEOUT)?).unwrap_or(0));
        log_dirs::execute(admin, &moving, timeout, console).await?;
    }
    if !arguments.has(&PRESERVE_THROTTLES) {
        throttles::clear(admin, &plan.partitions, console).await?;
    }
    Ok(())
}

async fn cancel(admin: &Admin, current: &BTreeMap<TopicPartition, Reassignment>) -> Result<(), Failure> {
    let cancelled = current.keys().map(|partition| (partition.clone(), None)).collect();
    let options = AlterReassignmentsOptions::default();
    let results = admin.alter_partition_reassignments(&cancelled, options).await?;
    match cluster::failures(&results) {
        (0, _) => Ok(()),
        (count, lines) => Err(Failure::Terse(format!(
            "Error cancelling partition reassignment{} for:\n{lines}",
            plural(count)
        ))),
    }
}

pub(super) async fn list(admin: &Admin, console: &mut Console<'_>) -> Result<(), Failure> {
    let current = admin.list_partition_reassignments(None).await?;
    Ok(writeln!(console.out(), "{}", text_of(&current))?)
}

fn text_of(current: &BTreeMap<TopicPartition, Reassignment>) -> String {
    let part = |what: &str, brokers: &[i32]| match brokers {
        [] => String::new(),
        brokers => format!(" {what}: {}.", joined(brokers)),
    };
    let lines: Vec<String> = current
        .iter()
        .map(|(partition, reassignment)| {
            format!(
                "{partition}: replicas: {}.{}{}",
                joined(&reassignment.replicas),
                part("adding", &reassignment.adding),
                part("removing", &reassignment.removing)
            )
        })
        .collect();
    match lines.is_empty() {
        true => "No partition reassignments found.".to_owned(),
        false => format!("Current partition reassignments:\n{}", lines.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_listed_by_partition() {
        let reassignment = Reassignment { replicas: vec![1, 2, 3], adding: vec![3], removing: vec![] };
        let current = BTreeMap::from([(TopicPartition::new("t", 0), reassignment)]);
        assert_eq!(text_of(&current), "Current partition reassignments:\nt-0: replicas: 1,2,3. adding: 3.");
        assert_eq!(text_of(&BTreeMap::new()), "No partition reassignments found.");
    }
}
