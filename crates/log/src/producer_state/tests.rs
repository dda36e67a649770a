use std::collections::BTreeMap;
use std::path::Path;

use ottla_io::sim::Corruption;
use ottla_record::{Batch, Decompressor, Offset, ProducerId, Timestamp, TransactionResult};
use proptest::prelude::*;

use super::snapshot::{decode_snapshot, encode_snapshot};
use super::*;
use crate::offsets::LogOffsetMetadata;
use crate::testing::{NOW, Rig, TestBatch, marker};

const PRODUCER: ProducerId = ProducerId(7);

fn data(epoch: i16, first_sequence: i32, first_offset: i64, count: i32) -> ProducerBatch {
    ProducerBatch {
        producer_epoch: epoch,
        first_sequence,
        last_sequence: ottla_record::increment_sequence(first_sequence, count - 1),
        max_timestamp: NOW,
        first_offset: LogOffsetMetadata::offset_only(Offset(first_offset)),
        last_offset: Offset(first_offset + i64::from(count) - 1),
        transactional: false,
    }
}

fn in_transaction(epoch: i16, first_sequence: i32, first_offset: i64) -> ProducerBatch {
    ProducerBatch { transactional: true, ..data(epoch, first_sequence, first_offset, 1) }
}

fn end(epoch: i16, coordinator_epoch: i32, offset: i64, transaction_version: i16) -> ProducerMarker {
    ProducerMarker {
        producer_epoch: epoch,
        coordinator_epoch,
        aborts: true,
        offset: Offset(offset),
        timestamp: NOW,
        transaction_version: Some(transaction_version),
    }
}

fn try_append(
    state: &mut ProducerStateManager,
    origin: AppendOrigin,
    batch: &ProducerBatch,
) -> Result<(), ProducerStateError> {
    let mut append = state.prepare_update(PRODUCER, origin);
    append.append_data(batch)?;
    state.update(append);
    state.update_map_end_offset(batch.last_offset + 1);
    Ok(())
}

fn try_mark(
    state: &mut ProducerStateManager,
    marker: &ProducerMarker,
) -> Result<Option<CompletedTransaction>, ProducerStateError> {
    let mut append = state.prepare_update(PRODUCER, AppendOrigin::Coordinator);
    let completed = append.append_marker(marker)?;
    state.update(append);
    if let Some(completed) = &completed {
        state.complete_transaction(completed);
    }
    state.update_map_end_offset(marker.offset + 1);
    Ok(completed)
}

fn client(state: &mut ProducerStateManager, batch: &ProducerBatch) -> Result<(), ProducerStateError> {
    try_append(state, AppendOrigin::Client, batch)
}

/// The header of a transactional batch, or of a marker.
fn header_of(epoch: i16, is_marker: bool) -> BatchHeader {
    let bytes = match is_marker {
        true => marker(0, (PRODUCER.0, epoch), TransactionResult::Commit),
        false => {
            TestBatch { producer: Some((PRODUCER.0, epoch, 0)), transactional: true, ..TestBatch::at(0) }
                .build()
        }
    };
    BatchHeader::parse(&bytes).expect("a header")
}

#[test]
fn sequences_must_follow() {
    let mut state = Rig::new().producer_state();
    client(&mut state, &data(0, 5, 0, 10)).expect("an unknown producer begins anywhere");
    client(&mut state, &data(0, 15, 10, 1)).expect("follows");
    let error = client(&mut state, &data(0, 17, 11, 1)).expect_err("a gap");
    let expected =
        "sequence 17 of producer 7, epoch 0, at offset 11 does not follow 15: sequences are gapless";
    assert_eq!(error.to_string(), expected);
    client(&mut state, &data(0, 15, 11, 1)).expect_err("a repetition that is no longer kept");
    client(&mut state, &data(1, 1, 11, 1)).expect_err("a new epoch begins with 0");
    client(&mut state, &data(1, 0, 11, 1)).expect("a new epoch");
    let error = client(&mut state, &data(0, 16, 12, 1)).expect_err("fenced");
    assert_eq!(error.to_string(), "epoch 0 of producer 7 at offset 12 is below the last seen epoch 1");
    try_append(&mut state, AppendOrigin::Replication, &data(1, 9, 12, 1)).expect("checked by the leader");
}

#[test]
fn sequences_wrap() {
    let mut state = Rig::new().producer_state();
    client(&mut state, &data(0, i32::MAX - 1, 0, 2)).expect("up to the end");
    client(&mut state, &data(0, 0, 2, 1)).expect("from the beginning");
    client(&mut state, &data(1, 0, 3, 1)).expect("a new epoch");
    let mut wrapping = data(1, 1, 4, 1);
    wrapping.first_sequence = i32::MAX;
    client(&mut state, &wrapping).expect_err("far off");
}

#[test]
fn five_batches_are_kept_for_duplicates() {
    let mut state = Rig::new().producer_state();
    for n in 0..7 {
        client(&mut state, &data(0, 2 * n, i64::from(2 * n), 2)).expect("follows");
    }
    let entry = state.entry(PRODUCER).expect("known");
    assert_eq!(entry.batches().len(), BATCHES_RETAINED);
    assert_eq!((entry.first_sequence(), entry.last_sequence()), (4, 13));
    assert_eq!((entry.first_data_offset(), entry.last_data_offset()), (Offset(4), Offset(13)));
    assert_eq!(entry.find_duplicate(0, 6, 7).map(BatchMetadata::first_offset), Some(Offset(6)));
    assert!(entry.find_duplicate(0, 2, 3).is_none(), "too old");
    assert!(entry.find_duplicate(1, 6, 7).is_none(), "another epoch");
    assert!(entry.find_duplicate(0, 6, 8).is_none(), "another range");
}

#[test]
fn transactions_hold_back_the_last_stable_offset() {
    let mut state = Rig::new().producer_state();
    client(&mut state, &in_transaction(0, 0, 3)).expect("begins");
    assert_eq!(state.first_unstable_offset().map(|first| first.offset), Some(Offset(3)));
    let error = client(&mut state, &data(0, 1, 4, 1)).expect_err("plain within a transaction");
    assert!(matches!(error, ProducerStateError::InvalidTransactionState { .. }));
    client(&mut state, &in_transaction(0, 1, 4)).expect("goes on");
    let completed = try_mark(&mut state, &end(0, 0, 5, 0)).expect("ends").expect("had records");
    assert_eq!(
        (completed.first_offset, completed.last_offset, completed.aborted),
        (Offset(3), Offset(5), true)
    );
    assert_eq!(state.first_undecided_offset(), None);
    assert_eq!(
        state.first_unstable_offset().map(|first| first.offset),
        Some(Offset(3)),
        "not yet replicated"
    );
    state.on_high_watermark_updated(Offset(5));
    assert!(state.first_unstable_offset().is_some(), "the marker is at the high watermark");
    state.on_high_watermark_updated(Offset(6));
    assert!(state.first_unstable_offset().is_none());
    client(&mut state, &data(0, 2, 6, 1)).expect("plain again");
}

#[test]
fn markers_are_fenced_by_epochs() {
    let mut state = Rig::new().producer_state();
    client(&mut state, &in_transaction(3, 0, 0)).expect("begins");
    assert!(try_mark(&mut state, &end(2, 5, 1, 0)).is_err(), "an old producer epoch");
    assert!(try_mark(&mut state, &end(3, 5, 1, 2)).is_err(), "each transaction has an epoch of its own");
    assert!(try_mark(&mut state, &end(4, 5, 1, 2)).expect("ends").is_some());
    assert!(try_mark(&mut state, &end(4, 5, 2, 2)).expect("written twice").is_none());
    let fenced = try_mark(&mut state, &end(5, 4, 3, 2)).expect_err("an old coordinator");
    assert!(matches!(fenced, ProducerStateError::CoordinatorFenced { epoch: 4, current: 5, .. }));
    client(&mut state, &in_transaction(i16::MAX, 0, 4)).expect("the last epoch");
    assert!(try_mark(&mut state, &end(i16::MAX, 5, 5, 2)).expect("epochs are used up").is_some());
}

#[test]
fn verification_holds_back_higher_sequences() {
    let mut state = Rig::new().producer_state();
    let question = |lowest_sequence, producer_epoch, supports_epoch_bump| VerificationState {
        created: NOW,
        lowest_sequence,
        producer_epoch,
        supports_epoch_bump,
    };
    state.begin_verification(PRODUCER, question(5, 0, false));
    let guard = state.begin_verification(PRODUCER, question(3, 0, false));
    let lowest = |state: &ProducerStateManager| state.verification(PRODUCER).expect("asked").lowest_sequence;
    assert_eq!(lowest(&state), 3);
    client(&mut state, &in_transaction(0, 4, 0)).expect_err("3 comes first");
    client(&mut state, &in_transaction(0, 3, 0)).expect("the lowest");
    assert_eq!(state.begin_verification(PRODUCER, question(9, 1, true)), guard, "the question is the same");
    assert_eq!(lowest(&state), 9);
    assert!(state.is_verified(PRODUCER, guard));
    state.end_verification(&header_of(1, false));
    assert!(state.verification(PRODUCER).is_none());
    assert_ne!(state.begin_verification(PRODUCER, question(9, 1, true)), guard, "of another transaction");
    assert!(!state.is_verified(PRODUCER, guard));
    // The marker of the transaction before has the epoch of this one.
    state.end_verification(&header_of(1, true));
    assert!(state.verification(PRODUCER).is_some());
    state.end_verification(&header_of(2, true));
    assert!(state.verification(PRODUCER).is_none());
    let mut fresh = Rig::new().producer_state();
    fresh.begin_verification(PRODUCER, question(9, 1, true));
    client(&mut fresh, &in_transaction(1, 9, 0))
        .expect_err("a producer with epochs of its own begins with 0");
}

#[test]
fn late_transactions_and_idle_producers() {
    let mut state = Rig::new().producer_state();
    client(&mut state, &in_transaction(0, 0, 0)).expect("begins");
    assert!(!state.has_late_transaction(Timestamp(NOW.0 + 1_200_000)));
    assert!(state.has_late_transaction(Timestamp(NOW.0 + 1_200_001)));
    let day = Timestamp(NOW.0 + 86_400_000);
    state.remove_expired_producers(day);
    assert!(!state.is_empty(), "its transaction is open");
    try_mark(&mut state, &end(0, 0, 1, 0)).expect("ends");
    state.on_high_watermark_updated(Offset(2));
    state.remove_expired_producers(Timestamp(day.0 - 1));
    assert!(!state.is_empty());
    state.remove_expired_producers(day);
    assert!(state.is_empty());
}

/// The producer snapshot that Apache Kafka 4.3 writes for one producer.
const GOLDEN: &str = "0001702113e500000001000000000000000700030000000900000000000000080000000400000000000003e8\
                      000000040000000000000005";

fn golden() -> Vec<u8> {
    (0..GOLDEN.len()).step_by(2).map(|at| u8::from_str_radix(&GOLDEN[at..at + 2], 16).expect("hex")).collect()
}

#[test]
fn snapshot_bytes_are_kafkas() {
    let entries = decode_snapshot(Path::new("golden"), &golden()).expect("valid");
    let [entry] = &entries[..] else { panic!("one producer, not {entries:?}") };
    assert_eq!((entry.producer_id(), entry.producer_epoch(), entry.coordinator_epoch()), (PRODUCER, 3, 4));
    assert_eq!(
        (entry.last_sequence(), entry.last_data_offset(), entry.last_offset_delta()),
        (9, Offset(8), 4)
    );
    assert_eq!(
        (entry.last_timestamp(), entry.current_transaction_first_offset()),
        (Timestamp(1000), Some(Offset(5)))
    );
    assert_eq!(encode_snapshot(entries.iter()), golden());
    assert_eq!(encode_snapshot([].iter()).len(), 10);
}

#[test]
fn snapshots_that_lie_are_told() {
    let check = |damage: fn(&mut Vec<u8>), what: &str| {
        let mut bytes = golden();
        damage(&mut bytes);
        let error = decode_snapshot(Path::new("5.snapshot"), &bytes).expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    };
    fn fix_crc(bytes: &mut [u8]) {
        let crc = ottla_record::crc32c(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.to_be_bytes());
    }
    check(|bytes| bytes.clear(), "it ends within its header");
    check(|bytes| bytes[1] = 2, "version is 2, 1 would be right");
    check(|bytes| bytes[20] ^= 1, "stored crc is");
    check(|bytes| bytes.truncate(55), "stored crc is");
    check(
        |bytes| {
            bytes[6..10].fill(0x7f);
            fix_crc(bytes);
        },
        "2139062143 producers counted, 1 are there",
    );
    check(
        |bytes| {
            bytes[6..10].fill(0xff);
            fix_crc(bytes);
        },
        "-1 producers counted",
    );
}

#[test]
fn corrupt_snapshots_give_way_to_older_ones() {
    let rig = Rig::new();
    let mut state = rig.producer_state();
    for n in 0..3 {
        client(&mut state, &data(0, n, i64::from(n), 1)).expect("follows");
        assert!(state.take_snapshot().expect("written").is_some());
        assert!(state.take_snapshot().expect("nothing new").is_none());
    }
    let newest = rig.dir.join("00000000000000000003.snapshot");
    rig.sim.corrupt(&newest, 20..21, Corruption::FlipBit).expect("corrupt");
    let mut state = rig.producer_state();
    state.truncate_and_reload(Offset(0), Offset(9), NOW).expect("load");
    assert_eq!(state.map_end_offset(), Offset(2));
    assert_eq!(state.entry(PRODUCER).expect("known").last_sequence(), 1);
    assert_eq!(rig.names(), ["00000000000000000001.snapshot", "00000000000000000002.snapshot"]);
}

#[test]
fn reloading_keeps_to_the_log() {
    let rig = Rig::new();
    let mut state = rig.producer_state();
    for n in 0..6 {
        client(&mut state, &data(0, n, i64::from(n), 1)).expect("follows");
        state.take_snapshot().expect("written");
    }
    state.truncate_and_reload(Offset(2), Offset(6), NOW).expect("load");
    assert_eq!(state.entry(PRODUCER).expect("known").last_sequence(), 5, "it counted to there already");
    state.truncate_and_reload(Offset(2), Offset(4), NOW).expect("load");
    assert_eq!(state.entry(PRODUCER).expect("known").last_sequence(), 3);
    assert_eq!(state.snapshots().collect::<Vec<_>>(), [Offset(3), Offset(4)]);
    state.truncate_and_reload(Offset(8), Offset(9), NOW).expect("load");
    assert!(state.is_empty());
    assert_eq!(state.map_end_offset(), Offset(8));
    state.truncate_fully_and_start_at(Offset(20)).expect("start over");
    assert_eq!((state.map_end_offset(), rig.names().len()), (Offset(20), 0));
}

#[test]
fn stray_snapshots_go() {
    let rig = Rig::new();
    let stray = |offsets: &[i64], segments: &[i64]| {
        offsets.iter().for_each(|offset| rig.write(&format!("{offset:020}.snapshot"), &golden()));
        let mut state = rig.producer_state();
        let segments: Vec<_> = segments.iter().copied().map(Offset).collect();
        state.remove_stray_snapshots(&segments).expect("remove");
        let left: Vec<_> = state.snapshots().map(|offset| offset.0).collect();
        assert_eq!(rig.names().len(), left.len());
        state.delete_snapshots_before(Offset(i64::MAX)).expect("remove");
        left
    };
    assert_eq!(stray(&[1, 2, 3, 5], &[2, 5]), [2, 5]);
    assert_eq!(stray(&[1, 2, 7, 9], &[2, 5]), [2, 9]);
    assert_eq!(stray(&[1, 2], &[]), [2]);
}

#[test]
fn snapshots_are_renamed_before_they_go() {
    let rig = Rig::new();
    rig.write("00000000000000000004.snapshot", &golden());
    let mut state = rig.producer_state();
    let path = state.mark_snapshot_deleted(Offset(4)).expect("rename").expect("there");
    assert!(path.ends_with("00000000000000000004.snapshot.deleted"));
    assert_eq!(state.mark_snapshot_deleted(Offset(4)).expect("gone"), None);
    assert!(rig.producer_state().latest_snapshot_offset().is_none());
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Data { producer: i64, count: usize, transactional: bool, bump: bool },
    End { producer: i64, commits: bool },
    Plain,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4i64, 1..4usize, any::<bool>(), prop::bool::weighted(0.1))
            .prop_map(|(producer, count, transactional, bump)| Step::Data { producer, count, transactional, bump }),
        2 => (0..4i64, any::<bool>()).prop_map(|(producer, commits)| Step::End { producer, commits }),
        1 => Just(Step::Plain),
    ]
}

/// What one would write down of a producer with pen and paper.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Known {
    epoch: i16,
    next_sequence: i32,
    last_offset: i64,
    open_since: Option<i64>,
}

proptest! {
    #![proptest_config(crate::testing::cases(64))]

    #[test]
    fn replay_is_what_was_appended(steps in prop::collection::vec(step(), 1..60), cut in any::<prop::sample::Index>()) {
        let rig = Rig::new();
        let mut model: BTreeMap<i64, Known> = BTreeMap::new();
        let mut log = Vec::new();
        let mut offset = 0;
        for step in steps {
            let bytes = match step {
                Step::Plain => TestBatch::at(offset).build(),
                Step::Data { producer, count, transactional, bump } => {
                    let known = model.entry(producer).or_default();
                    let open = known.open_since.is_some();
                    if bump && !open {
                        *known = Known { epoch: known.epoch + 1, ..Known::default() };
                    }
                    let sequence = known.next_sequence;
                    known.next_sequence += count as i32;
                    known.last_offset = offset + count as i64 - 1;
                    if transactional && !open {
                        known.open_since = Some(offset);
                    }
                    let producer = Some((producer, known.epoch, sequence));
                    TestBatch { count, producer, transactional: transactional || open, ..TestBatch::at(offset) }.build()
                }
                Step::End { producer, commits } => {
                    let Some(known) = model.get_mut(&producer) else { continue };
                    known.open_since = None;
                    let result = if commits { TransactionResult::Commit } else { TransactionResult::Abort };
                    marker(offset, (producer, known.epoch), result)
                }
            };
            offset = crate::testing::header(&bytes).next_offset().0;
            log.push(bytes);
        }

        let cut = cut.index(log.len() + 1);
        let replay = |state: &mut ProducerStateManager, batches: &[Vec<u8>]| {
            let mut decompressor = Decompressor::with_limit(1024);
            for bytes in batches {
                let batch = Batch::parse(bytes).expect("whole");
                if let Some(completed) = state.replay(batch.header(), Some(&batch), &mut decompressor) {
                    state.complete_transaction(&completed);
                }
            }
        };
        let mut state = rig.producer_state();
        replay(&mut state, &log[..cut]);
        state.take_snapshot().expect("written");
        let mut state = rig.producer_state();
        state.truncate_and_reload(Offset(0), Offset(offset + 1), NOW).expect("load");
        replay(&mut state, &log[cut..]);

        prop_assert_eq!(state.map_end_offset(), Offset(offset));
        let open = model.values().filter_map(|known| known.open_since).min();
        prop_assert_eq!(state.first_undecided_offset().map(|first| first.0), open);
        for (producer, known) in &model {
            let entry = state.entry(ProducerId(*producer)).expect("known");
            prop_assert_eq!(entry.producer_epoch(), known.epoch);
            prop_assert_eq!(entry.current_transaction_first_offset().map(|first| first.0), known.open_since);
            prop_assert_eq!(entry.last_sequence(), known.next_sequence - 1);
            prop_assert_eq!(entry.last_data_offset().0, known.last_offset);
        }
    }
}
