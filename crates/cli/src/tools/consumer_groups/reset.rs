//! `--reset-offsets`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use ottla_client::OffsetAndMetadata;
use ottla_client::admin::{DescribeTopicsOptions, IsolationLevel, OffsetSpec, TopicSelector};
use ottla_client::consumer::OffsetReset;
use ottla_client::{Admin, ClientError, TopicPartition};
use ottla_record::{Offset, Timestamp};
use ottla_wire::{ErrorCode, KafkaString};

use super::csv::OffsetLine;
use super::options::{
    ALL_TOPICS, BY_DURATION, DRY_RUN, EXECUTE, EXPORT, FROM_FILE, GROUP, SCENARIOS, SHIFT_BY, TO_CURRENT,
    TO_DATETIME, TO_EARLIEST, TO_LATEST, TO_OFFSET, TOPIC, names,
};
use super::{Failure, committed, groups, print_error};
use crate::frame::{Arguments, Console};
use crate::java::{CAPACITY, exception_text, hash_code, hash_of_partition, parse_timestamp, sort_as_map};

/// New offsets of one group.
type Plan = BTreeMap<TopicPartition, i64>;

pub(super) async fn reset(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let groups = groups(admin, arguments).await?;
    let mut plans = Vec::new();
    for (group, described) in admin.describe_groups(&groups, false).await {
        let state = match described {
            Ok(description) => description.state.as_str().to_owned(),
            Err(error) if error.code() == ErrorCode::GroupIdNotFound => "Dead".to_owned(),
            Err(error) => {
                let why = format!("java.util.concurrent.ExecutionException: {}", exception_text(&error));
                return Err(Failure::Exception(why));
            }
        };
        let plan = match state.as_str() {
            "Empty" | "Dead" => reset_group(admin, arguments, console, &group).await?,
            state => {
                let message = format!(
                    "Assignments can only be reset if the group '{group}' is inactive, but the current state is {state}."
                );
                print_error(console, &message)?;
                Plan::new()
            }
        };
        plans.push((group, plan));
    }
    sort_as_map(&mut plans, CAPACITY, |(group, _)| hash_code(group));
    let rows: Vec<OffsetLine> = plans.iter().flat_map(|(group, plan)| lines(group, plan)).collect();
    if arguments.has(&EXPORT) {
        return Ok(export(console, rows, arguments.values(&GROUP).len() == 1)?);
    }
    Ok(write_plans(console, &plans, &rows)?)
}

/// A plan in the order of Java's map.
fn lines(group: &KafkaString, plan: &Plan) -> Vec<OffsetLine> {
    let line = |(partition, offset): (&TopicPartition, &i64)| OffsetLine {
        group: Some(group.as_str().to_owned()),
        partition: partition.clone(),
        offset: *offset,
    };
    let mut lines: Vec<OffsetLine> = plan.iter().map(line).collect();
    sort_as_map(&mut lines, CAPACITY, |line| {
        hash_of_partition(&line.partition.topic, line.partition.partition)
    });
    lines
}

fn export(console: &mut Console<'_>, rows: Vec<OffsetLine>, is_single: bool) -> std::io::Result<()> {
    for row in rows {
        let group = row.group.filter(|_| !is_single);
        writeln!(console.out(), "{}", OffsetLine { group, ..row }.text())?;
    }
    writeln!(console.out())
}

fn write_plans(
    console: &mut Console<'_>,
    plans: &[(KafkaString, Plan)],
    rows: &[OffsetLine],
) -> std::io::Result<()> {
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.fold(15, usize::max);
    let group_width = longest(&mut plans.iter().map(|(group, _)| group.chars().count()));
    let topic_width = longest(&mut rows.iter().map(|row| row.partition.topic.chars().count()));
    let out = console.out();
    if !plans.is_empty() {
        write!(out, "\n{:group_width$} {:topic_width$} {:10} NEW-OFFSET", "GROUP", "TOPIC", "PARTITION")?;
    }
    for row in rows {
        let (group, partition) = (row.group.as_deref().unwrap_or_default(), &row.partition);
        let number = partition.partition.to_string();
        write!(out, "\n{group:group_width$} {:topic_width$} {number:10} {}", &*partition.topic, row.offset)?;
    }
    writeln!(out)
}

async fn reset_group(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
    group: &KafkaString,
) -> Result<Plan, Failure> {
    let partitions = partitions_to_reset(admin, arguments, group).await?;
    check_partitions(admin, &partitions).await?;
    let plan = plan(admin, arguments, console, group, &partitions).await?;
    if arguments.has(&EXECUTE) && !arguments.has(&DRY_RUN) {
        let offset = |(partition, offset): (&TopicPartition, &i64)| {
            (partition.clone(), OffsetAndMetadata::new(Offset(*offset)))
        };
        let offsets = plan.iter().map(offset).collect();
        let results =
            admin.alter_group_offsets(group, &offsets).await.map_err(|error| Failure::bare(&error))?;
        if let Some(error) = results.into_values().find_map(Result::err) {
            return Err(Failure::bare(&error));
        }
    }
    Ok(plan)
}

async fn partitions_to_reset(
    admin: &Admin,
    arguments: &Arguments,
    group: &KafkaString,
) -> Result<BTreeSet<TopicPartition>, Failure> {
    if arguments.has(&ALL_TOPICS) {
        return Ok(committed(admin, group).await?.into_keys().collect());
    }
    if !arguments.has(&TOPIC) {
        if arguments.has(&FROM_FILE) {
            return Ok(BTreeSet::new());
        }
        return Err(Failure::usage("One of the reset scopes should be defined: --all-topics, --topic."));
    }
    let mut partitions = BTreeSet::new();
    let mut topics = BTreeSet::new();
    for text in arguments.values(&TOPIC) {
        if text.contains(':') {
            partitions.extend(partitions_in(text)?);
        } else {
            topics.insert(KafkaString::from(text));
        }
    }
    partitions.extend(described(admin, &topics).await.map_err(|error| Failure::bare(&error))?.into_keys());
    Ok(partitions)
}

/// The partitions of a text such as `topic:0,1`.
pub(super) fn partitions_in(text: &str) -> Result<Vec<TopicPartition>, Failure> {
    let parts: Vec<&str> = text.trim_end_matches(':').split(':').collect();
    let [topic, numbers] = parts[..] else {
        return Err(Failure::usage(format!(
            "Invalid topic arg '{text}', expected topic name and partitions"
        )));
    };
    let partition = |number: &str| match number.parse() {
        Ok(partition) => Ok(TopicPartition::new(topic, partition)),
        Err(_) => {
            Err(Failure::usage(format!("Invalid partition '{number}' specified in topic arg '{text}''")))
        }
    };
    numbers.trim_end_matches(',').split(',').map(partition).collect()
}

/// The partitions of topics, each with its leader.
async fn described(
    admin: &Admin,
    topics: &BTreeSet<KafkaString>,
) -> Result<BTreeMap<TopicPartition, Option<i32>>, ClientError> {
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let topics: Vec<TopicSelector> = topics.iter().cloned().map(TopicSelector::Name).collect();
    let mut partitions = BTreeMap::new();
    for topic in admin.describe_topics(&topics, DescribeTopicsOptions::default()).await?.into_values() {
        let topic = topic?;
        let name = |index| TopicPartition::new(topic.name.clone(), index);
        partitions.extend(topic.partitions.iter().map(|partition| (name(partition.index), partition.leader)));
    }
    Ok(partitions)
}

async fn check_partitions(admin: &Admin, partitions: &BTreeSet<TopicPartition>) -> Result<(), Failure> {
    let topics = partitions.iter().map(|partition| partition.topic.clone()).collect();
    let described = described(admin, &topics).await.map_err(|error| Failure::caused_twice(&error))?;
    let list = |wrong: &dyn Fn(&TopicPartition) -> bool| {
        let wrong: Vec<String> =
            partitions.iter().filter(|partition| wrong(partition)).map(ToString::to_string).collect();
        wrong.join(",")
    };
    let missing = list(&|partition| !described.contains_key(partition));
    if !missing.is_empty() {
        return Err(Failure::Exception(format!("The partitions \"{missing}\" do not exist")));
    }
    let leaderless = list(&|partition| described.get(partition).is_none_or(Option::is_none));
    if !leaderless.is_empty() {
        return Err(Failure::Exception(format!("The partitions \"{leaderless}\" have no leader")));
    }
    Ok(())
}

async fn plan(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
    group: &KafkaString,
    partitions: &BTreeSet<TopicPartition>,
) -> Result<Plan, Failure> {
    if let Some(offset) = arguments.long(&TO_OFFSET)? {
        return in_range(admin, console, partitions.iter().map(|p| (p.clone(), offset)).collect()).await;
    }
    if arguments.has(&TO_EARLIEST) {
        return offsets(admin, partitions, OffsetSpec::Earliest).await;
    }
    if arguments.has(&TO_LATEST) {
        return offsets(admin, partitions, OffsetSpec::Latest).await;
    }
    if let Some(shift) = arguments.long(&SHIFT_BY)? {
        return in_range(admin, console, shifted(admin, group, partitions, shift).await?).await;
    }
    if let Some(text) = arguments.value(&TO_DATETIME)? {
        let exception = |why| Failure::Exception(format!("java.text.ParseException: {why}"));
        return at_time(admin, console, partitions, parse_timestamp(text).map_err(exception)?).await;
    }
    if let Some(text) = arguments.value(&BY_DURATION)? {
        return at_time(admin, console, partitions, time_before(text)?).await;
    }
    if let Some(file) = arguments.value(&FROM_FILE)? {
        let single = Some(arguments.values(&GROUP))
            .filter(|groups| groups.len() == 1)
            .map(|groups| groups[0].to_owned());
        return match from_file(file, single.as_deref())?.remove(group.as_str()) {
            Some(plan) => in_range(admin, console, plan).await,
            None => {
                print_error(console, &format!("No reset plan for group {group} found"))?;
                Ok(Plan::new())
            }
        };
    }
    if arguments.has(&TO_CURRENT) {
        return current(admin, group, partitions).await;
    }
    Err(Failure::usage(format!(
        "Option '[reset-offsets]' requires one of the following scenarios: [{}]",
        names(&SCENARIOS)
    )))
}

async fn offsets(
    admin: &Admin,
    partitions: &BTreeSet<TopicPartition>,
    spec: OffsetSpec,
) -> Result<Plan, Failure> {
    let asked = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
    let mut plan = Plan::new();
    for (partition, found) in admin.list_offsets(asked, IsolationLevel::ReadUncommitted).await {
        let found = found.map_err(|error| Failure::caused_twice(&error))?;
        plan.insert(partition, found.offset.0);
    }
    Ok(plan)
}

/// The offsets, as far as there are such records; else the nearest.
async fn in_range(admin: &Admin, console: &mut Console<'_>, wanted: Plan) -> Result<Plan, Failure> {
    let partitions: BTreeSet<TopicPartition> = wanted.keys().cloned().collect();
    let starts = offsets(admin, &partitions, OffsetSpec::Earliest).await?;
    let ends = offsets(admin, &partitions, OffsetSpec::Latest).await?;
    let mut plan = Plan::new();
    for (partition, offset) in wanted {
        let end = ends.get(&partition).copied().unwrap_or(offset);
        let start = starts.get(&partition).copied().unwrap_or(offset);
        let (bound, nearest) = match offset {
            offset if offset > end => ("higher than latest", end),
            offset if offset < start => ("lower than earliest", start),
            offset => ("", offset),
        };
        if !bound.is_empty() {
            writeln!(
                console.err()?,
                "New offset ({offset}) is {bound} offset for topic partition {partition}. Value will be set to {nearest}"
            )?;
        }
        plan.insert(partition, nearest);
    }
    Ok(plan)
}

async fn shifted(
    admin: &Admin,
    group: &KafkaString,
    partitions: &BTreeSet<TopicPartition>,
    shift: i64,
) -> Result<Plan, Failure> {
    let committed = committed(admin, group).await?;
    let shift_one = |partition: &TopicPartition| match committed.get(partition) {
        Some(committed) => Ok((partition.clone(), committed.offset.0.saturating_add(shift))),
        None => Err(Failure::usage(format!(
            "Cannot shift offset for partition {partition} since there is no current committed offset"
        ))),
    };
    partitions.iter().map(shift_one).collect()
}

/// The first records at or after a time; where there is none, the end.
async fn at_time(
    admin: &Admin,
    console: &mut Console<'_>,
    partitions: &BTreeSet<TopicPartition>,
    time_ms: i64,
) -> Result<Plan, Failure> {
    let mut plan = offsets(admin, partitions, OffsetSpec::AtTimestamp(Timestamp(time_ms))).await?;
    let without: BTreeSet<TopicPartition> =
        plan.iter().filter(|(_, offset)| **offset < 0).map(|(partition, _)| partition.clone()).collect();
    for TopicPartition { topic, partition } in &without {
        writeln!(
            console.out(),
            "\nWarn: Partition {partition} from topic {topic} is empty. Falling back to latest known offset."
        )?;
    }
    plan.extend(offsets(admin, &without, OffsetSpec::Latest).await?);
    Ok(plan)
}

fn time_before(text: &str) -> Result<i64, Failure> {
    let Some(OffsetReset::ByDuration(age)) = OffsetReset::parse(&format!("by_duration:{text}")) else {
        return Err(Failure::Exception("Text cannot be parsed to a Duration".to_owned()));
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let time: Duration = now.saturating_sub(age);
    Ok(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// The plans in a file: lines without groups count for the only group that is named.
fn from_file(file: &str, single_group: Option<&str>) -> Result<BTreeMap<String, Plan>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Exception(format!("cannot read {file}: {error}")))?;
    let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    let is_without_group = lines.first().is_some_and(|line| OffsetLine::parse(line, false).is_some());
    let group_of_all = single_group.filter(|_| is_without_group);
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for (number, line) in (1..).zip(lines) {
        let parsed = OffsetLine::parse(line, group_of_all.is_none());
        let malformed = || Failure::Exception(format!("line {number} of {file} holds no offset: {line}"));
        let parsed = parsed.ok_or_else(malformed)?;
        let group = parsed.group.or_else(|| group_of_all.map(str::to_owned)).unwrap_or_default();
        plans.entry(group).or_default().insert(parsed.partition, parsed.offset);
    }
    Ok(plans)
}

async fn current(
    admin: &Admin,
    group: &KafkaString,
    partitions: &BTreeSet<TopicPartition>,
) -> Result<Plan, Failure> {
    let committed = committed(admin, group).await?;
    let (with, without): (BTreeSet<_>, BTreeSet<_>) =
        partitions.iter().cloned().partition(|partition| committed.contains_key(partition));
    let mut plan = offsets(admin, &without, OffsetSpec::Latest).await?;
    plan.extend(with.into_iter().filter_map(|partition| {
        let offset = committed.get(&partition)?.offset.0;
        Some((partition, offset))
    }));
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(result: Result<Vec<TopicPartition>, Failure>) -> String {
        match result {
            Ok(partitions) => partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(Failure::Stop(crate::frame::Stop::Usage(message))) => message,
            Err(_) => "another error".to_owned(),
        }
    }

    #[test]
    fn partitions_of_a_topic() {
        assert_eq!(usage(partitions_in("t:0,2")), "t-0 t-2");
        assert_eq!(usage(partitions_in("t:")), "Invalid topic arg 't:', expected topic name and partitions");
        assert_eq!(usage(partitions_in("t:x")), "Invalid partition 'x' specified in topic arg 't:x''");
    }

    #[test]
    fn plans_are_written_and_read() {
        let plan = Plan::from([(TopicPartition::new("t", 0), 5), (TopicPartition::new("t", 1), 0)]);
        let group = KafkaString::from("g");
        let rows = lines(&group, &plan);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut out, &mut err);
        write_plans(&mut console, &[(group, plan.clone())], &rows).unwrap();
        export(&mut console, rows.clone(), false).unwrap();
        let text = String::from_utf8(out).unwrap();
        // In the order of Java's map.
        let expected = "\nGROUP           TOPIC           PARTITION  NEW-OFFSET\n\
                        g               t               1          0\n\
                        g               t               0          5\ng,t,1,0\ng,t,0,5\n\n";
        assert_eq!(text, expected);

        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("plan.csv");
        let file = file.to_str().unwrap();
        let read = |text: &str, single| {
            std::fs::write(file, text).unwrap();
            from_file(file, single).map_err(|_| ())
        };
        assert_eq!(read("g,t,0,5\ng,t,1,0\n\n", None), Ok([("g".to_owned(), plan.clone())].into()));
        assert_eq!(read("t,0,5\nt,1,0\n", Some("h")), Ok([("h".to_owned(), plan)].into()));
        assert!(read("t,0\n", Some("h")).is_err());
    }
}
