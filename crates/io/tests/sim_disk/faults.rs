//! Faults on demand.

use std::io::{self, ErrorKind};

use ottla_io::sim::{Corruption, Failure, Fault, FaultRates, FaultRule, Names, Operation};

use super::*;

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("expected a failure"),
        Err(error) => error.kind(),
    }
}

const FAIL: Fault = Fault::Fail(Failure::InputOutput);

#[test]
fn a_full_disk_takes_what_fits() {
    let disk = disk();
    disk.set_capacity(Some(8192));
    let file = create(&disk, "/d/a");
    assert_eq!(kind(file.write_all_at(&[1; 10_000], 0)), ErrorKind::StorageFull);
    assert_eq!(file.len().unwrap(), 8192, "the part that fitted is there");
    assert_eq!(disk.used_bytes(), 8192);
    file.write_all_at(&[2; 8192], 0).unwrap();
    assert_eq!(kind(create(&disk, "/d/b").write_all_at(b"x", 0)), ErrorKind::StorageFull);

    file.set_len(4096).unwrap();
    create(&disk, "/d/b").write_all_at(b"x", 0).unwrap();
    disk.remove_file("/d/a".as_ref()).unwrap();
    assert_eq!(disk.used_bytes(), 4096);
    file.write_all_at(&[1; 4096], 0).unwrap();
    assert_eq!(disk.used_bytes(), 4096, "a file without a name is no longer counted");
    disk.rename("/d/b".as_ref(), "/d/c".as_ref()).unwrap();
    disk.open("/d/c".as_ref(), OpenMode::Truncate).unwrap();
    assert_eq!(disk.used_bytes(), 0);
    disk.set_capacity(None);
    create(&disk, "/d/b").write_all_at(&[1; 100_000], 0).unwrap();
    assert_eq!(disk.crash(1).used_bytes() % 4096, 0);
}

#[test]
fn a_read_only_disk_refuses_changes() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"abc");
    disk.set_read_only(true);
    let refused = [
        kind(file.write_all_at(b"x", 0)),
        kind(file.set_len(0)),
        kind(disk.open("/d/b".as_ref(), OpenMode::Create)),
        kind(disk.rename("/d/a".as_ref(), "/d/b".as_ref())),
        kind(disk.remove_file("/d/a".as_ref())),
        kind(disk.create_dir_all("/e".as_ref())),
    ];
    assert_eq!(refused, [ErrorKind::ReadOnlyFilesystem; 6]);
    assert_eq!(content(&disk, "/d/a"), b"abc");
    disk.set_read_only(false);
    file.set_len(0).unwrap();
}

#[test]
fn a_failed_sync_may_forget_for_ever() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"old");
    file.write_all_at(b"new", 0).unwrap();
    let forget = Fault::FailAndForget(Failure::InputOutput);
    disk.add_fault(FaultRule::once(Operation::Sync, "a", forget));
    assert!(file.sync().is_err());
    assert_eq!(content(&disk, "/d/a"), b"new", "readers notice nothing");
    file.write_all_at(b"+", 3).unwrap();
    file.sync().unwrap();
    assert_eq!(outcomes(&disk, |disk| content(disk, "/d/a")), [b"old+".to_vec()].into());
    assert_eq!(content(&disk.kill(), "/d/a"), b"new+");
}

#[test]
fn a_failed_sync_may_leave_it_open() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"old");
    file.write_all_at(b"new", 0).unwrap();
    disk.add_fault(FaultRule::once(Operation::Sync, "a", FAIL));
    assert!(file.sync().is_err());
    let seen = outcomes(&disk, |disk| content(disk, "/d/a"));
    assert_eq!(seen, [b"new".to_vec(), b"old".to_vec()].into());
}

#[test]
fn rules_choose_operation_name_and_moment() {
    let disk = disk();
    let (log, index) = (create(&disk, "/d/0.log"), create(&disk, "/d/0.index"));
    disk.add_fault(FaultRule::once(Operation::Write, ".index", FAIL).after(1));
    log.write_all_at(b"x", 0).unwrap();
    index.write_all_at(b"x", 0).unwrap();
    assert!(index.write_all_at(b"x", 1).is_err());
    assert_eq!(index.len().unwrap(), 1, "a failed write writes nothing");
    index.write_all_at(b"x", 1).unwrap();

    disk.add_fault(FaultRule::always(Operation::Read, ".log", FAIL));
    assert!(log.read_at(&mut [0], 0).is_err());
    assert!(disk.read("/d/0.log".as_ref(), 10).is_err());
    disk.clear_faults();
    assert_eq!(content(&disk, "/d/0.log"), b"x");
}

#[test]
fn every_operation_can_be_made_to_fail() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"abc");
    for operation in [
        Operation::Open,
        Operation::Create,
        Operation::CreateDir,
        Operation::Read,
        Operation::Write,
        Operation::SetLen,
        Operation::Sync,
        Operation::SyncDir,
        Operation::Rename,
        Operation::Remove,
        Operation::List,
        Operation::Exists,
        Operation::Lock,
    ] {
        for fault in [Fault::Fail(Failure::PermissionDenied), Fault::FailAndForget(Failure::PermissionDenied)]
        {
            disk.clear_faults();
            disk.add_fault(FaultRule { names: Names::All, ..FaultRule::always(operation, "", fault) });
            assert_eq!(kind(attempt(&disk, &*file, operation)), ErrorKind::PermissionDenied, "{operation:?}");
        }
    }
    disk.clear_faults();
    assert_eq!((names(&disk, "/d"), content(&disk, "/d/a")), (vec!["a".to_owned()], b"abc".to_vec()));
}

fn attempt(disk: &SimDisk, file: &dyn DiskFile, operation: Operation) -> io::Result<()> {
    match operation {
        Operation::Open => disk.open("/d/a".as_ref(), OpenMode::Read).map(drop),
        Operation::Create => disk.open("/d/b".as_ref(), OpenMode::Create).map(drop),
        Operation::CreateDir => disk.create_dir_all("/e".as_ref()),
        Operation::Read => file.read_at(&mut [0], 0).map(drop),
        Operation::Write => file.write_all_at(b"x", 0),
        Operation::SetLen => file.set_len(0),
        Operation::Sync => file.sync(),
        Operation::SyncDir => disk.sync_dir("/d".as_ref()),
        Operation::Rename => disk.rename("/d/a".as_ref(), "/d/b".as_ref()),
        Operation::Remove => disk.remove_file("/d/a".as_ref()),
        Operation::List => disk.list("/d".as_ref()).map(drop),
        Operation::Exists => disk.exists("/d/a".as_ref()).map(drop),
        Operation::Lock => disk.try_lock("/d/.lock".as_ref()).map(drop),
    }
}

#[test]
fn reads_and_writes_can_be_short() {
    let disk = disk();
    let file = create(&disk, "/d/a");
    disk.add_fault(FaultRule::once(Operation::Write, "a", Fault::Short));
    file.write_all_at(b"0123456789", 0).unwrap();
    assert_eq!(disk.counters().writes, 2, "the rest went with a second write");
    disk.add_fault(FaultRule::once(Operation::Read, "a", Fault::Short));
    assert_eq!(file.read_at(&mut [0; 10], 0).unwrap(), 5);
    assert_eq!(content(&disk, "/d/a"), b"0123456789");
}

#[test]
fn faults_by_chance_follow_the_seed() {
    let run = |seed| {
        let disk = SimDisk::new(seed, &SimClock::new(0));
        disk.set_fault_rates(FaultRates {
            failed_writes: 3,
            failed_syncs: 4,
            short_reads: 2,
            ..<_>::default()
        });
        let file = create(&disk, "/a");
        (0..64).map(|n| (file.write_all_at(b"x", n).is_ok(), file.sync().is_ok())).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    assert!(
        run(1).contains(&(true, true)) && run(1).contains(&(false, true)) && run(1).contains(&(true, false))
    );
}

#[test]
fn damage_is_where_it_was_asked_for() {
    let disk = disk();
    let file = durable(&disk, "/d/a", &[7; 1000]);
    file.write_all_at(&[7; 1000], 1000).unwrap();
    disk.corrupt("/d/a".as_ref(), 500..1200, Corruption::Zeros).unwrap();
    disk.corrupt("/d/a".as_ref(), 1900..5000, Corruption::FlipBit).unwrap();
    let damaged = content(&disk, "/d/a");
    assert_eq!((damaged.len(), &damaged[..500], &damaged[1200..1900]), (2000, &[7; 500][..], &[7; 700][..]));
    assert_eq!(damaged[500..1200], [0; 700]);
    assert_eq!(damaged[1900..].iter().filter(|byte| **byte != 7).count(), 1);
    file.sync().unwrap();
    assert_eq!(outcomes(&disk, |disk| content(disk, "/d/a")), [damaged].into(), "it is on the platter");

    disk.add_fault(FaultRule::once(Operation::Read, "a", Fault::FlipBit));
    let mut bytes = [0; 100];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes.iter().filter(|byte| **byte != 7).count(), 1);
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes, [7; 100], "the platter was right");
}

#[test]
fn power_goes_at_the_chosen_change() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"abc");
    disk.cut_power_after(2);
    file.write_all_at(b"1", 0).unwrap();
    assert_eq!(file.len().unwrap(), 3);
    file.read_at(&mut [0], 0).unwrap();
    file.sync().unwrap();
    assert!(!disk.is_off());
    assert!(file.write_all_at(b"2", 1).is_err());
    assert!(disk.is_off());
    assert!(file.read_at(&mut [0], 0).is_err());
    assert!(disk.list("/d".as_ref()).is_err());
    assert_eq!(content(&disk.crash(0), "/d/a"), b"1bc");
}

#[test]
fn what_was_asked_is_counted_and_told() {
    let disk = disk();
    disk.reset_counters();
    disk.start_trace();
    let file = create(&disk, "/d/a");
    file.write_all_at(b"abc", 2).unwrap();
    file.read_at(&mut [0; 2], 1).unwrap();
    file.sync().unwrap();
    file.set_len(1).unwrap();
    disk.set_read_only(true);
    disk.remove_file("/d/a".as_ref()).unwrap_err();
    let counters = disk.counters();
    assert_eq!((counters.creates, counters.writes, counters.written_bytes), (1, 1, 3));
    assert_eq!((counters.reads, counters.read_bytes, counters.syncs), (1, 2, 1));
    assert_eq!((counters.changes(), counters.operations()), (5, 6));
    assert_eq!(disk.unsynced_changes("/d/a".as_ref()).unwrap(), 1);
    let told: Vec<String> = disk.take_trace().iter().map(ToString::to_string).collect();
    let expected = ["Create a", "Write a 2+3", "Read a 1+2", "Sync a", "SetLen a 1", "Remove a failed"];
    assert_eq!(told, expected);
}
