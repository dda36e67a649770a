//! The cleaner of a node on simulated disks.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ottla_io::sim::{Failure, Fault, FaultRule, Operation};
use ottla_io::{Disk, OpenMode};
use ottla_log::cleaner::{Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::manager::lock;
use ottla_record::{BatchBuilder, BatchSettings, Compressor, NewRecord};
use parking_lot::Mutex;

use super::status::ThreadStatus;
use crate::testing::{NOW, Rig, TOPIC_ID};

const WITHOUT_THREADS: &str = "log.cleaner.enable=false\n";
const CHECKPOINT: &str = "/data/a/cleaner-offset-checkpoint";

/// A node with a compacted topic of so many partitions.
fn rig(partitions: usize, policy: CleanupPolicy) -> Rig {
    let rig = Rig::with_config(WITHOUT_THREADS);
    rig.create_topic_with(partitions, |settings| {
        let log = LogConfig {
            cleanup_policy: policy,
            segment_bytes: 400,
            retention_ms: Some(1000),
            delete_retention_ms: 1000,
            ..LogConfig::clone(&settings.log)
        };
        settings.log = Arc::new(log);
    });
    rig
}

fn put(rig: &Rig, index: i32, key: &str) {
    let mut builder = BatchBuilder::new(BatchSettings::default());
    let record = NewRecord { timestamp: NOW, key: Some(key.as_bytes()), value: Some(b"value"), headers: &[] };
    builder.append(&record).expect("fits");
    rig.append_batch(index, &builder.build(&mut Compressor::new()).expect("builds"));
}

/// Appends so many records of one key, none of them in the active segment.
fn fill(rig: &Rig, index: i32, records: usize) {
    (0..records).for_each(|_| put(rig, index, "key"));
    lock(rig.partition(index).log()).roll(NOW).expect("rolls");
}

fn clean(rig: &Rig) -> bool {
    clean_with(rig, &Mutex::default())
}

fn clean_with(rig: &Rig, status: &Mutex<ThreadStatus>) -> bool {
    let settings = CleanerSettings {
        dedupe_buffer_bytes: 1 << 20,
        load_factor: 0.9,
        io_buffer_bytes: 1 << 16,
        hash_key: [1, 2],
    };
    let mut pace = |_| ControlFlow::Continue(());
    rig.partitions().clean_dirtiest(&mut Cleaner::new(&settings), &mut pace, status)
}

fn size(rig: &Rig, index: i32) -> u64 {
    lock(rig.partition(index).log()).size()
}

fn checkpoint(rig: &Rig) -> String {
    let bytes = rig.disk.read(Path::new(CHECKPOINT), 1 << 20).unwrap_or_default();
    String::from_utf8(bytes).expect("text")
}

#[test]
fn the_dirtiest_log_goes_first() {
    let rig = rig(3, CleanupPolicy::COMPACT);
    assert!(!clean(&rig), "nothing is dirty");
    fill(&rig, 0, 20);
    fill(&rig, 2, 20);
    let dirty = size(&rig, 0);
    assert!(clean(&rig) && clean(&rig));
    assert!(size(&rig, 0) < dirty / 10 && size(&rig, 2) < dirty / 10);
    assert_eq!(checkpoint(&rig), "0\n2\ntopic 0 20\ntopic 2 20\n");
    assert!(!clean(&rig), "what is clean is left alone");

    // 2 is wholly dirty again but for one record, 0 has just a few.
    fill(&rig, 0, 1);
    fill(&rig, 2, 40);
    let status = Mutex::default();
    assert!(clean_with(&rig, &status));
    assert!(checkpoint(&rig).contains("topic 2 60"), "{}", checkpoint(&rig));
    assert_eq!(status.lock().stats.messages_read, 41);
    let numbers = rig.partitions().cleaner_numbers();
    assert_eq!(numbers.manager[0], ("max-dirty-percent", 97));
}

#[test]
fn a_deleted_partition_is_forgotten_and_a_cut_one_is_dirty_again() {
    let rig = rig(3, CleanupPolicy::COMPACT);
    fill(&rig, 0, 20);
    fill(&rig, 2, 20);
    assert!(clean(&rig) && clean(&rig));
    let name = rig.partition(0).name();
    let cut = |manager: &mut ottla_log::manager::LogManager| {
        manager.truncate_to(ottla_log::manager::LogKind::Current, &name, ottla_record::Offset(7), NOW)
    };
    let directory = Arc::clone(rig.partition(0).directory());
    directory.manager().as_mut().map(cut).expect("open").expect("cut");
    assert!(checkpoint(&rig).contains("topic 0 7\n"), "{}", checkpoint(&rig));
    rig.partitions().remove_topic(TOPIC_ID);
    assert_eq!(checkpoint(&rig), "0\n0\n");
}

#[test]
fn retention_of_compacted_logs_is_the_cleaners() {
    let rig = rig(1, CleanupPolicy { delete: true, compact: true });
    fill(&rig, 0, 20);
    rig.clock.advance(Duration::from_secs(10));
    rig.partitions().run_all_tasks();
    assert!(size(&rig, 0) > 0);
    rig.partitions().delete_old_segments_of_compacted();
    assert_eq!(size(&rig, 0), 0);
    assert!(!clean(&rig));
}

#[test]
fn a_corrupt_log_is_left_alone_and_told_of() {
    let rig = rig(3, CleanupPolicy::COMPACT);
    fill(&rig, 0, 30);
    fill(&rig, 2, 20);
    let log = Path::new("/data/a/topic-0/00000000000000000000.log");
    let file = rig.disk.open(log, OpenMode::Write).expect("a log");
    file.write_all_at(b"!", 70).expect("written");
    assert!(!clean(&rig), "it is not cleaned");
    assert!(clean(&rig), "but the other is");
    assert!(!clean(&rig));
    let numbers = rig.partitions().cleaner_numbers();
    let [count, bytes] = numbers.uncleanable[0].1;
    assert_eq!((count, bytes), (1, size(&rig, 0)));
    put(&rig, 0, "on");
    assert!(rig.partition(0).directory().is_online());
    let text = crate::metrics::text(&rig.broker).expect("text");
    for line in [
        "kafka_log_logcleanermanager_uncleanable_partitions_count{logDirectory=\"/data/a\"} 1.0",
        "kafka_log_logcleaner_deadthreadcount{} 0.0",
        "kafka_log_logcleanermanager_max_dirty_percent{} 0.0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_full_disk_is_waited_out_and_a_broken_one_not() {
    let rig = rig(1, CleanupPolicy::COMPACT);
    fill(&rig, 0, 20);
    rig.disk.add_fault(FaultRule::once(Operation::Write, ".log.cleaned", Fault::Fail(Failure::NoSpace)));
    assert!(!clean(&rig));
    assert!(rig.partition(0).directory().is_online());
    assert!(clean(&rig));

    fill(&rig, 0, 20);
    rig.disk.add_fault(FaultRule::once(Operation::Read, ".log", Fault::Fail(Failure::InputOutput)));
    assert!(!clean(&rig));
    let mut losses = rig.losses;
    while losses.borrow_and_update().offline.is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let rig = rig(1, CleanupPolicy::COMPACT);
    fill(&rig, 0, 20);
    assert!(clean(&rig));
    rig.partitions().close();
    let (disk, clock) = (rig.disk.clone(), rig.clock.clone());
    drop(rig);
    let rig = Rig::on(disk, clock, WITHOUT_THREADS);
    let directory = Arc::clone(&rig.partitions().directories()[0]);
    let name = ottla_log::paths::TopicPartition { topic: "topic".to_owned(), partition: 0 };
    let clean_to = directory.manager().as_ref().and_then(|manager| manager.clean_to(&name));
    assert_eq!(clean_to, Some(ottla_record::Offset(20)));
}

#[test]
fn threads_start_change_and_stop() {
    let rig = rig(1, CleanupPolicy::COMPACT);
    let threads =
        |rig: &Rig| rig.partitions().cleaner.running.lock().as_ref().map(|running| running.threads.len());
    assert_eq!(threads(&rig), Some(0));
    fill(&rig, 0, 20);
    let config = |more: &str| {
        let file = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
             listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
             controller.quorum.bootstrap.servers=localhost:9093\nlog.dirs=/data/a,/data/b\n{more}"
        );
        ottla_config::ServerConfig::from_properties("server.properties", file.as_bytes()).expect("valid")
    };
    let configure = |more: &str| {
        let partitions = rig.partitions();
        partitions.cleaner.configure(partitions, &config(more)).expect("threads");
    };
    configure("log.cleaner.threads=2\nlog.cleaner.backoff.ms=3600000\n");
    assert_eq!(threads(&rig), Some(2));
    // One of them finds the dirty log at once.
    while !checkpoint(&rig).contains("topic 0 20") {
        std::thread::yield_now();
    }
    configure("log.cleaner.threads=1\nlog.cleaner.io.max.bytes.per.second=1\n");
    assert_eq!(threads(&rig), Some(1));
    rig.partitions().close();
    assert_eq!(threads(&rig), None);
}
