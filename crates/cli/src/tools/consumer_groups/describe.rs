//! `--describe`: offsets, members, states.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use ottla_client::OffsetAndMetadata;
use ottla_client::admin::{GroupDescription, GroupMember, IsolationLevel, MemberKind, OffsetSpec};
use ottla_client::{Admin, TopicPartition};

use super::options::{MEMBERS, OFFSETS, STATE, VERBOSE};
use super::{Failure, MISSING, committed, describe_groups, groups, print_error};
use crate::frame::{Arguments, Console};

const WIDTH_MIN: usize = 15;

pub(super) async fn describe(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let groups = groups(admin, arguments).await?;
    let described = describe_groups(admin, &groups).await?;
    let verbose = arguments.has(&VERBOSE);
    let default = !arguments.has(&MEMBERS) && !arguments.has(&STATE);
    let mut tables = Vec::new();
    if default || arguments.has(&OFFSETS) {
        for group in &described {
            tables.push(offset_rows(admin, group).await?);
        }
    }
    for (index, group) in described.iter().enumerate() {
        match tables.get(index) {
            Some(rows) => write_offsets(console, group, rows, verbose)?,
            None if arguments.has(&MEMBERS) => write_members(console, group, verbose)?,
            None => write_state(console, group, verbose)?,
        }
    }
    Ok(())
}

/// Tells what is special about the state of a group. Whether there is something to show.
fn shows(console: &mut Console<'_>, group: &GroupDescription, rows: usize) -> Result<bool, Failure> {
    let id = &group.group_id;
    match &*group.state {
        "Dead" => print_error(console, &format!("Consumer group '{id}' does not exist."))?,
        "Empty" => writeln!(console.err()?, "\nConsumer group '{id}' has no active members.")?,
        "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
            writeln!(console.err()?, "\nWarning: Consumer group '{id}' is rebalancing.")?;
        }
        "Stable" => {}
        other => {
            let why = format!("Expected a valid consumer group state, but found '{other}'.");
            return Err(Failure::Exception(why));
        }
    }
    Ok(&*group.state != "Dead" && rows > 0)
}

/// A partition that a group reads, or once did.
#[derive(Clone, Debug, Default, PartialEq)]
struct OffsetRow {
    partition: Option<TopicPartition>,
    leader_epoch: Option<i32>,
    offset: Option<i64>,
    end: Option<i64>,
    member: Option<[String; 3]>,
}

/// The partitions of members, those with most first, and those that no member has.
async fn offset_rows(admin: &Admin, group: &GroupDescription) -> Result<Vec<OffsetRow>, Failure> {
    let committed = committed(admin, &group.group_id).await?;
    let mut members: Vec<&GroupMember> =
        group.members.iter().filter(|member| !member.assignment.is_empty()).collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.assignment.len()));
    let assigned: BTreeSet<&TopicPartition> = members.iter().flat_map(|member| &member.assignment).collect();
    let unassigned: Vec<&TopicPartition> =
        committed.keys().filter(|partition| !assigned.contains(partition)).collect();
    let ends = ends(admin, assigned.iter().copied().chain(unassigned.iter().copied())).await;
    let mut rows = Vec::new();
    for member in members {
        let member_columns =
            [&member.member_id, &member.host, &member.client_id].map(|column| column.as_str().to_owned());
        let row = |partition| offset_row(partition, &committed, &ends, Some(member_columns.clone()));
        rows.extend(member.assignment.iter().map(row));
    }
    rows.extend(unassigned.into_iter().map(|partition| offset_row(partition, &committed, &ends, None)));
    Ok(rows)
}

fn offset_row(
    partition: &TopicPartition,
    committed: &BTreeMap<TopicPartition, OffsetAndMetadata>,
    ends: &BTreeMap<TopicPartition, i64>,
    member: Option<[String; 3]>,
) -> OffsetRow {
    let committed = committed.get(partition);
    OffsetRow {
        partition: Some(partition.clone()),
        leader_epoch: committed.and_then(|committed| committed.leader_epoch).map(|epoch| epoch.0),
        offset: committed.map(|committed| committed.offset.0),
        end: ends.get(partition).copied(),
        member,
    }
}

/// The ends of partitions that have a leader.
async fn ends(
    admin: &Admin,
    partitions: impl Iterator<Item = &TopicPartition>,
) -> BTreeMap<TopicPartition, i64> {
    let asked = partitions.map(|partition| (partition.clone(), OffsetSpec::Latest)).collect();
    let found = admin.list_offsets(asked, IsolationLevel::ReadUncommitted).await;
    found.into_iter().filter_map(|(partition, found)| Some((partition, found.ok()?.offset.0))).collect()
}

fn width<'a>(minimum: usize, texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).fold(minimum, usize::max)
}

fn text(number: Option<impl ToString>) -> String {
    number.map_or_else(|| MISSING.to_owned(), |number| number.to_string())
}

fn write_offsets(
    console: &mut Console<'_>,
    group: &GroupDescription,
    rows: &[OffsetRow],
    verbose: bool,
) -> Result<(), Failure> {
    if !shows(console, group, rows.len())? {
        return Ok(());
    }
    let id = &*group.group_id;
    let topic = |row: &OffsetRow| {
        row.partition.as_ref().map_or_else(|| MISSING.to_owned(), |p| p.topic.as_str().to_owned())
    };
    let member = |row: &OffsetRow, column: usize| {
        row.member.as_ref().map_or_else(|| MISSING.to_owned(), |member| member[column].clone())
    };
    let cells: Vec<[String; 10]> = rows
        .iter()
        .map(|row| {
            let lag = row.offset.filter(|offset| *offset != -1).and_then(|offset| Some(row.end? - offset));
            [
                id.to_owned(),
                topic(row),
                text(row.partition.as_ref().map(|partition| partition.partition)),
                text(row.leader_epoch),
                text(row.offset),
                text(row.end),
                text(lag),
                member(row, 0),
                member(row, 1),
                member(row, 2),
            ]
        })
        .collect();
    let widest = |column: usize| width(WIDTH_MIN, cells.iter().map(|row| row[column].as_str()));
    let widths = [widest(0), widest(1), 10, 15, 15, 15, 15, widest(7), widest(8), 0];
    let headers = [
        "GROUP",
        "TOPIC",
        "PARTITION",
        "LEADER-EPOCH",
        "CURRENT-OFFSET",
        "LOG-END-OFFSET",
        "LAG",
        "CONSUMER-ID",
        "HOST",
        "CLIENT-ID",
    ];
    let mut write_row = |row: [&str; 10]| -> io::Result<()> {
        let columns = row.iter().zip(widths).enumerate().filter(|(column, _)| verbose || *column != 3);
        let cells: Vec<String> = columns.map(|(_, (cell, width))| format!("{cell:width$}")).collect();
        write!(console.out(), "\n{}", cells.join(" "))
    };
    write_row(headers)?;
    for row in &cells {
        write_row(row.each_ref().map(String::as_str))?;
    }
    Ok(writeln!(console.out())?)
}

/// Partitions by topic, as `t:0,1;u:3`.
fn assignment_text(partitions: &BTreeSet<TopicPartition>) -> String {
    let mut topics: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(partition.topic.as_str()).or_default().push(partition.partition.to_string());
    }
    if topics.is_empty() {
        return MISSING.to_owned();
    }
    let mut texts: Vec<String> =
        topics.into_iter().map(|(topic, partitions)| format!("{topic}:{}", partitions.join(","))).collect();
    texts.sort();
    texts.join(";")
}

fn write_members(console: &mut Console<'_>, group: &GroupDescription, verbose: bool) -> Result<(), Failure> {
    let measured: &[GroupMember] =
        if shows(console, group, group.members.len())? { &group.members } else { &[] };
    let id = &*group.group_id;
    let with_instance = measured.iter().any(|member| member.instance_id.is_some());
    let is_kind = |kind| measured.iter().any(|member| member.kind == Some(kind));
    let with_upgrade = is_kind(MemberKind::Classic) && is_kind(MemberKind::Consumer);
    let current = |member: &GroupMember| assignment_text(&member.assignment);
    let target =
        |member: &GroupMember| assignment_text(&member.target_assignment.clone().unwrap_or_default());
    let widest = |minimum, column: &dyn Fn(&GroupMember) -> String| {
        let texts: Vec<String> = measured.iter().map(column).collect();
        width(minimum, texts.iter().map(String::as_str))
    };
    let widths = [
        width(WIDTH_MIN, if measured.is_empty() { None } else { Some(id) }.into_iter()),
        widest(WIDTH_MIN, &|member| member.member_id.as_str().to_owned()),
        widest(17, &|member| text(member.instance_id.as_deref())),
        widest(WIDTH_MIN, &|member| member.host.as_str().to_owned()),
        widest(WIDTH_MIN, &|member| member.client_id.as_str().to_owned()),
        15,
        15,
        widest(20, &current),
        15,
        widest(20, &target),
        0,
    ];
    let mut write_row = |row: [String; 11]| -> io::Result<()> {
        let out = console.out();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate().take(6) {
            if column != 2 || with_instance {
                write!(out, "{cell:width$} ")?;
            }
        }
        if verbose {
            let last = if with_upgrade { 11 } else { 10 };
            let cells: Vec<String> = row
                .iter()
                .zip(widths)
                .take(last)
                .skip(6)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            write!(out, "{}", cells.join(" "))?;
        }
        writeln!(out)
    };
    let headers = [
        "\nGROUP",
        "CONSUMER-ID",
        "GROUP-INSTANCE-ID",
        "HOST",
        "CLIENT-ID",
        "#PARTITIONS",
        "CURRENT-EPOCH",
        "CURRENT-ASSIGNMENT",
        "TARGET-EPOCH",
        "TARGET-ASSIGNMENT",
        "UPGRADED",
    ];
    let mut headers = headers.map(str::to_owned);
    // The line break does not count as part of the column.
    headers[0].push_str(&" ".repeat(widths[0].saturating_sub(5)));
    write_row(headers)?;
    for member in &group.members {
        write_row([
            id.to_owned(),
            member.member_id.as_str().to_owned(),
            member.instance_id.as_deref().unwrap_or_default().to_owned(),
            member.host.as_str().to_owned(),
            member.client_id.as_str().to_owned(),
            member.assignment.len().to_string(),
            text(member.epoch),
            current(member),
            text(group.target_assignment_epoch),
            target(member),
            text(member.kind.map(|kind| kind == MemberKind::Consumer)),
        ])?;
    }
    Ok(())
}

fn write_state(console: &mut Console<'_>, group: &GroupDescription, verbose: bool) -> Result<(), Failure> {
    if !shows(console, group, 1)? {
        return Ok(());
    }
    let coordinator = match &group.coordinator {
        Some(broker) => format!("{}:{}  ({})", broker.address.host, broker.address.port, broker.id),
        None => MISSING.to_owned(),
    };
    let assignor = if group.assignor.is_empty() { MISSING } else { &group.assignor };
    let row = [
        group.group_id.as_str().to_owned(),
        coordinator,
        assignor.to_owned(),
        group.state.as_str().to_owned(),
        text(group.group_epoch),
        text(group.target_assignment_epoch),
        group.members.len().to_string(),
    ];
    let headers = [
        "GROUP",
        "COORDINATOR (ID)",
        "ASSIGNMENT-STRATEGY",
        "STATE",
        "GROUP-EPOCH",
        "TARGET-ASSIGNMENT-EPOCH",
        "#MEMBERS",
    ];
    let widths = [
        width(WIDTH_MIN, [row[0].as_str()].into_iter()),
        width(25, [row[1].as_str()].into_iter()),
        20,
        20,
        15,
        25,
        0,
    ];
    let mut write_row = |row: [&str; 7]| -> io::Result<()> {
        let columns = row.iter().zip(widths).enumerate();
        let columns = columns.filter(|(column, _)| verbose || !(4..=5).contains(column));
        let cells: Vec<String> = columns.map(|(_, (cell, width))| format!("{cell:width$}")).collect();
        write!(console.out(), "\n{}", cells.join(" "))
    };
    write_row(headers)?;
    write_row(row.each_ref().map(String::as_str))?;
    Ok(writeln!(console.out())?)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn group(state: &str) -> GroupDescription {
        GroupDescription {
            group_id: "orders".into(),
            group_type: "classic".into(),
            protocol_type: "consumer".into(),
            state: state.into(),
            assignor: "range".into(),
            members: vec![GroupMember {
                member_id: "app-1-0f0f".into(),
                instance_id: None,
                rack: None,
                client_id: "app-1".into(),
                host: "/127.0.0.1".into(),
                assignment: [TopicPartition::new("t", 10), TopicPartition::new("t", 9)].into(),
                target_assignment: None,
                epoch: None,
                kind: None,
            }],
            coordinator: None,
            group_epoch: None,
            target_assignment_epoch: None,
            authorized_operations: None,
        }
    }

    fn check(write: impl FnOnce(&mut Console<'_>) -> Result<(), Failure>, expected: Expect) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        assert!(write(&mut Console::new(&mut out, &mut err)).is_ok());
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(" \n", "·\n");
        expected.assert_eq(&format!("{}--\n{}", text(out), text(err)));
    }

    #[test]
    fn offsets_with_and_without_members() {
        let rows = [
            OffsetRow {
                partition: Some(TopicPartition::new("t", 0)),
                leader_epoch: Some(3),
                offset: Some(5),
                end: Some(7),
                member: Some(["app-1-0f0f", "/127.0.0.1", "app-1"].map(str::to_owned)),
            },
            OffsetRow { partition: Some(TopicPartition::new("t", 1)), end: Some(7), ..OffsetRow::default() },
        ];
        check(
            |console| write_offsets(console, &group("Stable"), &rows, false),
            expect![[r#"

                GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
                orders          t               0          5               7               2               app-1-0f0f      /127.0.0.1      app-1
                orders          t               1          -               7               -               -               -               -
                --
            "#]],
        );
        check(
            |console| write_offsets(console, &group("Empty"), &[], true),
            expect![[r#"
                --

                Consumer group 'orders' has no active members.
            "#]],
        );
    }

    #[test]
    fn members_in_detail() {
        check(
            |console| write_members(console, &group("Stable"), true),
            expect![[r#"

                GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT  ·
                orders          app-1-0f0f      /127.0.0.1      app-1           2               -               t:9,10               -               -                  ·
                --
            "#]],
        );
    }

    #[test]
    fn a_state() {
        check(
            |console| write_state(console, &group("PreparingRebalance"), false),
            expect![[r#"

                GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS
                orders          -                         range                PreparingRebalance   1
                --

                Warning: Consumer group 'orders' is rebalancing.
            "#]],
        );
    }
}
