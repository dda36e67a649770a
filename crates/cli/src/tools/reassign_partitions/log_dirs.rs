//! The directories of replicas, and moving replicas between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ottla_client::Admin;
use ottla_client::admin::Replica;
use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::{Instant, sleep};

use super::{Failure, joined, plural};
use crate::frame::Console;

/// How long to wait before brokers are asked again for replicas that they did not have.
const PAUSE: Duration = Duration::from_millis(100);

/// Where a replica is, and where it is being moved to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) current: Option<KafkaString>,
    pub(super) future: Option<KafkaString>,
}

/// Where replicas are.
pub(super) async fn places(
    admin: &Admin,
    replicas: &BTreeSet<Replica>,
) -> Result<BTreeMap<Replica, Place>, Failure> {
    let brokers: BTreeSet<i32> = replicas.iter().map(|replica| replica.broker).collect();
    let brokers: Vec<i32> = brokers.into_iter().collect();
    let mut places: BTreeMap<Replica, Place> =
        replicas.iter().map(|replica| (replica.clone(), Place::default())).collect();
    for (broker, directories) in admin.describe_log_dirs(&brokers).await {
        for (path, directory) in directories? {
            for (partition, size) in &directory.replicas {
                let replica = Replica { partition: partition.clone(), broker };
                let Some(place) = places.get_mut(&replica) else { continue };
                let side = if size.is_future { &mut place.future } else { &mut place.current };
                *side = Some(path.clone());
            }
        }
    }
    Ok(places)
}

/// Begins to move replicas, trying again for `timeout` where brokers do not have them yet.
pub(super) async fn execute(
    admin: &Admin,
    moves: &BTreeMap<Replica, KafkaString>,
    timeout: Duration,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let deadline = Instant::now() + timeout;
    let mut pending = moves.clone();
    loop {
        let mut begun = Vec::new();
        for (replica, result) in admin.alter_replica_log_dirs(&pending).await {
            match result {
                Ok(()) => begun.push(replica),
                Err(error) if error.code() == ErrorCode::ReplicaNotAvailable => {}
                Err(_) => {
                    return Err(Failure::Error(format!("Failed to alter dir for {}", text_of(&replica))));
                }
            }
        }
        begun.sort_by(by_broker);
        for replica in begun {
            let Some(path) = pending.remove(&replica) else { continue };
            let Replica { partition, broker } = replica;
            writeln!(
                console.out(),
                "Successfully started moving log directory to {path} for replica {partition} with broker {broker} "
            )?;
        }
        if pending.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let mut left: Vec<&Replica> = pending.keys().collect();
            left.sort_by(|a, b| by_broker(a, b));
            return Err(Failure::Terse(format!(
                "Timed out before log directory move{} could be started for: {}",
                plural(left.len()),
                joined(left.into_iter().map(text_of))
            )));
        }
        sleep(PAUSE).await;
    }
}

/// How replicas are listed: by broker, then by partition.
pub(super) fn by_broker(a: &Replica, b: &Replica) -> std::cmp::Ordering {
    (a.broker, &a.partition).cmp(&(b.broker, &b.partition))
}

pub(super) fn text_of(replica: &Replica) -> String {
    format!("{}-{}", replica.partition, replica.broker)
}

/// What became of a move.
pub(super) fn state_of(replica: &Replica, place: &Place, target: &str) -> String {
    let Replica { partition, broker } = replica;
    let name = text_of(replica);
    match place {
        Place { current: None, .. } => format!(
            "Partition {partition} is not found in any live log dir on broker {broker}. There is likely an offline log \
             directory on the broker."
        ),
        Place { current: Some(current), future: None } if &**current == target => {
            format!("Reassignment of replica {name} completed successfully.")
        }
        Place { current: Some(current), future: None } => format!(
            "Partition {partition} on broker {broker} is not being moved from log dir {current} to {target}."
        ),
        Place { future: Some(future), .. } if &**future == target => {
            format!("Reassignment of replica {name} is still in progress.")
        }
        Place { future: Some(future), .. } => format!(
            "Partition {partition} on broker {broker} is being moved to log dir {future} instead of {target}."
        ),
    }
}

#[cfg(test)]
mod tests {
    use ottla_client::TopicPartition;

    use super::*;

    #[test]
    fn states_of_moves() {
        let replica = Replica { partition: TopicPartition::new("t", 0), broker: 1 };
        let state = |current: Option<&str>, future: Option<&str>| {
            let place = Place { current: current.map(Into::into), future: future.map(Into::into) };
            state_of(&replica, &place, "/b")
        };
        assert!(state(None, None).starts_with("Partition t-0 is not found in any live log dir on broker 1."));
        assert_eq!(state(Some("/b"), None), "Reassignment of replica t-0-1 completed successfully.");
        assert_eq!(
            state(Some("/a"), None),
            "Partition t-0 on broker 1 is not being moved from log dir /a to /b."
        );
        assert_eq!(state(Some("/a"), Some("/b")), "Reassignment of replica t-0-1 is still in progress.");
        assert_eq!(
            state(Some("/a"), Some("/c")),
            "Partition t-0 on broker 1 is being moved to log dir /c instead of /b."
        );
    }
}
