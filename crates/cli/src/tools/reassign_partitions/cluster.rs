//! What is asked of the cluster by several actions.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::admin::{DescribeClusterOptions, DescribeTopicsOptions, Results, TopicSelector};
use ottla_client::{Admin, TopicPartition};
use ottla_wire::{ErrorCode, KafkaString};

use super::{Failure, joined};
use crate::frame::message_of;
use crate::java::exception_class;

/// The brokers of each partition of these topics.
pub(super) async fn replicas_of_topics(
    admin: &Admin,
    topics: &BTreeSet<KafkaString>,
) -> Result<BTreeMap<TopicPartition, Vec<i32>>, Failure> {
    let mut replicas = BTreeMap::new();
    let selected: Vec<TopicSelector> = topics.iter().cloned().map(TopicSelector::Name).collect();
    for (topic, described) in admin.describe_topics(&selected, DescribeTopicsOptions::default()).await? {
        let described = described.map_err(|error| match (error.code(), topic) {
            (ErrorCode::UnknownTopicOrPartition, TopicSelector::Name(name)) => {
                unknown(&format!("Topic {name} not found."))
            }
            _ => error.into(),
        })?;
        for partition in described.partitions {
            let key = TopicPartition::new(described.name.clone(), partition.index);
            replicas.insert(key, partition.replicas);
        }
    }
    Ok(replicas)
}

/// The brokers of these partitions, all of which there must be.
pub(super) async fn replicas_of<'a>(
    admin: &Admin,
    partitions: impl Iterator<Item = &'a TopicPartition> + Clone,
) -> Result<BTreeMap<TopicPartition, Vec<i32>>, Failure> {
    let topics = partitions.clone().map(|partition| partition.topic.clone()).collect();
    let mut all = replicas_of_topics(admin, &topics).await?;
    let missing: Vec<String> = partitions
        .clone()
        .filter(|partition| !all.contains_key(*partition))
        .map(TopicPartition::to_string)
        .collect();
    if !missing.is_empty() {
        return Err(unknown(&format!("Unable to find partition: {}", missing.join(", "))));
    }
    let wanted: BTreeSet<&TopicPartition> = partitions.collect();
    all.retain(|partition, _| wanted.contains(partition));
    Ok(all)
}

/// An error as Java shows one that is the cause of another.
fn unknown(message: &str) -> Failure {
    Failure::Error(format!("{}: {message}", exception_class(ErrorCode::UnknownTopicOrPartition)))
}

/// The ids of all brokers.
pub(super) async fn brokers(admin: &Admin) -> Result<BTreeSet<i32>, Failure> {
    let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
    Ok(cluster.nodes.iter().map(|node| node.id).collect())
}

/// What failed, a line for each; nothing if nothing did.
pub(super) fn failures(results: &Results<TopicPartition, ()>) -> (usize, String) {
    let failed = results.iter().filter_map(|(partition, result)| Some((partition, result.as_ref().err()?)));
    let lines: Vec<String> =
        failed.map(|(partition, error)| format!("{partition}: {}", message_of(error))).collect();
    (lines.len(), lines.join("\n"))
}

/// Partitions between commas.
pub(super) fn names<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> String {
    joined(partitions)
}
