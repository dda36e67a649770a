//! Compacting a log, beside reading its bytes twice with their checksum: what is read for the keys is read again to be kept.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::Context;
use ottla_io::{Disk, OpenMode, RealDisk};
use ottla_log::cleaner::{Cleanable, Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{FollowerAppendOptions, Log, OpenOptions};
use ottla_log::manager::lock;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compression, Compressor, LeaderEpoch, NewRecord, Offset, Timestamp,
    crc32c,
};

use super::scratch_dir::ScratchDir;
use crate::{Bench, Comparison, Measured, Session, allocations};

pub(super) const BENCH: Bench =
    Bench { name: "log-compaction", about: "cleaning a log once beside reading its bytes twice", run };

const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// Bytes of a value.
const VALUE_LEN: usize = 200;
/// Records of a batch.
const BATCH_RECORDS: usize = 50;
/// Bytes read at once by the bare reader.
const READ_LEN: usize = 256 << 10;

fn run(session: &Session) -> anyhow::Result<()> {
    let log_len = session.pick(128 << 20, 1 << 20);
    for (name, distinct_one_in, codec) in [
        ("one key in ten stays", 10, Codec::None),
        ("all keys stay", 1, Codec::None),
        ("one in ten stays, lz4", 10, Codec::Lz4),
        ("one in ten stays, zstd", 10, Codec::Zstd),
    ] {
        let scratch = ScratchDir::new()?;
        let dir = scratch.path().join("topic-0");
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let mut log = open(&disk, &dir)?;
        fill(&mut log, distinct_one_in, codec, log_len)?;
        let file = dir.join("00000000000000000000.log");
        let limit = session.measure(|| (read(&disk, &file), read(&disk, &file)));
        let bytes = usize::try_from(log.size())?;
        session.print(&Comparison {
            what: &format!("compact, {name}"),
            bytes,
            ours: clean(log)?,
            limit_is: "read and crc32c, twice",
            limit,
        });
    }
    Ok(())
}

fn clean(log: Log) -> anyhow::Result<Measured> {
    let log = Arc::new(Mutex::new(log));
    let mut cleaner = Cleaner::new(&CleanerSettings {
        dedupe_buffer_bytes: 128 << 20,
        load_factor: 0.9,
        io_buffer_bytes: 256 << 10,
        hash_key: [1, 2],
    });
    let cleanable = Cleanable::of(&mut lock(&log), None, NOW)?;
    let allocations_before = allocations::count();
    let start = Instant::now();
    black_box(cleaner.clean(&log, &cleanable, NOW, &mut |_| ControlFlow::Continue(()))?);
    let nanos = start.elapsed().as_nanos() as f64;
    Ok(Measured { nanos, allocations: (allocations::count() - allocations_before) as f64 })
}

fn open(disk: &Arc<dyn Disk>, dir: &Path) -> anyhow::Result<Log> {
    let config = LogConfig { cleanup_policy: CleanupPolicy::COMPACT, ..LogConfig::default() };
    let options = OpenOptions {
        config: Arc::new(config),
        clean_shutdown: true,
        recovery_point: Offset(0),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now: NOW,
    };
    Ok(Log::open(Arc::clone(disk), dir, &options)?.0)
}

/// Appends records of which one in so many has a key of its own, until the log has `log_len` bytes before compression; all
/// of it can be cleaned then.
fn fill(log: &mut Log, distinct_one_in: u64, codec: Codec, log_len: usize) -> anyhow::Result<()> {
    let options = FollowerAppendOptions { leader_epoch: LeaderEpoch(1), now: NOW };
    let records = (log_len / (VALUE_LEN + 30)) as u64;
    let keys = (records / distinct_one_in).max(1);
    let mut compressor = Compressor::new();
    let mut value = [b'v'; VALUE_LEN];
    let mut offset = 0;
    while offset < records {
        let mut builder = BatchBuilder::new(BatchSettings {
            base_offset: Offset(i64::try_from(offset)?),
            partition_leader_epoch: LeaderEpoch(1),
            compression: Compression::of(codec),
            ..BatchSettings::default()
        });
        for _ in 0..BATCH_RECORDS {
            // A large odd factor visits all keys in an order that looks random.
            let key = (offset.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % keys;
            value[..8].copy_from_slice(&offset.to_be_bytes());
            let key = key.to_be_bytes();
            builder.append(&NewRecord {
                timestamp: NOW,
                key: Some(&key),
                value: Some(&value),
                headers: &[],
            })?;
            offset += 1;
        }
        log.append_as_follower(&builder.build(&mut compressor)?, &options)?.context("a whole batch")?;
    }
    log.roll(NOW)?;
    log.update_high_watermark(log.log_end_offset_metadata());
    Ok(log.flush(NOW)?)
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
