//! Opening a log directory that was closed in good order, beside looking at the files that a broker cannot but look at.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use ottla_io::{Disk, EntryKind, RealDisk};
use ottla_log::config::LogConfig;
use ottla_log::log::LeaderAppendOptions;
use ottla_log::manager::{CloseOptions, CreateLog, LogKind, LogManager, ManagerOptions, lock};
use ottla_log::paths::TopicPartition;
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{BatchBuilder, BatchSettings, Compressor, LeaderEpoch, NewRecord, ProducerId, Timestamp};
use ottla_wire::Uuid;

use super::scratch_dir::ScratchDir;
use crate::{Bench, Comparison, Measured, Session, allocations};

pub(super) const BENCH: Bench = Bench {
    name: "log-load",
    about: "opening a directory of closed logs beside listing it and reading its small files",
    run,
};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn run(session: &Session) -> anyhow::Result<()> {
    let logs = session.pick(10_000, 20);
    let scratch = ScratchDir::new()?;
    let dir = scratch.path().join("data");
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    fill(&disk, &dir, logs)?;
    for threads in [1, 2] {
        let limit = once(|| look(&*disk, &dir))?.0;
        let before = resident_kib();
        let (ours, manager) = once(|| open(&disk, &dir, threads))?;
        let resident_kib = resident_kib().saturating_sub(before);
        session.print(&Comparison {
            what: &format!("load {logs} logs, {threads} threads, {resident_kib} KiB more"),
            bytes: 0,
            ours,
            limit_is: "list, read",
            limit,
        });
        manager.close(&CloseOptions { broker_epoch: 1, threads: 2, now: NOW })?;
    }
    Ok(())
}

fn once<T>(operation: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(Measured, T)> {
    let allocations_before = allocations::count();
    let start = Instant::now();
    let value = operation()?;
    let nanos = start.elapsed().as_nanos() as f64;
    let allocations = (allocations::count() - allocations_before) as f64;
    Ok((Measured { nanos, allocations }, value))
}

fn open(disk: &Arc<dyn Disk>, dir: &Path, threads: usize) -> anyhow::Result<LogManager> {
    let options = ManagerOptions {
        default_config: Arc::new(LogConfig::default()),
        topic_configs: BTreeMap::new(),
        threads,
        now: NOW,
        progress: &|_| {},
    };
    Ok(LogManager::open(Arc::clone(disk), dir, &options)?.0)
}

/// Makes a log of one small idempotent batch, closes it, and copies it for the others, which spares as many syncs.
fn fill(disk: &Arc<dyn Disk>, dir: &Path, logs: usize) -> anyhow::Result<()> {
    let mut manager = open(disk, dir, 1)?;
    let create = CreateLog {
        kind: LogKind::Current,
        config: None,
        topic_id: Some(Uuid([7; 16])),
        unique: 0,
        now: NOW,
    };
    let options = LeaderAppendOptions {
        leader_epoch: LeaderEpoch(1),
        origin: AppendOrigin::Client,
        transaction_version: None,
        now: NOW,
    };
    let partition = TopicPartition { topic: "topic".to_owned(), partition: 0 };
    let handle = manager.create_log(&partition, &create)?;
    lock(&handle).append_as_leader(&mut batch()?, &options, &mut ValidationScratch::new())?;
    manager.close(&CloseOptions { broker_epoch: 1, threads: 1, now: NOW })?;

    let first = dir.join(partition.to_string());
    let names: Vec<_> = disk.list(&first)?.into_iter().map(|entry| entry.name).collect();
    for number in 1..logs {
        let copy = dir.join(format!("topic-{number}"));
        fs::create_dir(&copy)?;
        for name in &names {
            fs::copy(first.join(name), copy.join(name))?;
        }
    }
    Ok(())
}

fn batch() -> anyhow::Result<Vec<u8>> {
    let mut builder = BatchBuilder::new(BatchSettings {
        producer_id: ProducerId(1),
        producer_epoch: 0,
        base_sequence: 0,
        ..BatchSettings::default()
    });
    builder.append(&NewRecord { timestamp: NOW, key: Some(b"key"), value: Some(b"value"), headers: &[] })?;
    Ok(builder.build(&mut Compressor::new())?)
}

/// Lists every directory, and reads what tells a log's topic, epochs, producers and end.
fn look(disk: &dyn Disk, dir: &Path) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for partition in disk.list(dir)?.into_iter().filter(|entry| entry.kind == EntryKind::Directory) {
        let dir = dir.join(partition.name);
        for file in disk.list(&dir)?.into_iter().filter(|file| file.len > 0) {
            bytes += disk.read(&dir.join(&file.name), 1 << 20).with_context(|| file.name)?.len();
        }
    }
    Ok(bytes)
}

/// Memory of this process that is in use; 0 where the system does not tell.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
