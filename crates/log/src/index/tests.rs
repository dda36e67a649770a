use std::path::Path;
use std::sync::Arc;

use ottla_io::Disk;
use ottla_io::sim::{SimClock, SimDisk};
use ottla_record::{Offset, ProducerId, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::error::IndexError;
use crate::paths::{FileKind, FileName};
use crate::place::Place;

const BASE: Offset = Offset(1000);
const START: OffsetPosition = OffsetPosition { offset: BASE, position: 0 };
const NO_STAMP: TimestampOffset = TimestampOffset { timestamp: Timestamp::NONE, offset: BASE };

fn disk() -> Arc<dyn Disk> {
    let disk = SimDisk::new(1, &SimClock::new(0));
    disk.create_dir_all(Path::new("/t-0")).expect("create");
    Arc::new(disk)
}

fn place(disk: &Arc<dyn Disk>, kind: FileKind) -> Place {
    Place::new(Arc::clone(disk), Arc::from(Path::new("/t-0")), FileName::live(BASE, kind))
}

fn bytes(disk: &Arc<dyn Disk>, kind: FileKind) -> Vec<u8> {
    disk.read(&place(disk, kind).path(), u64::MAX).expect("read")
}

fn write(disk: &Arc<dyn Disk>, kind: FileKind, bytes: &[u8]) {
    disk.write_atomically(&place(disk, kind).path(), bytes).expect("write");
}

fn offset_index(disk: &Arc<dyn Disk>, bytes_max: u32) -> OffsetIndex {
    OffsetIndex::new(place(disk, FileKind::OffsetIndex), bytes_max)
}

fn time_index(disk: &Arc<dyn Disk>, bytes_max: u32) -> TimeIndex {
    TimeIndex::new(place(disk, FileKind::TimeIndex), bytes_max)
}

fn at(offset: i64, position: u32) -> OffsetPosition {
    OffsetPosition { offset: Offset(offset), position }
}

fn stamp(timestamp: i64, offset: i64) -> TimestampOffset {
    TimestampOffset { timestamp: Timestamp(timestamp), offset: Offset(offset) }
}

fn aborted(first: i64, last: i64, last_stable: i64) -> AbortedTransaction {
    AbortedTransaction {
        producer_id: ProducerId(first),
        first_offset: Offset(first),
        last_offset: Offset(last),
        last_stable_offset: Offset(last_stable),
    }
}

#[test]
fn bytes_are_kafkas() {
    let disk = disk();
    let mut offsets = offset_index(&disk, 80);
    offsets.append(at(1005, 4100)).expect("append");
    offsets.trim().expect("trim");
    assert_eq!(bytes(&disk, FileKind::OffsetIndex), [0, 0, 0, 5, 0, 0, 0x10, 4]);
    let mut times = time_index(&disk, 120);
    times.maybe_append(stamp(0x0102, 1005)).expect("append");
    times.trim().expect("trim");
    assert_eq!(bytes(&disk, FileKind::TimeIndex), [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 5]);
    let mut transactions = TransactionIndex::new(place(&disk, FileKind::TransactionIndex), false);
    transactions.append(&aborted(1002, 1005, 1006)).expect("append");
    let expected: Vec<u8> = [
        &[0, 0][..],
        &1002i64.to_be_bytes(),
        &1002i64.to_be_bytes(),
        &1005i64.to_be_bytes(),
        &1006i64.to_be_bytes(),
    ]
    .concat();
    assert_eq!(bytes(&disk, FileKind::TransactionIndex), expected);
}

#[test]
fn entries_reach_the_file_in_blocks() {
    let disk = disk();
    let mut index = offset_index(&disk, 1 << 20);
    index.create().expect("create");
    (1..=64).for_each(|n| index.append(at(1000 + n, n as u32)).expect("append"));
    assert!(bytes(&disk, FileKind::OffsetIndex).is_empty());
    index.append(at(1065, 65)).expect("append");
    assert_eq!(bytes(&disk, FileKind::OffsetIndex).len(), 64 * 8);
    assert_eq!(index.len().expect("open"), 65);
    index.release().expect("release");
    assert_eq!(index.last_offset().expect("open"), Offset(1065));
}

#[test]
fn full_indexes_take_no_more_and_time_keeps_a_slot() {
    let disk = disk();
    let mut offsets = offset_index(&disk, 17);
    let mut times = time_index(&disk, 36);
    for n in 1..9 {
        offsets.append(at(1000 + n, n as u32)).expect("append");
        times.maybe_append(stamp(n, 1000 + n)).expect("append");
    }
    assert_eq!((offsets.len().expect("open"), times.len().expect("open")), (2, 2));
    assert!(offsets.is_full().expect("open") && times.is_full().expect("open"));
    times.append_closing(stamp(8, 1008)).expect("append");
    times.append_closing(stamp(8, 1008)).expect("once");
    assert_eq!(times.last_entry().expect("open"), stamp(8, 1008));
    assert_eq!(times.len().expect("open"), 3);
}

#[test]
fn zero_tails_are_no_entries() {
    for count in [0u32, 1, 2, 63, 64, 65, 200, 511] {
        let disk = disk();
        let mut offsets = offset_index(&disk, 4096);
        let mut times = time_index(&disk, 8192);
        offsets.create().expect("create");
        times.create().expect("create");
        for n in 1..=count {
            offsets.append(at(1000 + i64::from(n), n * 10)).expect("append");
            times.maybe_append(stamp(i64::from(n), 1000 + i64::from(n))).expect("append");
        }
        offsets.trim().expect("trim");
        times.trim().expect("trim");
        for (kind, len) in [(FileKind::OffsetIndex, 4096), (FileKind::TimeIndex, 8184)] {
            let mut padded = bytes(&disk, kind);
            padded.resize(len, 0);
            write(&disk, kind, &padded);
        }
        let mut offsets = offset_index(&disk, 4096);
        let mut times = time_index(&disk, 8192);
        assert_eq!((offsets.len().expect("open"), times.len().expect("open")), (count, count));
        offsets.append(at(9999, 1 << 20)).expect("append");
        offsets.trim().expect("trim");
        times.trim().expect("trim");
        assert_eq!(bytes(&disk, FileKind::OffsetIndex).len() as u32, (count + 1) * 8);
        assert_eq!(bytes(&disk, FileKind::TimeIndex).len() as u32, count * 12);
    }
}

#[test]
fn sanity_checks() {
    let disk = disk();
    let fails = |result: Result<(), IndexError>, what: &str| {
        let error = result.expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    };
    write(&disk, FileKind::OffsetIndex, &[0, 0, 0, 1, 0, 0, 0, 9, 1]);
    fails(offset_index(&disk, 80).sanity_check(), "length 9 is no multiple of 8");
    write(&disk, FileKind::OffsetIndex, &[0xff, 0, 0, 1, 0, 0, 0, 9]);
    fails(offset_index(&disk, 80).sanity_check(), "is below the base offset 1000");
    let mut entry = [0; 24];
    entry[6] = 1;
    entry[18] = 0;
    entry[19] = 1;
    write(&disk, FileKind::TimeIndex, &entry);
    fails(time_index(&disk, 80).sanity_check(), "last timestamp 1 is below the first, 256");
    let transactions = |bytes: &[u8]| {
        write(&disk, FileKind::TransactionIndex, bytes);
        TransactionIndex::new(place(&disk, FileKind::TransactionIndex), true).sanity_check()
    };
    fails(transactions(&[0; 34]), "the marker's offset 0 is below 1000");
    let mut newer = [0; 34];
    newer[1] = 1;
    fails(transactions(&newer), "has format version 1, this release reads version 0");
    transactions(&[]).expect("an empty one is fine");
    transactions(&[0; 33]).expect("so is a torn entry, which was never counted");
}

#[test]
fn aborted_transactions_are_found_by_overlap() {
    let disk = disk();
    let mut index = TransactionIndex::new(place(&disk, FileKind::TransactionIndex), false);
    assert!(index.is_empty().expect("none"));
    let all = [aborted(1000, 1010, 1005), aborted(1005, 1020, 1012), aborted(1012, 1030, 1031)];
    all.iter().for_each(|transaction| index.append(transaction).expect("append"));
    let find = |from, to| {
        let found = index.collect(Offset(from), Offset(to)).expect("read");
        (found.transactions.iter().map(|found| found.first_offset.0).collect::<Vec<_>>(), found.complete)
    };
    assert_eq!(find(1000, 1100), (vec![1000, 1005, 1012], false));
    assert_eq!(find(1011, 1013), (vec![1005, 1012], true));
    assert_eq!(find(1000, 1003), (vec![1000], true));
    assert_eq!(find(1031, 1040), (vec![], false));
    index.truncate_to(Offset(1020)).expect("truncate");
    assert_eq!(index.all().expect("read"), all[..1]);
    index.append(&all[1]).expect("append");
    index.release();
    assert_eq!(index.all().expect("read"), all[..2]);
    index.reset().expect("reset");
    assert!(index.is_empty().expect("read"));
}

#[derive(Debug, Clone)]
enum Step {
    Append { offset: i64, position: u32, timestamp: i64 },
    Truncate(i64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (1..40i64, 1..100u32, -3..20i64)
            .prop_map(|(offset, position, timestamp)| Step::Append { offset, position, timestamp }),
        1 => (0..6000i64).prop_map(Step::Truncate),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(crate::testing::cases(48))]

    #[test]
    fn indexes_do_what_a_vector_does(steps in prop::collection::vec(step(), 0..400), probes in prop::collection::vec(0..8000i64, 20)) {
        let disk = disk();
        let (mut offsets, mut times) = (offset_index(&disk, 1 << 20), time_index(&disk, 1 << 20));
        let (mut offset_model, mut time_model): (Vec<OffsetPosition>, Vec<TimestampOffset>) = (vec![], vec![]);
        for step in steps {
            match step {
                Step::Append { offset, position, timestamp } => {
                    let last = offset_model.last().copied().unwrap_or(START);
                    let entry = at(last.offset.0 + offset, last.position + position);
                    offset_model.push(entry);
                    offsets.append(entry).expect("append");
                    let newest = time_model.last().map_or(-1, |entry| entry.timestamp.0);
                    let entry = stamp(newest + timestamp, entry.offset.0);
                    if timestamp > 0 {
                        time_model.push(entry);
                    }
                    times.maybe_append(entry).expect("append");
                }
                Step::Truncate(to) => {
                    offset_model.retain(|entry| entry.offset.0 < 1000 + to);
                    time_model.retain(|entry| entry.offset.0 < 1000 + to);
                    offsets.truncate_to(Offset(1000 + to)).expect("truncate");
                    times.truncate_to(Offset(1000 + to)).expect("truncate");
                }
                Step::Reopen => {
                    offsets.trim().expect("trim");
                    times.trim().expect("trim");
                    offsets = offset_index(&disk, 1 << 20);
                    times = time_index(&disk, 1 << 20);
                }
            }
        }
        prop_assert_eq!(offsets.len().expect("open") as usize, offset_model.len());
        prop_assert_eq!(times.len().expect("open") as usize, time_model.len());
        prop_assert_eq!(offsets.last_offset().expect("open"), offset_model.last().map_or(BASE, |entry| entry.offset));
        for probe in probes {
            let wanted = offset_model.iter().rfind(|entry| entry.offset.0 <= 1000 + probe).copied().unwrap_or(START);
            prop_assert_eq!(offsets.lookup(Offset(1000 + probe)).expect("read"), wanted);
            let behind = offset_model.iter().find(|entry| i64::from(entry.position) >= probe).copied();
            prop_assert_eq!(offsets.first_at_or_behind(probe as u64).expect("read"), behind);
            let wanted = time_model.iter().rfind(|entry| entry.timestamp.0 <= probe).copied().unwrap_or(NO_STAMP);
            prop_assert_eq!(times.lookup(Timestamp(probe)).expect("read"), wanted);
        }
    }
}
