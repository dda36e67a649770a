//! Producers end their transactions: a table of states and requests, and what is special.

use expect_test::expect;
use ottla_wire::transaction::TransactionValue;

use super::*;

/// A transactional id in a state, in which its producer has the epoch 5; markers and records that come then wait.
fn in_state(state: &str, version: TransactionVersion) -> (Scene, Producer) {
    let mut scene = Scene::new(version);
    let first = scene.init("t");
    let raises = version.raises_epoch();
    let ends = !matches!(state, "Empty" | "Ongoing");
    let before = if raises && ends { 4 } else { 5 };
    let mut producer = first;
    while producer.epoch < before {
        producer = scene.init("t");
    }
    if state != "Empty" {
        scene.add("t", producer, "a", 0);
    }
    scene.marks_at_once = state.starts_with("Complete");
    if ends {
        scene.end("t", producer, state.ends_with("Commit")).unwrap();
    }
    scene.marks_at_once = false;
    assert_eq!(scene.state("t").split(' ').next(), Some(state));
    (scene, with_epoch(producer, 5))
}

/// What a request to end comes to.
fn cell(state: &str, version: TransactionVersion, committed: bool, epoch: i16) -> String {
    let (mut scene, producer) = in_state(state, version);
    let written = scene.log.len();
    match scene.end("t", with_epoch(producer, epoch), committed) {
        Ok(next) if scene.log.len() == written => format!("done, {}", next.epoch),
        Ok(next) => format!("ends, {}", next.epoch),
        Err(ErrorCode::ProducerFenced) => "fenced".to_owned(),
        Err(ErrorCode::InvalidTxnState) => "no state for it".to_owned(),
        Err(ErrorCode::ConcurrentTransactions) => "later".to_owned(),
        Err(error) => error.name().to_owned(),
    }
}

/// The answers to commit and abort in each state to producers of four epochs, of which 5 is the present one. With an
/// answer that all is well comes the epoch to go on with.
fn table(version: TransactionVersion) -> String {
    let mut lines = vec![format!("{:<24}{:<17}{:<17}{:<17}{}", "", 3, 4, 5, 6)];
    for state in ["Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort"] {
        for (wish, committed) in [("commit", true), ("abort", false)] {
            let [a, b, c, d] = [3, 4, 5, 6].map(|epoch| cell(state, version, committed, epoch));
            lines.push(format!("{state:<15} {wish:<8}{a:<17}{b:<17}{c:<17}{d}"));
        }
    }
    lines.join("\n")
}

#[test]
fn ends_that_keep_the_epoch() {
    expect![[r#"
                                3                4                5                6
        Empty           commit  fenced           fenced           no state for it  fenced
        Empty           abort   fenced           fenced           no state for it  fenced
        Ongoing         commit  fenced           fenced           ends, 5          fenced
        Ongoing         abort   fenced           fenced           ends, 5          fenced
        PrepareCommit   commit  fenced           fenced           later            fenced
        PrepareCommit   abort   fenced           fenced           later            fenced
        PrepareAbort    commit  fenced           fenced           later            fenced
        PrepareAbort    abort   fenced           fenced           later            fenced
        CompleteCommit  commit  fenced           fenced           done, 5          fenced
        CompleteCommit  abort   fenced           fenced           no state for it  fenced
        CompleteAbort   commit  fenced           fenced           no state for it  fenced
        CompleteAbort   abort   fenced           fenced           done, 5          fenced"#]]
    .assert_eq(&table(TransactionVersion::V1));
}

#[test]
fn ends_that_raise_the_epoch() {
    expect![[r#"
                                3                4                5                6
        Empty           commit  fenced           fenced           no state for it  fenced
        Empty           abort   fenced           fenced           ends, 6          fenced
        Ongoing         commit  fenced           fenced           ends, 6          fenced
        Ongoing         abort   fenced           fenced           ends, 6          fenced
        PrepareCommit   commit  later            later            later            later
        PrepareCommit   abort   later            later            later            later
        PrepareAbort    commit  later            later            later            later
        PrepareAbort    abort   later            later            later            later
        CompleteCommit  commit  fenced           done, 5          no state for it  fenced
        CompleteCommit  abort   fenced           no state for it  ends, 6          fenced
        CompleteAbort   commit  fenced           no state for it  no state for it  fenced
        CompleteAbort   abort   fenced           done, 5          ends, 6          fenced"#]]
    .assert_eq(&table(TransactionVersion::V2));
}

#[test]
fn who_may_end_a_transaction() {
    for scene in [Scene::v1(), Scene::v2()] {
        let mut scene = scene;
        let producer = scene.init("t");
        let other = Producer { id: ProducerId(5), epoch: 0 };
        for (id, who, error) in [
            ("", producer, ErrorCode::InvalidRequest),
            ("u", producer, ErrorCode::InvalidProducerIdMapping),
            ("t", other, ErrorCode::InvalidProducerIdMapping),
        ] {
            for committed in [true, false] {
                assert_eq!(scene.end(id, who, committed), Err(error), "{id} {who:?}");
            }
        }
        assert_eq!(scene.log.len(), 1);
    }
}

#[test]
fn the_answer_comes_before_the_markers_but_not_before_the_record() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    (scene.commits_at_once, scene.marks_at_once) = (false, false);
    let token = scene.send_end(END_V2, "t", producer, true);
    assert_eq!((scene.answer(token), scene.markers.len()), (None, 0));
    scene.commit();
    let response = scene.ended(token);
    assert_eq!((response.producer_id, response.producer_epoch), (producer.id.0, 1));
    assert_eq!((scene.markers.len(), scene.markers[0].producer_epoch), (1, 1));
    assert_eq!(scene.state("t"), "PrepareCommit 1000/1 1");
}

#[test]
fn old_clients_hear_no_producer_and_understand_what_they_hear() {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    let token = scene.send_end(END_V1, "t", producer, true);
    let response = scene.ended(token);
    assert_eq!((response.error_code, response.producer_id, response.producer_epoch), (0, -1, -1));
    for (version, error) in [(1, ErrorCode::InvalidProducerEpoch), (2, ErrorCode::ProducerFenced)] {
        let token = scene.send_end(version, "t", with_epoch(producer, 3), true);
        assert_eq!(ErrorCode::from(scene.ended(token).error_code), error);
    }
}

#[test]
fn a_client_that_missed_the_answer_hears_it_again() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    let next = scene.end("t", producer, true).unwrap();
    assert_eq!(next, with_epoch(producer, 1));
    assert_eq!(scene.end("t", producer, true), Ok(next));
    assert_eq!(scene.end("t", producer, false), Err(ErrorCode::InvalidTxnState), "it is committed");
    // The next transaction is another one.
    assert_eq!(scene.end("t", next, true), Err(ErrorCode::InvalidTxnState));
    scene.add("t", next, "a", 0);
    assert_eq!(scene.end("t", producer, true), Err(ErrorCode::ProducerFenced));
    assert_eq!(scene.end("t", next, true), Ok(with_epoch(next, 2)));
}

#[test]
fn a_transaction_that_never_began_can_be_aborted_if_that_raises_the_epoch() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.marks_at_once = false;
    let next = scene.end("t", producer, false).unwrap();
    assert_eq!((next, scene.markers.len()), (with_epoch(producer, 1), 0), "it has no partitions");
    assert_eq!(scene.state("t"), "CompleteAbort 1000/1 0");
    let began = scene.coordinator.transaction("t").unwrap().start_timestamp;
    assert_eq!(began, scene.now);
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    assert_eq!(scene.end("t", producer, false), Err(ErrorCode::InvalidTxnState));
}

/// Lets the producer's transaction begin with this epoch.
fn ongoing_at(epoch: i16) -> (Scene, Producer) {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    let mut scene = scene.reload();
    let mut record = scene.log.last().unwrap().clone();
    let (TransactionValue::TransactionLog(value), _) = record.value.as_mut().unwrap();
    value.producer_epoch = epoch;
    scene.load(99, &record);
    scene.finish_loading();
    (scene, with_epoch(producer, epoch))
}

#[test]
fn a_producer_without_epochs_left_goes_on_under_another_id() {
    let (mut scene, last) = ongoing_at(i16::MAX - 1);
    scene.marks_at_once = false;
    let next = scene.end("t", last, true).unwrap();
    assert_eq!((next.id, next.epoch), (ProducerId(1001), 0));
    assert_eq!(scene.state("t"), "PrepareCommit 1000/32767 1");
    assert_eq!((scene.markers[0].producer_id, scene.markers[0].producer_epoch), (last.id, i16::MAX));
    // It may have heard of its new id, or not: it must wait.
    for producer in [last, next] {
        assert_eq!(scene.end("t", producer, true), Err(ErrorCode::ConcurrentTransactions));
        assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::ConcurrentTransactions);
    }
    // Another coordinator goes on alike.
    for scene in [&mut scene.reload(), &mut scene] {
        scene.marks_at_once = true;
        match scene.markers.is_empty() {
            true => scene.finish_loading(),
            false => scene.mark(MarkerOutcome::Answered(ErrorCode::None)),
        }
        assert_eq!(scene.state("t"), "CompleteCommit 1001/0 0");
        assert_eq!(scene.end("t", last, true), Ok(next), "it did not hear the answer");
        assert_eq!(scene.end("t", last, false), Err(ErrorCode::InvalidTxnState));
        assert_eq!(scene.end("t", with_epoch(last, 7), true), Err(ErrorCode::InvalidProducerIdMapping));
        assert_eq!(scene.add("t", last, "a", 0), ErrorCode::InvalidProducerIdMapping);
        assert_eq!(scene.add("t", next, "a", 0), ErrorCode::None);
        assert_eq!(scene.end("t", next, false), Ok(with_epoch(next, 1)));
    }
}

#[test]
fn a_producer_without_epochs_left_waits_for_an_id() {
    let (mut scene, last) = ongoing_at(i16::MAX - 1);
    scene.gives_ids_at_once = false;
    let token = scene.send_end(END_V2, "t", last, true);
    assert_eq!((scene.answer(token), scene.ids_wanted), (None, 1));
    assert_eq!(scene.state("t"), "Ongoing 1000/32766 1");
    scene.bring_id(Err(ErrorCode::CoordinatorLoadInProgress));
    assert_eq!(ErrorCode::from(scene.ended(token).error_code), ErrorCode::CoordinatorLoadInProgress);
    let token = scene.send_end(END_V2, "t", last, true);
    scene.give_id();
    assert_eq!(scene.ended(token).producer_id, 1001);
}

#[test]
fn a_producer_without_epochs_left_is_fenced_all_the_same() {
    let (mut scene, last) = ongoing_at(i16::MAX - 1);
    let next = scene.init("t");
    assert_eq!((next.id, next.epoch), (ProducerId(1001), 1), "the epoch 0 was never given out");
    assert_eq!(scene.end("t", last, true), Err(ErrorCode::InvalidProducerIdMapping));
}

#[test]
fn a_transaction_at_the_highest_epoch_can_still_be_aborted() {
    let (mut scene, broken) = ongoing_at(i16::MAX);
    assert_eq!(scene.end("t", broken, false).map(|next| next.id), Ok(ProducerId(1001)));
    assert_eq!(scene.state("t"), "CompleteAbort 1001/0 0");
}
