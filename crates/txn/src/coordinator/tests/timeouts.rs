//! Transactions that take too long, and transactional ids that nobody uses.

use super::*;

#[test]
fn a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced() {
    for version in [TransactionVersion::V0, TransactionVersion::V1, TransactionVersion::V2] {
        let mut scene = Scene::new(version);
        let producer = scene.init("t");
        scene.pass(5_000);
        scene.add("t", producer, "a", 0);
        scene.pass(i64::from(TIMEOUT_MS));
        assert_eq!(scene.state("t"), "Ongoing 1000/0 1", "it is looked at every ten seconds");
        scene.pass(SCAN_MS);
        assert_eq!(scene.state("t"), "CompleteAbort 1000/1 0", "{version:?}");
        match version.raises_epoch() {
            // To its client it looks as if it had aborted it itself.
            true => assert_eq!(scene.end("t", producer, true), Err(ErrorCode::InvalidTxnState)),
            false => assert_eq!(scene.end("t", producer, true), Err(ErrorCode::ProducerFenced)),
        }
        assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::ProducerFenced);
        assert_eq!(scene.init("t").epoch, 2);
    }
}

#[test]
fn time_counts_from_the_first_partition() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    scene.pass(i64::from(TIMEOUT_MS) - SCAN_MS);
    scene.add("t", producer, "a", 1);
    scene.pass(2 * SCAN_MS);
    assert_eq!(scene.state("t"), "CompleteAbort 1000/1 0");
}

#[test]
fn whoever_ends_in_time_is_left_alone() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    scene.marks_at_once = false;
    scene.end("t", producer, true).unwrap();
    scene.pass(3 * i64::from(TIMEOUT_MS));
    assert_eq!(scene.state("t"), "PrepareCommit 1000/1 1");
    scene.mark(MarkerOutcome::Answered(ErrorCode::None));
    scene.pass(3 * i64::from(TIMEOUT_MS));
    assert_eq!(scene.state("t"), "CompleteCommit 1000/1 0");
}

#[test]
fn an_abort_that_could_not_be_written_is_tried_again_with_the_same_epoch() {
    for version in [TransactionVersion::V1, TransactionVersion::V2] {
        let mut scene = Scene::new(version);
        let producer = scene.init("t");
        scene.add("t", producer, "a", 0);
        scene.append_error = Some(ErrorCode::NotEnoughReplicas);
        scene.pass(10 * i64::from(TIMEOUT_MS));
        assert_eq!(scene.state("t"), "Ongoing 1000/0 1");
        scene.append_error = None;
        scene.pass(SCAN_MS);
        assert_eq!(scene.state("t"), "CompleteAbort 1000/1 0", "{version:?}");
    }
}

#[test]
fn many_that_take_too_long_are_aborted_all() {
    let mut scene = Scene::v2();
    for number in 0..1100 {
        let id = format!("t{number}");
        let producer = scene.init(&id);
        scene.add(&id, producer, "a", 0);
    }
    scene.pass(i64::from(TIMEOUT_MS) + SCAN_MS);
    let aborted = scene.coordinator.transactions().filter(|(_, metadata)| metadata.state.is_idle()).count();
    assert_eq!(aborted, 1100);
}

#[test]
fn a_transactional_id_that_nobody_uses_is_forgotten() {
    let mut scene = Scene::without_timeouts(TransactionVersion::V2);
    let producer = scene.init("idle");
    let open = scene.init("open");
    scene.add("open", open, "a", 0);
    scene.pass(7 * DAY_MS - 1);
    assert_ne!(scene.state("idle"), "none");
    scene.pass(3_600_000);
    assert_eq!(scene.state("idle"), "none");
    assert_eq!(scene.add("idle", producer, "a", 0), ErrorCode::InvalidProducerIdMapping);
    assert!(scene.log.last().unwrap().is_tombstone());
    assert_eq!(scene.state("open"), "Ongoing 1001/0 1", "it has a transaction");
    scene.end("open", open, true).unwrap();
    scene.pass(7 * DAY_MS + 3_600_000);
    assert_eq!(scene.state("open"), "none");
}

#[test]
fn a_deletion_that_could_not_be_written_is_tried_again() {
    let mut scene = Scene::without_timeouts(TransactionVersion::V2);
    let producer = scene.init("t");
    scene.pass(7 * DAY_MS - 3_600_000);
    scene.commits_at_once = false;
    scene.pass(2 * 3_600_000);
    assert_eq!(scene.uncommitted.len(), 1);
    assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::ConcurrentTransactions);
    scene.fail(ErrorCode::NotEnoughReplicas);
    assert_eq!(scene.state("t"), "Empty 1000/0 0");
    scene.commits_at_once = true;
    scene.pass(3_600_000);
    assert_eq!(scene.state("t"), "none");
}

#[test]
fn deletions_come_in_batches_of_bounded_size() {
    let mut scene = Scene::v2();
    let long = "x".repeat(10_000);
    for number in 0..5 {
        scene.init(&format!("{long}{number}"));
    }
    for number in 0..100 {
        scene.init(&format!("short{number}"));
    }
    scene.now = Timestamp(scene.now.0 + 8 * DAY_MS);
    let outcome = scene.coordinator.handle_timeout(scene.now.into());
    let sizes: Vec<usize> = outcome.writes.iter().map(|write| write.records.len()).collect();
    assert_eq!(sizes, [101, 1, 1, 1, 1]);
    scene.settle(outcome);
    assert_eq!(scene.coordinator.transactions().count(), 0);
}

#[test]
fn an_abort_without_epochs_left_waits_for_a_producer_id() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    let mut scene = scene.reload();
    let mut record = scene.log.last().unwrap().clone();
    let (ottla_wire::transaction::TransactionValue::TransactionLog(value), _) =
        record.value.as_mut().unwrap();
    value.producer_epoch = i16::MAX - 1;
    scene.load(99, &record);
    scene.finish_loading();
    scene.gives_ids_at_once = false;
    scene.pass(10 * i64::from(TIMEOUT_MS));
    assert_eq!((scene.ids_wanted, scene.state("t").as_str()), (1, "Ongoing 1000/32766 1"));
    scene.give_id();
    scene.pass(SCAN_MS);
    assert_eq!(scene.state("t"), "CompleteAbort 1001/0 0");
}
