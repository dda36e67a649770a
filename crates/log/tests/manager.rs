//! The logs of one directory.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{NOW, TestBatch};
use ottla_io::sim::{Failure, Fault, FaultRule, Operation, SimClock, SimDisk};
use ottla_io::{Disk, OpenMode};
use ottla_log::clean_shutdown::Shutdown;
use ottla_log::config::LogConfig;
use ottla_log::log::LeaderAppendOptions;
use ottla_log::manager::{
    CloseOptions, CreateLog, LogHandle, LogKind, LogManager, ManagerError, ManagerOptions, ManagerSummary,
    RemoveLog, flush_log, lock,
};
use ottla_log::paths::TopicPartition;
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::Uuid;

const DIR: &str = "/data";

fn disk() -> SimDisk {
    SimDisk::new(3, &SimClock::new(NOW.0))
}

fn open(sim: &SimDisk) -> Result<(LogManager, ManagerSummary), ManagerError> {
    let options = ManagerOptions {
        default_config: Arc::new(common::small_segments()),
        topic_configs: BTreeMap::from([("big".to_owned(), Arc::new(LogConfig::default()))]),
        threads: 2,
        now: NOW,
        progress: &|_| {},
    };
    LogManager::open(Arc::new(sim.clone()), Path::new(DIR), &options)
}

fn partition(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.to_owned(), partition }
}

fn create(manager: &mut LogManager, topic: &str) -> LogHandle {
    let create = CreateLog { kind: LogKind::Current, config: None, topic_id: None, unique: 0, now: NOW };
    manager.create_log(&partition(topic, 0), &create).expect("creates")
}

fn append(handle: &LogHandle, batches: usize) {
    let options = LeaderAppendOptions {
        leader_epoch: LeaderEpoch(0),
        origin: AppendOrigin::Client,
        transaction_version: None,
        now: NOW,
    };
    for _ in 0..batches {
        let mut bytes = TestBatch::default().build();
        lock(handle).append_as_leader(&mut bytes, &options, &mut ValidationScratch::new()).expect("appends");
    }
}

fn close(manager: LogManager) -> Result<(), ManagerError> {
    manager.close(&CloseOptions { broker_epoch: 42, threads: 2, now: NOW })
}

fn read(sim: &SimDisk, name: &str) -> String {
    String::from_utf8(sim.read(&Path::new(DIR).join(name), 1 << 20).expect("readable")).expect("text")
}

fn names(sim: &SimDisk) -> Vec<String> {
    sim.list(Path::new(DIR)).expect("lists").into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_good_shutdown_needs_no_recovery() {
    let sim = disk();
    let (mut manager, summary) = open(&sim).expect("opens");
    assert_eq!((summary.shutdown, summary.logs), (Shutdown::Unclean, 0));
    for topic in ["a", "b", "big"] {
        append(&create(&mut manager, topic), 12);
    }
    close(manager).expect("closes");
    assert_eq!(read(&sim, ".kafka_cleanshutdown"), r#"{"version":0,"brokerEpoch":42}"#);
    assert_eq!(read(&sim, "recovery-point-offset-checkpoint"), "0\n3\na 0 12\nb 0 12\nbig 0 12\n");
    assert_eq!(read(&sim, "log-start-offset-checkpoint"), "0\n0\n");

    let (manager, summary) = open(&sim).expect("opens");
    assert_eq!(summary.shutdown, Shutdown::Clean { broker_epoch: Some(42) });
    assert_eq!((summary.logs, summary.mended.len()), (3, 0));
    assert!(!names(&sim).contains(&".kafka_cleanshutdown".to_owned()));
    let segment_bytes = |topic| {
        lock(manager.log(LogKind::Current, &partition(topic, 0)).expect("there")).config().segment_bytes
    };
    assert_eq!((segment_bytes("a"), segment_bytes("big")), (400, 1 << 30));
}

#[test]
fn after_a_crash_logs_are_recovered_from_their_recovery_points() {
    for seed in 0..30 {
        let sim = disk();
        let (mut manager, _) = open(&sim).expect("opens");
        let handles = ["a", "b"].map(|topic| create(&mut manager, topic));
        append(&handles[0], 12);
        append(&handles[1], 3);
        for handle in manager.due_flushes(NOW) {
            flush_log(&handle, NOW).expect("flushes");
        }
        manager.checkpoint_recovery_points().expect("writes");
        assert_eq!(read(&sim, "recovery-point-offset-checkpoint"), "0\n2\na 0 12\nb 0 0\n");
        let sim = sim.crash(seed);
        let (manager, summary) = open(&sim).expect("opens");
        assert_eq!(summary.shutdown, Shutdown::Unclean);
        let end = |topic| {
            lock(manager.log(LogKind::Current, &partition(topic, 0)).expect("there")).log_end_offset()
        };
        assert_eq!(end("a"), Offset(12), "seed {seed}");
        assert!(end("b") <= Offset(3));
        assert!(
            summary.mended.iter().any(|log| log.dir.ends_with("a-0") && log.summary.recovered_segments == 1)
        );
    }
}

#[test]
fn a_directory_in_use_is_refused() {
    let sim = disk();
    let (manager, _) = open(&sim).expect("opens");
    let refused = open(&sim).expect_err("locked");
    assert!(matches!(refused, ManagerError::Locked(_)), "{refused}");
    drop(manager);
    open(&sim).expect("the lock is free again");
}

#[test]
fn what_is_no_partition_is_refused_and_what_is_not_ours_left_alone() {
    let sim = disk();
    for dir in [
        "__cluster_metadata-0",
        "remote-log-index-cache",
        "t-0.0123-stray",
        "t-1.0123-delete",
        "t-2.0123-future",
    ] {
        sim.create_dir_all(&Path::new(DIR).join(dir)).expect("creates");
    }
    let (mut manager, summary) = open(&sim).expect("opens");
    assert_eq!((summary.logs, summary.deleted_dirs), (1, 1));
    assert_eq!(manager.stray_dirs(), [Path::new(DIR).join("t-0.0123-stray")]);
    assert!(manager.log(LogKind::Future, &partition("t", 2)).is_some());
    let later = Timestamp(NOW.0 + 60_000);
    assert!(manager.due_directory_deletion(Timestamp(later.0 - 1)).is_none());
    manager.due_directory_deletion(later).expect("due").run().expect("removes");
    assert!(!names(&sim).contains(&"t-1.0123-delete".to_owned()));
    drop(manager);
    sim.create_dir_all(&Path::new(DIR).join("lost+found")).expect("creates");
    let refused = open(&sim).expect_err("no partition").to_string();
    assert!(refused.contains("lost+found"), "{refused}");
}

#[test]
fn a_deleted_log_is_renamed_first_and_removed_later() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    let handle = create(&mut manager, "a");
    append(&handle, 3);
    let remove = RemoveLog { kind: LogKind::Current, unique: 0xabc, now: NOW };
    assert!(manager.delete_log(&partition("a", 0), &remove).expect("deletes"));
    assert!(!manager.delete_log(&partition("a", 0), &remove).expect("is gone"));
    assert!(names(&sim).contains(&"a-0.00000000000000000000000000000abc-delete".to_owned()));
    assert!(lock(&handle).flush_job().is_err(), "nobody writes to it any more");
    append(&create(&mut manager, "a"), 1);
    manager.due_directory_deletion(Timestamp(NOW.0 + 60_000)).expect("due").run().expect("removes");
    assert!(names(&sim).iter().all(|name| !name.ends_with("-delete")));
    close(manager).expect("closes");
    assert_eq!(read(&sim, "recovery-point-offset-checkpoint"), "0\n1\na 0 1\n");
}

#[test]
fn a_copy_takes_its_partitions_place() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    let create = CreateLog { kind: LogKind::Future, config: None, topic_id: None, unique: 7, now: NOW };
    append(&manager.create_log(&partition("a", 0), &create).expect("creates"), 3);
    assert!(names(&sim).contains(&"a-0.00000000000000000000000000000007-future".to_owned()));
    let handle = manager.promote_future_log(&partition("a", 0)).expect("renames");
    append(&handle, 3);
    assert!(names(&sim).contains(&"a-0".to_owned()));
    assert_eq!(lock(&handle).log_end_offset(), Offset(6));
    close(manager).expect("closes");
}

#[test]
fn a_log_of_another_topic_does_not_harm_the_directory() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    let mut create = CreateLog {
        kind: LogKind::Current,
        config: None,
        topic_id: Some(Uuid([1; 16])),
        unique: 0,
        now: NOW,
    };
    manager.create_log(&partition("a", 0), &create).expect("creates");
    create.topic_id = Some(Uuid([2; 16]));
    manager.create_log(&partition("a", 0), &create).expect_err("another topic");
    assert!(manager.offline().is_none());
}

#[test]
fn a_failing_disk_takes_the_directory_offline() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    let (a, b) = (create(&mut manager, "a"), create(&mut manager, "b"));
    append(&a, 3);
    append(&b, 3);
    sim.add_fault(FaultRule::once(Operation::Sync, ".log", Fault::Fail(Failure::InputOutput)));
    assert!(flush_log(&a, NOW).is_err());
    assert!(manager.check_logs());
    assert!(lock(&b).flush_job().is_err(), "the other logs of the directory are out of use too");
    assert!(matches!(manager.checkpoint_recovery_points(), Err(ManagerError::Offline(_))));
    close(manager).expect_err("offline");
    assert!(!names(&sim).contains(&".kafka_cleanshutdown".to_owned()));
    let (_, summary) = open(&sim.kill()).expect("opens");
    assert_eq!((summary.shutdown, summary.logs), (Shutdown::Unclean, 2));
}

#[test]
fn a_checkpoint_that_cannot_be_read_costs_time_but_no_record() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    append(&create(&mut manager, "a"), 12);
    close(manager).expect("closes");
    let file = sim
        .open(&Path::new(DIR).join("recovery-point-offset-checkpoint"), OpenMode::Truncate)
        .expect("opens");
    file.write_all_at(b"9\n1\na 0 12\n", 0).expect("writes");
    sim.remove_file(&Path::new(DIR).join(".kafka_cleanshutdown")).expect("removes");
    let (manager, summary) = open(&sim).expect("opens");
    assert_eq!(summary.mended[0].summary.recovered_segments, 3);
    assert_eq!(
        lock(manager.log(LogKind::Current, &partition("a", 0)).expect("there")).log_end_offset(),
        Offset(12)
    );
}

#[test]
fn a_gap_that_the_cleaner_may_have_left_costs_no_record() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    append(&create(&mut manager, "a"), 12);
    drop(manager);
    // The topic was compacted once; its policy says `delete` now.
    let dir = Path::new(DIR);
    let checkpoint = sim.open(&dir.join("cleaner-offset-checkpoint"), OpenMode::Truncate).expect("opens");
    checkpoint.write_all_at(b"0\n1\na 0 5\n", 0).expect("writes");
    let segment = sim.open(&dir.join("a-0/00000000000000000005.log"), OpenMode::Write).expect("opens");
    segment.set_len(segment.len().expect("has one") / 5 * 3).expect("cuts");
    let (manager, _) = open(&sim).expect("opens");
    let log = manager.log(LogKind::Current, &partition("a", 0)).expect("there");
    assert_eq!(lock(log).log_end_offset(), Offset(12));
}

#[test]
fn a_log_that_lost_flushed_records_lowers_its_checkpoint() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    append(&create(&mut manager, "a"), 12);
    close(manager).expect("closes");
    assert_eq!(read(&sim, "recovery-point-offset-checkpoint"), "0\n1\na 0 12\n");
    let dir = Path::new(DIR);
    sim.open(&dir.join("a-0/00000000000000000010.log"), OpenMode::Truncate).expect("cuts");
    sim.remove_file(&dir.join(".kafka_cleanshutdown")).expect("removes");
    let _manager = open(&sim).expect("opens");
    assert_eq!(read(&sim, "recovery-point-offset-checkpoint"), "0\n1\na 0 10\n");
}

#[test]
fn truncation_lowers_the_checkpoint_at_once() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    let handle = create(&mut manager, "a");
    append(&handle, 12);
    flush_log(&handle, NOW).expect("flushes");
    manager.checkpoint_recovery_points().expect("writes");
    assert!(manager.truncate_to(LogKind::Current, &partition("a", 0), Offset(4), NOW).expect("truncates"));
    assert_eq!(read(&sim, "recovery-point-offset-checkpoint"), "0\n1\na 0 4\n");
    assert!(
        !manager.truncate_to(LogKind::Current, &partition("none", 0), Offset(4), NOW).expect("no such log")
    );
}

#[test]
fn all_logs_load_and_the_progress_is_told() {
    let sim = disk();
    let (mut manager, _) = open(&sim).expect("opens");
    for n in 0..20 {
        append(&create(&mut manager, &format!("topic-{n}")), 2);
    }
    close(manager).expect("closes");
    let calls = AtomicUsize::new(0);
    let options = ManagerOptions {
        default_config: Arc::new(LogConfig::default()),
        topic_configs: BTreeMap::new(),
        threads: 4,
        now: NOW,
        progress: &|progress| {
            assert_eq!(progress.total, 20);
            assert_eq!(calls.fetch_add(1, Ordering::Relaxed) + 1, progress.loaded);
        },
    };
    let (manager, summary) = LogManager::open(Arc::new(sim), Path::new(DIR), &options).expect("opens");
    assert_eq!((summary.logs, calls.into_inner()), (20, 20));
    assert!(manager.logs(LogKind::Current).all(|(_, handle)| lock(handle).log_end_offset() == Offset(2)));
}
