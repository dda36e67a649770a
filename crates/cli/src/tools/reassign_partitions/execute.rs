//! `--execute`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ottla_client::admin::{AlterReassignmentsOptions, Replica};
use ottla_client::{Admin, TopicPartition};
use ottla_wire::KafkaString;

use super::options::{ADDITIONAL, DISALLOW_FACTOR_CHANGE, LOG_DIRS_THROTTLE, THROTTLE, TIMEOUT};
use super::plan::{Plan, to_json};
use super::{Failure, cluster, log_dirs, number, plural, throttles};
use crate::frame::{Arguments, Console};

pub(super) async fn run(
    admin: &Admin,
    plan: Plan,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let proposed = plan.checked().map_err(Failure::Error)?;
    let current = admin.list_partition_reassignments(None).await?;
    if !arguments.has(&ADDITIONAL) && !current.is_empty() {
        return Err(Failure::Terse(
            "Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a \
             new partition assignment in addition to the existing one. The --additional flag can also be used to change the \
             throttle by resubmitting the current reassignment."
                .to_owned(),
        ));
    }
    let known = cluster::brokers(admin).await?;
    let wanted: BTreeSet<i32> = proposed.values().flatten().copied().collect();
    if let Some(unknown) = wanted.difference(&known).next() {
        return Err(Failure::Error(format!("Unknown broker id {unknown}")));
    }
    let replicas = cluster::replicas_of(admin, proposed.keys()).await?;
    let now = to_json(&replicas, &present_log_dirs(admin, &replicas).await?);
    writeln!(
        console.out(),
        "Current partition replica assignment\n\n{now}\n\nSave this to use as the --reassignment-json-file option during \
         rollback"
    )?;
    let (rate, log_dirs_rate) = (number(arguments, &THROTTLE)?, number(arguments, &LOG_DIRS_THROTTLE)?);
    if rate >= 0 || log_dirs_rate >= 0 {
        writeln!(
            console.out(),
            "Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed."
        )?;
    }
    if rate >= 0 {
        throttles::between_brokers(admin, &current, &proposed, &replicas, rate, console).await?;
    }
    if log_dirs_rate >= 0 {
        let brokers = plan.log_dirs.keys().map(|replica| replica.broker).collect();
        throttles::between_log_dirs(admin, brokers, log_dirs_rate, console).await?;
    }
    start(admin, &proposed, !arguments.has(&DISALLOW_FACTOR_CHANGE)).await?;
    let names = cluster::names(proposed.keys());
    writeln!(
        console.out(),
        "Successfully started partition reassignment{} for {names}",
        plural(proposed.len())
    )?;
    if plan.log_dirs.is_empty() {
        return Ok(());
    }
    let timeout = Duration::from_millis(u64::try_from(number(arguments, &TIMEOUT)?).unwrap_or(0));
    log_dirs::execute(admin, &plan.log_dirs, timeout, console).await
}

async fn start(
    admin: &Admin,
    proposed: &BTreeMap<TopicPartition, Vec<i32>>,
    allow_replication_factor_change: bool,
) -> Result<(), Failure> {
    let moves =
        proposed.iter().map(|(partition, replicas)| (partition.clone(), Some(replicas.clone()))).collect();
    let options = AlterReassignmentsOptions { allow_replication_factor_change };
    let results = admin.alter_partition_reassignments(&moves, options).await?;
    match cluster::failures(&results) {
        (0, _) => Ok(()),
        (_, lines) => Err(Failure::Terse(format!("Error reassigning partition(s):\n{lines}"))),
    }
}

/// The directories of the replicas that there are.
pub(super) async fn present_log_dirs(
    admin: &Admin,
    replicas: &BTreeMap<TopicPartition, Vec<i32>>,
) -> Result<BTreeMap<Replica, KafkaString>, Failure> {
    let of_partition = |(partition, brokers): (&TopicPartition, &Vec<i32>)| {
        let replica = |broker: &i32| Replica { partition: partition.clone(), broker: *broker };
        brokers.iter().map(replica).collect::<Vec<_>>()
    };
    let all: BTreeSet<Replica> = replicas.iter().flat_map(of_partition).collect();
    let places = log_dirs::places(admin, &all).await?;
    Ok(places.into_iter().filter_map(|(replica, place)| Some((replica, place.current?))).collect())
}
