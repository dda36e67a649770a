//! `--generate`.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::admin::DescribeClusterOptions;
use ottla_client::{Admin, TopicPartition};
use ottla_controller::{RandomBytes, place_replicas};
use ottla_wire::KafkaString;

use super::execute::present_log_dirs;
use super::options::{BROKER_LIST, DISABLE_RACK_AWARE, TOPICS_TO_MOVE_JSON_FILE};
use super::plan::{duplicates, parse_topics, to_json};
use super::{Failure, cluster, joined, read};
use crate::frame::{Arguments, Console};
use crate::random::random_bytes;

pub(super) async fn run(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let text = read(arguments, &TOPICS_TO_MOVE_JSON_FILE)?;
    let list = arguments.value(&BROKER_LIST).map_err(|wrong| Failure::Error(wrong.to_string()))?;
    let brokers = brokers(list.unwrap_or_default()).map_err(Failure::Error)?;
    let topics = topics(&text).map_err(Failure::Error)?;
    let current = cluster::replicas_of_topics(admin, &topics).await?;
    let log_dirs = present_log_dirs(admin, &current).await?;
    let usable = usable(admin, &brokers, !arguments.has(&DISABLE_RACK_AWARE)).await?;
    let proposed = proposal(&current, &usable, &mut (Box::new(random_bytes) as RandomBytes));
    let proposed = proposed.map_err(Failure::Error)?;
    writeln!(console.out(), "Current partition replica assignment\n{}\n", to_json(&current, &log_dirs))?;
    let proposed = to_json(&proposed, &BTreeMap::new());
    Ok(writeln!(console.out(), "Proposed partition reassignment configuration\n{proposed}")?)
}

fn brokers(list: &str) -> Result<BTreeSet<i32>, String> {
    let parse = |id: &str| id.parse().map_err(|_| format!("For input string: \"{id}\""));
    let ids: Vec<i32> = list.split(',').map(parse).collect::<Result<_, String>>()?;
    let twice = duplicates(ids.iter().copied());
    match twice.is_empty() {
        true => Ok(ids.into_iter().collect()),
        false => {
            Err(format!("Broker list contains duplicate entries: [{}]", joined(twice).replace(',', ", ")))
        }
    }
}

fn topics(text: &str) -> Result<BTreeSet<KafkaString>, String> {
    let topics = parse_topics(text)?;
    let twice = duplicates(topics.iter().cloned());
    match twice.is_empty() {
        true => Ok(topics.into_iter().collect()),
        false => Err(format!(
            "List of topics to reassign contains duplicate entries: [{}]",
            joined(twice).replace(',', ", ")
        )),
    }
}

/// The brokers that there are among these, with their racks unless those are not to be looked at.
async fn usable(
    admin: &Admin,
    brokers: &BTreeSet<i32>,
    by_rack: bool,
) -> Result<Vec<(i32, Option<KafkaString>)>, Failure> {
    let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
    let nodes = cluster.nodes.into_iter().filter(|node| brokers.contains(&node.id));
    let rack = |rack: Option<String>| rack.filter(|_| by_rack).map(KafkaString::from);
    let usable: Vec<_> = nodes.map(|node| (node.id, rack(node.rack))).collect();
    let rackless = usable.iter().filter(|(_, rack)| rack.is_none()).count();
    if by_rack && rackless != 0 && rackless != usable.len() {
        return Err(Failure::Error(
            "Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment \
             without rack information."
                .to_owned(),
        ));
    }
    Ok(usable)
}

/// Places each topic as if it were created on these brokers.
fn proposal(
    current: &BTreeMap<TopicPartition, Vec<i32>>,
    brokers: &[(i32, Option<KafkaString>)],
    random: &mut RandomBytes,
) -> Result<BTreeMap<TopicPartition, Vec<i32>>, String> {
    let mut topics: BTreeMap<&KafkaString, (usize, i16)> = BTreeMap::new();
    for (partition, replicas) in current {
        let factor = i16::try_from(replicas.len()).unwrap_or(i16::MAX);
        topics.entry(&partition.topic).or_insert((0, factor)).0 += 1;
    }
    let mut proposed = BTreeMap::new();
    for (topic, (partitions, factor)) in topics {
        let placed = place_replicas(brokers.iter().cloned(), partitions, factor, random)?;
        for (index, replicas) in (0..).zip(placed) {
            proposed.insert(TopicPartition::new(topic.clone(), index), replicas);
        }
    }
    Ok(proposed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_numbers_between_commas() {
        assert_eq!(brokers("2,1"), Ok([1, 2].into()));
        assert_eq!(brokers("1,1,2"), Err("Broker list contains duplicate entries: [1]".to_owned()));
        assert_eq!(brokers("1,x"), Err("For input string: \"x\"".to_owned()));
    }

    #[test]
    fn every_topic_keeps_its_number_of_replicas() {
        let partition = |index| TopicPartition::new("t", index);
        let current = BTreeMap::from([(partition(0), vec![1, 2]), (partition(1), vec![2, 1])]);
        let mut random: RandomBytes = Box::new(|| [0; 16]);
        let proposed = proposal(&current, &[(3, None), (4, None)], &mut random).unwrap();
        let leaders: BTreeSet<i32> = proposed.values().map(|replicas| replicas[0]).collect();
        assert_eq!(leaders, [3, 4].into());
        assert!(proposed.values().all(|replicas| replicas.len() == 2));
        let error = proposal(&current, &[(3, None)], &mut random).unwrap_err();
        assert!(error.contains("replication factor of 2"), "{error}");
    }
}
