//! How fast moves may go, which brokers and topics keep as configuration.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::admin::{
    AlterConfigsOptions, AlterOperation, ConfigChange, ConfigResource, ConfigResourceType, Reassignment,
};
use ottla_client::{Admin, TopicPartition};
use ottla_wire::KafkaString;

use super::{Failure, cluster, joined, plural};
use crate::frame::Console;
use crate::java::{CAPACITY, hash_code, sort_as_map};

const LEADER_RATE: &str = "leader.replication.throttled.rate";
const FOLLOWER_RATE: &str = "follower.replication.throttled.rate";
const LOG_DIRS_RATE: &str = "replica.alter.log.dirs.io.max.bytes.per.second";
const LEADER_REPLICAS: &str = "leader.replication.throttled.replicas";
const FOLLOWER_REPLICAS: &str = "follower.replication.throttled.replicas";

/// The move of a partition: brokers that have it, and those that are to get it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Move {
    sources: BTreeSet<i32>,
    destinations: BTreeSet<i32>,
}

/// All moves: those that are under way, and those that are about to be.
fn moves(
    current: &BTreeMap<TopicPartition, Reassignment>,
    proposed: &BTreeMap<TopicPartition, Vec<i32>>,
    replicas: &BTreeMap<TopicPartition, Vec<i32>>,
) -> BTreeMap<TopicPartition, Move> {
    let mut moves = BTreeMap::new();
    for (partition, reassignment) in current {
        let adding: BTreeSet<i32> = reassignment.adding.iter().copied().collect();
        let all = reassignment.replicas.iter().copied();
        let sources = all.filter(|broker| !adding.contains(broker)).collect();
        moves.insert(partition.clone(), Move { sources, destinations: adding });
    }
    for (partition, to) in proposed {
        let new = moves.entry(partition.clone()).or_insert_with(|| Move {
            sources: replicas.get(partition).into_iter().flatten().copied().collect(),
            destinations: BTreeSet::new(),
        });
        new.destinations = to.iter().copied().filter(|broker| !new.sources.contains(broker)).collect();
    }
    moves
}

/// For each topic: its partitions and brokers on one side of the moves, in the order of their texts.
fn sides(
    moves: &BTreeMap<TopicPartition, Move>,
    side: impl Fn(&Move) -> &BTreeSet<i32>,
) -> BTreeMap<KafkaString, String> {
    let mut topics: BTreeMap<KafkaString, BTreeSet<String>> = BTreeMap::new();
    for (partition, of_partition) in moves {
        let parts = topics.entry(partition.topic.clone()).or_default();
        parts.extend(side(of_partition).iter().map(|broker| format!("{}:{broker}", partition.partition)));
    }
    topics.into_iter().map(|(topic, parts)| (topic, joined(parts))).collect()
}

fn set(name: &'static str, value: impl Into<KafkaString>) -> ConfigChange {
    let (operation, value) = (AlterOperation::Set, Some(value.into()));
    ConfigChange { name: KafkaString::from_static(name), operation, value }
}

const fn delete(name: &'static str) -> ConfigChange {
    let operation = AlterOperation::Delete;
    ConfigChange { name: KafkaString::from_static(name), operation, value: None }
}

fn broker(id: i32) -> ConfigResource {
    ConfigResource::new(ConfigResourceType::Broker, id.to_string())
}

fn topic(name: &KafkaString) -> ConfigResource {
    ConfigResource::new(ConfigResourceType::Topic, name.clone())
}

async fn alter(admin: &Admin, changes: BTreeMap<ConfigResource, Vec<ConfigChange>>) -> Result<(), Failure> {
    let results = admin.incremental_alter_configs(&changes, AlterConfigsOptions::default()).await;
    Ok(results.into_values().collect::<Result<(), _>>()?)
}

/// Limits moves between brokers, those under way included.
pub(super) async fn between_brokers(
    admin: &Admin,
    current: &BTreeMap<TopicPartition, Reassignment>,
    proposed: &BTreeMap<TopicPartition, Vec<i32>>,
    replicas: &BTreeMap<TopicPartition, Vec<i32>>,
    rate: i64,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let moves = moves(current, proposed, replicas);
    let mut changes: BTreeMap<ConfigResource, Vec<ConfigChange>> = BTreeMap::new();
    for (name, leaders) in sides(&moves, |of_partition| &of_partition.sources) {
        changes.entry(topic(&name)).or_default().push(set(LEADER_REPLICAS, leaders));
    }
    for (name, followers) in sides(&moves, |of_partition| &of_partition.destinations) {
        changes.entry(topic(&name)).or_default().push(set(FOLLOWER_REPLICAS, followers));
    }
    alter(admin, changes).await?;
    let brokers: BTreeSet<i32> =
        moves.values().flat_map(|one| one.sources.union(&one.destinations)).copied().collect();
    let rates = || vec![set(LEADER_RATE, rate.to_string()), set(FOLLOWER_RATE, rate.to_string())];
    alter(admin, brokers.into_iter().map(|id| (broker(id), rates())).collect()).await?;
    Ok(writeln!(console.out(), "The inter-broker throttle limit was set to {rate} B/s")?)
}

/// Limits moves between the directories of these brokers.
pub(super) async fn between_log_dirs(
    admin: &Admin,
    brokers: BTreeSet<i32>,
    rate: i64,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let changes = brokers.into_iter().map(|id| (broker(id), vec![set(LOG_DIRS_RATE, rate.to_string())]));
    alter(admin, changes.collect()).await?;
    Ok(writeln!(console.out(), "The replica-alter-dir throttle limit was set to {rate} B/s")?)
}

/// Lifts all limits, of all brokers and of the topics of these partitions.
pub(super) async fn clear(
    admin: &Admin,
    partitions: &[(TopicPartition, Vec<i32>)],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut brokers = cluster::brokers(admin).await?;
    brokers.extend(partitions.iter().flat_map(|(_, replicas)| replicas));
    let text = joined(&brokers);
    writeln!(console.out(), "Clearing broker-level throttles on broker{} {text}", plural(brokers.len()))?;
    let rates = || [LEADER_RATE, FOLLOWER_RATE, LOG_DIRS_RATE].map(delete).to_vec();
    alter(admin, brokers.into_iter().map(|id| (broker(id), rates())).collect()).await?;
    let topics: BTreeSet<&KafkaString> = partitions.iter().map(|(partition, _)| &partition.topic).collect();
    let mut topics: Vec<&KafkaString> = topics.into_iter().collect();
    sort_as_map(&mut topics, CAPACITY, |name| hash_code(name));
    let (count, text) = (topics.len(), joined(&topics));
    writeln!(console.out(), "Clearing topic-level throttles on topic{} {text}", plural(count))?;
    let replicas = || [LEADER_REPLICAS, FOLLOWER_REPLICAS].map(delete).to_vec();
    alter(admin, topics.into_iter().map(|name| (topic(name), replicas())).collect()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_all_moves_are_throttled() {
        let partition = |index| TopicPartition::new("t", index);
        let under_way = Reassignment { replicas: vec![1, 2, 3], adding: vec![3], removing: vec![1] };
        let current = BTreeMap::from([(partition(0), under_way)]);
        let proposed = BTreeMap::from([(partition(10), vec![2, 4]), (partition(2), vec![1])]);
        let replicas = BTreeMap::from([(partition(10), vec![1, 2]), (partition(2), vec![1])]);
        let moves = moves(&current, &proposed, &replicas);
        let leaders = sides(&moves, |one| &one.sources);
        let followers = sides(&moves, |one| &one.destinations);
        assert_eq!(leaders["t"], "0:1,0:2,10:1,10:2,2:1");
        assert_eq!(followers["t"], "0:3,10:4");
    }
}
