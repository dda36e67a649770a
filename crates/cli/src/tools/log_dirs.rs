//! `log-dirs`: what is in the log directories of brokers, as Kafka's `LogDirsCommand` prints it.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::TopicPartition;
use ottla_client::admin::{DescribeClusterOptions, LogDir, ReplicaSize};
use ottla_wire::{ErrorCode, KafkaString};
use serde_json::{Map, Value, json};

use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client};
use crate::java::{CAPACITY, exception_class, hash_code, hash_of_partition, sort_as_map};

pub(super) const TOOL: Tool = Tool {
    name: "log-dirs",
    script: Some("kafka-log-dirs"),
    summary: "Print what is in the log directories of brokers.",
    description: "This tool helps to query log directory usage on the specified brokers.",
    syntax: Syntax::Options(&[BOOTSTRAP_SERVER, COMMAND_CONFIG, DESCRIBE, TOPIC_LIST, BROKER_LIST]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "The server(s) to use for bootstrapping",
    "REQUIRED: The servers to connect to.",
);
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "Admin client property file",
    "Properties file with settings of the admin client.",
);
const DESCRIBE: OptionSpec = OptionSpec::flag("describe", "REQUIRED: Describe the log directories.");
const TOPIC_LIST: OptionSpec =
    OptionSpec::value("topic-list", "Topic list", "Only these topics, between commas.").with_default("");
const BROKER_LIST: OptionSpec =
    OptionSpec::value("broker-list", "Broker list", "Only these brokers, between commas.").with_default("");

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    arguments.require(&[&BOOTSTRAP_SERVER, &DESCRIBE])?;
    let topics: BTreeSet<&str> = split(arguments.value(&TOPIC_LIST)?).collect();
    let mut asked = BTreeSet::new();
    for id in split(arguments.value(&BROKER_LIST)?) {
        asked.insert(id.parse().map_err(|_| Stop::Said(format!("For input string: \"{id}\"")))?);
    }
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
    let known: BTreeSet<i32> = cluster.nodes.iter().map(|node| node.id).collect();
    let unknown: BTreeSet<i32> = asked.difference(&known).copied().collect();
    if !unknown.is_empty() {
        return Err(Stop::Said(format!(
            "ERROR: The given brokers do not exist from --broker-list: {}. Current existent brokers: {}",
            joined(&unknown),
            joined(&known)
        )));
    }
    let brokers = if asked.is_empty() { known } else { asked };
    writeln!(console.out(), "Querying brokers for log directories information")?;
    console.flush()?;
    let ids: Vec<i32> = brokers.iter().copied().collect();
    let mut described = Vec::new();
    for (broker, directories) in admin.describe_log_dirs(&ids).await {
        described.push((broker, directories?));
    }
    writeln!(console.out(), "Received log directory information from brokers {}", joined(&brokers))?;
    Ok(writeln!(console.out(), "{}", to_json(described, &topics))?)
}

fn split(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.unwrap_or_default().split(',').filter(|part| !part.is_empty())
}

fn joined(ids: &BTreeSet<i32>) -> String {
    ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}

/// The directories of a broker by their paths.
type Directories = BTreeMap<KafkaString, LogDir>;

/// Everything in it is in the order of Java's hash maps.
fn to_json(mut brokers: Vec<(i32, Directories)>, topics: &BTreeSet<&str>) -> Value {
    let count = brokers.len();
    sort_as_map(&mut brokers, count, |(broker, _)| *broker as u32);
    let brokers = brokers.into_iter().map(|(broker, directories)| {
        let mut directories: Vec<_> = directories.into_iter().collect();
        let count = directories.len();
        sort_as_map(&mut directories, count, |(path, _)| hash_code(path));
        let directories =
            directories.into_iter().map(|(path, directory)| directory_json(&path, directory, topics));
        object([("broker", json!(broker)), ("logDirs", directories.collect())])
    });
    object([("version", json!(1)), ("brokers", brokers.collect())])
}

fn directory_json(path: &str, directory: LogDir, topics: &BTreeSet<&str>) -> Value {
    let is_meant = |partition: &TopicPartition| topics.is_empty() || topics.contains(&*partition.topic);
    let mut replicas: Vec<(TopicPartition, ReplicaSize)> =
        directory.replicas.into_iter().filter(|(partition, _)| is_meant(partition)).collect();
    sort_as_map(&mut replicas, CAPACITY, |(partition, _)| {
        hash_of_partition(&partition.topic, partition.partition)
    });
    let replicas = replicas.into_iter().map(|(partition, replica)| {
        object([
            ("partition", json!(partition.to_string())),
            ("size", json!(replica.size)),
            ("offsetLag", json!(replica.offset_lag)),
            ("isFuture", json!(replica.is_future)),
        ])
    });
    let error = match directory.error {
        ErrorCode::None => Value::Null,
        code => json!(exception_class(code)),
    };
    object([("logDir", json!(path)), ("error", error), ("partitions", replicas.collect())])
}

fn object<const N: usize>(mut entries: [(&str, Value); N]) -> Value {
    sort_as_map(&mut entries, CAPACITY, |(key, _)| hash_code(key));
    Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn json_is_in_the_order_of_hash_maps() {
        let replica = ReplicaSize { size: 70, offset_lag: 0, is_future: false };
        let directory = |error, topics: &[&str]| LogDir {
            error,
            replicas: topics.iter().map(|topic| (TopicPartition::new(*topic, 0), replica)).collect(),
            total_bytes: None,
            usable_bytes: None,
            is_cordoned: false,
        };
        let directories = BTreeMap::from([
            ("/data/1".into(), directory(ErrorCode::None, &["orders", "other"])),
            ("/data/2".into(), directory(ErrorCode::KafkaStorageError, &[])),
        ]);
        let json = to_json(vec![(1, directories)], &BTreeSet::from(["orders"]));
        expect![[r#"{"brokers":[{"broker":1,"logDirs":[{"partitions":[{"partition":"orders-0","size":70,"offsetLag":0,"isFuture":false}],"error":null,"logDir":"/data/1"},{"partitions":[],"error":"org.apache.kafka.common.errors.KafkaStorageException","logDir":"/data/2"}]}],"version":1}"#]].assert_eq(&json.to_string());
    }
}
