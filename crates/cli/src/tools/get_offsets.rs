//! `get-offsets`: offsets of partitions, as Kafka's `GetOffsetShell` prints them.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::admin::{DescribeTopicsOptions, IsolationLevel, OffsetSpec, TopicSelector};
use ottla_client::{Admin, TopicPartition};
use ottla_record::Timestamp;

use super::topic_filter::TopicFilter;
use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client};
use crate::java::exception_text;

pub(super) const TOOL: Tool = Tool {
    name: "get-offsets",
    script: Some("kafka-get-offsets"),
    summary: "Print offsets of partitions.",
    description: "An interactive shell for getting topic-partition offsets.",
    syntax: Syntax::Options(&[
        BOOTSTRAP_SERVER,
        TOPIC_PARTITIONS,
        TOPIC,
        PARTITIONS,
        TIME,
        COMMAND_CONFIG,
        EXCLUDE_INTERNAL_TOPICS,
    ]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "HOST1:PORT1,...,HOST3:PORT3",
    "REQUIRED. The servers to connect to, as HOST1:PORT1,HOST2:PORT2.",
);
const TOPIC_PARTITIONS: OptionSpec = OptionSpec::value(
    "topic-partitions",
    "topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3",
    "Patterns of partitions between commas, each a regular expression for topics, all if it is empty, and after a colon a \
     partition, or a range of which the first is counted and the last is not.",
);
const TOPIC: OptionSpec = OptionSpec::value(
    "topic",
    "topic",
    "The topic, or a regular expression for topics; all if it is not given. Not with --topic-partitions.",
);
const PARTITIONS: OptionSpec = OptionSpec::value(
    "partitions",
    "partition ids",
    "The partitions, between commas; all if it is not given. Not with --topic-partitions.",
);
const TIME: OptionSpec = OptionSpec::value(
    "time",
    "<timestamp> / -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or \
     earliest-pending-upload",
    "Which offset: the first that is not older than the timestamp, or one of the others. None is printed if all records are older.",
)
.with_default("latest");
const COMMAND_CONFIG: OptionSpec =
    OptionSpec::value("command-config", "config file", "Properties file with settings of the admin client.");
const EXCLUDE_INTERNAL_TOPICS: OptionSpec =
    OptionSpec::flag("exclude-internal-topics", "Leave out internal topics.");

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    arguments.require(&[&BOOTSTRAP_SERVER])?;
    check_servers(arguments.value(&BOOTSTRAP_SERVER)?.unwrap_or_default())?;
    match print(arguments, console).await {
        Err(Stop::Said(message)) => Err(Stop::Said(format!("Error occurred: {message}"))),
        other => other,
    }
}

fn check_servers(servers: &str) -> Result<(), Stop> {
    if servers.trim().is_empty() {
        return Err(Stop::Usage("Error while validating the bootstrap address\n".to_owned()));
    }
    let has_port = |server: &str| {
        server.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    match servers.trim_end_matches(',').split(',').all(has_port) {
        true => Ok(()),
        false => Err(Stop::Usage("Please provide valid host:port like host1:9091,host2:9092\n".to_owned())),
    }
}

async fn print(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let rules = rules(arguments)?;
    let spec = offset_spec(arguments.value(&TIME)?.unwrap_or_default())?;
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let partitions = partitions(&admin, &rules, arguments.has(&EXCLUDE_INTERNAL_TOPICS)).await?;
    if partitions.is_empty() {
        return Err(Stop::Said("Could not match any topic-partitions with the specified filters".to_owned()));
    }
    let asked: BTreeMap<TopicPartition, OffsetSpec> =
        partitions.into_iter().map(|partition| (partition, spec)).collect();
    let mut found = Vec::new();
    for (partition, result) in admin.list_offsets(asked, IsolationLevel::ReadUncommitted).await {
        match result {
            Ok(listed) if listed.offset.0 >= 0 => {
                found.push((partition.to_string(), partition, listed.offset))
            }
            Ok(_) => {}
            Err(error) => writeln!(
                console.err()?,
                "Skip getting offsets for topic-partition {partition} due to error: {}",
                exception_text(&error)
            )?,
        }
    }
    // By the text of the whole, so that partition 10 comes before 2.
    found.sort_by(|(left, ..), (right, ..)| left.encode_utf16().cmp(right.encode_utf16()));
    for (_, TopicPartition { topic, partition }, offset) in found {
        writeln!(console.out(), "{topic}:{partition}:{}", offset.0)?;
    }
    Ok(())
}

async fn partitions(
    admin: &Admin,
    rules: &[Rule],
    excludes_internal: bool,
) -> Result<Vec<TopicPartition>, Stop> {
    let listed = admin.list_topics().await?;
    let kept = listed.into_iter().filter(|topic| !(topic.is_internal && excludes_internal));
    let meant = kept.filter(|topic| rules.iter().any(|rule| rule.topics.matches(&topic.name)));
    let topics: Vec<TopicSelector> = meant.map(|topic| TopicSelector::Name(topic.name)).collect();
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let mut partitions = Vec::new();
    for topic in admin.describe_topics(&topics, DescribeTopicsOptions::default()).await?.into_values() {
        let topic = topic?;
        let of_topic: Vec<&Rule> = rules.iter().filter(|rule| rule.topics.matches(&topic.name)).collect();
        let numbers = topic.partitions.iter().map(|partition| partition.index);
        let meant = numbers.filter(|number| of_topic.iter().any(|rule| rule.partitions.contains(*number)));
        partitions.extend(meant.map(|number| TopicPartition::new(topic.name.clone(), number)));
    }
    Ok(partitions)
}

/// Which partitions of which topics are meant.
#[derive(Debug)]
struct Rule {
    topics: TopicFilter,
    partitions: Partitions,
}

#[derive(Debug, PartialEq, Eq)]
enum Partitions {
    /// Those from the first one up to before the second one.
    Range(i32, i32),
    /// These, or all if there is none.
    Of(BTreeSet<i32>),
}

impl Partitions {
    fn contains(&self, number: i32) -> bool {
        match self {
            Self::Range(first, end) => (*first..*end).contains(&number),
            Self::Of(numbers) => numbers.is_empty() || numbers.contains(&number),
        }
    }
}

const EVERY_TOPIC: &str = ".*";

fn rules(arguments: &Arguments) -> Result<Vec<Rule>, Stop> {
    let (topic, partitions) = (arguments.value(&TOPIC)?, arguments.value(&PARTITIONS)?);
    match arguments.value(&TOPIC_PARTITIONS)? {
        Some(_) if topic.is_some() || partitions.is_some() => {
            Err(Stop::Said("--topic-partitions cannot be used with --topic or --partitions".to_owned()))
        }
        Some(patterns) => patterns.trim_end_matches(',').split(',').map(parse_rule).collect(),
        None => {
            let topics = TopicFilter::new(topic.unwrap_or(EVERY_TOPIC))?;
            Ok(vec![Rule { topics, partitions: Partitions::Of(numbers(partitions.unwrap_or_default())?) }])
        }
    }
}

fn numbers(text: &str) -> Result<BTreeSet<i32>, Stop> {
    if text.is_empty() {
        return Ok(BTreeSet::new());
    }
    let parsed: Result<BTreeSet<i32>, _> = text.trim_end_matches(',').split(',').map(str::parse).collect();
    parsed.map_err(|_| {
        Stop::Said(format!(
            "--partitions expects a comma separated list of numeric partition ids, but received: {text}"
        ))
    })
}

fn parse_rule(text: &str) -> Result<Rule, Stop> {
    let invalid = || Stop::Said(format!("Invalid rule specification: {text}"));
    let (topics, partitions) = text.split_once(':').unwrap_or((text, ""));
    let number = |digits: &str, default: i32| match digits {
        "" => Ok(default),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().map_err(|_| invalid()),
        _ => Err(invalid()),
    };
    let partitions = match partitions.split_once('-') {
        Some((first, end)) => Partitions::Range(number(first, 0)?, number(end, i32::MAX)?),
        None if partitions.is_empty() => Partitions::Range(0, i32::MAX),
        None => Partitions::Of([number(partitions, 0)?].into()),
    };
    Ok(Rule { topics: TopicFilter::new(if topics.is_empty() { EVERY_TOPIC } else { topics })?, partitions })
}

fn offset_spec(text: &str) -> Result<OffsetSpec, Stop> {
    match text {
        "latest" | "-1" => Ok(OffsetSpec::Latest),
        "earliest" | "-2" => Ok(OffsetSpec::Earliest),
        "max-timestamp" | "-3" => Ok(OffsetSpec::MaxTimestamp),
        "earliest-local" | "-4" => Ok(OffsetSpec::EarliestLocal),
        "latest-tiered" | "-5" => Ok(OffsetSpec::LatestTiered),
        "earliest-pending-upload" | "-6" => Ok(OffsetSpec::EarliestPendingUpload),
        _ => match text.parse() {
            Ok(timestamp) => Ok(OffsetSpec::AtTimestamp(Timestamp(timestamp))),
            Err(_) => Err(Stop::Said(format!(
                "Malformed time argument {text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or \
                 earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp"
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_partitions() {
        let partitions = |text: &str| parse_rule(text).unwrap().partitions;
        assert_eq!(partitions("t:1"), Partitions::Of([1].into()));
        assert_eq!(partitions("t:0-3"), Partitions::Range(0, 3));
        assert_eq!(partitions("t"), Partitions::Range(0, i32::MAX));
        assert_eq!(partitions("t:5-"), Partitions::Range(5, i32::MAX));
        assert_eq!(partitions(":-3"), Partitions::Range(0, 3));
        assert!(parse_rule(":1").unwrap().topics.matches("anything"));
        let Err(Stop::Said(message)) = parse_rule("t:x") else { panic!("it is no rule") };
        assert_eq!(message, "Invalid rule specification: t:x");
    }

    #[test]
    fn times() {
        assert_eq!(offset_spec("-3").unwrap(), OffsetSpec::MaxTimestamp);
        assert_eq!(offset_spec("0").unwrap(), OffsetSpec::AtTimestamp(Timestamp(0)));
        assert!(
            matches!(offset_spec("soon"), Err(Stop::Said(message)) if message.starts_with("Malformed time argument soon. "))
        );
    }

    #[test]
    fn servers_have_ports() {
        assert!(check_servers("a:1,b:2").is_ok());
        assert!(check_servers("[::1]:9092").is_ok());
        for wrong in ["", "a", "a:1,b", "a:x"] {
            assert!(check_servers(wrong).is_err(), "{wrong}");
        }
    }
}
