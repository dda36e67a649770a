//! What stays of a log and what goes.

use std::path::Path;
use std::sync::Arc;

use ottla_io::Disk;
use ottla_log::cleaner::{Cleaner, CleanerSettings};
use ottla_log::config::LogConfig;
use ottla_log::log::{FetchIsolation, OpenOptions};
use ottla_log::manager::lock;
use ottla_record::{
    Batch, BatchSettings, Codec, Compression, Offset, ProducerId, Timestamp, TransactionResult,
};

use crate::common::{DIR, NOW};
use crate::rig::{Rig, SETTINGS, compacted, found};

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

    rig.put("a", "5");
    lock(&rig.log).roll(NOW).unwrap();
    assert_eq!(rig.cleanable().first_uncleanable_offset, Offset(5), "the rest is not on stable storage");
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
