//! What a crash, a failure or a change on the way leaves.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use ottla_io::Disk;
use ottla_io::sim::{Fault, FaultRule, Operation, SimClock, SimDisk};
use ottla_log::cleaner::{CleanError, Cleaner};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{FollowerAppendOptions, Log, OpenOptions};
use ottla_log::manager::lock;
use ottla_record::{LeaderEpoch, Offset, TransactionResult};

use crate::common::{DIR, NOW};
use crate::rig::{Found, Rig, SETTINGS, compacted};

/// A log with dirty segments, some transactions among them.
fn dirty() -> Rig {
    let mut rig = Rig::new(compacted());
    for n in 0..12 {
        rig.put(&format!("k{}", n % 3), &format!("{n}"));
        let settings = rig.of_producer(1, n, true);
        rig.append_batch(settings, &[("t", Some(&format!("{n}")))]);
        rig.end(1, if n % 2 == 0 { TransactionResult::Abort } else { TransactionResult::Commit });
    }
    rig.roll();
    rig
}

/// The last committed value of each key.
fn latest(rig: &Rig) -> std::collections::BTreeMap<String, Found> {
    let aborted = lock(&rig.log).aborted_transactions(Offset(0), Offset(1000)).unwrap();
    let data = rig.batches(|batch| {
        let is_aborted = batch.attributes.is_transactional()
            && aborted.iter().any(|transaction| {
                transaction.producer_id == batch.producer_id
                    && (transaction.first_offset..=transaction.last_offset).contains(&batch.base_offset)
            });
        vec![(batch.base_offset.0, is_aborted)]
    });
    let is_aborted = |offset| data.iter().any(|(base, aborted)| *base == offset && *aborted);
    let records = rig.records().into_iter().filter(|record| !is_aborted(record.0));
    records.map(|record| (record.1.clone(), record)).collect()
}

#[test]
fn a_loss_of_power_at_any_change_leaves_the_log_whole() {
    let truth = latest(&dirty());
    let changes = {
        let mut rig = dirty();
        rig.sim.reset_counters();
        rig.try_clean().unwrap();
        rig.sim.counters().changes()
    };
    assert!(changes > 20, "{changes}");
    for cut in 0..=changes {
        for seed in 0..4 {
            let mut rig = dirty();
            let recovery_point = lock(&rig.log).recovery_point();
            rig.sim.cut_power_after(cut);
            let cleaned = rig.try_clean();
            assert!(cut == changes || cleaned.is_err(), "{cut}");
            let sim = rig.sim.crash(seed);
            let crashed = Rig::on(sim, compacted(), &|options| OpenOptions {
                clean_shutdown: false,
                recovery_point,
                ..options
            });
            lock(&crashed.log).invariants();
            assert_eq!(latest(&crashed), truth, "cut {cut} seed {seed}");
            assert_eq!(lock(&crashed.log).log_end_offset(), Offset(36), "cut {cut} seed {seed}");
            assert!(!crashed.has_leftovers());
            // And it can be cleaned.
            let mut crashed = crashed;
            let end = lock(&crashed.log).log_end_offset_metadata();
            lock(&crashed.log).maybe_increment_high_watermark(end);
            crashed.try_clean().unwrap();
            assert_eq!(latest(&crashed), truth, "cut {cut} seed {seed} cleaned again");
        }
    }
}

#[test]
fn a_corrupt_batch_makes_the_log_uncleanable_and_harms_nothing() {
    let mut rig = dirty();
    let name = Path::new(DIR).join("00000000000000000000.log");
    let file = rig.sim.open(&name, ottla_io::OpenMode::Write).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 70).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 70).unwrap();
    let before = rig.names();
    let error = rig.try_clean().unwrap_err();
    assert!(matches!(error, CleanError::Uncleanable(_)), "{error}");
    assert!(error.to_string().contains("00000000000000000000.log is corrupt at position 0"), "{error}");
    assert_eq!(rig.names(), before);
    rig.put("still", "there");
}

#[test]
fn a_full_disk_leaves_nothing_behind_and_is_no_failure_for_good() {
    let mut rig = dirty();
    let (before, truth) = (rig.names(), latest(&rig));
    for suffix in [".log.cleaned", ".index.cleaned", ".timeindex.cleaned"] {
        for operation in [Operation::Create, Operation::Write] {
            let full = Fault::Fail(ottla_io::sim::Failure::NoSpace);
            rig.sim.add_fault(FaultRule::once(operation, suffix, full));
            match rig.try_clean() {
                Err(CleanError::DiskFull(_)) => assert_eq!(rig.names(), before, "{suffix}"),
                Err(error) => panic!("{error}"),
                Ok(_) => panic!("{operation:?} of {suffix} was not reached"),
            }
            rig.sim.clear_faults();
        }
    }
    rig.try_clean().unwrap();
    assert_eq!(latest(&rig), truth);
}

#[test]
fn a_log_that_is_changed_meanwhile_is_not_cleaned() {
    type Change = fn(&mut Log);
    let changes: [(&str, Change); 5] = [
        ("cut", |log| assert!(log.truncate_to(Offset(30), NOW).unwrap())),
        ("begun anew", |log| log.truncate_fully_and_start_at(Offset(50), None, NOW).unwrap()),
        ("taken away", |log| log.rename_dir("topic-0.abc-delete").unwrap()),
        ("out of use", |log| log.take_out_of_use("a test")),
        ("no longer compacted", |log| {
            log.set_config(Arc::new(LogConfig { cleanup_policy: CleanupPolicy::DELETE, ..compacted() }));
        }),
    ];
    for (what, change) in changes {
        // At the first question for the pace, and at the last.
        for at in [1, usize::MAX] {
            let mut rig = dirty();
            let cleanable = rig.cleanable();
            let mut asked = 0;
            let pace_count = {
                let mut count = 0;
                let rig = dirty();
                let cleanable = rig.cleanable();
                Cleaner::new(&SETTINGS)
                    .clean(&rig.log, &cleanable, NOW, &mut |_| {
                        count += 1;
                        ControlFlow::Continue(())
                    })
                    .unwrap();
                count
            };
            let at = at.min(pace_count);
            let log = Arc::clone(&rig.log);
            let result = rig.cleaner.clean(&rig.log, &cleanable, NOW, &mut |_| {
                asked += 1;
                if asked == at {
                    change(&mut lock(&log));
                }
                ControlFlow::Continue(())
            });
            assert!(matches!(result, Err(CleanError::Changed)), "{what}: {result:?}");
            let leftover = |dir: &str| {
                let listing = rig.sim.list(Path::new(dir)).unwrap_or_default();
                listing.iter().any(|entry| entry.name.ends_with(".swap"))
            };
            assert!(!leftover(DIR) && !leftover("/data/topic-0.abc-delete"), "{what}");
        }
    }
}

#[test]
fn who_sets_the_pace_may_stop_it() {
    let mut rig = dirty();
    let before = rig.names();
    let cleanable = rig.cleanable();
    let result = rig.cleaner.clean(&rig.log, &cleanable, NOW, &mut |_| ControlFlow::Break(()));
    assert!(matches!(result, Err(CleanError::Stopped)), "{result:?}");
    assert_eq!(rig.names(), before);
}

#[test]
fn cleaning_twice_changes_nothing_more() {
    let mut rig = dirty();
    rig.try_clean().unwrap();
    let once = rig.records();
    rig.clean_to = None;
    rig.try_clean().unwrap();
    assert_eq!(rig.records(), once);
}

#[test]
fn a_follower_goes_on_behind_gaps() {
    let mut rig = dirty();
    rig.try_clean().unwrap();
    let bytes = rig.batches(|batch| vec![batch.as_bytes().to_vec()]);
    let follower = Rig::on(
        {
            let sim = SimDisk::new(8, &SimClock::new(NOW.0));
            sim.create_dir_all(Path::new("/data")).unwrap();
            sim
        },
        compacted(),
        &|options| options,
    );
    for batch in bytes {
        let options = FollowerAppendOptions { leader_epoch: LeaderEpoch(3), now: NOW };
        lock(&follower.log).append_as_follower(&batch, &options).unwrap();
    }
    assert_eq!(follower.records(), rig.records());
    assert_eq!(lock(&follower.log).log_end_offset(), lock(&rig.log).log_end_offset());
}
