//! Part `written`: our log writes, Apache Kafka judges.
//!
//! Kafka's loader must find in our directory what we closed it with, and change in it what we change when we open it
//! again; building the indexes anew from the logs alone it must come to ours; and its dumper must find nothing wrong in
//! any file.

mod plans;
mod writer;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use ottla_io::{Clock, Disk, RealDisk, SystemClock};
use ottla_log::checkpoint::OffsetCheckpoint;
use ottla_log::paths::{LOG_START_CHECKPOINT, TopicPartition};
use ottla_record::{Offset, Timestamp};
use ottla_rival::Kafka;
use ottla_rival::files::{copy, files, renew};

use crate::compare::{Case, compare_files, compare_findings, print_findings};
use crate::{dump, load};
use plans::PLANS;
use writer::Writer;

/// The directory we write.
pub(crate) const WRITTEN: &str = "written";

/// How long before now our logs are written, so that none of their records lies ahead of Kafka's clock.
const AGO_MS: i64 = 600_000;

pub(crate) fn judge(kafka: &Kafka) -> anyhow::Result<()> {
    let written = kafka.work.join(WRITTEN);
    let held = write(&written)?;

    let copy_as = |name: &str| -> anyhow::Result<PathBuf> {
        let to = kafka.work.join(name);
        copy(&written, &to)?;
        Ok(to)
    };
    let opened = Case::new("opened", &copy_as("written-opened-ottla")?, &copy_as("written-opened-kafka")?);
    let rebuilt = Case::new("rebuilt", &written, &copy_as("written-rebuilt-kafka")?);
    remove_indexes(&rebuilt.kafka)?;
    load::kafka_loads(kafka, &[(true, &opened.kafka), (false, &rebuilt.kafka)])?;
    load::ottla_loads(&opened.ottla, true)?;

    let mut findings = Vec::new();
    let theirs = fs::read_to_string(load::found(&opened.kafka))?;
    // Closing a log moves its recovery point to its end.
    let closed = |text: &str| -> String {
        text.lines()
            .filter(|line| !line.starts_with("recovery_point"))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    let partitions = compare_findings(&opened, &closed(&held), &closed(&theirs), &mut findings);
    compare_files(&opened, |_| true, &mut findings)?;
    compare_files(&rebuilt, rebuilds_alike, &mut findings)?;
    findings.extend(dump::complaints(kafka, &written)?);
    print_findings("written", &format!("{partitions} partitions"), &findings)
}

/// Writes all partitions anew; what they held when they were closed.
fn write(dir: &Path) -> anyhow::Result<String> {
    renew(dir)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let start = Timestamp(SystemClock::new().now_ms() - AGO_MS);
    let mut held = String::new();
    let mut start_offsets: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
    for plan in PLANS {
        let name = format!("{}-0", plan.topic);
        let writer = Writer::open(&disk, &dir.join(&name), (plan.config)(), start)?;
        let writer = (plan.write)(writer).with_context(|| format!("cannot write {name}"))?;
        let (found, log_start_offset) = writer.close().with_context(|| format!("cannot close {name}"))?;
        let _ = write!(held, "[{name}]\n{found}");
        start_offsets.insert(TopicPartition { topic: plan.topic.to_owned(), partition: 0 }, log_start_offset);
    }
    let checkpoint = OffsetCheckpoint::new(disk, dir, LOG_START_CHECKPOINT);
    checkpoint.write(start_offsets.iter().map(|(partition, offset)| (partition, *offset)))?;
    Ok(held)
}

fn remove_indexes(dir: &Path) -> anyhow::Result<()> {
    for file in files(dir)? {
        if is_index(&file) {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

fn is_index(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| ["index", "timeindex", "txnindex"].iter().any(|index| extension == *index))
}

/// Whether a file of this path is the same when it is built from its log.
fn rebuilds_alike(path: &str) -> bool {
    let plan = PLANS.iter().find(|plan| path.starts_with(&format!("{}-0/", plan.topic)));
    is_index(Path::new(path)) && plan.is_some_and(|plan| plan.indexes_rebuild_alike)
}
