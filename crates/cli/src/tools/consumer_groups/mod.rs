//! `consumer-groups`: lists and describes groups of consumers, deletes them, and resets their offsets, as Kafka's
//! `ConsumerGroupCommand` does.

mod csv;
mod delete;
mod describe;
mod list;
mod options;
mod reset;

use std::time::Duration;

use ottla_client::OffsetAndMetadata;
use ottla_client::admin::GroupDescription;
use ottla_client::{Admin, ClientError, TopicPartition};
use ottla_wire::KafkaString;
use regex::Regex;

use crate::frame::{Arguments, Console, Run, Stop, Syntax, Tool, admin_client, message_of};
use crate::java::exception_text;
use options::{
    ALL_GROUPS, BOOTSTRAP_SERVER, COMMAND_CONFIG, DELETE, DELETE_OFFSETS, DESCRIBE, GROUP, LIST, OPTIONS,
    RESET_OFFSETS, TIMEOUT, VALIDATE_REGEX, check,
};

pub(super) const TOOL: Tool = Tool {
    name: "consumer-groups",
    script: Some("kafka-consumer-groups"),
    summary: "List, describe and delete consumer groups, and reset their offsets.",
    description: "This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset \
                  consumer group offsets.",
    syntax: Syntax::Options(OPTIONS),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

/// What stands in a column that is not known.
const MISSING: &str = "-";

/// Why a command did not do what it was asked.
enum Failure {
    Stop(Stop),
    /// An exception, with what Java says of it.
    Exception(String),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Stop(error.into())
    }
}

impl From<crate::frame::ValueError> for Failure {
    fn from(error: crate::frame::ValueError) -> Self {
        Self::Stop(error.into())
    }
}

impl Failure {
    /// An error that Kafka's tool finds as the cause of another exception.
    fn caused(error: &ClientError) -> Self {
        Self::Exception(exception_text(error))
    }

    /// An error that Kafka's tool finds as the cause of a cause.
    fn caused_twice(error: &ClientError) -> Self {
        Self::Exception(format!("java.util.concurrent.ExecutionException: {}", exception_text(error)))
    }

    /// An error that Kafka's tool finds as it is.
    fn bare(error: &ClientError) -> Self {
        Self::Exception(message_of(error))
    }

    fn usage(message: impl Into<String>) -> Self {
        Self::Stop(Stop::Usage(message.into()))
    }
}

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    check(arguments, console)?;
    if let Some(regex) = arguments.value(&VALIDATE_REGEX)? {
        return validate_regex(regex, console);
    }
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let timeout = u64::try_from(arguments.long(&TIMEOUT)?.unwrap_or_default()).unwrap_or(0);
    let admin = admin.with_timeout(Duration::from_millis(timeout));
    let result = if arguments.has(&LIST) {
        list::list(&admin, arguments, console).await
    } else if arguments.has(&DESCRIBE) {
        describe::describe(&admin, arguments, console).await
    } else if arguments.has(&DELETE) {
        delete::delete_groups(&admin, arguments, console).await
    } else if arguments.has(&RESET_OFFSETS) {
        reset::reset(&admin, arguments, console).await
    } else if arguments.has(&DELETE_OFFSETS) {
        delete::delete_offsets(&admin, arguments, console).await
    } else {
        Ok(())
    };
    match result {
        Ok(()) => Ok(()),
        Err(Failure::Stop(stop)) => Err(stop),
        // Kafka's tool tells and ends as if all were well.
        Err(Failure::Exception(why)) => {
            Ok(print_error(console, &format!("Executing consumer group command failed due to {why}"))?)
        }
    }
}

fn validate_regex(regex: &str, console: &mut Console<'_>) -> Result<(), Stop> {
    match Regex::new(regex) {
        Ok(_) => writeln!(console.out(), "The regular expression `{regex}` is valid.")?,
        Err(error) => {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            writeln!(console.out(), "The regular expression `{regex}` is invalid: {why}.")?;
        }
    }
    Ok(())
}

fn print_error(console: &mut Console<'_>, message: &str) -> std::io::Result<()> {
    writeln!(console.out(), "\nError: {message}")
}

/// The groups that the command is about.
async fn groups(admin: &Admin, arguments: &Arguments) -> Result<Vec<KafkaString>, Failure> {
    if arguments.has(&ALL_GROUPS) {
        return Ok(list::consumer_groups(admin).await?.into_iter().map(|group| group.group_id).collect());
    }
    Ok(arguments.values(&GROUP).into_iter().map(KafkaString::from).collect())
}

/// The groups' descriptions; the first error ends it all.
async fn describe_groups(admin: &Admin, groups: &[KafkaString]) -> Result<Vec<GroupDescription>, Failure> {
    let described = admin.describe_groups(groups, false).await;
    described.into_values().map(|group| group.map_err(|error| Failure::caused(&error))).collect()
}

/// What a group committed.
async fn committed(
    admin: &Admin,
    group: &KafkaString,
) -> Result<std::collections::BTreeMap<TopicPartition, OffsetAndMetadata>, Failure> {
    let results =
        admin.list_group_offsets(group, None, false).await.map_err(|error| Failure::caused_twice(&error))?;
    let mut offsets = std::collections::BTreeMap::new();
    for (partition, result) in results {
        if let Some(offset) = result.map_err(|error| Failure::caused_twice(&error))? {
            offsets.insert(partition, offset);
        }
    }
    Ok(offsets)
}
