//! `--create`, `--alter` and `--delete`.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::Admin;
use ottla_client::admin::{
    CreatePartitionsOptions, CreateTopicsOptions, DescribeTopicsOptions, NewPartitions, NewTopic, Results,
    TopicLayout, TopicSelector,
};
use ottla_config::{Definition, Origin, Written};
use ottla_wire::{ErrorCode, KafkaString};

use super::options::{
    CONFIG, IF_EXISTS, IF_NOT_EXISTS, PARTITIONS, REPLICA_ASSIGNMENT, REPLICATION_FACTOR, TOPIC,
};
use super::{ensure_found, matching_topics};
use crate::frame::{Arguments, Console, Stop};

pub(super) async fn create(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let name = arguments.value(&TOPIC)?.unwrap_or_default();
    let topic = new_topic(name, arguments)?;
    if name.contains(['.', '_']) {
        let message = "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could \
                       collide. To avoid issues it is best to use either, but not both.";
        writeln!(console.out(), "{message}")?;
    }
    check_counts(&topic.layout)?;
    match first_error(admin.create_topics(&[topic], CreateTopicsOptions::default()).await?) {
        Err(error) if error.code() == ErrorCode::TopicAlreadyExists && arguments.has(&IF_NOT_EXISTS) => {
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(()) => Ok(writeln!(console.out(), "Created topic {name}.")?),
    }
}

fn new_topic(name: &str, arguments: &Arguments) -> Result<NewTopic, Stop> {
    let layout = match assignment(arguments)? {
        assignment if assignment.is_empty() => TopicLayout::Counts {
            partitions: arguments.integer(&PARTITIONS)?,
            replication_factor: replication_factor(arguments)?,
        },
        assignment => TopicLayout::Assignments((0..).zip(assignment).collect()),
    };
    Ok(NewTopic { name: name.into(), layout, configs: configs(&arguments.values(&CONFIG))? })
}

/// The replication factor; what is none is told when all else has been looked at.
fn replication_factor(arguments: &Arguments) -> Result<Option<i16>, Stop> {
    let factor = arguments.integer(&REPLICATION_FACTOR)?;
    Ok(factor.map(|factor| i16::try_from(factor).unwrap_or(0)))
}

fn check_counts(layout: &TopicLayout) -> Result<(), Stop> {
    let TopicLayout::Counts { partitions, replication_factor } = layout else { return Ok(()) };
    if replication_factor.is_some_and(|factor| factor < 1) {
        let message = format!("The replication factor must be between 1 and {} inclusive", i16::MAX);
        return Err(Stop::Said(message));
    }
    if partitions.is_some_and(|partitions| partitions < 1) {
        return Err(Stop::Said("The partitions must be greater than 0".to_owned()));
    }
    Ok(())
}

/// The configurations of a topic, valid as far as can be told from here.
fn configs(pairs: &[&str]) -> Result<BTreeMap<KafkaString, KafkaString>, Stop> {
    let mut written = Written::default();
    for (index, pair) in pairs.iter().enumerate() {
        let Some((name, value)) =
            pair.split_once('=').filter(|(_, value)| !value.contains('=') && !value.is_empty())
        else {
            let message = "requirement failed: Invalid topic config: all configs to be added must be in the format \
                           \"key=val\".";
            return Err(Stop::Said(message.to_owned()));
        };
        written.set(name.trim(), value.trim(), Origin::Override { position: index + 1 });
    }
    if let Some((name, _)) = written.iter().find(|(name, _)| Definition::TOPIC.key(name).is_none()) {
        return Err(Stop::Said(format!("Unknown topic config name: {name}")));
    }
    if let Err(errors) = Definition::TOPIC.parse(&written) {
        let message = errors.into_iter().next().map(|error| error.message);
        return Err(Stop::Said(message.unwrap_or_default()));
    }
    Ok(written.iter().map(|(name, value)| (name.into(), value.text.as_str().into())).collect())
}

/// The brokers of each partition, as `1:2,2:3` names them.
fn assignment(arguments: &Arguments) -> Result<Vec<Vec<i32>>, Stop> {
    let text = arguments.value(&REPLICA_ASSIGNMENT)?.unwrap_or_default();
    let text = text.trim_end_matches(',');
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut partitions: Vec<Vec<i32>> = Vec::new();
    for (index, partition) in text.split(',').enumerate() {
        let brokers = partition.split(':').map(|broker| {
            let broker = broker.trim();
            broker.parse().map_err(|_| Stop::Said(format!("For input string: \"{broker}\"")))
        });
        let brokers = brokers.collect::<Result<Vec<i32>, Stop>>()?;
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<i32> = brokers.iter().copied().filter(|broker| !seen.insert(*broker)).collect();
        if !twice.is_empty() {
            let twice: Vec<String> = twice.iter().map(i32::to_string).collect();
            return Err(Stop::Said(format!(
                "Partition replica lists may not contain duplicate entries: {}",
                twice.join(",")
            )));
        }
        if partitions.first().is_some_and(|first| first.len() != brokers.len()) {
            return Err(Stop::Said(format!(
                "Partition {index} has different replication factor: {brokers:?}"
            )));
        }
        partitions.push(brokers);
    }
    Ok(partitions)
}

pub(super) async fn alter(admin: &Admin, arguments: &Arguments) -> Result<(), Stop> {
    let topics = matching_topics(admin, arguments).await?;
    ensure_found(&topics, arguments, arguments.has(&IF_EXISTS))?;
    if topics.is_empty() {
        return Ok(());
    }
    let total = arguments.integer(&PARTITIONS)?.unwrap_or_default();
    let assignment = assignment(arguments)?;
    let mut wanted = BTreeMap::new();
    for topic in &topics {
        let assignments = match assignment.is_empty() {
            true => None,
            false => Some(assignment.iter().skip(partition_count(admin, topic).await?).cloned().collect()),
        };
        wanted.insert(KafkaString::from(topic.as_str()), NewPartitions { total, assignments });
    }
    Ok(first_error(admin.create_partitions(&wanted, CreatePartitionsOptions::default()).await?)?)
}

async fn partition_count(admin: &Admin, topic: &str) -> Result<usize, Stop> {
    let topics = [TopicSelector::Name(topic.into())];
    let described = admin.describe_topics(&topics, DescribeTopicsOptions::default()).await?;
    let mut count = 0;
    for description in described.into_values() {
        count = description?.partitions.len();
    }
    Ok(count)
}

pub(super) async fn delete(admin: &Admin, arguments: &Arguments) -> Result<(), Stop> {
    let topics = matching_topics(admin, arguments).await?;
    ensure_found(&topics, arguments, arguments.has(&IF_EXISTS))?;
    let topics: Vec<TopicSelector> =
        topics.iter().map(|topic| TopicSelector::Name(topic.as_str().into())).collect();
    Ok(first_error(admin.delete_topics(&topics).await?)?)
}

fn first_error<K, V>(results: Results<K, V>) -> Result<(), ottla_client::ClientError> {
    results.into_values().try_for_each(|result| result.map(|_| ()))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn said<T: std::fmt::Debug>(result: Result<T, Stop>) -> String {
        match result {
            Ok(value) => format!("{value:?}"),
            Err(Stop::Said(message)) => message,
            Err(other) => format!("{other:?}"),
        }
    }

    fn check_configs(pairs: &[&str], expected: Expect) {
        expected.assert_eq(&said(configs(pairs)));
    }

    #[test]
    fn configurations() {
        check_configs(
            &["retention.ms=60000", " cleanup.policy = compact"],
            expect![[r#"{"cleanup.policy": "compact", "retention.ms": "60000"}"#]],
        );
        check_configs(
            &["retention.ms"],
            expect![[
                r#"requirement failed: Invalid topic config: all configs to be added must be in the format "key=val"."#
            ]],
        );
        check_configs(&["no.such=1"], expect!["Unknown topic config name: no.such"]);
        check_configs(
            &["retention.ms=soon"],
            expect!["Invalid value soon for configuration retention.ms: Not a number of type LONG"],
        );
    }
}
