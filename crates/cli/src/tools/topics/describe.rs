//! `--describe`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use ottla_client::admin::{
    ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource, DescribeClusterOptions,
    DescribeConfigsOptions, DescribeTopicsOptions, DescribedPartition, Reassignment, TopicDescription,
    TopicSelector,
};
use ottla_client::{Admin, TopicPartition};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::options::{IF_EXISTS, PARTITION_SIZE_LIMIT, Reports, TOPIC_ID, TOPICS_WITH_OVERRIDES};
use super::{ensure_found, matching_topics};
use crate::frame::{Arguments, Console, Stop};
use crate::java::{CAPACITY, hash_code, sort_as_copied_map, sort_as_map};

const MIN_IN_SYNC_REPLICAS: &str = "min.insync.replicas";

pub(super) async fn describe(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let topics = topics_to_describe(admin, arguments).await?;
    let mut described = Vec::new();
    if !topics.is_empty() {
        let options = DescribeTopicsOptions {
            partitions_per_response: arguments
                .integer(&PARTITION_SIZE_LIMIT)?
                .unwrap_or(PARTITIONS_PER_RESPONSE),
            ..DescribeTopicsOptions::default()
        };
        for topic in admin.describe_topics(&topics, options).await?.into_values() {
            described.push(topic?);
        }
    }
    sort_as_kafkas_client(&mut described);
    let resource =
        |topic: &TopicDescription| ConfigResource::new(ConfigResourceType::Topic, topic.name.clone());
    let resources: Vec<ConfigResource> = described.iter().map(resource).collect();
    let mut configs = admin.describe_configs(&resources, &DescribeConfigsOptions::default()).await;
    let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
    let report = Report {
        reports: Reports::new(arguments),
        only_overrides: arguments.has(&TOPICS_WITH_OVERRIDES),
        live_brokers: cluster.nodes.iter().map(|node| node.id).collect(),
        reassignments: reassignments(admin, &described).await?,
    };
    for (topic, resource) in described.iter().zip(&resources) {
        let Some(configs) = configs.remove(resource) else { continue };
        report.write(console.out(), topic, configs?)?;
    }
    Ok(())
}

/// What Kafka's tool asks for unless told otherwise.
const PARTITIONS_PER_RESPONSE: i32 = 2000;

async fn topics_to_describe(admin: &Admin, arguments: &Arguments) -> Result<Vec<TopicSelector>, Stop> {
    if let Some(text) = arguments.value(&TOPIC_ID)? {
        let id: Uuid = text.parse().map_err(|error| Stop::Said(format!("{error}")))?;
        if !id.is_zero() {
            let is_there = admin.list_topics().await?.iter().any(|topic| topic.id == id);
            return match (is_there, arguments.has(&IF_EXISTS)) {
                (true, _) => Ok(vec![TopicSelector::Id(id)]),
                (false, true) => Ok(Vec::new()),
                (false, false) => Err(Stop::Said(format!("TopicId '{id}' does not exist as expected"))),
            };
        }
    }
    let topics = matching_topics(admin, arguments).await?;
    ensure_found(&topics, arguments, arguments.has(&IF_EXISTS))?;
    Ok(topics.into_iter().map(|topic| TopicSelector::Name(topic.into())).collect())
}

/// The order that three hash maps of Kafka's client give to topics that it was asked for in the order of their names.
fn sort_as_kafkas_client(topics: &mut [TopicDescription]) {
    let hash = |topic: &TopicDescription| hash_code(&topic.name);
    topics.sort_by(|left, right| left.name.encode_utf16().cmp(right.name.encode_utf16()));
    let count = topics.len();
    sort_as_map(topics, count, hash);
    sort_as_copied_map(topics, hash);
    sort_as_map(topics, count, hash);
}

/// The reassignments that are under way; none where the caller may not know or the nodes cannot tell.
async fn reassignments(
    admin: &Admin,
    topics: &[TopicDescription],
) -> Result<BTreeMap<TopicPartition, Reassignment>, Stop> {
    let partitions = topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| TopicPartition::new(topic.name.clone(), partition.index))
    });
    let partitions: Vec<TopicPartition> = partitions.collect();
    match admin.list_partition_reassignments(Some(&partitions)).await {
        Ok(reassignments) => Ok(reassignments),
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::UnsupportedVersion | ErrorCode::ClusterAuthorizationFailed
            ) =>
        {
            Ok(BTreeMap::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is shown of topics.
struct Report {
    reports: Reports,
    only_overrides: bool,
    live_brokers: BTreeSet<i32>,
    reassignments: BTreeMap<TopicPartition, Reassignment>,
}

impl Report {
    fn write(
        &self,
        out: &mut dyn Write,
        topic: &TopicDescription,
        mut configs: Vec<ConfigEntry>,
    ) -> Result<(), Stop> {
        sort_as_map(&mut configs, CAPACITY, |entry| hash_code(&entry.name));
        if self.reports.none() {
            self.write_topic(out, topic, &configs)?;
        }
        if self.only_overrides {
            return Ok(());
        }
        let min_in_sync = min_in_sync(&configs);
        for partition in &topic.partitions {
            if self.shows(&topic.name, partition, &min_in_sync)? {
                let reassignment = self.reassignment(&topic.name, partition);
                write_partition(out, topic, partition, reassignment)?;
            }
        }
        Ok(())
    }

    fn write_topic(
        &self,
        out: &mut dyn Write,
        topic: &TopicDescription,
        configs: &[ConfigEntry],
    ) -> io::Result<()> {
        let overrides = configs.iter().filter(|entry| entry.source != ConfigSource::DefaultConfig);
        let overrides: Vec<String> =
            overrides.map(|entry| format!("{}={}", entry.name, text_or_null(entry.value.as_ref()))).collect();
        let Some(first) = topic.partitions.first() else { return Ok(()) };
        if self.only_overrides && overrides.is_empty() {
            return Ok(());
        }
        write!(out, "Topic: {}", topic.name)?;
        if !topic.id.is_zero() {
            write!(out, "\tTopicId: {}", topic.id)?;
        }
        let replication_factor = replication_factor(first, self.reassignment(&topic.name, first));
        writeln!(
            out,
            "\tPartitionCount: {}\tReplicationFactor: {replication_factor}\tConfigs: {}",
            topic.partitions.len(),
            overrides.join(",")
        )
    }

    fn reassignment(&self, topic: &KafkaString, partition: &DescribedPartition) -> Option<&Reassignment> {
        self.reassignments.get(&TopicPartition::new(topic.clone(), partition.index))
    }

    fn shows(
        &self,
        topic: &KafkaString,
        partition: &DescribedPartition,
        min_in_sync: &Result<usize, String>,
    ) -> Result<bool, Stop> {
        let reports = self.reports;
        if reports.none() {
            return Ok(true);
        }
        let in_sync = partition.in_sync.len();
        let factor = replication_factor(partition, self.reassignment(topic, partition));
        let is_led = partition.leader.is_some_and(|leader| self.live_brokers.contains(&leader));
        if reports.under_replicated && factor > in_sync || reports.unavailable && !is_led {
            return Ok(true);
        }
        if !reports.under_min_isr && !reports.at_min_isr {
            return Ok(false);
        }
        let least = *min_in_sync.as_ref().map_err(|message| Stop::Said(message.clone()))?;
        let is_under = partition.leader.is_none() || in_sync < least;
        Ok(reports.under_min_isr && is_under || reports.at_min_isr && in_sync == least)
    }
}

fn min_in_sync(configs: &[ConfigEntry]) -> Result<usize, String> {
    let entry = configs.iter().find(|entry| entry.name.as_str() == MIN_IN_SYNC_REPLICAS);
    let text = entry.and_then(|entry| entry.value.as_ref()).map_or("null", KafkaString::as_str);
    text.parse().map_err(|_| format!("For input string: \"{text}\""))
}

/// How many replicas a partition is to have, those not counted that a reassignment adds.
fn replication_factor(partition: &DescribedPartition, reassignment: Option<&Reassignment>) -> usize {
    let is_changing = |reassignment: &&Reassignment| {
        let changing = |id: &i32| reassignment.adding.contains(id) || reassignment.removing.contains(id);
        partition.replicas.iter().any(changing)
    };
    match reassignment.filter(is_changing) {
        Some(reassignment) => reassignment.replicas.len().saturating_sub(reassignment.adding.len()),
        None => partition.replicas.len(),
    }
}

fn write_partition(
    out: &mut dyn Write,
    topic: &TopicDescription,
    partition: &DescribedPartition,
    reassignment: Option<&Reassignment>,
) -> io::Result<()> {
    let leader = partition.leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string());
    write!(out, "\tTopic: {}\tPartition: {}\tLeader: {leader}", topic.name, partition.index)?;
    write!(out, "\tReplicas: {}\tIsr: {}", joined(&partition.replicas), joined(&partition.in_sync))?;
    if let Some(reassignment) = reassignment {
        write!(out, "\tAdding Replicas: {}", joined(&reassignment.adding))?;
        write!(out, "\tRemoving Replicas: {}", joined(&reassignment.removing))?;
    }
    let or_unknown = |ids: Option<&Vec<i32>>| ids.map_or_else(|| "N/A".to_owned(), |ids| joined(ids));
    write!(out, "\tElr: {}", or_unknown(partition.eligible_leaders.as_ref()))?;
    writeln!(out, "\tLastKnownElr: {}", or_unknown(partition.last_known_eligible_leaders.as_ref()))
}

fn joined(ids: &[i32]) -> String {
    ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}

fn text_or_null(text: Option<&KafkaString>) -> &str {
    text.map_or("null", KafkaString::as_str)
}

#[cfg(test)]
mod tests;
