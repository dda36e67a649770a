//! Both loaders on every log of a data directory, saying what they found in the same words; `Load.java` has Kafka's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use ottla_io::{Clock, Disk, RealDisk, SystemClock};
use ottla_log::checkpoint::OffsetCheckpoint;
use ottla_log::config::LogConfig;
use ottla_log::log::{Log, OpenOptions};
use ottla_log::paths::{LOG_START_CHECKPOINT, PartitionDir, RECOVERY_POINT_CHECKPOINT, TopicPartition};
use ottla_record::{Offset, Timestamp};
use ottla_rival::Kafka;

use crate::data::partition_dirs;

/// The settings of `Load.java`.
pub(crate) fn config() -> Arc<LogConfig> {
    Arc::new(LogConfig { index_interval_bytes: 300, segment_index_bytes: 65_536, ..LogConfig::default() })
}

/// Kafka opens and closes every log of these directories, each after a clean shutdown or not.
pub(crate) fn kafka_loads(kafka: &Kafka, directories: &[(bool, &Path)]) -> anyhow::Result<()> {
    let mut java = kafka.java(512);
    java.arg("Load");
    for (clean_shutdown, directory) in directories {
        java.arg(if *clean_shutdown { "clean" } else { "unclean" }).arg(directory).arg(found(directory));
    }
    // It logs each repair, which says why it found what it found.
    let log = kafka.work.join("load.log");
    let status = java.stderr(File::create(&log)?).status().context("cannot start java; is it installed?")?;
    ensure!(status.success(), "Apache Kafka's loader ended with {status}, see {}", log.display());
    Ok(())
}

/// Where Kafka says what it found in a directory.
pub(crate) fn found(data_dir: &Path) -> PathBuf {
    data_dir.with_extension("txt")
}

/// We open and close every log of a directory; what we found.
pub(crate) fn ottla_loads(data_dir: &Path, clean_shutdown: bool) -> anyhow::Result<String> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let checkpoint = |name: &str| OffsetCheckpoint::new(Arc::clone(&disk), data_dir, name).read();
    let recovery_points = checkpoint(RECOVERY_POINT_CHECKPOINT)?;
    let start_offsets = checkpoint(LOG_START_CHECKPOINT)?;
    let now = Timestamp(SystemClock::new().now_ms());

    let mut text = String::new();
    let mut errors = String::new();
    // Kafka does not look into what it is about to delete.
    for dir in partition_dirs(data_dir)?.iter().filter(|dir| !dir.to_string_lossy().ends_with("-delete")) {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let partition = PartitionDir::parse(&name).map(|dir| dir.partition);
        let of = |offsets: &BTreeMap<TopicPartition, Offset>| {
            partition.as_ref().and_then(|partition| offsets.get(partition)).copied().unwrap_or(Offset(0))
        };
        let options = OpenOptions {
            config: config(),
            clean_shutdown,
            recovery_point: of(&recovery_points),
            log_start_offset: of(&start_offsets),
            was_compacted: false,
            topic_id: None,
            now,
        };
        let found = load(&disk, dir, &options).unwrap_or_else(|error| {
            let _ = writeln!(errors, "{error:#}");
            "error\n".to_owned()
        });
        let _ = write!(text, "[{name}]\n{found}");
    }
    // Some damage is to be refused: Kafka's log says why it did, this file why we did.
    fs::write(data_dir.with_extension("errors"), errors)?;
    Ok(text)
}

fn load(disk: &Arc<dyn Disk>, dir: &Path, options: &OpenOptions) -> anyhow::Result<String> {
    let (mut log, _) = Log::open(Arc::clone(disk), dir, options)?;
    log.invariants();
    let text = describe(&mut log);
    log.close(options.now)?;
    Ok(text)
}

/// A log in words: its bounds, epochs and producers, once all of it is replicated.
pub(crate) fn describe(log: &mut Log) -> String {
    log.update_high_watermark(log.log_end_offset_metadata());
    let mut text = String::new();
    let _ = writeln!(text, "log_start_offset {}", log.log_start_offset());
    let _ = writeln!(text, "log_end_offset {}", log.log_end_offset());
    let _ = writeln!(text, "recovery_point {}", log.recovery_point());
    let _ = writeln!(text, "last_stable_offset {}", log.last_stable_offset());
    let _ = writeln!(text, "segments {}", log.segment_count());
    text.push_str("epochs");
    for entry in log.leader_epochs().entries() {
        let _ = write!(text, " {}:{}", entry.epoch, entry.start_offset);
    }
    text.push('\n');
    for producer in log.active_producers() {
        let transaction_start = producer.current_transaction_first_offset().unwrap_or(Offset::NONE);
        let _ = writeln!(
            text,
            "producer {} epoch {} last_sequence {} last_timestamp {} coordinator_epoch {} transaction_start {}",
            producer.producer_id(),
            producer.producer_epoch(),
            producer.last_sequence(),
            producer.last_timestamp(),
            producer.coordinator_epoch(),
            transaction_start,
        );
    }
    text
}
