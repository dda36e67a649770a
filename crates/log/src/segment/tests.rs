use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

use expect_test::expect;
use ottla_io::Disk;
use ottla_io::sim::{Corruption, Failure, Fault, FaultRule, Operation};
use ottla_record::{Offset, ProducerId, Timestamp, TransactionResult};

use super::*;
use crate::error::SegmentError;
use crate::index::OffsetPosition;
use crate::leader_epoch::EpochEntry;
use crate::paths::FileState;
use crate::testing::{NOW, Rig, TestBatch, append, header, marker};

mod recovery;

fn plain(base_offset: i64) -> Vec<u8> {
    TestBatch { timestamp: NOW.0 + base_offset, ..TestBatch::at(base_offset) }.build()
}

fn read(start_offset: i64, bytes_max: u32) -> SegmentRead {
    SegmentRead {
        start_offset: Offset(start_offset),
        bytes_max,
        position_max: u32::MAX,
        min_one_message: false,
    }
}

fn offset_entries(segment: &Segment) -> Vec<(i64, u32)> {
    let index = segment.offset_index();
    let entry = |slot| index.entry(slot).expect("readable");
    (0..index.len().expect("readable")).map(|slot| (entry(slot).offset.0, entry(slot).position)).collect()
}

fn time_entries(segment: &Segment) -> Vec<(i64, i64)> {
    let index = segment.time_index();
    let entry = |slot| index.entry(slot).expect("readable");
    (0..index.len().expect("readable")).map(|slot| (entry(slot).timestamp.0, entry(slot).offset.0)).collect()
}

#[test]
fn appends_and_finds_batches() {
    let rig = Rig::new();
    let mut segment = rig.create(100);
    let batches: Vec<_> = (100..110).map(plain).collect();
    append(&mut segment, &batches[..4]);
    append(&mut segment, &batches[4..]);
    let size = batches[0].len() as u32;
    assert_eq!(segment.size(), 10 * size);
    assert_eq!(rig.bytes("00000000000000000100.log"), batches.concat());

    let slice = segment.read(read(103, 1)).expect("read").expect("found");
    assert_eq!((slice.position, slice.len, slice.base_offset), (3 * size, 1, Offset(103)));
    assert!(slice.first_batch_incomplete);
    let whole = SegmentRead { min_one_message: true, ..read(103, 1) };
    assert_eq!(segment.read(whole).expect("read").expect("found").len, size);
    let bounded = SegmentRead { position_max: 5 * size, ..read(103, 1 << 20) };
    assert_eq!(segment.read(bounded).expect("read").expect("found").len, 2 * size);
    assert_eq!(segment.read(read(0, 1 << 20)).expect("read").expect("found").len, 10 * size);
    assert!(segment.read(read(110, 1 << 20)).expect("read").is_none());
    assert_eq!(segment.read_next_offset().expect("read"), Offset(110));
}

#[test]
fn index_entries_are_kafkas() {
    let mut rig = Rig::new();
    rig.config.index_interval_bytes = 150;
    let mut segment = rig.create(0);
    let size = plain(0).len() as u32;
    (0..8).for_each(|offset| append(&mut segment, &[plain(offset)]));
    // The first batch of which more than the interval lies behind it, and then the count begins anew with that batch.
    let every = 150 / size + 1;
    let expected: Vec<_> = (1..8).filter(|n| n % every == 0).map(|n| (i64::from(n), n * size)).collect();
    assert_eq!(offset_entries(&segment), expected);
    let stamped: Vec<_> = expected.iter().map(|(offset, _)| (NOW.0 + offset, *offset)).collect();
    assert_eq!(time_entries(&segment), stamped);

    assert!(rig.bytes("00000000000000000000.index").is_empty(), "entries wait in memory");
    segment.become_inactive().expect("inactive");
    assert_eq!(rig.bytes("00000000000000000000.index").len(), expected.len() * 8);
    let mut closed = stamped;
    if closed.last() != Some(&(NOW.0 + 7, 7)) {
        closed.push((NOW.0 + 7, 7));
    }
    assert_eq!(time_entries(&segment), closed);
}

#[test]
fn flush_of_the_active_segment_syncs_the_log_alone() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    (0..4).for_each(|offset| append(&mut segment, &[plain(offset)]));
    let synced = || rig.sim.counters().syncs;
    let before = synced();
    segment.flush().expect("flush");
    assert_eq!(synced() - before, 1);
    assert!(segment.prepare_flush().expect("flush").is_empty());
    segment.become_inactive().expect("inactive");
    segment.flush().expect("flush");
    assert_eq!(synced() - before, 3, "both indexes, the log has not changed");
}

#[test]
fn clean_close_and_open_touches_nothing_until_used() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    (0..50).for_each(|offset| append(&mut segment, &[plain(offset)]));
    let entries = (offset_entries(&segment), time_entries(&segment));
    segment.close().expect("close");
    let reopened = rig.open(0);
    assert_eq!(reopened.size(), segment.size());
    assert_eq!(reopened.read_next_offset().expect("read"), Offset(50));
    assert_eq!(offset_entries(&reopened), entries.0);
    assert_eq!(reopened.largest_timestamp().expect("read"), Timestamp(NOW.0 + 49));
    let mut untouched = rig.open(0);
    let before = rig.sim.counters();
    untouched.close().expect("close");
    assert_eq!(rig.sim.counters().operations(), before.operations());
}

#[test]
fn truncation_drops_batches_and_entries() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    let late = TestBatch { timestamp: NOW.0 + 500, count: 3, ..TestBatch::at(5) }.build();
    let batches: Vec<_> = (0..5).map(plain).chain([late, plain(8), plain(9)]).collect();
    append(&mut segment, &batches);
    assert_eq!(segment.largest_timestamp().expect("read"), Timestamp(NOW.0 + 502));
    let dropped = segment.truncate_to(Offset(6), NOW).expect("truncate");
    assert_eq!(dropped as usize, batches[5..].concat().len(), "the batch that holds the offset goes too");
    assert_eq!(segment.read_next_offset().expect("read"), Offset(5));
    assert_eq!(offset_entries(&segment).last().expect("entries").0, 4);
    assert_eq!(segment.largest_timestamp().expect("read"), Timestamp(NOW.0 + 4));
    append(&mut segment, &[plain(5)]);
    assert_eq!(segment.read_next_offset().expect("read"), Offset(6));
    segment.truncate_to(Offset(0), NOW).expect("truncate");
    assert_eq!((segment.size(), segment.read_next_offset().expect("read")), (0, Offset(0)));
    assert_eq!(segment.first_batch_timestamp().expect("read"), None);
}

#[test]
fn finds_by_timestamp() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    let batches: Vec<_> = (0..10)
        .map(|n| TestBatch { count: 5, timestamp: 1000 * n, epoch: 3, ..TestBatch::at(5 * n) }.build())
        .collect();
    append(&mut segment, &batches);
    let find = |timestamp, from| {
        let found = segment.find_offset_by_timestamp(Timestamp(timestamp), Offset(from)).expect("read");
        found.map(|found| (found.timestamp.0, found.offset.0, found.leader_epoch.map(|epoch| epoch.0)))
    };
    assert_eq!(find(3002, 0), Some((3002, 17, Some(3))));
    assert_eq!(find(3005, 0), Some((4000, 20, Some(3))));
    assert_eq!(find(0, 22), Some((4002, 22, Some(3))));
    assert_eq!(find(-5, 0), Some((0, 0, Some(3))));
    assert_eq!(find(9005, 0), None);
}

#[test]
fn rolls_for_size_age_far_offsets_and_full_indexes() {
    let mut rig = Rig::new();
    rig.config.index_bytes_max = 36;
    let mut segment = rig.create(10);
    let params = RollParams {
        segment_ms_max: 100,
        segment_bytes_max: 1000,
        max_timestamp: Timestamp(NOW.0 + 50),
        last_offset: Offset(20),
        size: 80,
        now: NOW,
    };
    let roll = |segment: &Segment, params: RollParams| segment.should_roll(&params).expect("read");
    assert!(!roll(&segment, params));
    assert!(
        !roll(&segment, RollParams { max_timestamp: Timestamp(i64::MAX), ..params }),
        "empty ones do not age"
    );
    append(&mut segment, &[TestBatch::at(10).build()]);
    assert!(!roll(&segment, params));
    assert!(roll(&segment, RollParams { max_timestamp: Timestamp(NOW.0 + 101), ..params }));
    assert!(roll(&segment, RollParams { size: 1000, ..params }));
    assert!(roll(&segment, RollParams { last_offset: Offset(11 + i64::from(i32::MAX)), ..params }));
    assert!(roll(&segment, RollParams { last_offset: Offset(9), ..params }));
    append(&mut segment, &[TestBatch::at(11).build()]);
    assert!(!roll(&segment, params));
    append(&mut segment, &[TestBatch { timestamp: NOW.0 + 9, ..TestBatch::at(12) }.build()]);
    assert!(roll(&segment, params), "a slot of the time index is kept back");
}

#[test]
fn refuses_offsets_that_do_not_fit() {
    let rig = Rig::new();
    let mut segment = rig.create(5);
    let batch = TestBatch::at(6 + i64::from(i32::MAX)).build();
    let info = AppendedBatch::of(&header(&batch));
    let error = segment.append(&mut [IoSlice::new(&batch)], &[info], NOW).expect_err("too far");
    expect![[r#"offset 2147483653 does not fit segment /data/topic-0/00000000000000000005.log: its offsets are 5 to 5 + 2147483647; roll first"#]]
        .assert_eq(&error.to_string());
    assert_eq!(segment.size(), 0);
}

#[test]
fn a_failed_append_leaves_the_size() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    append(&mut segment, &[plain(0)]);
    let size = segment.size();
    rig.sim.add_fault(FaultRule::once(Operation::Write, ".log", Fault::Fail(Failure::NoSpace)));
    let batch = plain(1);
    let info = AppendedBatch::of(&header(&batch));
    let error = segment.append(&mut [IoSlice::new(&batch)], &[info], NOW).expect_err("full");
    assert!(matches!(error, SegmentError::Disk(error) if error.kind() == io::ErrorKind::StorageFull));
    assert_eq!(segment.size(), size);
}

#[test]
fn scanning_gives_every_batch() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    let batches: Vec<_> =
        (0..3000).map(|n| TestBatch { value_len: (n % 400) as usize, ..TestBatch::at(n) }.build()).collect();
    append(&mut segment, &batches);
    let mut scanner = segment.scan(0);
    let mut seen = Vec::new();
    while let Some(scanned) = scanner.next().expect("read") {
        seen.push(scanned.batch.expect("small").as_bytes().to_vec());
    }
    assert_eq!(seen, batches);
    assert!(matches!(scanner.into_end(), ScanEnd::Clean));
}

#[test]
fn an_index_that_disagrees_with_its_log_is_told() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    (0..4).for_each(|offset| append(&mut segment, &[plain(offset)]));
    segment.close().expect("close");
    let mut index = rig.bytes("00000000000000000000.index");
    index[15] ^= 1;
    rig.write("00000000000000000000.index", &index);
    let error = rig.open(0).translate_offset(Offset(2)).expect_err("disagrees");
    expect!["index /data/topic-0/00000000000000000000.index is corrupt at position 8: it has offset 2 at position 159 of the log, but magic -47 is unknown, 0, 1 or 2 would be right; recovering its segment rebuilds it"]
        .assert_eq(&error.to_string());
    index[12] = 0x7f;
    rig.write("00000000000000000000.index", &index);
    let error = rig.open(0).translate_offset(Offset(2)).expect_err("disagrees");
    assert!(error.to_string().contains("but the log has 316 bytes"), "{error}");
}

#[test]
fn renames_moves_and_removes_all_files() {
    let rig = Rig::new();
    let mut segment = rig.create(3);
    append(&mut segment, &[plain(3)]);
    assert_eq!(rig.names().len(), 3);
    segment.change_state(FileState::Deleted).expect("rename");
    assert!(rig.names().iter().all(|name| name.ends_with(".deleted")));
    let moved: Arc<Path> = Arc::from(Path::new("/data/topic-0.x-delete"));
    rig.sim.rename(&rig.dir, &moved).expect("rename");
    segment.set_dir(&moved);
    assert_eq!(segment.read_next_offset().expect("open file"), Offset(4));
    segment.remove().expect("remove");
    assert!(rig.sim.list(&moved).expect("list").is_empty());
}

#[test]
fn preallocated_files_are_trimmed() {
    let rig = Rig::new();
    let create =
        CreateSegment { base_offset: Offset(0), state: FileState::Live, preallocate: Some(4096), now: NOW };
    let mut segment = Segment::create(&rig.disk, &rig.dir, create, rig.config).expect("create");
    append(&mut segment, &[plain(0)]);
    assert_eq!(rig.bytes("00000000000000000000.log").len(), 4096);
    assert_eq!(segment.read_next_offset().expect("read"), Offset(1));
    let mut crashed = rig.open(0);
    let recovered =
        crashed.recover(None, &mut rig.producer_state(), &mut rig.leader_epochs()).expect("recover");
    assert_eq!(recovered.next_offset, Offset(1));
    assert_eq!(rig.bytes("00000000000000000000.log"), plain(0));
}

#[test]
fn kafkas_preallocated_indexes_are_taken() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    (0..300).for_each(|offset| append(&mut segment, &[plain(offset)]));
    segment.close().expect("close");
    let entries = offset_entries(&rig.open(0));
    for name in ["00000000000000000000.index", "00000000000000000000.timeindex"] {
        let mut index = rig.bytes(name);
        index.resize(4096, 0);
        rig.write(name, &index);
    }
    let mut reopened = rig.open(0);
    assert_eq!(offset_entries(&reopened), entries);
    assert_eq!(reopened.largest_timestamp().expect("read"), Timestamp(NOW.0 + 299));
    assert_eq!(
        reopened.offset_index().lookup(Offset(5)).expect("read"),
        OffsetPosition { offset: Offset(5), position: entries[4].1 }
    );
    reopened.close().expect("close");
    assert_eq!(rig.bytes("00000000000000000000.index").len(), entries.len() * 8);
}
