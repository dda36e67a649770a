//! `leader-election`: has leaders of partitions elected, as Kafka's `LeaderElectionCommand` does.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context;
use ottla_client::admin::{ElectionType, Results};
use ottla_client::{Admin, TopicPartition};
use ottla_wire::ErrorCode;
use serde_json::Value;

use crate::frame::{
    Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client_with, load_properties,
};
use crate::java::{CAPACITY, exception_text, hash_of_partition, sort_as_map};

pub(super) const TOOL: Tool = Tool {
    name: "leader-election",
    script: Some("kafka-leader-election"),
    summary: "Have leaders of partitions elected.",
    description: "This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported \
                  are preferred replicas and unclean replicas.",
    syntax: Syntax::Options(&[
        BOOTSTRAP_SERVER,
        ADMIN_CONFIG,
        COMMAND_CONFIG,
        PATH_TO_JSON_FILE,
        TOPIC,
        PARTITION,
        ALL_TOPIC_PARTITIONS,
        ELECTION_TYPE,
    ]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "host:port",
    "REQUIRED: The servers to connect to, between commas.",
);
const ADMIN_CONFIG: OptionSpec =
    OptionSpec::value("admin.config", "config file", "DEPRECATED: use --command-config.");
const COMMAND_CONFIG: OptionSpec =
    OptionSpec::value("command-config", "Config file", "Properties file with settings of the admin client.");
const PATH_TO_JSON_FILE: OptionSpec = OptionSpec::value(
    "path-to-json-file",
    "Path to JSON file",
    "A JSON file with partitions, such as {\"partitions\": [{\"topic\": \"foo\", \"partition\": 1}]}. Not with \
     --all-topic-partitions or --topic.",
);
const TOPIC: OptionSpec = OptionSpec::value(
    "topic",
    "topic name",
    "The topic. Not with --all-topic-partitions or --path-to-json-file.",
);
const PARTITION: OptionSpec =
    OptionSpec::value("partition", "partition id", "The partition; only and always with --topic.").integer();
const ALL_TOPIC_PARTITIONS: OptionSpec = OptionSpec::flag(
    "all-topic-partitions",
    "All partitions that need the election. Not with --topic or --path-to-json-file.",
);
const ELECTION_TYPE: OptionSpec = OptionSpec::value(
    "election-type",
    "election type",
    "REQUIRED: preferred makes the first replica leader if it is in sync, unclean any replica if there is no leader.",
);

/// Time limits that hold unless the file says otherwise.
const TIMEOUTS: [(&str, &str); 2] = [("default.api.timeout.ms", "30000"), ("request.timeout.ms", "15000")];

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    check(arguments)?;
    let election = election_type(arguments)?;
    let partitions = partitions(arguments)?;
    let file = match arguments.value(&ADMIN_CONFIG)? {
        Some(file) => {
            let message = "Option --admin.config has been deprecated and will be removed in a future version. Use \
                           --command-config instead.";
            writeln!(console.out(), "{message}")?;
            Some(file)
        }
        None => arguments.value(&COMMAND_CONFIG)?,
    };
    let mut properties = file.map(load_properties).transpose()?.unwrap_or_default();
    for (key, value) in TIMEOUTS {
        properties.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
    let admin = admin_client_with(properties, arguments.value(&BOOTSTRAP_SERVER)?)?;
    elect(&admin, election, partitions, console).await
}

fn said<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Said(message.into()))
}

fn check(arguments: &Arguments) -> Result<(), Stop> {
    let required = [&BOOTSTRAP_SERVER, &ELECTION_TYPE];
    let missing: Vec<&str> =
        required.iter().filter(|option| !arguments.has(option)).map(|option| option.name).collect();
    if !missing.is_empty() {
        return said(format!("Missing required option(s): {}", missing.join(", ")));
    }
    arguments.forbid(&ADMIN_CONFIG, &[&COMMAND_CONFIG])?;
    let choices = [&TOPIC, &ALL_TOPIC_PARTITIONS, &PATH_TO_JSON_FILE];
    if choices.iter().filter(|option| arguments.has(option)).count() != 1 {
        return said(
            "One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file",
        );
    }
    match (arguments.has(&TOPIC), arguments.has(&PARTITION)) {
        (true, false) => said("Missing required option(s): partition"),
        (false, true) => said("Option partition is only allowed if topic is used"),
        _ => Ok(()),
    }
}

fn election_type(arguments: &Arguments) -> Result<ElectionType, Stop> {
    let name = arguments.value(&ELECTION_TYPE)?.unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "preferred" => Ok(ElectionType::Preferred),
        "unclean" => Ok(ElectionType::Unclean),
        _ => said(format!("Cannot parse argument '{name}' of option {}", ELECTION_TYPE.name)),
    }
}

/// The partitions; none for all.
fn partitions(arguments: &Arguments) -> Result<Option<Vec<TopicPartition>>, Stop> {
    if let (Some(topic), Some(partition)) = (arguments.value(&TOPIC)?, arguments.integer(&PARTITION)?) {
        return Ok(Some(vec![TopicPartition::new(topic, partition)]));
    }
    let Some(file) = arguments.value(&PATH_TO_JSON_FILE)? else { return Ok(None) };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read the partitions file {file}"))?;
    parse(&text).map(Some).map_err(Stop::Said)
}

fn parse(text: &str) -> Result<Vec<TopicPartition>, String> {
    let json: Value = serde_json::from_str(text).map_err(|_| "Replica election data is empty".to_owned())?;
    let entries = json.get("partitions").and_then(Value::as_array);
    let entries = entries.ok_or("Replica election data is missing \"partitions\" field")?;
    let (mut partitions, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        let topic = entry.get("topic").and_then(Value::as_str);
        let partition =
            entry.get("partition").and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
        let (Some(topic), Some(partition)) = (topic, partition) else {
            return Err(format!(
                "{entry} is no partition, {{\"topic\": \"foo\", \"partition\": 1}} would be right"
            ));
        };
        let partition = TopicPartition::new(topic, partition);
        if !partitions.insert(partition.clone()) {
            twice.insert(partition.to_string());
        }
    }
    match twice.is_empty() {
        true => Ok(partitions.into_iter().collect()),
        false => {
            let twice: Vec<String> = twice.into_iter().collect();
            Err(format!("Replica election data contains duplicate partitions: [{}]", twice.join(", ")))
        }
    }
}

async fn elect(
    admin: &Admin,
    election: ElectionType,
    partitions: Option<Vec<TopicPartition>>,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    match admin.elect_leaders(election, partitions.as_deref()).await {
        Ok(results) => write_results(election, results, console),
        Err(error) => {
            let message = match error.code() {
                ErrorCode::RequestTimedOut => "Timeout waiting for election results",
                ErrorCode::ClusterAuthorizationFailed => "Not authorized to perform leader election",
                _ => return said(exception_text(&error)),
            };
            writeln!(console.out(), "{message}")?;
            said(message)
        }
    }
}

fn write_results(
    election: ElectionType,
    results: Results<TopicPartition, ()>,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let name = match election {
        ElectionType::Preferred => "PREFERRED",
        ElectionType::Unclean => "UNCLEAN",
    };
    let mut results: Vec<_> = results.into_iter().collect();
    sort_as_map(&mut results, CAPACITY, |(partition, _)| {
        hash_of_partition(&partition.topic, partition.partition)
    });
    let (mut succeeded, mut unneeded, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (partition, result) in results {
        match result {
            Ok(()) => succeeded.push(partition.to_string()),
            Err(error) if error.code() == ErrorCode::ElectionNotNeeded => {
                unneeded.push(partition.to_string())
            }
            Err(error) => failed.push((partition, error)),
        }
    }
    let out = console.out();
    if !succeeded.is_empty() {
        let partitions = succeeded.join(", ");
        writeln!(out, "Successfully completed leader election ({name}) for partitions {partitions}")?;
    }
    if !unneeded.is_empty() {
        writeln!(out, "Valid replica already elected for partitions {}", unneeded.join(", "))?;
    }
    for (partition, error) in &failed {
        let error = exception_text(error);
        writeln!(out, "Error completing leader election ({name}) for partition: {partition}: {error}")?;
    }
    match failed.len() {
        0 => Ok(()),
        count => said(format!("{count} replica(s) could not be elected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let entry = r#"{"topic": "foo", "partition": 1}"#;
        assert_eq!(
            parse(&format!(r#"{{"partitions": [{entry}]}}"#)),
            Ok(vec![TopicPartition::new("foo", 1)])
        );
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error(""), "Replica election data is empty");
        assert_eq!(error("{}"), "Replica election data is missing \"partitions\" field");
        assert_eq!(
            error(&format!(r#"{{"partitions": [{entry}, {entry}]}}"#)),
            "Replica election data contains duplicate partitions: [foo-1]"
        );
        assert_eq!(
            error(r#"{"partitions": [{"topic": "foo"}]}"#),
            r#"{"topic":"foo"} is no partition, {"topic": "foo", "partition": 1} would be right"#
        );
    }

    #[test]
    fn results() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let results = Results::from([
            (TopicPartition::new("t", 0), Ok(())),
            (TopicPartition::new("t", 1), Err(ErrorCode::ElectionNotNeeded.into())),
        ]);
        write_results(ElectionType::Preferred, results, &mut Console::new(&mut out, &mut err)).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Successfully completed leader election (PREFERRED) for partitions t-0\n\
             Valid replica already elected for partitions t-1\n"
        );
    }
}
