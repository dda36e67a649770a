//! `delete-records`: deletes the records of partitions before an offset, as Kafka's `DeleteRecordsCommand` does.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context;
use ottla_client::TopicPartition;
use ottla_record::Offset;
use serde_json::Value;

use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client};
use crate::java::{CAPACITY, exception_text, hash_of_partition, sort_as_map};

pub(super) const TOOL: Tool = Tool {
    name: "delete-records",
    script: Some("kafka-delete-records"),
    summary: "Delete the records of partitions before an offset.",
    description: "This tool helps to delete records of the given partitions down to the specified offset.",
    syntax: Syntax::Options(&[BOOTSTRAP_SERVER, OFFSET_JSON_FILE, COMMAND_CONFIG]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "server(s) to use for bootstrapping",
    "REQUIRED: The server to connect to.",
);
const OFFSET_JSON_FILE: OptionSpec = OptionSpec::value(
    "offset-json-file",
    "Offset json file path",
    "REQUIRED: A JSON file with an offset for each partition, such as {\"partitions\": [{\"topic\": \"foo\", \"partition\": 1, \
     \"offset\": 1}], \"version\": 1}; -1 deletes all.",
);
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "command config property file path",
    "Properties file with settings of the admin client.",
);

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    arguments.require(&[&BOOTSTRAP_SERVER, &OFFSET_JSON_FILE])?;
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let file = arguments.value(&OFFSET_JSON_FILE)?.unwrap_or_default();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read the offset file {file}"))?;
    let offsets = parse(&text).map_err(Stop::Said)?;

    writeln!(console.out(), "Executing records delete operation")?;
    console.flush()?;
    let results = admin.delete_records(offsets).await;
    writeln!(console.out(), "Records delete operation completed:")?;
    let mut results: Vec<_> = results.into_iter().collect();
    sort_as_map(&mut results, CAPACITY, |(partition, _)| {
        hash_of_partition(&partition.topic, partition.partition)
    });
    for (partition, result) in results {
        match result {
            Ok(offset) => writeln!(console.out(), "partition: {partition}\tlow_watermark: {}", offset.0)?,
            Err(error) => {
                writeln!(console.out(), "partition: {partition}\terror: {}", exception_text(&error))?
            }
        }
    }
    Ok(())
}

/// The offset of each partition in a file; what is wrong with it in Kafka's words, where it has some.
fn parse(text: &str) -> Result<BTreeMap<TopicPartition, Offset>, String> {
    const VERSION: i64 = 1;
    let json: Value =
        serde_json::from_str(text).map_err(|_| "The input string is not a valid JSON".to_owned())?;
    let version = match json.get("version") {
        Some(version) => version.as_i64().ok_or_else(|| unexpected("version", "a number", version))?,
        None => VERSION,
    };
    if version != VERSION {
        return Err(format!("Not supported version field value {version}"));
    }
    let partitions = json.get("partitions").ok_or("Missing partitions field")?;
    let partitions = partitions.as_array().ok_or_else(|| unexpected("partitions", "a list", partitions))?;
    let (mut offsets, mut twice) = (BTreeMap::new(), Vec::new());
    for entry in partitions {
        let field = |name: &str| entry.get(name).ok_or_else(|| format!("Missing {name} field in {entry}"));
        let (topic, partition, offset) = (field("topic")?, field("partition")?, field("offset")?);
        let name = topic.as_str().ok_or_else(|| unexpected("topic", "a name", topic))?;
        let number = partition.as_i64().and_then(|number| i32::try_from(number).ok());
        let number = number.ok_or_else(|| unexpected("partition", "a number of 32 bits", partition))?;
        let before = offset.as_i64().ok_or_else(|| unexpected("offset", "a number of 64 bits", offset))?;
        let partition = TopicPartition::new(name, number);
        if offsets.insert(partition.clone(), Offset(before)).is_some() {
            twice.push(partition.to_string());
        }
    }
    twice.dedup();
    match twice.is_empty() {
        true => Ok(offsets),
        false => Err(format!("Offset json file contains duplicate topic partitions: {}", twice.join(","))),
    }
}

fn unexpected(name: &str, wanted: &str, found: &Value) -> String {
    format!("{name}: {found} is not {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_partitions() {
        let offsets = parse(
            r#"{"partitions": [{"topic": "b", "partition": 1, "offset": -1}, {"topic": "a", "partition": 0, "offset": 5}], "version": 1}"#,
        );
        let expected = BTreeMap::from([
            (TopicPartition::new("a", 0), Offset(5)),
            (TopicPartition::new("b", 1), Offset(-1)),
        ]);
        assert_eq!(offsets, Ok(expected));
        assert_eq!(parse(r#"{"partitions": []}"#), Ok(BTreeMap::new()));
    }

    #[test]
    fn wrong_files() {
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error("{"), "The input string is not a valid JSON");
        assert_eq!(error("{}"), "Missing partitions field");
        assert_eq!(error(r#"{"version": 2}"#), "Not supported version field value 2");
        assert_eq!(
            error(r#"{"partitions": [{"topic": "a", "partition": 4294967296, "offset": 5}]}"#),
            "partition: 4294967296 is not a number of 32 bits"
        );
        let entry = r#"{"topic": "a", "partition": 0, "offset": 5}"#;
        assert_eq!(
            error(&format!(r#"{{"partitions": [{entry}, {entry}, {entry}]}}"#)),
            "Offset json file contains duplicate topic partitions: a-0"
        );
        assert_eq!(
            error(r#"{"partitions": [{"topic": "a"}]}"#),
            r#"Missing partition field in {"topic":"a"}"#
        );
    }
}
