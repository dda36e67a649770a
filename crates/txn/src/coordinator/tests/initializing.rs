//! Producers take over transactional ids.

use super::*;

fn error_of(scene: &mut Scene, version: i16, request: &InitProducerIdRequest) -> ErrorCode {
    let token = scene.send_init(version, request);
    let response = scene.initialized(token);
    assert_eq!((response.producer_id, response.producer_epoch), (-1, -1), "of no use with an error");
    response.error_code.into()
}

/// Sets the epoch of a transactional id in the log, which the next coordinator reads.
fn reload_at_epoch(scene: &Scene, epoch: i16) -> Scene {
    let mut scene = scene.reload();
    let mut record = scene.log.last().unwrap().clone();
    let (ottla_wire::transaction::TransactionValue::TransactionLog(value), _) =
        record.value.as_mut().unwrap();
    value.producer_epoch = epoch;
    scene.load(99, &record);
    scene.finish_loading();
    scene
}

#[test]
fn a_new_transactional_id_gets_a_producer() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    assert_eq!((producer.id, producer.epoch), (ProducerId(1000), 0));
    assert_eq!(scene.state("t"), "Empty 1000/0 0");
    assert_eq!(scene.init("u").id, ProducerId(1001));
}

#[test]
fn each_producer_that_takes_over_has_a_higher_epoch() {
    let mut scene = Scene::v1();
    let first = scene.init("t");
    let second = scene.init("t");
    assert_eq!((second.id, second.epoch), (first.id, 1));
    assert_eq!(scene.add("t", first, "a", 0), ErrorCode::ProducerFenced);
    assert_eq!(scene.end("t", first, true), Err(ErrorCode::ProducerFenced));
    assert_eq!(scene.add("t", second, "a", 0), ErrorCode::None);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut scene = Scene::v2();
    let ok = init_request("t");
    let with_timeout =
        |transaction_timeout_ms| InitProducerIdRequest { transaction_timeout_ms, ..ok.clone() };
    let cases = [
        (init_request(""), ErrorCode::InvalidRequest),
        (InitProducerIdRequest { producer_id: 1, ..ok.clone() }, ErrorCode::InvalidRequest),
        (InitProducerIdRequest { producer_epoch: 1, ..ok.clone() }, ErrorCode::InvalidRequest),
        (with_timeout(0), ErrorCode::InvalidTransactionTimeout),
        (with_timeout(-1), ErrorCode::InvalidTransactionTimeout),
        (with_timeout(MAX_TIMEOUT_MS + 1), ErrorCode::InvalidTransactionTimeout),
        (
            InitProducerIdRequest { enable_2pc: true, ..with_timeout(-1) },
            ErrorCode::TransactionalIdAuthorizationFailed,
        ),
        (InitProducerIdRequest { keep_prepared_txn: true, ..ok.clone() }, ErrorCode::UnsupportedVersion),
    ];
    for (request, error) in cases {
        assert_eq!(error_of(&mut scene, 6, &request), error, "{request:?}");
    }
    assert_eq!(scene.state("t"), "none");
    assert_eq!(scene.ids_wanted, 0);
    let token = scene.send_init(6, &with_timeout(MAX_TIMEOUT_MS));
    assert_eq!(scene.initialized(token).error_code, 0);
}

#[test]
fn two_phase_commit_takes_away_the_timeout() {
    let mut scene = Scene::v2();
    scene.coordinator.config.two_phase_commit_enable = true;
    let request = InitProducerIdRequest { enable_2pc: true, transaction_timeout_ms: 0, ..init_request("t") };
    let token = scene.send_init(6, &request);
    let response = scene.initialized(token);
    let producer = Producer { id: ProducerId(response.producer_id), epoch: response.producer_epoch };
    assert_eq!(scene.coordinator.transaction("t").unwrap().timeout_ms, i32::MAX);
    scene.add("t", producer, "a", 0);
    scene.pass(10 * i64::from(MAX_TIMEOUT_MS));
    assert_eq!(scene.state("t"), "Ongoing 1000/0 1");
}

#[test]
fn an_open_transaction_is_aborted_before_another_producer_gets_in() {
    for version in [TransactionVersion::V0, TransactionVersion::V1, TransactionVersion::V2] {
        let mut scene = Scene::new(version);
        let first = scene.init("t");
        scene.add("t", first, "a", 0);
        scene.marks_at_once = false;
        assert_eq!(error_of(&mut scene, 6, &init_request("t")), ErrorCode::ConcurrentTransactions);
        assert_eq!(scene.state("t"), "PrepareAbort 1000/1 1", "{version:?}");
        assert_eq!(scene.markers[0].result, crate::TransactionResult::Abort);
        assert_eq!(scene.markers[0].producer_epoch, 1);
        let told = if version.raises_epoch() { version } else { TransactionVersion::V0 };
        assert_eq!(scene.markers[0].transaction_version, told);
        // It is not over yet.
        assert_eq!(error_of(&mut scene, 6, &init_request("t")), ErrorCode::ConcurrentTransactions);
        assert_eq!(scene.add("t", first, "a", 0), ErrorCode::ConcurrentTransactions);
        scene.mark(MarkerOutcome::Answered(ErrorCode::None));
        let second = scene.init("t");
        assert_eq!((second.id, second.epoch), (first.id, 2));
        assert_eq!(scene.end("t", first, true), Err(ErrorCode::ProducerFenced));
    }
}

#[test]
fn a_producer_goes_on_under_another_epoch_and_may_ask_twice() {
    let mut scene = Scene::v1();
    let first = scene.init("t");
    let second = scene.go_on("t", first).unwrap();
    assert_eq!(second, with_epoch(first, 1));
    assert_eq!(scene.go_on("t", first), Ok(second), "it did not hear the answer");
    assert_eq!(scene.go_on("t", second), Ok(with_epoch(first, 2)));
    assert_eq!(scene.go_on("t", first), Err(ErrorCode::ProducerFenced));
    assert_eq!(scene.go_on("t", with_epoch(first, 9)), Err(ErrorCode::ProducerFenced));
    let other = Producer { id: ProducerId(1), epoch: 2 };
    assert_eq!(scene.go_on("t", other), Err(ErrorCode::ProducerFenced));
}

#[test]
fn who_was_replaced_cannot_go_on() {
    let mut scene = Scene::v1();
    let zombie = scene.init("t");
    scene.init("t");
    assert_eq!(scene.go_on("t", zombie), Err(ErrorCode::ProducerFenced));
}

#[test]
fn a_producer_whose_transactional_id_was_forgotten_gets_another_one() {
    let mut scene = Scene::v1();
    let known_elsewhere = Producer { id: ProducerId(5), epoch: 3 };
    assert_eq!(scene.go_on("t", known_elsewhere), Ok(Producer { id: ProducerId(1000), epoch: 0 }));
}

#[test]
fn old_clients_are_told_what_they_understand() {
    for (version, error) in
        [(3, ErrorCode::InvalidProducerEpoch), (4, ErrorCode::ProducerFenced), (6, ErrorCode::ProducerFenced)]
    {
        let mut scene = Scene::v1();
        scene.init("t");
        let request = InitProducerIdRequest { producer_id: 1, producer_epoch: 1, ..init_request("t") };
        assert_eq!(error_of(&mut scene, version, &request), error, "version {version}");
    }
}

#[test]
fn a_producer_without_epochs_left_gets_another_id() {
    let mut scene = Scene::v1();
    let first = scene.init("t");
    let mut scene = reload_at_epoch(&scene, i16::MAX - 2);
    let last = scene.init("t");
    assert_eq!(last, with_epoch(first, i16::MAX - 1));
    let next = scene.init("t");
    assert_eq!((next.id, next.epoch), (ProducerId(1001), 0));
    assert_eq!(scene.add("t", last, "a", 0), ErrorCode::InvalidProducerIdMapping);
}

#[test]
fn a_producer_that_goes_on_without_epochs_left_may_ask_twice() {
    let mut scene = Scene::v1();
    let first = scene.init("t");
    let mut scene = reload_at_epoch(&scene, i16::MAX - 1);
    let last = with_epoch(first, i16::MAX - 1);
    let next = scene.go_on("t", last).unwrap();
    assert_eq!((next.id, next.epoch), (ProducerId(1001), 0));
    assert_eq!(scene.go_on("t", last), Ok(next), "it did not hear the answer");
    assert_eq!(scene.go_on("t", next), Ok(with_epoch(next, 1)));
    assert_eq!(scene.go_on("t", last), Err(ErrorCode::ProducerFenced));
}

#[test]
fn a_zombie_does_not_take_the_last_epoch_away() {
    let mut scene = Scene::v1();
    let first = scene.init("t");
    let mut scene = reload_at_epoch(&scene, i16::MAX - 1);
    assert_eq!(scene.go_on("t", with_epoch(first, 5)), Err(ErrorCode::ProducerFenced));
    assert_eq!(scene.state("t"), format!("Empty 1000/{} 0", i16::MAX - 1));
}

#[test]
fn requests_wait_for_producer_ids() {
    let mut scene = Scene::v2();
    scene.gives_ids_at_once = false;
    let first = scene.send_init(6, &init_request("t"));
    let second = scene.send_init(6, &init_request("t"));
    assert_eq!((scene.ids_wanted, scene.answers.len()), (2, 0));
    scene.give_id();
    assert_eq!(scene.initialized(first).producer_id, 1000);
    // The other one's id was not needed, and is there for the next who needs one.
    scene.give_id();
    let response = scene.initialized(second);
    assert_eq!((response.producer_id, response.producer_epoch), (1000, 1));
    assert_eq!(scene.init("u").id, ProducerId(1001));
    let refused = scene.send_init(6, &init_request("v"));
    scene.bring_id(Err(ErrorCode::CoordinatorLoadInProgress));
    assert_eq!(ErrorCode::from(scene.initialized(refused).error_code), ErrorCode::CoordinatorLoadInProgress);
    assert_eq!(scene.state("v"), "none");
}

#[test]
fn not_everybody_can_wait_for_producer_ids() {
    let mut scene = Scene::v2();
    scene.gives_ids_at_once = false;
    let tokens: Vec<Token> =
        (0..1001).map(|number| scene.send_init(6, &init_request(&format!("t{number}")))).collect();
    assert_eq!(scene.ids_wanted, 1000);
    let response = scene.initialized(tokens[1000]);
    assert_eq!(ErrorCode::from(response.error_code), ErrorCode::CoordinatorLoadInProgress);
    let replies = scene.coordinator.on_unloaded();
    assert_eq!(replies.len(), 1000, "nobody is left waiting");
}

#[test]
fn two_at_once_do_not_both_get_in() {
    let mut scene = Scene::v2();
    scene.commits_at_once = false;
    let first = scene.send_init(6, &init_request("t"));
    assert_eq!(error_of(&mut scene, 6, &init_request("t")), ErrorCode::ConcurrentTransactions);
    assert_eq!(scene.answer(first), None, "not before it is safe");
    scene.commit();
    assert_eq!(scene.initialized(first).producer_epoch, 0);
}
