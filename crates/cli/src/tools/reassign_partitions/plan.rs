//! Where partitions are to go, as JSON files say it.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::TopicPartition;
use ottla_client::admin::Replica;
use ottla_wire::KafkaString;
use serde_json::{Map, Value, json};

use crate::java::write_json;

/// Where partitions are to go: brokers, and directories for those replicas that are not to be just anywhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// In the order of the file.
    pub(super) partitions: Vec<(TopicPartition, Vec<i32>)>,
    pub(super) log_dirs: BTreeMap<Replica, KafkaString>,
}

const ANY_LOG_DIR: &str = "any";

/// Reads a plan.
pub(super) fn parse(text: &str) -> Result<Plan, String> {
    let json = parse_version(text)?;
    let mut plan = Plan::default();
    let Some(entries) = json.get("partitions") else { return Ok(plan) };
    for entry in array(entries)? {
        let topic = string(field(entry, "topic")?)?;
        let partition = TopicPartition::new(topic, integer(field(entry, "partition")?)?);
        let replicas = array(field(entry, "replicas")?)?;
        let replicas: Vec<i32> = replicas.iter().map(integer).collect::<Result<_, _>>()?;
        if let Some(log_dirs) = entry.get("log_dirs") {
            let log_dirs = array(log_dirs)?;
            let log_dirs: Vec<&str> = log_dirs.iter().map(string).collect::<Result<_, _>>()?;
            if log_dirs.len() != replicas.len() {
                return Err(format!(
                    "Size of replicas list {} is different from size of log dirs list {} for partition {partition}",
                    listed(&replicas),
                    listed(&log_dirs)
                ));
            }
            for (broker, path) in replicas.iter().zip(log_dirs).filter(|(_, path)| *path != ANY_LOG_DIR) {
                plan.log_dirs.insert(Replica { partition: partition.clone(), broker: *broker }, path.into());
            }
        }
        plan.partitions.push((partition, replicas));
    }
    Ok(plan)
}

impl Plan {
    /// The partitions with their brokers, if the plan can be executed.
    pub(super) fn checked(&self) -> Result<BTreeMap<TopicPartition, Vec<i32>>, String> {
        if self.partitions.is_empty() {
            return Err("Partition reassignment list cannot be empty".to_owned());
        }
        if self.partitions.iter().any(|(_, replicas)| replicas.is_empty()) {
            return Err("Partition replica list cannot be empty".to_owned());
        }
        let twice = duplicates(self.partitions.iter().map(|(partition, _)| partition.to_string()));
        if !twice.is_empty() {
            let twice = twice.join(",");
            return Err(format!("Partition reassignment contains duplicate topic partitions: {twice}"));
        }
        let doubled: Vec<String> = self
            .partitions
            .iter()
            .map(|(partition, replicas)| (partition, duplicates(replicas.iter().copied())))
            .filter(|(_, twice)| !twice.is_empty())
            .map(|(partition, twice)| {
                format!("{partition} contains multiple entries for {}", super::joined(twice))
            })
            .collect();
        if !doubled.is_empty() {
            let doubled = doubled.join(". ");
            return Err(format!("Partition replica lists may not contain duplicate entries: {doubled}"));
        }
        Ok(self.partitions.iter().cloned().collect())
    }
}

/// Reads the topics that are to be moved.
pub(super) fn parse_topics(text: &str) -> Result<Vec<KafkaString>, String> {
    let json = parse_version(text)?;
    let Some(entries) = json.get("topics") else { return Ok(Vec::new()) };
    array(entries)?.iter().map(|entry| Ok(string(field(entry, "topic")?)?.into())).collect()
}

fn parse_version(text: &str) -> Result<Value, String> {
    let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !json.is_object() {
        return Err(format!("Expected JSON object, received {json}"));
    }
    match json.get("version").map(integer).transpose()? {
        None | Some(1) => Ok(json),
        Some(version) => Err(format!("Not supported version field value {version}")),
    }
}

fn field<'a>(entry: &'a Value, name: &str) -> Result<&'a Value, String> {
    entry.get(name).ok_or_else(|| format!("No such field exists: `{name}`"))
}

fn array(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("Expected JSON array, received {value}"))
}

fn string(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("Expected `String` value, received {value}"))
}

fn integer(value: &Value) -> Result<i32, String> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| format!("Expected `Int` value, received {value}"))
}

/// As Java prints a list.
fn listed<T: ToString>(items: &[T]) -> String {
    format!("[{}]", items.iter().map(T::to_string).collect::<Vec<_>>().join(", "))
}

/// What is there more than once.
pub(super) fn duplicates<T: Ord + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for item in items {
        if !seen.insert(item.clone()) {
            twice.insert(item);
        }
    }
    twice.into_iter().collect()
}

/// A plan as JSON, which can be executed: with the directories that are known.
pub(super) fn to_json(
    partitions: &BTreeMap<TopicPartition, Vec<i32>>,
    log_dirs: &BTreeMap<Replica, KafkaString>,
) -> String {
    let entries = partitions.iter().map(|(partition, replicas)| {
        let log_dir = |broker: &i32| {
            let replica = Replica { partition: partition.clone(), broker: *broker };
            log_dirs.get(&replica).map_or(ANY_LOG_DIR, KafkaString::as_str)
        };
        let mut entry = Map::new();
        entry.insert("topic".to_owned(), json!(partition.topic.as_str()));
        entry.insert("partition".to_owned(), json!(partition.partition));
        entry.insert("replicas".to_owned(), json!(replicas));
        entry.insert("log_dirs".to_owned(), replicas.iter().map(log_dir).map(Value::from).collect());
        Value::Object(entry)
    });
    let mut plan = Map::new();
    plan.insert("version".to_owned(), json!(1));
    plan.insert("partitions".to_owned(), entries.collect());
    let mut text = String::new();
    write_json(&mut text, &Value::Object(plan));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{"topic":"t","partition":0,"replicas":[1,2],"log_dirs":["any","/data/2"]}"#;

    fn plan(entries: &str) -> Result<Plan, String> {
        parse(&format!(r#"{{"version":1,"partitions":[{entries}]}}"#))
    }

    #[test]
    fn a_plan_is_written_as_it_is_read() {
        let plan = plan(ENTRY).unwrap();
        let partitions = plan.checked().unwrap();
        assert_eq!(partitions, [(TopicPartition::new("t", 0), vec![1, 2])].into());
        assert_eq!(plan.log_dirs.len(), 1);
        assert_eq!(
            to_json(&partitions, &plan.log_dirs),
            format!(r#"{{"version":1,"partitions":[{ENTRY}]}}"#)
        );
        assert_eq!(parse("{}"), Ok(Plan::default()));
    }

    #[test]
    fn plans_that_cannot_be_are_refused() {
        let error = |entries: &str| plan(entries).and_then(|plan| plan.checked()).unwrap_err();
        assert_eq!(error(""), "Partition reassignment list cannot be empty");
        assert_eq!(
            error(&format!("{ENTRY},{ENTRY}")),
            "Partition reassignment contains duplicate topic partitions: t-0"
        );
        let entry = |replicas: &str| format!(r#"{{"topic":"t","partition":0,"replicas":{replicas}}}"#);
        assert_eq!(error(&entry("[]")), "Partition replica list cannot be empty");
        assert_eq!(
            error(&entry("[1,1]")),
            "Partition replica lists may not contain duplicate entries: t-0 contains multiple entries for 1"
        );
        assert_eq!(
            error(r#"{"topic":"t","partition":0,"replicas":[1,2],"log_dirs":["any"]}"#),
            "Size of replicas list [1, 2] is different from size of log dirs list [any] for partition t-0"
        );
        assert_eq!(error(r#"{"topic":"t"}"#), "No such field exists: `partition`");
        assert!(error(&entry("[99999999999]")).contains("Int"));
        assert_eq!(parse(r#"{"version":2}"#).unwrap_err(), "Not supported version field value 2");
        assert!(parse("[").is_err() && parse("[]").is_err());
    }

    #[test]
    fn topics() {
        let text = r#"{"topics":[{"topic":"a"},{"topic":"b"}],"version":1}"#;
        assert_eq!(parse_topics(text).unwrap(), ["a", "b"]);
        assert_eq!(parse_topics("{}").unwrap(), [""; 0]);
    }
}
