//! Ways to lose or mix records that the crash simulator found, each in its smallest form.

mod common;

use std::path::Path;

use common::*;
use ottla_io::sim::{Failure, Fault, FaultRule, Operation};
use ottla_log::config::LogConfig;
use ottla_log::log::OpenOptions;
use ottla_record::{LeaderEpoch, Offset};

/// Each outcome of a power loss, opened with what a broker would have checkpointed.
fn outcomes(rig: &Rig, options: &OpenOptions) -> Vec<Vec<(i64, i64)>> {
    (0..200)
        .map(|seed| {
            let (mut log, _) = open(&rig.sim.crash(seed), options).expect("opens");
            let start = log.log_start_offset().0;
            offsets_from(&mut log, start)
        })
        .collect()
}

fn unclean(rig: &Rig) -> OpenOptions {
    OpenOptions {
        clean_shutdown: false,
        recovery_point: rig.log.recovery_point(),
        ..open_options(&rig.config)
    }
}

#[test]
fn a_flush_covers_what_a_dead_process_had_written() {
    let mut rig = Rig::small_segments();
    rig.append_many(10);
    rig.crash_process();
    rig.log.flush(rig.now).expect("flushes");
    assert_eq!(rig.log.recovery_point(), Offset(10));
    let all: Vec<_> = (0..10).map(|offset| (offset, offset)).collect();
    assert!(outcomes(&rig, &unclean(&rig)).iter().all(|outcome| *outcome == all));
}

#[test]
fn epochs_of_records_that_are_gone_do_not_hide_those_of_their_successors() {
    let mut rig = Rig::small_segments();
    rig.append_many(2);
    rig.log.flush(rig.now).expect("flushes");
    rig.epoch = LeaderEpoch(1);
    rig.append_many(1);
    rig.sim.settle();
    // The file knows epoch 1 from offset 4 on, where its records are not.
    let stale = "0\n2\n0 0\n1 4\n";
    rig.write("leader-epoch-checkpoint", stale.as_bytes());
    rig.epoch = LeaderEpoch(2);
    rig.append_many(2);
    rig.crash_process();
    let entries = rig.log.leader_epochs().entries().iter();
    let entries: Vec<_> = entries.map(|entry| (entry.epoch.0, entry.start_offset.0)).collect();
    assert_eq!(entries, [(0, 0), (1, 2), (2, 3)]);
}

#[test]
fn a_truncation_that_is_interrupted_leaves_no_hole() {
    let mut rig = Rig::small_segments();
    rig.append_many(30);
    rig.log.flush(rig.now).expect("flushes");
    assert!(rig.log.segment_count() > 4);
    let options = unclean(&rig);
    for changes in 0..30 {
        let sim = rig.sim.kill();
        let (mut log, _) = open(&sim, &options).expect("opens");
        sim.cut_power_after(changes);
        let cut = log.truncate_to(Offset(1), rig.now);
        for seed in 0..10 {
            let (mut log, _) = open(&sim.crash(seed), &options).expect("opens");
            let found = offsets_from(&mut log, 0);
            let whole: Vec<_> = (0..found.len() as i64).map(|offset| (offset, offset)).collect();
            assert_eq!(found, whole, "after {changes} changes");
            assert!(!found.is_empty() && (cut.is_err() || found.len() == 1));
        }
    }
}

#[test]
fn a_dead_truncation_does_not_come_back_with_the_next_power_loss() {
    let mut rig = Rig::small_segments();
    rig.append_many(30);
    rig.log.flush(rig.now).expect("flushes");
    // The process dies when it has renamed the segments and not yet synced the directory.
    let name = Path::new(DIR).file_name().and_then(|name| name.to_str()).expect("a name");
    let fault = Fault::Fail(Failure::InputOutput);
    rig.sim.add_fault(FaultRule::once(Operation::SyncDir, name, fault));
    rig.log.truncate_to(Offset(1), rig.now).expect_err("fails");
    rig.sim.clear_faults();
    rig.crash_process();
    let end = rig.log.log_end_offset();
    assert!(end < Offset(30));
    rig.epoch = LeaderEpoch(5);
    rig.append_many(1);
    for outcome in outcomes(&rig, &unclean(&rig)) {
        assert!(outcome.len() as i64 <= end.0 + 1, "old segments are back: {outcome:?}");
    }
}

#[test]
fn the_recovery_point_does_not_follow_the_log_start() {
    let mut rig = Rig::small_segments();
    rig.append_many(10);
    rig.replicate_all();
    rig.log.maybe_increment_log_start_offset(Offset(9)).expect("moves");
    assert_eq!(rig.log.recovery_point(), Offset(0), "nothing was synced");
    // The new start was not checkpointed, so the records below it are looked at again.
    let found = outcomes(&rig, &unclean(&rig));
    let whole = |outcome: &Vec<(i64, i64)>| outcome.iter().map(|batch| batch.0).eq(0..outcome.len() as i64);
    assert!(found.iter().all(whole), "{found:?}");
}

#[test]
fn a_cut_that_a_dead_process_left_in_memory_is_made_durable() {
    let mut rig = Rig::new(LogConfig::default());
    rig.append_many(6);
    rig.log.flush(rig.now).expect("flushes");
    let fault = Fault::Fail(Failure::InputOutput);
    rig.sim.add_fault(FaultRule::once(Operation::Sync, ".log", fault));
    rig.log.truncate_to(Offset(2), rig.now).expect_err("fails");
    rig.sim.clear_faults();
    rig.crash_process();
    assert_eq!(rig.log.log_end_offset(), Offset(2));
    assert!(outcomes(&rig, &unclean(&rig)).iter().all(|outcome| outcome.len() == 2));
}
