//! Appending as a leader and as a follower.

mod common;

use common::*;
use ottla_log::config::{CleanupPolicy, CompressionPolicy, LogConfig};
use ottla_log::log::{AppendError, AppendInfo, FetchIsolation, LeaderAppendOptions};
use ottla_log::producer_state::{AppendOrigin, ProducerStateError, Verification, VerificationState};
use ottla_log::validate::{InvalidBatch, RecordErrorCause, ValidationOptions, validate};
use ottla_record::{
    Batch, Batches, Codec, Decompressor, LeaderEpoch, Offset, ProducerId, Timestamp, TimestampType,
    TransactionResult,
};

#[test]
fn a_leader_gives_offsets_and_epoch() {
    let mut rig = Rig::new(LogConfig::default());
    rig.epoch = LeaderEpoch(7);
    let first = rig.append(&TestBatch::of(3)).expect("appends");
    assert_eq!((first.first_offset, first.last_offset), (Offset(0), Offset(2)));
    let second = rig.append(&TestBatch::of(2)).expect("appends");
    assert_eq!((second.first_offset, second.last_offset), (Offset(3), Offset(4)));
    assert_eq!(rig.log.log_end_offset(), Offset(5));
    assert_eq!(rig.offsets_from(0), [(0, 2), (3, 4)]);
    assert_eq!(rig.log.latest_epoch(), Some(LeaderEpoch(7)));
    let bytes = rig.read_bytes(3, FetchIsolation::LogEnd).expect("reads");
    let batch = Batch::parse(&bytes).expect("whole");
    assert_eq!(batch.partition_leader_epoch, LeaderEpoch(7));
    batch.verify().expect("offset and epoch are outside the checksum");
}

#[test]
fn segments_roll_when_full() {
    let mut rig = Rig::small_segments();
    rig.append_many(20);
    assert!(rig.log.segment_count() > 2, "{}", rig.log.segment_count());
    assert_eq!(rig.offsets_from(0), (0..20).map(|offset| (offset, offset)).collect::<Vec<_>>());
    rig.reopen();
    assert_eq!(rig.offsets_from(0).len(), 20);
    assert_eq!(rig.log.log_end_offset(), Offset(20));
}

#[test]
fn old_segments_roll_by_the_time_of_their_records() {
    let mut rig = Rig::new(LogConfig { segment_ms: 1000, ..LogConfig::default() });
    rig.append(&TestBatch::default()).expect("appends");
    rig.append(&TestBatch { timestamp: Timestamp(NOW.0 + 1000), ..TestBatch::default() }).expect("appends");
    assert_eq!(rig.log.segment_count(), 1);
    rig.append(&TestBatch { timestamp: Timestamp(NOW.0 + 1001), ..TestBatch::default() }).expect("appends");
    assert_eq!(rig.log.segment_count(), 2);
}

#[test]
fn a_small_batch_of_much_nothing_is_taken_as_it_is_and_not_built_anew() {
    let much = TestBatch { value_len: 130 << 20, compression: Codec::Zstd.into(), ..TestBatch::default() };
    let mut rig = Rig::new(LogConfig::default());
    rig.append(&much).expect("it is looked at a block at a time");
    let policy = CompressionPolicy::Topic(Codec::Gzip.into());
    let mut rig = Rig::new(LogConfig { compression_type: policy, ..LogConfig::default() });
    let refused = rig.append(&much);
    assert!(matches!(refused, Err(AppendError::Invalid(_))), "{refused:?}");
}

#[test]
fn a_batch_above_the_limits_is_refused() {
    let mut rig = Rig::new(LogConfig { max_message_bytes: 100, ..LogConfig::default() });
    let refused = rig.append(&TestBatch { value_len: 100, ..TestBatch::default() });
    assert!(matches!(refused, Err(AppendError::TooLarge(error)) if error.size_max == 100));
    let mut rig = Rig::new(LogConfig { segment_bytes: 100, ..LogConfig::default() });
    let refused = rig.append(&TestBatch { value_len: 100, ..TestBatch::default() });
    assert!(matches!(refused, Err(AppendError::SegmentSize(_))));
    assert_eq!(rig.log.log_end_offset(), Offset(0));
}

#[test]
fn a_client_may_not_send_everything() {
    let mut rig = Rig::new(LogConfig::default());
    let one = TestBatch::default().build();
    let two = [one.clone(), one.clone()].concat();
    let check = |rig: &mut Rig, bytes: Vec<u8>, expected: InvalidBatch| match rig
        .append_bytes(bytes, AppendOrigin::Client)
    {
        Err(AppendError::Invalid(error)) => assert_eq!(error, expected),
        other => panic!("{other:?} instead of {expected}"),
    };
    check(&mut rig, Vec::new(), InvalidBatch::NoBatch);
    check(&mut rig, one[..one.len() - 1].to_vec(), InvalidBatch::NoBatch);
    check(&mut rig, two, InvalidBatch::MoreThanOne);
    check(
        &mut rig,
        TestBatch { base_offset: 3, ..TestBatch::default() }.build(),
        InvalidBatch::BaseOffset(Offset(3)),
    );
    check(&mut rig, marker((1, 0), TransactionResult::Commit), InvalidBatch::Control);

    let mut flipped = one.clone();
    *flipped.last_mut().expect("not empty") ^= 1;
    assert!(matches!(rig.append_bytes(flipped, AppendOrigin::Client), Err(AppendError::Corrupt(_))));
    assert_eq!(rig.log.log_end_offset(), Offset(0));
    let trailing = [&one[..], &one[..20]].concat();
    rig.append_bytes(trailing, AppendOrigin::Client).expect("what is cut off is left out");
    assert_eq!(rig.offsets_from(0), [(0, 0)]);
}

#[test]
fn compaction_needs_keys_and_clocks_may_not_differ_too_far() {
    let mut rig = Rig::new(LogConfig { cleanup_policy: CleanupPolicy::COMPACT, ..LogConfig::default() });
    let batch = TestBatch { keys: vec![Some("a"), None, Some("b"), None], ..TestBatch::default() };
    match rig.append(&batch) {
        Err(AppendError::Rejected(error)) => {
            assert_eq!(error.errors.iter().map(|error| error.index).collect::<Vec<_>>(), [1, 3]);
            assert!(!error.invalid_timestamp);
            assert!(error.errors.iter().all(|error| error.cause == RecordErrorCause::NoKey));
        }
        other => panic!("{other:?}"),
    }
    let hour = 3_600_000;
    let late = TestBatch { timestamp: Timestamp(NOW.0 + hour + 1), ..TestBatch::default() };
    match rig.append(&late) {
        Err(AppendError::Rejected(error)) => assert!(error.invalid_timestamp),
        other => panic!("{other:?}"),
    }
    rig.append(&TestBatch { timestamp: Timestamp(NOW.0 + hour), ..TestBatch::default() })
        .expect("just in time");
    rig.append(&TestBatch { timestamp: Timestamp(0), ..TestBatch::default() })
        .expect("the past has no limit");
    rig.append(&TestBatch { timestamp: Timestamp::NONE, ..TestBatch::default() })
        .expect("no time is no wrong time");
}

#[test]
fn log_append_time_is_the_leaders() {
    for codec in Codec::ALL {
        let config =
            LogConfig { message_timestamp_type: TimestampType::LogAppendTime, ..LogConfig::default() };
        let mut rig = Rig::new(config);
        rig.now = Timestamp(5_000);
        let info = rig.append(&TestBatch { compression: codec.into(), ..TestBatch::of(2) }).expect("appends");
        assert_eq!(info.log_append_time, Some(Timestamp(5_000)));
        let bytes = rig.read_bytes(0, FetchIsolation::LogEnd).expect("reads");
        let batch = Batch::parse(&bytes).expect("whole");
        batch.verify().expect("the checksum was made anew");
        assert_eq!(batch.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(batch.max_timestamp, Timestamp(5_000));
    }
}

#[test]
fn the_topics_codec_is_what_is_stored() {
    for (source, target) in
        [(Codec::None, Codec::Zstd), (Codec::Gzip, Codec::Lz4), (Codec::Snappy, Codec::None)]
    {
        let config =
            LogConfig { compression_type: CompressionPolicy::Topic(target.into()), ..LogConfig::default() };
        let mut rig = Rig::new(config);
        let sent = TestBatch { compression: source.into(), producer: Some((4, 1, 0)), ..TestBatch::of(5) };
        let info = rig.append(&sent).expect("appends");
        assert_eq!(info.last_offset, Offset(4));
        let bytes = rig.read_bytes(0, FetchIsolation::LogEnd).expect("reads");
        let batch = Batch::parse(&bytes).expect("whole");
        batch.verify().expect("sound");
        assert_eq!(batch.attributes.codec(), Ok(target));
        assert_eq!((batch.producer_id.0, batch.producer_epoch, batch.base_sequence), (4, 1, 0));
        let mut decompressor = Decompressor::with_limit(1 << 20);
        let offsets: Vec<_> = batch
            .records(&mut decompressor)
            .expect("reads")
            .map(|record| record.expect("sound").offset.0)
            .collect();
        assert_eq!(offsets, [0, 1, 2, 3, 4]);
    }
}

#[test]
fn a_batch_sent_twice_is_appended_once() {
    let mut rig = Rig::new(LogConfig::default());
    let batch = |sequence| TestBatch { producer: Some((9, 0, sequence)), ..TestBatch::of(2) };
    for n in 0..4 {
        rig.append(&batch(2 * n)).expect("appends");
    }
    let again = rig.append(&batch(2)).expect("is known");
    assert!(again.is_duplicate);
    assert_eq!((again.first_offset, again.last_offset, again.bytes), (Offset(2), Offset(3), 0));
    assert_eq!(rig.log.log_end_offset(), Offset(8));
    assert!(matches!(rig.append(&batch(20)), Err(AppendError::Producer(_))), "a gap in the sequence");
    rig.reopen();
    assert!(rig.append(&batch(6)).expect("is known").is_duplicate, "the snapshot knows the last batch");
    rig.append(&batch(8)).expect("continues");
}

#[test]
fn a_follower_takes_offsets_as_they_are() {
    let mut leader = Rig::small_segments();
    leader.append_many(6);
    leader.epoch = LeaderEpoch(3);
    leader.append_many(6);
    let mut follower = Rig::small_segments();
    follower.epoch = LeaderEpoch(2);
    let mut from = 0;
    loop {
        let bytes = leader.read_bytes(from, FetchIsolation::LogEnd).expect("reads");
        match follower.follow(&bytes).expect("appends") {
            Some(info) => from = info.last_offset.0 + 1,
            None if follower.epoch == LeaderEpoch(3) => break,
            None => follower.epoch = LeaderEpoch(3),
        }
    }
    assert_eq!(follower.offsets_from(0), leader.offsets_from(0));
    assert_eq!(follower.log.leader_epochs().entries(), leader.log.leader_epochs().entries());

    let bytes = leader.read_bytes(0, FetchIsolation::LogEnd).expect("reads");
    assert!(matches!(follower.follow(&bytes), Err(AppendError::UnexpectedOffset(_))));
    let twice = TestBatch { base_offset: 40, epoch: 3, ..TestBatch::default() }.build();
    assert!(matches!(follower.follow(&twice.repeat(2)), Err(AppendError::OffsetsOutOfOrder(_))));
    follower.follow(&twice).expect("compaction on the leader leaves gaps");
    assert_eq!(follower.log.log_end_offset(), Offset(41));
}

#[test]
fn consumers_see_to_the_last_stable_offset() {
    let mut rig = Rig::new(LogConfig::default());
    let data = |producer, sequence| TestBatch {
        producer: Some((producer, 0, sequence)),
        transactional: true,
        ..TestBatch::default()
    };
    rig.append(&TestBatch::default()).expect("appends");
    rig.append(&data(1, 0)).expect("appends");
    rig.append(&data(2, 0)).expect("appends");
    rig.replicate_all();
    assert_eq!(rig.log.last_stable_offset(), Offset(1));
    let committed = FetchIsolation::TransactionCommitted;
    let bytes = rig.read_bytes(0, committed).expect("reads");
    assert_eq!(Batches::new(&bytes).count(), 1);

    rig.end_transaction((1, 0), TransactionResult::Abort);
    assert_eq!(rig.log.last_stable_offset(), Offset(1), "the marker is not replicated yet");
    rig.replicate_all();
    assert_eq!(rig.log.last_stable_offset(), Offset(2));
    rig.end_transaction((2, 0), TransactionResult::Commit);
    rig.replicate_all();
    assert_eq!(rig.log.last_stable_offset(), Offset(5));
    let aborted = rig.log.aborted_transactions(Offset(0), Offset(5)).expect("reads");
    assert_eq!(aborted.len(), 1);
    assert_eq!((aborted[0].first_offset, aborted[0].last_offset), (Offset(1), Offset(3)));
    assert_eq!(aborted[0].last_stable_offset, Offset(2));

    rig.crash_process();
    assert_eq!(rig.log.aborted_transactions(Offset(0), Offset(5)).expect("reads"), aborted);
    rig.replicate_all();
    assert_eq!(rig.log.last_stable_offset(), Offset(5));
}

/// A batch of a transaction, appended with what shows that it was asked about.
fn append_in_transaction(
    rig: &mut Rig,
    sequence: i32,
    verification: Verification,
) -> Result<AppendInfo, AppendError> {
    let producer = Some((9, 3, sequence));
    let mut bytes = TestBatch { producer, transactional: true, ..TestBatch::default() }.build();
    let options = LeaderAppendOptions {
        leader_epoch: rig.epoch,
        origin: AppendOrigin::Client,
        transaction_version: None,
        now: NOW,
    };
    let validation = ValidationOptions { origin: AppendOrigin::Client, now: NOW };
    let batch = validate(&mut bytes, &rig.config, &validation, &mut rig.scratch).expect("valid");
    rig.log.append_verified(batch, &options, verification)
}

fn question(sequence: i32, producer_epoch: i16) -> VerificationState {
    VerificationState { created: NOW, lowest_sequence: sequence, producer_epoch, supports_epoch_bump: false }
}

#[test]
fn the_first_batch_of_a_transaction_needs_an_answer_of_its_own() {
    const PRODUCER: ProducerId = ProducerId(9);
    let unverified = |result: Result<AppendInfo, AppendError>| {
        let unverified =
            matches!(result, Err(AppendError::Producer(ProducerStateError::UnverifiedTransaction { .. })));
        assert!(unverified, "{result:?}");
    };
    let mut rig = Rig::new(LogConfig::default());
    unverified(append_in_transaction(&mut rig, 0, Verification::Needed(None)));
    let stale = rig.log.start_verification(PRODUCER, question(0, 3)).expect("not fenced").expect("asked");
    // While the answer is on its way the transaction is aborted, which takes the question along.
    rig.append_bytes(marker((9, 3), TransactionResult::Abort), AppendOrigin::Coordinator).expect("ends");
    unverified(append_in_transaction(&mut rig, 0, Verification::Needed(Some(stale))));
    let guard = rig.log.start_verification(PRODUCER, question(0, 3)).expect("not fenced").expect("asked");
    unverified(append_in_transaction(&mut rig, 0, Verification::Needed(Some(stale))));
    append_in_transaction(&mut rig, 0, Verification::Needed(Some(guard))).expect("vouched for");
    assert_eq!(rig.log.start_verification(PRODUCER, question(1, 3)).expect("not fenced"), None);
    append_in_transaction(&mut rig, 1, Verification::Needed(None)).expect("the transaction is open");
    rig.append_bytes(marker((9, 3), TransactionResult::Commit), AppendOrigin::Coordinator).expect("ends");
    unverified(append_in_transaction(&mut rig, 2, Verification::Needed(None)));
    let again = append_in_transaction(&mut rig, 1, Verification::Needed(None)).expect("sent twice");
    assert!(again.is_duplicate);
    assert!(
        rig.log.start_verification(PRODUCER, question(0, 2)).is_err(),
        "a fenced producer is not asked about"
    );
}
