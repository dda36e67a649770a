//! Appending to a partition as a leader does, beside the least that any log must do: the checksum and one write.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use ottla_io::{Disk, OpenMode, RealDisk};
use ottla_log::config::LogConfig;
use ottla_log::log::{LeaderAppendOptions, Log, OpenOptions};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    BatchBuilder, BatchHeader, BatchSettings, Compressor, HEADER_SIZE, LeaderEpoch, NewRecord, Offset,
    ProducerId, Timestamp, crc32c,
};

use super::scratch_dir::ScratchDir;
use crate::{Bench, Comparison, Measured, Session, allocations};

pub(super) const BENCH: Bench = Bench {
    name: "log-append",
    about: "appending a batch to a log beside its checksum and a bare write",
    run,
};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// First byte that a batch's checksum covers.
const CRC_FROM: usize = 21;

fn run(session: &Session) -> anyhow::Result<()> {
    for (name, size) in [("1 KiB", 1 << 10), ("16 KiB", 1 << 14), ("256 KiB", 1 << 18)] {
        for (who, producer_id) in [("plain", ProducerId::NONE), ("idempotent", ProducerId(7))] {
            let batch = batch(size, producer_id)?;
            let appends = session.pick((128 << 20) / size, 3).min(20_000);
            session.print(&Comparison {
                what: &format!("append {name}, {who}"),
                bytes: batch.len(),
                ours: best(session, || append_to_log(&batch, appends))?,
                limit_is: "crc32c and pwrite",
                limit: best(session, || append_to_file(&batch, appends))?,
            });
        }
    }
    Ok(())
}

/// The best round of several; each begins with an empty file, so that all of them grow one.
fn best(session: &Session, round: impl Fn() -> anyhow::Result<Measured>) -> anyhow::Result<Measured> {
    let mut best = round()?;
    for _ in 1..session.pick(7, 1) {
        let measured = round()?;
        if measured.nanos < best.nanos {
            best = measured;
        }
    }
    Ok(best)
}

fn time(appends: usize, mut append: impl FnMut(usize) -> anyhow::Result<()>) -> anyhow::Result<Measured> {
    append(0)?;
    let allocations_before = allocations::count();
    let start = Instant::now();
    for n in 1..appends {
        append(n)?;
    }
    let nanos = start.elapsed().as_nanos() as f64;
    let allocations = (allocations::count() - allocations_before) as f64;
    let appends = (appends - 1) as f64;
    Ok(Measured { nanos: nanos / appends, allocations: allocations / appends })
}

fn append_to_log(batch: &[u8], appends: usize) -> anyhow::Result<Measured> {
    let dir = ScratchDir::new()?;
    let options = OpenOptions {
        config: Arc::new(LogConfig::default()),
        clean_shutdown: false,
        recovery_point: Offset(0),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now: NOW,
    };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (mut log, _) = Log::open(disk, &dir.path().join("topic-0"), &options)?;
    let mut scratch = ValidationScratch::default();
    let options = LeaderAppendOptions {
        leader_epoch: LeaderEpoch(1),
        origin: AppendOrigin::Client,
        transaction_version: None,
        now: NOW,
    };
    let headers = headers(batch, appends)?;
    let mut sent = batch.to_vec();
    time(appends, |n| {
        // A request of its own each time.
        sent[..HEADER_SIZE].copy_from_slice(&headers[n]);
        log.append_as_leader(&mut sent, &options, &mut scratch)?;
        Ok(())
    })
}

/// The headers of `count` batches like this one, with one sequence after the other if it has one.
fn headers(batch: &[u8], count: usize) -> anyhow::Result<Vec<[u8; HEADER_SIZE]>> {
    let header = BatchHeader::parse(batch)?;
    let mut next = batch.to_vec();
    let mut headers = Vec::with_capacity(count);
    let mut sequence = header.base_sequence;
    for _ in 0..count {
        next[53..57].copy_from_slice(&sequence.to_be_bytes());
        let crc = crc32c(&next[CRC_FROM..]);
        next[17..CRC_FROM].copy_from_slice(&crc.to_be_bytes());
        headers.push(*next.first_chunk().context("a batch has a header")?);
        if header.has_producer_id() {
            sequence += header.records_count;
        }
    }
    Ok(headers)
}

fn append_to_file(batch: &[u8], appends: usize) -> anyhow::Result<Measured> {
    let dir = ScratchDir::new()?;
    let file = RealDisk.open(&dir.path().join("log"), OpenMode::Create)?;
    let crc = crc32c(&batch[CRC_FROM..]);
    time(appends, |n| {
        anyhow::ensure!(crc32c(&batch[CRC_FROM..]) == crc, "the checksum is the same each time");
        file.write_all_at(batch, (n * batch.len()) as u64)?;
        Ok(())
    })
}

/// A batch of records of 1 KiB, or one smaller.
fn batch(size: usize, producer_id: ProducerId) -> anyhow::Result<Vec<u8>> {
    let (producer_epoch, base_sequence) = if producer_id.is_some() { (0, 0) } else { (-1, -1) };
    let settings = BatchSettings { producer_id, producer_epoch, base_sequence, ..BatchSettings::default() };
    let mut builder = BatchBuilder::new(settings);
    let value = vec![b'v'; 900];
    let record = NewRecord { timestamp: NOW, key: Some(b"key"), value: Some(&value), headers: &[] };
    while builder.is_empty() || builder.uncompressed_size_with(&record) <= size {
        builder.append(&record)?;
    }
    Ok(builder.build(&mut Compressor::new())?)
}
