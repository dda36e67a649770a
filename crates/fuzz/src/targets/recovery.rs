//! Opening a partition whose files say anything at all.

use std::path::Path;
use std::sync::Arc;

use ottla_io::sim::{SimClock, SimDisk};
use ottla_io::{Disk, OpenMode};
use ottla_log::config::LogConfig;
use ottla_log::log::{FetchIsolation, LeaderAppendOptions, Log, OpenOptions, ReadOptions};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    Batch, BatchBuilder, BatchSettings, Batches, Compressor, EndTxnMarker, LeaderEpoch, MarkerSettings,
    NewRecord, Offset, ProducerId, Timestamp, TransactionResult, crc32c,
};

use crate::Target;

/// The input is a byte of choices and the files of two segments, each behind two bytes of length. The log is opened
/// three times: with the files as they are and trusted, as they are after a crash, and after a crash with every
/// checksum made right, since no mutation would ever hit one. Recovered, it must hold nothing but whole batches in
/// order, take new ones, and have nothing left to recover when it is opened again.
pub(super) const TARGET: Target = Target { name: "recovery", run, seeds };

const DIR: &str = "/data/topic-0";
const NOW: Timestamp = Timestamp(1_000_000);
const NAMES: [&str; 9] = [
    "00000000000000000000.log",
    "00000000000000000000.index",
    "00000000000000000000.timeindex",
    "00000000000000000000.txnindex",
    "00000000000000000006.log",
    "00000000000000000006.index",
    "00000000000000000006.timeindex",
    "00000000000000000006.snapshot",
    "leader-epoch-checkpoint",
];

fn run(input: &[u8]) {
    let Some((choices, rest)) = input.split_first() else { return };
    let mut files = split(rest);
    trust(&files);
    recover(*choices, &files);
    for (name, bytes) in &mut files {
        if name.ends_with(".log") {
            make_checksums_right(bytes);
        }
    }
    recover(*choices, &files);
}

fn split(mut rest: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut files = Vec::new();
    for name in NAMES {
        let Some((len, bytes)) = rest.split_first_chunk::<2>() else { break };
        let (file, behind) = bytes.split_at(usize::from(u16::from_be_bytes(*len)).min(bytes.len()));
        files.push((name, file.to_vec()));
        rest = behind;
    }
    files
}

fn make_checksums_right(log: &mut [u8]) {
    let mut at = 0;
    while let Ok(batch) = Batch::parse(&log[at..]) {
        let (size, crc) = (batch.size_in_bytes(), batch.computed_crc());
        log[at + 17..at + 21].copy_from_slice(&crc.to_be_bytes());
        at += size;
    }
}

fn disk_with(files: &[(&str, Vec<u8>)]) -> Arc<dyn Disk> {
    let disk = SimDisk::new(0, &SimClock::new(NOW.0));
    disk.create_dir_all(Path::new(DIR)).expect("an empty disk takes a directory");
    for (name, bytes) in files {
        let file = disk.open(&Path::new(DIR).join(name), OpenMode::Create).expect("it takes a file");
        file.write_all_at(bytes, 0).expect("it takes bytes");
    }
    Arc::new(disk)
}

fn options(clean_shutdown: bool, recovery_point: i64) -> OpenOptions {
    let config = LogConfig { index_interval_bytes: 0, segment_index_bytes: 1024, ..LogConfig::default() };
    OpenOptions {
        config: Arc::new(config),
        clean_shutdown,
        recovery_point: Offset(recovery_point),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now: NOW,
    }
}

fn read_from(log: &mut Log, start_offset: Offset, isolation: FetchIsolation) -> Option<Vec<u8>> {
    let read = ReadOptions { start_offset, bytes_max: 1 << 20, min_one_message: true, isolation };
    let slice = log.read(&read).ok()?.slice?;
    let mut bytes = vec![0; slice.len as usize];
    slice.file.read_exact_at(&mut bytes, u64::from(slice.position)).expect("a slice lies within its file");
    Some(bytes)
}

/// After a clean shutdown nothing is checked: anything may come out, but it must come out.
fn trust(files: &[(&str, Vec<u8>)]) {
    let Ok((mut log, _)) = Log::open(disk_with(files), Path::new(DIR), &options(true, 0)) else { return };
    for offset in [0, 3, 6, 9] {
        read_from(&mut log, Offset(offset), FetchIsolation::LogEnd);
        read_from(&mut log, Offset(offset), FetchIsolation::TransactionCommitted);
    }
}

fn recover(choices: u8, files: &[(&str, Vec<u8>)]) {
    let recovery_point = i64::from(choices % 8);
    let disk = disk_with(files);
    let opened = Log::open(Arc::clone(&disk), Path::new(DIR), &options(false, recovery_point));
    let Ok((mut log, _)) = opened else { return };
    let end = log.log_end_offset();
    if recovery_point == 0 {
        check_batches(&mut log);
    }
    append(&mut log);
    drop(log);

    let (mut log, summary) = Log::open(disk, Path::new(DIR), &options(false, recovery_point))
        .expect("what recovery leaves can be opened");
    assert_eq!(summary.truncated, None, "recovery left something to cut");
    if log.active_segment_base_offset() < Offset(i64::MAX - 10) {
        assert!(log.log_end_offset() >= end, "recovery lost batches that it had kept");
    }
    read_from(&mut log, end, FetchIsolation::LogEnd);
}

fn check_batches(log: &mut Log) {
    let mut next = log.log_start_offset();
    while let Some(bytes) = read_from(log, next, FetchIsolation::LogEnd) {
        for batch in Batches::new(&bytes) {
            let batch = batch.expect("only whole batches");
            batch.verify().expect("only valid batches");
            assert!(batch.last_offset() >= next, "offsets grow");
            next = Offset(batch.last_offset().0 + 1);
        }
    }
    assert_eq!(next, log.log_end_offset(), "the log ends with its last batch");
}

fn append(log: &mut Log) {
    let mut batch = plain(0);
    let options = LeaderAppendOptions {
        leader_epoch: LeaderEpoch(i32::MAX),
        origin: AppendOrigin::Client,
        transaction_version: None,
        now: NOW,
    };
    // The log may end where no offset is left.
    let _ = log.append_as_leader(&mut batch, &options, &mut ValidationScratch::default());
}

fn build(settings: BatchSettings) -> Vec<u8> {
    let mut builder = BatchBuilder::new(settings);
    let record = NewRecord { timestamp: NOW, key: Some(b"k"), value: Some(b"v"), headers: &[] };
    builder.append(&record).expect("a small record fits");
    builder.build(&mut Compressor::new()).expect("a plain batch can be built")
}

fn plain(offset: i64) -> Vec<u8> {
    build(BatchSettings { base_offset: Offset(offset), ..BatchSettings::default() })
}

fn transactional(offset: i64, sequence: i32) -> Vec<u8> {
    build(BatchSettings {
        base_offset: Offset(offset),
        partition_leader_epoch: LeaderEpoch(1),
        producer_id: ProducerId(7),
        producer_epoch: 0,
        base_sequence: sequence,
        is_transactional: true,
        ..BatchSettings::default()
    })
}

fn marker(offset: i64) -> Vec<u8> {
    let marker = EndTxnMarker { result: TransactionResult::Abort, coordinator_epoch: 0 };
    marker.to_batch(&MarkerSettings {
        offset: Offset(offset),
        timestamp: NOW,
        partition_leader_epoch: LeaderEpoch(1),
        producer_id: ProducerId(7),
        producer_epoch: 0,
    })
}

fn join(choices: u8, files: &[Vec<u8>]) -> Vec<u8> {
    let mut input = vec![choices];
    for file in files {
        input.extend_from_slice(&(file.len() as u16).to_be_bytes());
        input.extend_from_slice(file);
    }
    input
}

fn seeds() -> Vec<Vec<u8>> {
    let first = [plain(0), transactional(1, 0), plain(2), marker(3), transactional(4, 1), plain(5)].concat();
    let second = [plain(6), transactional(7, 2), marker(8)].concat();
    let index =
        |entries: &[[u32; 2]]| entries.concat().iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
    let mut aborted = vec![0; 2];
    [7i64, 1, 3, 4].iter().for_each(|field| aborted.extend(field.to_be_bytes()));
    let mut snapshot = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let crc = crc32c(&snapshot[6..]);
    snapshot[2..6].copy_from_slice(&crc.to_be_bytes());
    let size = plain(0).len() as u32;
    let files = [
        first,
        index(&[[1, size], [2, 2 * size]]),
        [&NOW.0.to_be_bytes()[..], &[0, 0, 0, 1]].concat(),
        aborted,
        second,
        index(&[[1, size]]),
        [0; 36].to_vec(),
        snapshot,
        b"0\n2\n0 0\n1 1\n".to_vec(),
    ];
    let torn = [files[0].clone(), Vec::new(), Vec::new(), Vec::new(), files[4][..100].to_vec()];
    vec![join(0, &files), join(7, &files), join(0, &torn), join(0, &[])]
}
