//! Truncation, retention, deletion of records, offsets by time, flushes.

mod common;

use common::*;
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{FetchIsolation, IncrementError, ReadError, TimestampQuery};
use ottla_log::offsets::LogOffsetMetadata;
use ottla_record::{LeaderEpoch, Offset, Timestamp, TimestampType};

#[test]
fn truncation_cuts_records_epochs_and_producers() {
    let mut rig = Rig::small_segments();
    for n in 0..12 {
        rig.epoch = LeaderEpoch(n / 4);
        rig.append(&TestBatch { producer: Some((1, 0, n)), ..TestBatch::default() }).expect("appends");
    }
    rig.replicate_all();
    rig.log.flush(NOW).expect("flushes");
    assert!(!rig.log.truncate_to(Offset(12), NOW).expect("nothing to do"));
    assert!(rig.log.truncate_to(Offset(6), NOW).expect("truncates"));
    rig.log.invariants();
    assert_eq!(rig.offsets_from(0), (0..6).map(|offset| (offset, offset)).collect::<Vec<_>>());
    assert_eq!(rig.log.latest_epoch(), Some(LeaderEpoch(1)));
    assert_eq!(rig.log.high_watermark(), Offset(6));
    assert_eq!(rig.log.recovery_point(), Offset(6));
    let producer = rig.log.active_producers().next().expect("known");
    assert_eq!(producer.last_sequence(), 5);
    rig.append(&TestBatch { producer: Some((1, 0, 6)), ..TestBatch::default() }).expect("continues");
    rig.reopen();
    assert_eq!(rig.log.log_end_offset(), Offset(7));
}

#[test]
fn truncation_within_a_batch_takes_it_whole() {
    let mut rig = Rig::new(LogConfig::default());
    rig.append(&TestBatch::of(4)).expect("appends");
    rig.append(&TestBatch::of(4)).expect("appends");
    rig.log.truncate_to(Offset(6), NOW).expect("truncates");
    assert_eq!(rig.log.log_end_offset(), Offset(4));
    rig.append(&TestBatch::of(1)).expect("appends");
    assert_eq!(rig.offsets_from(0), [(0, 3), (4, 4)]);
}

#[test]
fn a_log_can_begin_anew_anywhere() {
    let mut rig = Rig::small_segments();
    rig.append_many(12);
    rig.log.truncate_fully_and_start_at(Offset(100), None, NOW).expect("truncates");
    rig.log.invariants();
    assert_eq!((rig.log.log_start_offset(), rig.log.log_end_offset()), (Offset(100), Offset(100)));
    assert_eq!(rig.log.segment_count(), 1);
    assert_eq!(rig.log.latest_epoch(), None);
    rig.append_many(2);
    assert_eq!(rig.offsets_from(100), [(100, 100), (101, 101)]);
    rig.crash_process();
    assert_eq!(rig.offsets_from(100), [(100, 100), (101, 101)]);
    // Below the first segment, truncation is beginning anew.
    rig.log.truncate_to(Offset(50), NOW).expect("truncates");
    assert_eq!((rig.log.log_start_offset(), rig.log.log_end_offset()), (Offset(50), Offset(50)));
    // At the very offset where the segment begins that goes.
    rig.log.truncate_fully_and_start_at(Offset(50), None, NOW).expect("truncates");
    rig.append_many(1);
    assert_eq!(rig.offsets_from(50), [(50, 50)]);
}

#[test]
fn deleted_files_wait_for_their_time() {
    let mut rig = Rig::small_segments();
    rig.append_many(12);
    rig.log.truncate_to(Offset(3), NOW).expect("truncates");
    let deleted = |rig: &Rig| rig.names().iter().filter(|name| name.ends_with(".deleted")).count();
    assert!(deleted(&rig) > 4);
    assert_eq!(rig.log.next_deletion_due(), Some(Timestamp(NOW.0 + 60_000)));
    assert!(rig.log.due_deletions(Timestamp(NOW.0 + 59_999)).is_none());
    rig.log.due_deletions(Timestamp(NOW.0 + 60_000)).expect("due").run().expect("removes");
    assert_eq!(deleted(&rig), 0);
    assert_eq!(rig.log.next_deletion_due(), None);
}

#[test]
fn only_replicated_records_are_deleted() {
    let mut rig = Rig::small_segments();
    rig.append_many(12);
    assert!(matches!(
        rig.log.maybe_increment_log_start_offset(Offset(1)),
        Err(IncrementError::AboveHighWatermark(_))
    ));
    rig.log.update_high_watermark(LogOffsetMetadata::offset_only(Offset(8)));
    assert!(rig.log.maybe_increment_log_start_offset(Offset(7)).expect("moves"));
    assert!(!rig.log.maybe_increment_log_start_offset(Offset(7)).expect("is there already"));
    let below = rig.read_bytes(6, FetchIsolation::LogEnd);
    assert!(matches!(below, Err(ReadError::OffsetOutOfRange(error)) if error.log_start_offset == Offset(7)));
    assert_eq!(rig.log.delete_old_segments(NOW).expect("deletes"), 1);
    assert_eq!(rig.log.first_segment_base_offset(), Offset(5));
    assert_eq!(rig.log.log_start_offset(), Offset(7));
    rig.reopen();
    assert_eq!(rig.log.log_start_offset(), Offset(7));
}

#[test]
fn segments_beyond_their_size_go() {
    let mut rig = Rig::new(LogConfig { retention_bytes: Some(800), ..small_segments() });
    rig.append_many(20);
    assert_eq!(rig.log.delete_old_segments(NOW).expect("nothing is replicated"), 0);
    rig.replicate_all();
    let size = rig.log.size();
    let deleted = rig.log.delete_old_segments(NOW).expect("deletes");
    assert!(deleted > 0);
    assert!(rig.log.size() >= 800 && rig.log.size() < size);
    assert_eq!(rig.log.log_start_offset(), rig.log.first_segment_base_offset());
    rig.log.invariants();
}

#[test]
fn segments_beyond_their_age_go_even_the_last() {
    let mut rig = Rig::new(LogConfig { retention_ms: Some(1000), ..small_segments() });
    rig.append_many(12);
    rig.replicate_all();
    assert_eq!(rig.log.delete_old_segments(Timestamp(NOW.0 + 1000)).expect("all are young"), 0);
    assert_eq!(rig.log.delete_old_segments(Timestamp(NOW.0 + 1001)).expect("deletes"), 3);
    assert_eq!((rig.log.log_start_offset(), rig.log.log_end_offset()), (Offset(12), Offset(12)));
    assert_eq!(rig.log.segment_count(), 1);
    assert_eq!(rig.log.delete_old_segments(Timestamp(NOW.0 + 9000)).expect("an empty one stays"), 0);
    rig.append_many(1);
    rig.log.invariants();

    let compacted = LogConfig { cleanup_policy: CleanupPolicy::COMPACT, ..rig.config.clone() };
    let mut rig = Rig::new(compacted);
    rig.append_many(12);
    rig.replicate_all();
    assert_eq!(rig.log.delete_old_segments(Timestamp(NOW.0 + 9000)).expect("compaction keeps"), 0);
}

#[test]
fn offsets_are_found_by_time() {
    let mut rig = Rig::small_segments();
    for n in [0, 10, 20, 15, 30, 30, 25, 40, 5, 50, 45] {
        rig.append(&TestBatch { timestamp: Timestamp(NOW.0 + n), ..TestBatch::default() }).expect("appends");
    }
    let at = |rig: &mut Rig, query| {
        rig.log
            .offset_for_timestamp(query)
            .expect("searches")
            .map(|found| (found.offset.0, found.timestamp.0 - NOW.0))
    };
    for (wanted, found) in
        [(-5, (0, 0)), (1, (1, 10)), (20, (2, 20)), (21, (4, 30)), (31, (7, 40)), (50, (9, 50))]
    {
        assert_eq!(at(&mut rig, TimestampQuery::At(Timestamp(NOW.0 + wanted))), Some(found), "{wanted}");
    }
    assert_eq!(at(&mut rig, TimestampQuery::At(Timestamp(NOW.0 + 51))), None);
    assert_eq!(at(&mut rig, TimestampQuery::MaxTimestamp), Some((9, 50)));
    assert_eq!(at(&mut rig, TimestampQuery::Earliest).map(|found| found.0), Some(0));
    assert_eq!(at(&mut rig, TimestampQuery::Latest).map(|found| found.0), Some(11));
    rig.reopen();
    assert_eq!(at(&mut rig, TimestampQuery::MaxTimestamp), Some((9, 50)));

    let config = LogConfig { message_timestamp_type: TimestampType::LogAppendTime, ..LogConfig::default() };
    let mut rig = Rig::new(config);
    assert_eq!(at(&mut rig, TimestampQuery::MaxTimestamp), None);
    rig.append(&TestBatch::of(3)).expect("appends");
    assert_eq!(at(&mut rig, TimestampQuery::MaxTimestamp), Some((2, 0)), "the last of a batch of one time");
}

#[test]
fn a_time_that_only_deleted_records_of_a_segment_reached_is_not_looked_for_further() {
    let mut rig = Rig::small_segments();
    for n in [0, 90, 10, 20, 20, 20, 20, 95] {
        rig.append(&TestBatch { timestamp: Timestamp(NOW.0 + n), ..TestBatch::default() }).expect("appends");
    }
    rig.replicate_all();
    let at = |rig: &mut Rig, n: i64| {
        let query = TimestampQuery::At(Timestamp(NOW.0 + n));
        rig.log.offset_for_timestamp(query).expect("searches").map(|found| found.offset.0)
    };
    assert_eq!(at(&mut rig, 25), Some(1));
    rig.log.maybe_increment_log_start_offset(Offset(2)).expect("moves");
    assert_eq!(rig.log.first_segment_base_offset(), Offset(0), "the segment stays");
    assert_eq!((at(&mut rig, 15), at(&mut rig, 25), at(&mut rig, 91)), (Some(3), None, Some(7)));
}

#[test]
fn a_flush_that_was_overtaken_by_a_truncation_counts_for_nothing() {
    let mut rig = Rig::new(LogConfig::default());
    rig.append_many(8);
    let job = rig.log.flush_job().expect("prepares");
    assert_eq!(job.target(), Offset(8));
    rig.log.truncate_to(Offset(4), NOW).expect("truncates");
    rig.append_many(6);
    rig.log.complete_flush(job.run(), NOW).expect("completes");
    assert_eq!(rig.log.recovery_point(), Offset(0));
    rig.log.flush(NOW).expect("flushes");
    assert_eq!(rig.log.recovery_point(), Offset(10));
}

#[test]
fn a_dropped_flush_is_made_good_by_the_next() {
    for seed in 0..50 {
        let mut rig = Rig::small_segments();
        rig.append_many(8);
        drop(rig.log.flush_job().expect("prepares"));
        rig.log.flush(NOW).expect("flushes");
        rig.crash(seed);
        assert_eq!(rig.log.log_end_offset(), Offset(8));
    }
}

#[test]
fn a_flush_is_due_when_the_config_says_so() {
    let mut rig = Rig::new(LogConfig { flush_messages: 3, flush_ms: 1000, ..LogConfig::default() });
    assert!(!rig.log.is_flush_due(Timestamp(NOW.0 + 5000)), "nothing to flush");
    assert!(!rig.append(&TestBatch::of(2)).expect("appends").must_flush);
    assert!(!rig.log.is_flush_due(NOW));
    assert!(rig.log.is_flush_due(Timestamp(NOW.0 + 1000)));
    assert!(rig.append(&TestBatch::of(1)).expect("appends").must_flush);
    assert!(rig.log.is_flush_due(NOW));
    rig.log.flush(NOW).expect("flushes");
    assert!(!rig.log.is_flush_due(NOW));
}

#[test]
fn a_failed_sync_takes_the_log_out_of_use() {
    use ottla_io::sim::{Failure, Fault, FaultRule, Operation};
    let mut rig = Rig::new(LogConfig::default());
    rig.append_many(3);
    rig.sim.add_fault(FaultRule::once(Operation::Sync, ".log", Fault::FailAndForget(Failure::InputOutput)));
    let outcome = rig.log.flush_job().expect("prepares").run();
    assert!(rig.log.complete_flush(outcome, NOW).is_err());
    assert_eq!(rig.log.recovery_point(), Offset(0));
    assert!(rig.append(&TestBatch::default()).is_err());
}
