//! Recovering a log after a crash, beside reading its bytes and their checksum.

use std::path::Path;
use std::sync::Arc;

use ottla_io::{Disk, OpenMode, RealDisk};
use ottla_log::config::LogConfig;
use ottla_log::log::{FollowerAppendOptions, Log, OpenOptions};
use ottla_record::{
    BatchBuilder, BatchSettings, Compressor, LeaderEpoch, NewRecord, Offset, ProducerId, Timestamp, crc32c,
};

use super::scratch_dir::ScratchDir;
use crate::{Bench, Comparison, Session};

pub(super) const BENCH: Bench =
    Bench { name: "log-recovery", about: "opening a log after a crash beside reading its bytes", run };

const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// Bytes read at once by the bare reader.
const READ_LEN: usize = 256 << 10;

fn run(session: &Session) -> anyhow::Result<()> {
    for (name, value_len) in
        [("small batches", 100), ("batches of 16 KiB", 16_000), ("batches of 1 MiB", 1_000_000)]
    {
        let log_len = session.pick(256 << 20, 4 << 20);
        let scratch = ScratchDir::new()?;
        let dir = scratch.path().join("topic-0");
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let len = fill(&disk, &dir, value_len, log_len)?;
        let file = dir.join("00000000000000000000.log");
        session.print(&Comparison {
            what: &format!("recover {name}"),
            bytes: len,
            ours: session.measure(|| open(&disk, &dir).map(|log| log.log_end_offset())),
            limit_is: "read and crc32c",
            limit: session.measure(|| read(&disk, &file)),
        });
    }
    Ok(())
}

fn open(disk: &Arc<dyn Disk>, dir: &Path) -> anyhow::Result<Log> {
    let options = OpenOptions {
        config: Arc::new(LogConfig::default()),
        clean_shutdown: false,
        recovery_point: Offset(0),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now: NOW,
    };
    Ok(Log::open(Arc::clone(disk), dir, &options)?.0)
}

/// Appends batches of eight idempotent producers until the log has `log_len` bytes; its length.
fn fill(disk: &Arc<dyn Disk>, dir: &Path, value_len: usize, log_len: usize) -> anyhow::Result<usize> {
    let mut log = open(disk, dir)?;
    let options = FollowerAppendOptions { leader_epoch: LeaderEpoch(1), now: NOW };
    let value = vec![b'v'; value_len];
    let mut compressor = Compressor::new();
    let mut offset = 0;
    while log.size() < log_len as u64 {
        let mut batches = Vec::new();
        while batches.len() < 1 << 20 {
            let mut builder = BatchBuilder::new(BatchSettings {
                base_offset: Offset(offset),
                partition_leader_epoch: LeaderEpoch(1),
                producer_id: ProducerId(offset % 8),
                producer_epoch: 0,
                base_sequence: i32::try_from(offset / 8)?,
                ..BatchSettings::default()
            });
            let record = NewRecord { timestamp: NOW, key: Some(b"key"), value: Some(&value), headers: &[] };
            builder.append(&record)?;
            builder.build_into(&mut compressor, &mut batches)?;
            offset += 1;
        }
        log.append_as_follower(&batches, &options)?;
    }
    Ok(usize::try_from(log.size())?)
}

fn read(disk: &Arc<dyn Disk>, path: &Path) -> anyhow::Result<u32> {
    let file = disk.open(path, OpenMode::Read)?;
    let (mut buffer, mut position, mut crc) = (vec![0; READ_LEN], 0, 0);
    loop {
        let read = file.read_at(&mut buffer, position)?;
        if read == 0 {
            return Ok(crc);
        }
        crc ^= crc32c(&buffer[..read]);
        position += read as u64;
    }
}
