//! Compaction of a log: what stays, what goes, and what a crash or a failure on the way leaves.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a panic is the answer")]

mod common;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ottla_io::Disk;
use ottla_io::sim::{Fault, FaultRule, Operation, SimClock, SimDisk};
use ottla_log::cleaner::{CleanError, Cleanable, Cleaned, Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{FetchIsolation, FollowerAppendOptions, LeaderAppendOptions, Log, OpenOptions};
use ottla_log::manager::{LogHandle, lock};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    Batch, BatchBuilder, BatchSettings, Batches, Codec, Compression, Compressor, Decompressor, LeaderEpoch,
    NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};

use common::{DIR, NOW, marker, names, open, open_options, read_bytes};

const SETTINGS: CleanerSettings = CleanerSettings {
    dedupe_buffer_bytes: 24 * 1000,
    load_factor: 0.9,
    io_buffer_bytes: 4096,
    hash_key: [1, 2],
};

fn compacted() -> LogConfig {
    LogConfig {
        cleanup_policy: CleanupPolicy::COMPACT,
        segment_bytes: 500,
        index_interval_bytes: 50,
        min_cleanable_dirty_ratio: 0.0,
        delete_retention_ms: 1000,
        ..LogConfig::default()
    }
}

/// A record as `(offset, key, value)`; no value for a tombstone.
type Found = (i64, String, Option<String>);

struct Rig {
    sim: SimDisk,
    config: LogConfig,
    now: Timestamp,
    log: LogHandle,
    clean_to: Option<Offset>,
    cleaner: Cleaner,
    scratch: ValidationScratch,
}

impl Rig {
    fn new(config: LogConfig) -> Self {
        let sim = SimDisk::new(7, &SimClock::new(NOW.0));
        sim.create_dir_all(Path::new("/data")).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        Self::on(sim, config, &|options| options)
    }

    fn on(sim: SimDisk, config: LogConfig, change: &dyn Fn(OpenOptions) -> OpenOptions) -> Self {
        let (log, _) = open(&sim, &change(open_options(&config))).unwrap();
        Self {
            sim,
            config,
            now: NOW,
            log: Arc::new(Mutex::new(log)),
            clean_to: None,
            cleaner: Cleaner::new(&SETTINGS),
            scratch: ValidationScratch::new(),
        }
    }

    fn append_batch(&mut self, settings: BatchSettings, records: &[(&str, Option<&str>)]) -> i64 {
        let mut builder = BatchBuilder::new(settings);
        for (key, value) in records {
            let record = NewRecord {
                timestamp: self.now,
                key: Some(key.as_bytes()),
                value: value.map(str::as_bytes),
                headers: &[],
            };
            builder.append(&record).unwrap();
        }
        self.append_bytes(builder.build(&mut Compressor::new()).unwrap(), AppendOrigin::Client)
    }

    fn append_bytes(&mut self, mut bytes: Vec<u8>, origin: AppendOrigin) -> i64 {
        let options = LeaderAppendOptions {
            leader_epoch: LeaderEpoch(3),
            origin,
            transaction_version: Some(0),
            now: self.now,
        };
        let mut log = lock(&self.log);
        let info = log.append_as_leader(&mut bytes, &options, &mut self.scratch).unwrap();
        let end = log.log_end_offset_metadata();
        log.maybe_increment_high_watermark(end);
        info.first_offset.0
    }

    fn put(&mut self, key: &str, value: &str) -> i64 {
        self.append_batch(BatchSettings::default(), &[(key, Some(value))])
    }

    fn remove(&mut self, key: &str) -> i64 {
        self.append_batch(BatchSettings::default(), &[(key, None)])
    }

    fn of_producer(&self, id: i64, sequence: i32, transactional: bool) -> BatchSettings {
        BatchSettings {
            producer_id: ProducerId(id),
            producer_epoch: 0,
            base_sequence: sequence,
            is_transactional: transactional,
            ..BatchSettings::default()
        }
    }

    fn end(&mut self, id: i64, result: TransactionResult) -> i64 {
        self.append_bytes(marker((id, 0), result), AppendOrigin::Coordinator)
    }

    fn roll(&mut self) {
        lock(&self.log).roll(self.now).unwrap();
    }

    fn cleanable(&self) -> Cleanable {
        Cleanable::of(&mut lock(&self.log), self.clean_to, self.now).unwrap()
    }

    fn try_clean(&mut self) -> Result<Cleaned, CleanError> {
        let cleanable = self.cleanable();
        let cleaned =
            self.cleaner.clean(&self.log, &cleanable, self.now, &mut |_| ControlFlow::Continue(()))?;
        self.clean_to = Some(cleaned.clean_to);
        lock(&self.log).invariants();
        Ok(cleaned)
    }

    /// Rolls and cleans all that is there.
    fn clean(&mut self) -> Cleaned {
        self.roll();
        self.try_clean().unwrap()
    }

    fn batches<T>(&self, look: impl Fn(&Batch<'_>) -> Vec<T>) -> Vec<T> {
        let mut log = lock(&self.log);
        let (mut from, mut all) = (log.log_start_offset().0, Vec::new());
        loop {
            let bytes = read_bytes(&mut log, from, FetchIsolation::LogEnd).unwrap();
            if bytes.is_empty() {
                return all;
            }
            for batch in Batches::new(&bytes) {
                let batch = batch.unwrap();
                batch.verify().unwrap();
                all.extend(look(&batch));
                from = batch.next_offset().0;
            }
        }
    }

    fn records(&self) -> Vec<Found> {
        self.batches(|batch| {
            if batch.attributes.is_control() {
                return Vec::new();
            }
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let mut decompressor = Decompressor::with_limit(1 << 20);
            let records = batch.records(&mut decompressor).unwrap().map(|record| record.unwrap());
            records
                .map(|record| (record.offset.0, record.key.map(text).unwrap(), record.value.map(text)))
                .collect()
        })
    }

    fn names(&self) -> Vec<String> {
        names(&self.sim)
    }

    fn has_leftovers(&self) -> bool {
        self.names().iter().any(|name| name.ends_with(".cleaned") || name.ends_with(".swap"))
    }
}

fn found(records: &[(i64, &str, Option<&str>)]) -> Vec<Found> {
    let owned = |(offset, key, value): &(i64, &str, Option<&str>)| {
        (*offset, (*key).to_owned(), value.map(str::to_owned))
    };
    records.iter().map(owned).collect()
}

#[test]
fn the_last_record_of_each_key_stays_where_it_was() {
    let mut rig = Rig::new(compacted());
    for (key, value) in [("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("b", "2"), ("a", "3")] {
        rig.put(key, value);
    }
    let cleaned = rig.clean();
    assert_eq!(cleaned.clean_to, Offset(6));
    assert_eq!((cleaned.stats.messages_read, cleaned.stats.messages_written), (6, 3));
    let kept = found(&[(3, "c", Some("1")), (4, "b", Some("2")), (5, "a", Some("3"))]);
    assert_eq!(rig.records(), kept);
    assert!(!rig.has_leftovers());
    let log = lock(&rig.log);
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(0), Offset(6)));
}

#[test]
fn what_is_not_yet_to_be_cleaned_is_left_alone() {
    let mut rig = Rig::new(compacted());
    rig.put("a", "1");
    rig.put("a", "2");
    let cleanable = rig.cleanable();
    assert_eq!((cleanable.cleanable_bytes, cleanable.is_due()), (0, false), "only the active segment");
    rig.roll();
    assert!(rig.cleanable().is_due());

    let transactional = rig.of_producer(1, 0, true);
    rig.append_batch(transactional, &[("a", Some("3"))]);
    rig.roll();
    rig.put("a", "4");
    rig.roll();
    let cleanable = rig.cleanable();
    assert_eq!(cleanable.first_uncleanable_offset, Offset(2), "the transaction is open");
    rig.end(1, TransactionResult::Commit);
    rig.roll();
    assert_eq!(rig.cleanable().first_uncleanable_offset, Offset(5));

    let config = LogConfig { min_compaction_lag_ms: 100, ..compacted() };
    lock(&rig.log).set_config(Arc::new(config));
    assert_eq!(rig.cleanable().first_uncleanable_offset, Offset(0));
    rig.now = Timestamp(NOW.0 + 101);
    assert_eq!(rig.cleanable().first_uncleanable_offset, Offset(5));
}

#[test]
fn a_log_is_due_by_its_dirty_share_or_its_age() {
    let mut rig = Rig::new(compacted());
    for n in 0..20 {
        rig.put(&format!("k{n}"), "value");
    }
    rig.clean();
    rig.put("k0", "new");
    rig.roll();
    let with = |rig: &Rig, ratio, lag| {
        let config =
            LogConfig { min_cleanable_dirty_ratio: ratio, max_compaction_lag_ms: lag, ..compacted() };
        lock(&rig.log).set_config(Arc::new(config));
        rig.cleanable()
    };
    assert!(with(&rig, 0.01, i64::MAX).is_due());
    assert!(!with(&rig, 0.5, i64::MAX).is_due());
    assert!(!with(&rig, 0.5, 100).is_due());
    rig.now = Timestamp(NOW.0 + 150);
    let late = with(&rig, 0.5, 100);
    assert_eq!((late.is_due(), late.compaction_delay_ms), (true, 50));
}

#[test]
fn a_checkpoint_outside_the_log_is_not_believed() {
    let mut rig = Rig::new(compacted());
    for _ in 0..10 {
        rig.put("a", "1");
    }
    rig.roll();
    for (clean_to, expected, resets) in
        [(None, 0, false), (Some(5), 5, false), (Some(10), 10, false), (Some(11), 0, true)]
    {
        rig.clean_to = clean_to.map(Offset);
        let cleanable = rig.cleanable();
        assert_eq!((cleanable.first_dirty_offset.0, cleanable.resets_checkpoint), (expected, resets));
    }
    lock(&rig.log).maybe_increment_log_start_offset(Offset(7)).unwrap();
    rig.clean_to = Some(Offset(3));
    let cleanable = rig.cleanable();
    assert_eq!((cleanable.first_dirty_offset, cleanable.resets_checkpoint), (Offset(7), true));
}

#[test]
fn a_batch_of_which_all_stays_keeps_its_bytes_and_another_its_place_and_codec() {
    for codec in Codec::ALL {
        let mut rig = Rig::new(LogConfig { segment_bytes: 4000, ..compacted() });
        let settings = |rig: &Rig, sequence| BatchSettings {
            compression: Compression::of(codec),
            ..rig.of_producer(9, sequence, false)
        };
        let first = settings(&rig, 0);
        rig.append_batch(first, &[("a", Some("1")), ("b", Some("1")), ("c", Some("1"))]);
        let second = settings(&rig, 3);
        rig.append_batch(second, &[("d", Some("1")), ("e", Some("1"))]);
        rig.put("c", "2");
        rig.put("a", "2");
        let bytes = |rig: &Rig| rig.batches(|batch| vec![batch.as_bytes().to_vec()]);
        let before = bytes(&rig);
        rig.clean();
        let after = bytes(&rig);
        assert_eq!(after[1..], before[1..], "{codec}");
        let batch = Batch::parse(&after[0]).unwrap();
        let old = Batch::parse(&before[0]).unwrap();
        assert_eq!(batch.attributes.codec(), Ok(codec));
        assert_eq!((batch.base_offset, batch.last_offset()), (Offset(0), Offset(2)));
        assert_eq!((batch.base_sequence, batch.last_sequence()), (0, 2));
        assert_eq!(batch.partition_leader_epoch, old.partition_leader_epoch);
        assert_eq!((batch.producer_id, batch.producer_epoch), (old.producer_id, old.producer_epoch));
        assert_eq!((batch.max_timestamp, batch.records_count), (old.max_timestamp, 1));
        assert_eq!(rig.records()[0], (1, "b".to_owned(), Some("1".to_owned())));
    }
}

#[test]
fn tombstones_go_with_the_first_cleaning_behind_their_horizon() {
    let mut rig = Rig::new(compacted());
    rig.put("a", "1");
    rig.remove("a");
    rig.put("b", "1");
    rig.clean();
    assert_eq!(rig.records(), found(&[(1, "a", None), (2, "b", Some("1"))]));
    let horizons = |rig: &Rig| rig.batches(|batch| vec![batch.delete_horizon()]);
    assert_eq!(horizons(&rig), [Some(Timestamp(NOW.0 + 1000)), None]);

    // The horizon does not move with later cleanings.
    rig.now = Timestamp(NOW.0 + 999);
    rig.put("c", "1");
    rig.clean();
    assert_eq!(rig.records().len(), 3);
    assert_eq!(horizons(&rig)[0], Some(Timestamp(NOW.0 + 1000)));
    rig.now = Timestamp(NOW.0 + 1000);
    rig.put("d", "1");
    rig.clean();
    assert_eq!(rig.records(), found(&[(2, "b", Some("1")), (3, "c", Some("1")), (4, "d", Some("1"))]));
}

#[test]
fn aborted_records_go_and_their_marker_later() {
    let mut rig = Rig::new(compacted());
    rig.put("a", "1");
    let aborted = rig.of_producer(1, 0, true);
    rig.append_batch(aborted, &[("a", Some("never"))]);
    rig.end(1, TransactionResult::Abort);
    let committed = rig.of_producer(2, 0, true);
    rig.append_batch(committed, &[("b", Some("1"))]);
    rig.end(2, TransactionResult::Commit);
    // The producers go on, so that their last batches are others.
    let next = rig.of_producer(1, 1, true);
    rig.append_batch(next, &[("c", Some("1"))]);
    rig.end(1, TransactionResult::Commit);
    let next = rig.of_producer(2, 1, true);
    rig.append_batch(next, &[("b", Some("2"))]);
    rig.end(2, TransactionResult::Commit);

    rig.clean();
    let expected = found(&[(0, "a", Some("1")), (5, "c", Some("1")), (7, "b", Some("2"))]);
    assert_eq!(rig.records(), expected);
    let markers = |rig: &Rig| {
        rig.batches(|batch| match batch.attributes.is_control() {
            true => vec![(batch.base_offset.0, batch.delete_horizon().is_some())],
            false => Vec::new(),
        })
    };
    // The abort had a batch until now; the commit of nothing starts its time.
    assert_eq!(markers(&rig), [(2, false), (4, false), (6, false), (8, false)]);
    assert_eq!(lock(&rig.log).aborted_transactions(Offset(0), Offset(9)).unwrap().len(), 1);

    rig.put("z", "1");
    rig.clean();
    assert_eq!(markers(&rig), [(2, true), (4, true), (6, false), (8, false)]);
    assert_eq!(lock(&rig.log).aborted_transactions(Offset(0), Offset(9)).unwrap(), []);
    rig.now = Timestamp(NOW.0 + 1000);
    rig.put("z", "2");
    rig.clean();
    assert_eq!(markers(&rig), [(6, false), (8, false)]);
    assert_eq!(rig.records()[..3], expected);
}

#[test]
fn the_last_batch_of_a_producer_and_the_last_offset_outlast_their_records() {
    let mut rig = Rig::new(compacted());
    let settings = rig.of_producer(7, 0, false);
    rig.append_batch(settings, &[("a", Some("1"))]);
    let settings = rig.of_producer(7, 1, false);
    rig.append_batch(settings, &[("a", Some("2")), ("b", Some("2"))]);
    rig.put("a", "3");
    rig.put("b", "3");
    rig.remove("b");
    rig.clean();
    let batches = |rig: &Rig| {
        rig.batches(|batch| vec![(batch.base_offset.0, batch.last_offset().0, batch.records_count)])
    };
    assert_eq!(batches(&rig), [(1, 2, 0), (3, 3, 1), (5, 5, 1)]);
    assert_eq!(rig.batches(|batch| vec![batch.last_sequence()])[0], 2);

    // The tombstone goes, and with it the last record of the log but the batch that says where the log ends.
    rig.now = Timestamp(NOW.0 + 1000);
    rig.roll();
    rig.clean_to = None;
    rig.try_clean().unwrap();
    assert_eq!(batches(&rig), [(1, 2, 0), (3, 3, 1), (5, 5, 0)]);

    // What the log knows of the producer is the same from the batches alone.
    let before = lock(&rig.log).producer(ProducerId(7)).unwrap().clone();
    for name in rig.names() {
        if name.ends_with(".snapshot") {
            rig.sim.remove_file(&Path::new(DIR).join(name)).unwrap();
        }
    }
    let rig =
        Rig::on(rig.sim.kill(), rig.config, &|options| OpenOptions { clean_shutdown: false, ..options });
    let log = lock(&rig.log);
    let after = log.producer(ProducerId(7)).unwrap();
    assert_eq!(
        (after.producer_epoch(), after.last_sequence()),
        (before.producer_epoch(), before.last_sequence())
    );
    assert_eq!(log.log_end_offset(), Offset(6));
}

#[test]
fn segments_are_put_together_and_look_as_old_as_the_last_of_them() {
    let mut rig = Rig::new(compacted());
    for n in 0..40 {
        rig.put(&format!("k{}", n % 4), "value");
    }
    let snapshots = |rig: &Rig| rig.names().iter().filter(|name| name.ends_with(".snapshot")).count();
    rig.roll();
    let segments = lock(&rig.log).segment_count();
    assert!(segments > 5 && snapshots(&rig) > 5, "{segments}");
    let first = Path::new(DIR).join("00000000000000000000.log");
    let modified =
        |rig: &Rig| rig.sim.open(&first, ottla_io::OpenMode::Write).unwrap().modified_ms().unwrap();
    rig.now = Timestamp(NOW.0 + 5000);
    let cleaned = rig.try_clean().unwrap().stats;
    let inactive = segments as u64 - 1;
    assert_eq!((cleaned.segments_read, cleaned.segments_written), (inactive, inactive), "all were full");
    rig.clean_to = None;
    let cleaned = rig.try_clean().unwrap().stats;
    assert_eq!((cleaned.segments_read, cleaned.segments_written), (inactive, 1));
    assert_eq!((lock(&rig.log).segment_count(), snapshots(&rig)), (2, 1));
    assert_eq!(modified(&rig), NOW.0);
    let late = Timestamp(rig.now.0 + 60_000);
    lock(&rig.log).due_deletions(late).unwrap().run().unwrap();
    assert!(!rig.names().iter().any(|name| name.ends_with(".deleted")), "{:?}", rig.names());
}

#[test]
fn a_map_too_small_for_all_keys_takes_several_rounds() {
    let mut rig = Rig::new(LogConfig { segment_bytes: 2000, ..compacted() });
    rig.cleaner = Cleaner::new(&CleanerSettings { dedupe_buffer_bytes: 24 * 20, ..SETTINGS });
    for n in 0..100 {
        rig.put(&format!("k{:02}", n % 50), &format!("{n}"));
    }
    rig.roll();
    let mut rounds = 0;
    while rig.cleanable().cleanable_bytes > 0 && rig.clean_to != Some(Offset(100)) {
        rig.try_clean().unwrap();
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 2, "{rounds}");
    let records = rig.records();
    assert_eq!(records.iter().map(|(offset, ..)| *offset).collect::<Vec<_>>(), (50..100).collect::<Vec<_>>());
}

#[test]
fn readers_go_on_in_the_old_files() {
    let mut rig = Rig::new(compacted());
    for n in 0..30 {
        rig.put("a", &format!("{n}"));
    }
    let before = rig.records();
    let options = ottla_log::log::ReadOptions {
        start_offset: Offset(0),
        bytes_max: 1 << 20,
        min_one_message: true,
        isolation: FetchIsolation::LogEnd,
    };
    let slice = lock(&rig.log).read(&options).unwrap().slice.unwrap();
    rig.clean();
    let mut bytes = vec![0; slice.len as usize];
    slice.file.read_exact_at(&mut bytes, u64::from(slice.position)).unwrap();
    assert_eq!(Batch::parse(&bytes).unwrap().base_offset.0, before[0].0);
}

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
    let job = lock(&rig.log).flush_job().unwrap().run();
    lock(&rig.log).complete_flush(job, NOW).unwrap();
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
