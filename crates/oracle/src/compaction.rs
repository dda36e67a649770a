//! Part `compaction`: Kafka's cleaner and ours on copies of the logs that we wrote, with the same settings at the same times.
//!
//! Three rounds: the second within the delete horizon that the first has set, the third behind it. Then both must hold the same
//! batches with the same records, in the same segments, with the same indexes wherever no codec stands between: two
//! compressors need not come to the same bytes. A second run with a map too small for all keys ends each round early.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, ensure};
use ottla_io::{Clock, Disk, RealDisk, SystemClock};
use ottla_log::checkpoint::OffsetCheckpoint;
use ottla_log::cleaner::{Cleanable, Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{Log, OpenOptions};
use ottla_log::manager::{LogHandle, lock};
use ottla_log::paths::{LOG_START_CHECKPOINT, PartitionDir};
use ottla_record::{Batches, Codec, Decompressor, Offset, Timestamp};
use ottla_rival::files::{copy, files};
use ottla_rival::{Kafka, run};

use crate::compare::{Case, Finding, print_findings};
use crate::data::partition_dirs;
use crate::written::WRITTEN;
use crate::{dump, load};

/// The settings of `Compact.java`.
fn config() -> Arc<LogConfig> {
    Arc::new(LogConfig {
        cleanup_policy: CleanupPolicy::COMPACT,
        delete_retention_ms: 1000,
        segment_bytes: 9_000,
        ..LogConfig::clone(&load::config())
    })
}

/// Bytes of a map for all keys of a log, and of one for a part of them.
const MAPS: [(&str, usize); 2] = [("whole", 1 << 20), ("in-part", 24 * 30)];

pub(crate) fn compare(kafka: &Kafka) -> anyhow::Result<()> {
    let written = kafka.work.join(WRITTEN);
    ensure!(written.is_dir(), "{} is missing, run the part written first", written.display());
    let now = SystemClock::new().now_ms();
    let times = [now, now + 500, now + 2000];
    let mut findings = Vec::new();
    let mut compared = 0;
    for (name, map_bytes) in MAPS {
        let copy_as = |whose: &str| -> anyhow::Result<PathBuf> {
            let to = kafka.work.join(format!("compaction-{name}-{whose}"));
            copy(&written, &to)?;
            Ok(to)
        };
        let case = Case::new(name, &copy_as("ottla")?, &copy_as("kafka")?);
        let mut java = kafka.java(512);
        java.arg("Compact")
            .arg(&case.kafka)
            .arg(map_bytes.to_string())
            .args(times.map(|time| time.to_string()));
        let log = fs::File::create(kafka.work.join("compact.log"))?;
        run(java.stdout(log.try_clone()?).stderr(log))?;
        clean_all(&case.ottla, map_bytes, &times)?;
        compared += compare_logs(&case, &mut findings)?;
        findings.extend(complaints(kafka, &case)?);
    }
    print_findings("compaction", &format!("{compared} files"), &findings)
}

/// What Kafka's dumper finds wrong in our files and not in the same ones of Kafka's: it takes the largest timestamp of a batch
/// that lost its records for a mistake of the index, whoever cleaned.
fn complaints(kafka: &Kafka, case: &Case) -> anyhow::Result<Vec<Finding>> {
    let (our_dir, their_dir) = (case.ottla.to_string_lossy(), case.kafka.to_string_lossy());
    let mut ours = dump::complaints(kafka, &case.ottla)?;
    let known: BTreeSet<_> = dump::complaints(kafka, &case.kafka)?
        .into_iter()
        .map(|finding| (finding.place, finding.what))
        .collect();
    let as_theirs = |text: &str| text.replace(&*our_dir, &their_dir);
    ours.retain(|finding| !known.contains(&(as_theirs(&finding.place), as_theirs(&finding.what))));
    Ok(ours)
}

fn clean_all(data_dir: &Path, map_bytes: usize, times: &[i64]) -> anyhow::Result<()> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let starts = OffsetCheckpoint::new(Arc::clone(&disk), data_dir, LOG_START_CHECKPOINT).read()?;
    let mut cleaner = Cleaner::new(&CleanerSettings {
        dedupe_buffer_bytes: map_bytes,
        load_factor: 0.9,
        io_buffer_bytes: 65_536,
        hash_key: [1, 2],
    });
    for dir in partition_dirs(data_dir)? {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let partition = PartitionDir::parse(&name).context("a directory that is no partition's")?.partition;
        let options = OpenOptions {
            config: config(),
            clean_shutdown: true,
            recovery_point: Offset(0),
            log_start_offset: starts.get(&partition).copied().unwrap_or(Offset(0)),
            was_compacted: false,
            topic_id: None,
            now: Timestamp(times[0]),
        };
        let (mut log, _) = Log::open(Arc::clone(&disk), &dir, &options)?;
        log.update_high_watermark(log.log_end_offset_metadata());
        log.flush(options.now)?;
        let log: LogHandle = Arc::new(Mutex::new(log));
        for time in times {
            let now = Timestamp(*time);
            let cleanable = Cleanable::of(&mut lock(&log), None, now)?;
            if cleanable.cleanable_bytes > 0 {
                cleaner
                    .clean(&log, &cleanable, now, &mut |_| ControlFlow::Continue(()))
                    .with_context(|| format!("cannot clean {name}"))?;
            }
        }
        lock(&log).close(options.now)?;
    }
    Ok(())
}

/// Compares what is left of each partition, file by file; how many.
fn compare_logs(case: &Case, findings: &mut Vec<Finding>) -> anyhow::Result<usize> {
    let (ours, theirs) = (live_files(&case.ottla)?, live_files(&case.kafka)?);
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for name in &names {
        let (our, their) = (ours.get(*name), theirs.get(*name));
        let difference = match (our, their) {
            (Some(our), Some(their)) => difference(our, their)?,
            (Some(our), None) if fs::metadata(our)?.len() > 0 => Some("only ours".to_owned()),
            (None, Some(their)) if fs::metadata(their)?.len() > 0 => Some("only Kafka's".to_owned()),
            _ => None,
        };
        if let Some(what) = difference {
            findings.push(Finding { case: case.name.clone(), place: (*name).clone(), what });
        }
    }
    Ok(names.len())
}

/// Logs, transaction indexes and, where no codec makes positions differ, the other indexes.
fn live_files(data_dir: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for file in files(data_dir)? {
        let name = file.strip_prefix(data_dir)?.to_string_lossy().into_owned();
        let is_index = name.ends_with(".index") || name.ends_with(".timeindex");
        let is_wanted =
            name.ends_with(".log") || name.ends_with(".txnindex") || name.ends_with(".snapshot") || is_index;
        let has_codecs = name.starts_with("codecs-")
            || name.starts_with("recompressed-")
            || name.starts_with("append-time-");
        if name.contains('/') && is_wanted && !(is_index && has_codecs) {
            found.insert(name, file);
        }
    }
    Ok(found)
}

fn difference(ours: &Path, theirs: &Path) -> anyhow::Result<Option<String>> {
    let (our, their) = (fs::read(ours)?, fs::read(theirs)?);
    let extension = ours.extension().and_then(|extension| extension.to_str());
    if our == their || extension == Some("snapshot") {
        // Producer snapshots are compared by the part `written`; here only which there are.
        return Ok(None);
    }
    if extension != Some("log") {
        return Ok(Some(format!("{} bytes, Kafka's has {}", our.len(), their.len())));
    }
    let (our, their) = (batches(&our)?, batches(&their)?);
    let parted = our.iter().zip(&their).find(|(our, their)| our != their);
    Ok(match parted {
        Some((our, their)) => Some(format!("\n  ours  {our}\n  kafka {their}")),
        None if our.len() != their.len() => {
            Some(format!("{} batches, Kafka's has {}", our.len(), their.len()))
        }
        None => None,
    })
}

/// Each batch in words: all of it but the compressed bytes, their length and their checksum.
fn batches(bytes: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut decompressor = Decompressor::with_limit(64 << 20);
    let mut all = Vec::new();
    for batch in Batches::new(bytes) {
        let batch = batch?;
        batch.verify()?;
        let mut header = *batch.header();
        if batch.attributes.codec()? != Codec::None {
            (header.crc, header.batch_length) = (0, 0);
        }
        let mut text = format!("{header:?}");
        for record in batch.records(&mut decompressor)? {
            text.push_str(&format!(" {:?}", record?));
        }
        all.push(text);
    }
    Ok(all)
}
