//! `--delete` and `--delete-offsets`.

use std::collections::BTreeMap;

use ottla_client::admin::{DescribeTopicsOptions, TopicSelector};
use ottla_client::{Admin, ClientError, TopicPartition};
use ottla_wire::{ErrorCode, KafkaString};

use super::options::{GROUP, TOPIC};
use super::reset::partitions_in;
use super::{Failure, MISSING, groups, print_error};
use crate::frame::{Arguments, Console, message_of};
use crate::java::{CAPACITY, exception_text, hash_code, sort_as_map};

pub(super) async fn delete_groups(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let groups = groups(admin, arguments).await?;
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for (group, result) in admin.delete_groups(&groups).await {
        match result {
            Ok(()) => deleted.push(group),
            Err(error) => failed.push((group, error)),
        }
    }
    sort_as_map(&mut deleted, CAPACITY, |group| hash_code(group));
    sort_as_map(&mut failed, CAPACITY, |(group, _)| hash_code(group));
    let names: Vec<String> = deleted.iter().map(|group| format!("'{group}'")).collect();
    let names = names.join(", ");
    if failed.is_empty() {
        writeln!(console.out(), "Deletion of requested consumer groups ({names}) was successful.")?;
        return Ok(());
    }
    print_error(console, "Deletion of some consumer groups failed:")?;
    for (group, error) in failed {
        let why = exception_text(&error);
        writeln!(console.out(), "* Group '{group}' could not be deleted due to: {why}")?;
    }
    if !deleted.is_empty() {
        writeln!(console.out(), "\nThese consumer groups were deleted successfully: {names}")?;
    }
    Ok(())
}

pub(super) async fn delete_offsets(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let group = KafkaString::from(arguments.value(&GROUP)?.unwrap_or_default());
    let mut results: BTreeMap<TopicPartition, Option<ClientError>> = BTreeMap::new();
    let mut partitions = Vec::new();
    let (with_partitions, whole): (Vec<_>, Vec<_>) =
        arguments.values(&TOPIC).into_iter().partition(|topic| topic.contains(':'));
    for topic in with_partitions {
        partitions.extend(partitions_in(topic)?);
    }
    for topic in whole {
        match partitions_of(admin, topic).await {
            Ok(found) => partitions.extend(found),
            Err(error) => {
                results.insert(TopicPartition::new(topic, -1), Some(error));
            }
        }
    }
    let first_error = match admin.delete_group_offsets(&group, &partitions).await {
        Ok(deleted) => {
            results.extend(deleted.into_iter().map(|(partition, result)| (partition, result.err())));
            partitions.iter().find_map(|partition| results.get(partition)?.clone())
        }
        Err(error) => {
            results.extend(partitions.iter().map(|partition| (partition.clone(), Some(error.clone()))));
            Some(error)
        }
    };
    match &first_error {
        None => writeln!(console.out(), "Request succeeded for deleting offsets from group {group}.")?,
        Some(error) => match error.code() {
            ErrorCode::InvalidGroupId
            | ErrorCode::GroupIdNotFound
            | ErrorCode::GroupAuthorizationFailed
            | ErrorCode::NonEmptyGroup => print_error(console, error.code().message())?,
            ErrorCode::GroupSubscribedToTopic
            | ErrorCode::TopicAuthorizationFailed
            | ErrorCode::UnknownTopicOrPartition => {
                print_error(console, "Encountered some partition-level error, see the follow-up details.")?;
            }
            code => print_error(console, &format!("Encountered some unknown error: {}", code.name()))?,
        },
    }
    Ok(write_results(console, &results)?)
}

async fn partitions_of(admin: &Admin, topic: &str) -> Result<Vec<TopicPartition>, ClientError> {
    let topics = [TopicSelector::Name(topic.into())];
    let mut partitions = Vec::new();
    for description in admin.describe_topics(&topics, DescribeTopicsOptions::default()).await?.into_values() {
        partitions.extend(description?.partitions.iter().map(|p| TopicPartition::new(topic, p.index)));
    }
    Ok(partitions)
}

fn write_results(
    console: &mut Console<'_>,
    results: &BTreeMap<TopicPartition, Option<ClientError>>,
) -> std::io::Result<()> {
    let width = results.keys().map(|partition| partition.topic.chars().count()).fold(15, usize::max);
    let out = console.out();
    write!(out, "\n{:width$} {:10} {:15}", "TOPIC", "PARTITION", "STATUS")?;
    let mut sorted: Vec<_> = results.iter().collect();
    sorted.sort_by_key(|(partition, _)| format!("{}{}", partition.topic, partition.partition));
    for (TopicPartition { topic, partition }, error) in sorted {
        let number = if *partition >= 0 { partition.to_string() } else { MISSING.to_owned() };
        let status = match error {
            Some(error) => format!("Error: {}", status_text(error)),
            None => "Successful".to_owned(),
        };
        write!(out, "\n{topic:width$} {number:10} {status:15}")?;
    }
    writeln!(out)
}

/// Java shows the exception around the error.
fn status_text(error: &ClientError) -> String {
    if message_of(error).is_empty() {
        exception_text(error).trim_end_matches(": ").to_owned()
    } else {
        exception_text(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_by_topic_and_partition_as_text() {
        let results = BTreeMap::from([
            (TopicPartition::new("t", 2), None),
            (TopicPartition::new("t", 10), Some(ClientError::from(ErrorCode::GroupSubscribedToTopic))),
            (TopicPartition::new("missing", -1), None),
        ]);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        write_results(&mut Console::new(&mut out, &mut err), &results).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[1], "TOPIC           PARTITION  STATUS");
        assert_eq!(lines[2], "missing         -          Successful");
        assert!(lines[3].starts_with(
            "t               10         Error: org.apache.kafka.common.errors.GroupSubscribedTo"
        ));
        assert_eq!(lines[4], "t               2          Successful");
    }
}
