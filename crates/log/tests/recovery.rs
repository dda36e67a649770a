//! Opening a log again: after a good close, after a crash, and after something tampered with its files.

mod common;

use std::path::Path;

use common::*;
use expect_test::expect;
use ottla_io::Disk;
use ottla_io::sim::{CrashOptions, NamesAfterCrash};
use ottla_log::config::LogConfig;
use ottla_log::log::{FetchIsolation, LoadSummary, OpenError, OpenOptions};
use ottla_record::{LeaderEpoch, Offset, ProducerId, Timestamp, TransactionResult};
use ottla_wire::Uuid;

#[test]
fn the_directory_is_kafkas() {
    let mut rig = Rig::small_segments();
    let producer = |sequence| TestBatch {
        producer: Some((1, 0, sequence)),
        transactional: true,
        ..TestBatch::default()
    };
    rig.append_many(5);
    rig.append(&producer(0)).expect("appends");
    rig.end_transaction((1, 0), TransactionResult::Abort);
    rig.append_many(1);
    rig.reopen();
    expect![[r#"
        [
            "00000000000000000000.index",
            "00000000000000000000.log",
            "00000000000000000000.timeindex",
            "00000000000000000005.index",
            "00000000000000000005.log",
            "00000000000000000005.snapshot",
            "00000000000000000005.timeindex",
            "00000000000000000005.txnindex",
            "00000000000000000008.snapshot",
            "leader-epoch-checkpoint",
        ]
    "#]]
    .assert_debug_eq(&rig.names());
    assert_eq!(rig.bytes("leader-epoch-checkpoint"), b"0\n1\n0 0\n");
}

#[test]
fn a_clean_log_opens_as_it_was_closed() {
    let mut rig = Rig::small_segments();
    rig.append_many(20);
    let offsets = rig.offsets_from(0);
    assert_eq!(rig.reopen(), LoadSummary::default());
    assert_eq!(rig.offsets_from(0), offsets);
    assert_eq!(rig.log.recovery_point(), Offset(20));
    rig.append_many(5);
    assert_eq!(rig.log.log_end_offset(), Offset(25));
}

#[test]
fn opening_a_clean_log_writes_nothing() {
    let mut rig = Rig::small_segments();
    rig.append_many(20);
    rig.reopen();
    rig.sim.reset_counters();
    let before = rig.sim.counters().changes();
    rig.reopen();
    let close_and_open = rig.sim.counters().changes() - before;
    assert_eq!(close_and_open, 0, "nor does closing it");
}

#[test]
fn what_was_flushed_survives_any_power_loss() {
    for seed in 0..200 {
        let mut rig = Rig::small_segments();
        rig.append_many(7);
        rig.log.flush(NOW).expect("flushes");
        rig.append_many(9);
        let offsets = rig.offsets_from(0);
        let summary = rig.crash(seed);
        let left = rig.offsets_from(0);
        assert!(left.len() >= 7, "seed {seed}: {left:?}");
        assert_eq!(left, offsets[..left.len()], "seed {seed}: {summary:?}");
        assert_eq!(summary.lost_flushed, None, "seed {seed}");
        rig.append_many(3);
        assert_eq!(rig.offsets_from(0).len(), left.len() + 3, "seed {seed}");
    }
}

#[test]
fn what_a_dead_process_left_unsynced_is_synced_before_it_counts() {
    for seed in 0..50 {
        let mut rig = Rig::small_segments();
        rig.append_many(12);
        rig.crash_process();
        rig.reopen();
        assert_eq!(rig.log.recovery_point(), Offset(12));
        rig.crash(seed);
        assert_eq!(rig.log.log_end_offset(), Offset(12), "seed {seed}");
    }
}

#[test]
fn truncated_records_never_come_back() {
    for seed in 0..200 {
        let mut rig = Rig::small_segments();
        rig.append_many(12);
        rig.log.flush(NOW).expect("flushes");
        rig.log.truncate_to(Offset(4), NOW).expect("truncates");
        rig.epoch = LeaderEpoch(1);
        rig.append(&TestBatch { value_len: 30, ..TestBatch::default() }).expect("appends");
        let expected = read_bytes(&mut rig.log, 0, FetchIsolation::LogEnd).expect("reads");
        let options = CrashOptions { names: NamesAfterCrash::AnySubset, ..CrashOptions::default() };
        let crashed = rig.sim.crash_with(seed, &options);
        let options = OpenOptions {
            clean_shutdown: false,
            recovery_point: rig.log.recovery_point(),
            ..open_options(&rig.config)
        };
        let (mut log, _) = open(&crashed, &options).expect("opens");
        let left = read_bytes(&mut log, 0, FetchIsolation::LogEnd).expect("reads");
        assert!(expected.starts_with(&left), "seed {seed}");
        assert!(
            (Offset(4)..=Offset(5)).contains(&log.log_end_offset()),
            "seed {seed}: {}",
            log.log_end_offset()
        );
    }
}

#[test]
fn a_torn_tail_is_cut() {
    let mut rig = Rig::new(LogConfig::default());
    rig.append_many(3);
    let whole = rig.bytes("00000000000000000000.log");
    for cut in [1, 20, 61, 70] {
        rig.write("00000000000000000000.log", &whole[..whole.len() - cut]);
        let summary = rig.crash_process();
        let truncated = summary.truncated.expect("was cut");
        assert_eq!(truncated.end_offset, Offset(2));
        assert_eq!(truncated.position as usize, whole.len() / 3 * 2);
        assert_eq!(rig.offsets_from(0), [(0, 0), (1, 1)]);
        rig.append_many(1);
    }
}

#[test]
fn a_flipped_bit_ends_the_log_before_it() {
    let mut rig = Rig::small_segments();
    rig.append_many(20);
    rig.log.flush(NOW).expect("flushes");
    let mut bytes = rig.bytes("00000000000000000005.log");
    bytes[100] ^= 4;
    rig.write("00000000000000000005.log", &bytes);
    // Nobody looks below the recovery point.
    assert_eq!(rig.crash_process().truncated, None);

    let options =
        OpenOptions { clean_shutdown: false, recovery_point: Offset(7), ..open_options(&rig.config) };
    let (log, summary) = open(&rig.sim, &options).expect("opens");
    assert_eq!(log.log_end_offset(), Offset(6));
    assert_eq!(summary.truncated.expect("was cut").segment_base_offset, Offset(5));
    assert_eq!(summary.deleted_segments, 2);
    let lost = summary.lost_flushed.expect("7 was flushed");
    assert_eq!((lost.end_offset, lost.recovery_point), (Offset(6), Offset(7)));
    assert!(names(&rig.sim).contains(&"00000000000000000010.log.deleted".to_owned()));
}

#[test]
fn a_gap_between_segments_ends_the_log() {
    let mut rig = Rig::small_segments();
    rig.append_many(12);
    let bytes = rig.bytes("00000000000000000005.log");
    // As when the end of one file did not reach the disk but the next file did.
    rig.write("00000000000000000005.log", &bytes[..bytes.len() / 5 * 3]);
    let summary = rig.crash_process();
    assert_eq!(rig.log.log_end_offset(), Offset(8));
    assert_eq!(summary.deleted_segments, 1);
    rig.append_many(4);
    assert_eq!(rig.offsets_from(0), (0..12).map(|offset| (offset, offset)).collect::<Vec<_>>());
}

#[test]
fn indexes_that_are_missing_or_wrong_are_made_anew() {
    let mut rig = Rig::small_segments();
    rig.append_many(20);
    let offsets = rig.offsets_from(0);
    rig.reopen();
    for damage in ["missing", "garbage", "zeros", "odd length"] {
        for kind in ["index", "timeindex"] {
            for segment in [0, 5, 15] {
                let name = format!("{segment:020}.{kind}");
                let len = rig.bytes(&name).len();
                match damage {
                    "missing" => rig.sim.remove_file(&rig.path(&name)).expect("removes"),
                    "garbage" => rig.write(&name, &vec![0x77; len]),
                    "zeros" => rig.write(&name, &vec![0; len + 96]),
                    _ => rig.write(&name, &rig.bytes(&name)[..len.saturating_sub(1)]),
                }
            }
        }
        let (mut log, _) = open(&rig.sim, &open_options(&rig.config)).expect("opens");
        assert_eq!(offsets_from(&mut log, 0), offsets, "{damage}");
        for offset in 0..20 {
            let from = offsets_from(&mut log, offset);
            assert_eq!(from, offsets[offset as usize..], "{damage}");
        }
        log.close(NOW).expect("closes");
        rig.crash_process();
        assert_eq!(rig.offsets_from(0), offsets, "{damage}");
    }
}

#[test]
fn a_clean_log_that_ends_in_garbage_is_recovered_all_the_same() {
    for garbage in [vec![0_u8; 30], vec![0xff; 200], vec![0x10; 5]] {
        let mut rig = Rig::small_segments();
        rig.append_many(3);
        rig.reopen();
        let mut bytes = rig.bytes("00000000000000000000.log");
        bytes.extend(&garbage);
        rig.write("00000000000000000000.log", &bytes);
        let (mut log, summary) = open(&rig.sim, &open_options(&rig.config)).expect("opens");
        assert_eq!(summary.rebuilt_indexes, 1);
        assert_eq!(offsets_from(&mut log, 0), [(0, 0), (1, 1), (2, 2)]);
    }
}

#[test]
fn temporary_files_go_and_orphans_too() {
    let mut rig = Rig::small_segments();
    rig.append_many(12);
    rig.reopen();
    for name in
        ["00000000000000000003.log.deleted", "00000000000000000003.log.cleaned", "00000000000000000077.index"]
    {
        rig.write(name, b"x");
    }
    let before = rig.names().len();
    let (_, summary) = open(&rig.sim, &open_options(&rig.config)).expect("opens");
    assert_eq!(summary.removed_files, 3);
    assert_eq!(rig.names().len(), before - 3);
    // A snapshot of the metadata log is another's to remove.
    rig.write("00000000000000000003-0000000001.checkpoint.deleted", b"x");
    let (_, summary) = open(&rig.sim, &open_options(&rig.config)).expect("opens");
    assert_eq!(summary.removed_files, 0);
}

#[test]
fn compacted_segments_take_the_place_of_what_they_replace() {
    let mut rig = Rig::small_segments();
    rig.append_many(15);
    rig.reopen();
    // The segment of 0 to 4 stands for those of 0 to 9 from now on.
    for kind in ["log", "index", "timeindex"] {
        let bytes = rig.bytes(&format!("{:020}.{kind}", 5));
        rig.write(&format!("{:020}.{kind}.swap", 0), &bytes);
    }
    let (mut log, summary) = open(&rig.sim, &open_options(&rig.config)).expect("opens");
    assert_eq!(summary.swapped_files, 3);
    assert_eq!(offsets_from(&mut log, 0), (5..15).map(|offset| (offset, offset)).collect::<Vec<_>>());
    // One above a half-made segment was not yet part of a whole.
    rig.write(&format!("{:020}.log.cleaned", 0), b"");
    rig.write(&format!("{:020}.log.swap", 10), b"");
    let (mut log, summary) = open(&rig.sim, &open_options(&rig.config)).expect("opens");
    assert_eq!((summary.swapped_files, summary.removed_files), (0, 2));
    assert_eq!(log.log_end_offset(), Offset(15));
    assert_eq!(offsets_from(&mut log, 10).len(), 5);
}

#[test]
fn a_log_that_ends_below_its_start_begins_anew() {
    let mut rig = Rig::small_segments();
    rig.append_many(12);
    rig.reopen();
    let options = OpenOptions { log_start_offset: Offset(40), ..open_options(&rig.config) };
    let (log, summary) = open(&rig.sim, &options).expect("opens");
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(40), Offset(40)));
    assert_eq!(summary.deleted_segments, 3);
}

#[test]
fn a_log_of_another_topic_is_refused() {
    let rig = Rig::new(LogConfig::default());
    let (id, other) = (Uuid([3; 16]), Uuid([4; 16]));
    let with = |topic_id| OpenOptions { topic_id: Some(topic_id), ..open_options(&rig.config) };
    let (log, _) = open(&rig.sim, &with(id)).expect("gets the id");
    assert_eq!(log.topic_id(), Some(id));
    assert_eq!(rig.bytes("partition.metadata"), format!("version: 0\ntopic_id: {id}").into_bytes());
    match open(&rig.sim, &with(other)) {
        Err(OpenError::TopicId(error)) => {
            assert_eq!((error.found, error.expected), (id, other));
            assert!(error.to_string().contains("partition.metadata"));
        }
        other => panic!("{other:?}"),
    }
    rig.write("partition.metadata", b"version: 7\ntopic_id: x");
    assert!(open(&rig.sim, &with(id)).is_err());
}

#[test]
fn a_failure_takes_the_log_out_of_use() {
    let mut rig = Rig::new(LogConfig::default());
    rig.append_many(2);
    rig.sim.set_capacity(Some(4096));
    let full = rig.append(&TestBatch { value_len: 9000, ..TestBatch::default() });
    let message = full.expect_err("no space").to_string();
    assert!(message.contains("free space"), "{message}");
    rig.sim.set_capacity(None);
    let later = rig.append(&TestBatch::default()).expect_err("out of use");
    assert!(later.to_string().contains("out of use"), "{later}");
    assert!(rig.log.flush_job().is_err());
    assert!(rig.read_bytes(0, FetchIsolation::LogEnd).is_err());
    assert!(rig.log.close(NOW).is_err());
    rig.crash_process();
    assert_eq!(rig.offsets_from(0), [(0, 0), (1, 1)]);
    rig.append_many(1);
}

#[test]
fn producers_and_epochs_are_what_the_records_say() {
    for seed in 0..50 {
        let mut rig = Rig::small_segments();
        for n in 0..6 {
            rig.epoch = LeaderEpoch(n);
            rig.append(&TestBatch { producer: Some((1, 0, n)), ..TestBatch::default() }).expect("appends");
            rig.append(&TestBatch { producer: Some((2, 0, n)), transactional: true, ..TestBatch::default() })
                .expect("appends");
            if n % 2 == 1 {
                rig.end_transaction((2, 0), TransactionResult::Abort);
            }
        }
        rig.log.flush(NOW).expect("flushes");
        rig.append(&TestBatch { producer: Some((3, 0, 0)), ..TestBatch::default() }).expect("appends");
        rig.crash(seed);
        let survived = rig.log.log_end_offset() == Offset(16);
        assert_eq!(rig.log.producer(ProducerId(3)).is_some(), survived, "seed {seed}");
        for id in [1, 2] {
            let producer = rig.log.producer(ProducerId(id)).expect("known");
            assert_eq!(producer.last_timestamp(), Timestamp(NOW.0));
            // A marker raises no sequence, and leaves the batches before it.
            assert_eq!(producer.last_sequence(), 5, "seed {seed}, producer {id}");
        }
        assert_eq!(rig.log.latest_epoch(), Some(LeaderEpoch(5)));
        assert_eq!(rig.log.leader_epochs().entries().len(), 6);
        assert_eq!(rig.log.aborted_transactions(Offset(0), Offset(15)).expect("reads").len(), 3);
    }
}

#[test]
fn a_transaction_that_began_in_a_segment_now_gone_is_still_open() {
    let mut rig = Rig::small_segments();
    let batch = |sequence| TestBatch {
        producer: Some((1, 0, sequence)),
        transactional: true,
        ..TestBatch::default()
    };
    rig.append(&batch(0)).expect("appends");
    rig.append_many(10);
    rig.append(&batch(1)).expect("appends");
    rig.append_many(2);
    // As retention does it: the process dies before the checkpoint of the log start is written.
    for suffix in ["log", "index", "timeindex"] {
        rig.sim.remove_file(&rig.path(&format!("00000000000000000000.{suffix}"))).expect("removes");
    }
    rig.crash_process();
    let producer = rig.log.producer(ProducerId(1)).expect("the producer is known");
    assert_eq!(producer.current_transaction_first_offset(), Some(Offset(0)));
}

#[test]
fn producers_as_they_never_were_are_forgotten() {
    let mut rig = Rig::small_segments();
    let batch = |sequence| TestBatch { producer: Some((1, 0, sequence)), ..TestBatch::default() };
    rig.append(&batch(0)).expect("appends");
    // A close in good order leaves a snapshot in the middle of the segment.
    rig.reopen();
    rig.append(&batch(1)).expect("appends");
    rig.log.roll(rig.now).expect("rolls");
    // Retention removes the segment, and the checkpoint of the log start is not written any more. Nor is the snapshot at
    // the end of the segment, so nothing tells what the producer did after the first one.
    for suffix in ["log", "index", "timeindex"] {
        rig.sim.remove_file(&rig.path(&format!("00000000000000000000.{suffix}"))).expect("removes");
    }
    rig.sim.remove_file(&rig.path("00000000000000000002.snapshot")).expect("removes");
    rig.crash_process();
    assert_eq!(rig.log.log_start_offset(), Offset(2));
    assert!(rig.log.producer(ProducerId(1)).is_none());
    rig.append(&batch(2)).expect("appends");
}

#[test]
fn the_names_of_directories_are_checked() {
    let rig = Rig::new(LogConfig::default());
    let opened = ottla_log::log::Log::open(
        std::sync::Arc::new(rig.sim.clone()),
        Path::new("/data/lost+found"),
        &open_options(&rig.config),
    );
    assert!(matches!(opened, Err(OpenError::Name(_))));
    assert!(!rig.sim.exists(Path::new("/data/lost+found")).expect("asks"));
}
