//! Transactions of a node, from the requests of clients to the logs and back.

mod order;
mod scene;

use ottla_wire::ErrorCode;
use ottla_wire::api::add_partitions_to_txn::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction,
};
use ottla_wire::api::find_coordinator::FindCoordinatorRequest;
use ottla_wire::api::list_transactions::ListTransactionsRequest;
use ottla_wire::api::write_txn_markers::{WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest};
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::messages::RemoveTopicRecord;

use crate::api::Started;
use crate::coordinator::CONSUMER_OFFSETS;
use crate::testing::{NODE, TOPIC, TOPIC_ID, decoded};

use scene::{ID, Producer, Scene, produce_request, transactional};

fn error(code: i16) -> ErrorCode {
    code.into()
}

#[tokio::test]
async fn older_clients_add_partitions_themselves() {
    let scene = Scene::new().await;
    let mut end = 0;
    for version in 0..=6 {
        let producer = scene.init(version).await;
        let adding = version.min(3);
        assert_eq!(scene.add(adding, producer, TOPIC, &[0, 1]).await, [ErrorCode::None, ErrorCode::None]);
        assert_eq!(scene.add_offsets(adding, producer).await, ErrorCode::None);
        let produced = scene.produce(11, producer, 0, 0).await;
        assert_eq!((error(produced.error_code), produced.base_offset), (ErrorCode::None, end));
        assert_eq!(scene.commit_offset(adding, producer, end).await, ErrorCode::None);
        assert_eq!(scene.read(0).await.last_stable_offset, end, "version {version}");
        let ended = scene.end(version.min(4), producer, version % 2 == 0).await;
        assert_eq!(error(ended.error_code), ErrorCode::None);
        scene.until(if version % 2 == 0 { "CompleteCommit" } else { "CompleteAbort" }).await;
        let committed = scene.read(0).await;
        end += 2;
        assert_eq!((committed.last_stable_offset, committed.high_watermark), (end, end));
        assert_eq!(
            committed.aborted_transactions.map(|aborted| aborted.len()),
            Some(usize::try_from(version).unwrap().div_ceil(2))
        );
        assert_eq!(scene.stable_end(0).await, end);
        assert_eq!(
            scene.stable_end(1).await,
            i64::from(version) + 1,
            "a marker where nothing was written, too"
        );
        assert_eq!(scene.offset().await, (end - 2 - 2 * i64::from(version % 2), ErrorCode::None));
    }
}

#[tokio::test]
async fn partitions_are_added_for_newer_clients_whose_epoch_rises() {
    let scene = Scene::new().await;
    let mut producer = scene.init(6).await;
    for (turn, version) in (0..6).zip([12, 13].into_iter().cycle()) {
        for sequence in 0..2 {
            let produced = scene.produce(version, producer, 0, sequence).await;
            assert_eq!(error(produced.error_code), ErrorCode::None, "turn {turn}");
        }
        assert_eq!(scene.commit_offset(5, producer, turn).await, ErrorCode::None);
        assert_eq!(scene.offset().await.1, ErrorCode::UnstableOffsetCommit);
        let ended = scene.end(5, producer, true).await;
        assert_eq!((error(ended.error_code), ended.producer_id), (ErrorCode::None, producer.id));
        assert_eq!(ended.producer_epoch, producer.epoch + 1);
        // The next transaction begins at once, while the markers of this one may yet be missing.
        let next = Producer { epoch: ended.producer_epoch, ..producer };
        if turn == 5 {
            scene.until("CompleteCommit").await;
            let fenced = scene.produce(version, producer, 0, 2).await;
            assert_eq!(error(fenced.error_code), ErrorCode::InvalidProducerEpoch);
        }
        producer = next;
    }
    scene.until("CompleteCommit").await;
    assert_eq!(scene.offset().await, (5, ErrorCode::None));
    assert_eq!(scene.read(0).await.last_stable_offset, 6 * 3);
}

#[tokio::test]
async fn what_was_not_added_is_refused_as_the_client_understands_it() {
    let scene = Scene::new().await;
    let producer = scene.init(5).await;
    scene.add(3, producer, TOPIC, &[0]).await;
    for (version, expected) in [
        (3, ErrorCode::InvalidTxnState),
        (10, ErrorCode::InvalidTxnState),
        (11, ErrorCode::TransactionAbortable),
    ] {
        let refused = scene.produce(version, producer, 1, 0).await;
        assert_eq!(error(refused.error_code), expected, "version {version}");
        assert_eq!((refused.base_offset, refused.log_start_offset), (-1, -1));
    }
    // Errors of a group's coordinator, where offsets are kept.
    assert_eq!(scene.commit_offset(3, producer, 1).await, ErrorCode::InvalidTxnState);
    assert_eq!(scene.commit_offset(4, producer, 1).await, ErrorCode::TransactionAbortable);
    let zombie = Producer { epoch: producer.epoch + 1, ..producer };
    assert_eq!(error(scene.produce(11, zombie, 1, 0).await.error_code), ErrorCode::InvalidProducerEpoch);
    let unknown = Producer { id: 77, epoch: 0 };
    assert_eq!(error(scene.produce(11, unknown, 1, 0).await.error_code), ErrorCode::InvalidProducerIdMapping);
    assert_eq!(scene.rig.partition(1).high_watermark().0, 0);
    assert_eq!(
        scene.add(3, producer, TOPIC, &[1, 9]).await,
        [ErrorCode::OperationNotAttempted, ErrorCode::UnknownTopicOrPartition]
    );
}

#[tokio::test]
async fn verification_can_be_switched_off() {
    let scene = Scene::with_config("transaction.partition.verification.enable=false\n").await;
    let producer = scene.init(5).await;
    assert_eq!(error(scene.produce(11, producer, 1, 0).await.error_code), ErrorCode::None);
    assert_eq!(scene.commit_offset(4, producer, 1).await, ErrorCode::None);
    let nobody = Producer { id: -1, epoch: -1 };
    assert_eq!(scene.commit_offset(4, nobody, 1).await, ErrorCode::InvalidRequest);
    // Partitions are added all the same.
    assert_eq!(error(scene.produce(12, producer, 0, 0).await.error_code), ErrorCode::None);
    assert_eq!(scene.describe().await.topics[0].partitions, [0]);
}

#[tokio::test]
async fn clients_try_again_while_nobody_can_be_asked() {
    let scene = Scene::new().await;
    let producer = scene.init(5).await;
    scene.rig.broker.transactions.resign(0);
    for version in [10, 11, 12, 13] {
        let refused = scene.produce(version, producer, 0, 0).await;
        assert_eq!(error(refused.error_code), ErrorCode::NotEnoughReplicas, "version {version}");
        let message = refused.error_message.unwrap();
        assert!(message.ends_with("NOT_COORDINATOR"), "{message}");
    }
    assert_eq!(scene.commit_offset(5, producer, 1).await, ErrorCode::NotCoordinator);
    assert_eq!(error(scene.end(5, producer, true).await.error_code), ErrorCode::NotCoordinator);
    assert_eq!(error(scene.init_with(6, None).await.error_code), ErrorCode::NotCoordinator);
    assert_eq!(error(scene.describe().await.error_code), ErrorCode::NotCoordinator);
}

#[tokio::test]
async fn the_first_batch_of_a_transaction_goes_alone() {
    let scene = Scene::new().await;
    let producer = scene.init(6).await;
    let start = |sequence| {
        let request = produce_request(12, transactional(producer, sequence), 0);
        scene.rig.start(ApiKey::Produce, 12, &request)
    };
    let Started::Alone(first) = start(0) else { panic!("appended unseen") };
    let ResponseBody::Produce(response) = decoded(first.await, ApiKey::Produce, 12) else { panic!() };
    assert_eq!(response.responses[0].partition_responses[0].error_code, 0);
    assert!(matches!(start(1), Started::Done(_)), "the transaction is known to be open");
}

#[tokio::test]
async fn transactions_survive_their_coordinator() {
    let mut scene = Scene::new().await;
    let producer = scene.init(6).await;
    scene.produce(12, producer, 0, 0).await;
    scene.commit_offset(5, producer, 3).await;
    scene.next_epoch().await;
    assert_eq!(scene.describe().await.transaction_state, "Ongoing");
    assert_eq!(scene.offset().await.1, ErrorCode::UnstableOffsetCommit);
    assert_eq!(error(scene.end(5, producer, true).await.error_code), ErrorCode::None);
    scene.next_epoch().await;
    scene.until("CompleteCommit").await;
    assert_eq!(scene.offset().await, (3, ErrorCode::None));
    // The first coordinator may have written the marker before the second did.
    let read = scene.read(0).await;
    assert!(read.last_stable_offset >= 2 && read.last_stable_offset == read.high_watermark, "{read:?}");
    // A client that did not hear the answer asks again.
    let again = scene.end(5, producer, true).await;
    assert_eq!((error(again.error_code), again.producer_epoch), (ErrorCode::None, producer.epoch + 1));
}

#[tokio::test]
async fn a_successor_aborts_what_its_predecessor_left_open() {
    let scene = Scene::new().await;
    let first = scene.init(6).await;
    scene.produce(12, first, 0, 0).await;
    assert_eq!(error(scene.init_with(6, None).await.error_code), ErrorCode::ConcurrentTransactions);
    let second = scene.init(6).await;
    assert!(second.id == first.id && second.epoch > first.epoch);
    assert_eq!(error(scene.produce(12, first, 0, 1).await.error_code), ErrorCode::InvalidProducerEpoch);
    assert_eq!(error(scene.end(5, first, true).await.error_code), ErrorCode::ProducerFenced);
    assert_eq!(error(scene.end(1, first, true).await.error_code), ErrorCode::InvalidProducerEpoch);
    let read = scene.read(0).await;
    assert_eq!((read.last_stable_offset, read.aborted_transactions.unwrap().len()), (2, 1));
}

#[tokio::test]
async fn a_transaction_over_a_deleted_topic_ends() {
    let mut scene = Scene::new().await;
    let producer = scene.init(6).await;
    scene.produce(12, producer, 0, 0).await;
    scene.commit_offset(5, producer, 3).await;
    scene.apply(vec![RemoveTopicRecord { topic_id: TOPIC_ID, ..RemoveTopicRecord::default() }.into()]);
    assert_eq!(error(scene.end(5, producer, true).await.error_code), ErrorCode::None);
    scene.until("CompleteCommit").await;
}

#[tokio::test]
async fn the_feature_decides_how_states_are_written() {
    let mut scene = Scene::new().await;
    for level in [0, 1, 2] {
        scene.finalize(level);
        let producer = scene.init(5).await;
        scene.add(3, producer, TOPIC, &[0]).await;
        let produced = scene.produce(11, producer, 0, 0).await;
        assert_eq!(error(produced.error_code), ErrorCode::None, "level {level}");
        assert_eq!(error(scene.end(4, producer, true).await.error_code), ErrorCode::None);
        scene.until("CompleteCommit").await;
        scene.next_epoch().await;
    }
}

#[tokio::test]
async fn leaders_ask_for_several_transactions_at_once() {
    let scene = Scene::new().await;
    let producer = scene.init(6).await;
    let ask = async |version, verify_only| {
        let transaction = |id: &str, topic: &str| AddPartitionsToTxnTransaction {
            transactional_id: id.into(),
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            verify_only,
            topics: vec![AddPartitionsToTxnTopic {
                name: topic.into(),
                partitions: vec![0],
                ..AddPartitionsToTxnTopic::default()
            }],
            ..AddPartitionsToTxnTransaction::default()
        };
        let request = AddPartitionsToTxnRequest {
            transactions: vec![
                transaction(ID, TOPIC),
                transaction("other", TOPIC),
                transaction("", TOPIC),
                transaction("x", "none"),
            ],
            ..AddPartitionsToTxnRequest::default()
        };
        let ResponseBody::AddPartitionsToTxn(response) =
            scene.rig.ask(ApiKey::AddPartitionsToTxn, version, &request).await
        else {
            panic!()
        };
        let results = response.results_by_transaction.iter();
        results
            .map(|result| error(result.topic_results[0].results_by_partition[0].partition_error_code))
            .collect::<Vec<_>>()
    };
    let others =
        [ErrorCode::InvalidProducerIdMapping, ErrorCode::InvalidRequest, ErrorCode::UnknownTopicOrPartition];
    for version in [4, 5] {
        let verified = ask(version, true).await;
        assert_eq!(verified[0], if version == 4 { ErrorCode::TransactionAbortable } else { ErrorCode::None });
        assert_eq!(verified[1..], others);
        assert_eq!(ask(version, false).await[0], ErrorCode::None);
    }
}

async fn write_marker(
    scene: &Scene,
    version: i16,
    producer: Producer,
    coordinator_epoch: i32,
    topic: &str,
    partitions: &[i32],
) -> Vec<ErrorCode> {
    let marker = WritableTxnMarker {
        producer_id: producer.id,
        producer_epoch: producer.epoch,
        transaction_result: true,
        topics: vec![WritableTxnMarkerTopic {
            name: topic.into(),
            partition_indexes: partitions.to_vec(),
            ..WritableTxnMarkerTopic::default()
        }],
        coordinator_epoch,
        transaction_version: if version >= 2 { 2 } else { 0 },
        ..WritableTxnMarker::default()
    };
    let request = WriteTxnMarkersRequest { markers: vec![marker], ..WriteTxnMarkersRequest::default() };
    let ResponseBody::WriteTxnMarkers(response) =
        scene.rig.ask(ApiKey::WriteTxnMarkers, version, &request).await
    else {
        panic!()
    };
    response.markers[0].topics[0].partitions.iter().map(|partition| error(partition.error_code)).collect()
}

#[tokio::test]
async fn markers_are_checked_by_the_leader() {
    let scene = Scene::new().await;
    let producer = scene.init(6).await;
    scene.produce(12, producer, 0, 0).await;
    scene.commit_offset(5, producer, 3).await;
    let raised = Producer { epoch: producer.epoch + 1, ..producer };
    // Version 2 demands that the epoch was raised.
    assert_eq!(write_marker(&scene, 2, producer, 4, TOPIC, &[0]).await, [ErrorCode::InvalidProducerEpoch]);
    let of_offsets = write_marker(&scene, 2, producer, 4, CONSUMER_OFFSETS, &[0, 5]).await;
    assert_eq!(of_offsets, [ErrorCode::InvalidProducerEpoch, ErrorCode::UnknownTopicOrPartition]);
    assert_eq!(scene.offset().await.1, ErrorCode::UnstableOffsetCommit);
    let ended = write_marker(&scene, 2, raised, 4, TOPIC, &[0, 7]).await;
    assert_eq!(ended, [ErrorCode::None, ErrorCode::UnknownTopicOrPartition]);
    assert_eq!(write_marker(&scene, 2, raised, 4, CONSUMER_OFFSETS, &[0]).await, [ErrorCode::None]);
    assert_eq!(scene.offset().await, (3, ErrorCode::None));
    assert_eq!(scene.read(0).await.last_stable_offset, 2);
    // What comes again is written again; what an old coordinator says is not.
    assert_eq!(write_marker(&scene, 1, raised, 4, TOPIC, &[0]).await, [ErrorCode::None]);
    assert_eq!(
        write_marker(&scene, 2, raised, 3, TOPIC, &[0]).await,
        [ErrorCode::TransactionCoordinatorFenced]
    );
    let nobody = Producer { id: -1, epoch: -1 };
    assert_eq!(write_marker(&scene, 2, nobody, 4, TOPIC, &[0]).await, [ErrorCode::InvalidRequest]);
    let none = WriteTxnMarkersRequest::default();
    let ResponseBody::WriteTxnMarkers(response) = scene.rig.ask(ApiKey::WriteTxnMarkers, 1, &none).await
    else {
        panic!()
    };
    assert!(response.markers.is_empty());
}

#[tokio::test]
async fn transactions_are_listed_and_found() {
    let scene = Scene::new().await;
    let producer = scene.init(6).await;
    scene.produce(12, producer, 0, 0).await;
    let list = async |version, request: ListTransactionsRequest| match scene
        .rig
        .ask(ApiKey::ListTransactions, version, &request)
        .await
    {
        ResponseBody::ListTransactions(response) => response,
        other => panic!("{other:?}"),
    };
    for version in 0..=2 {
        let listed = list(version, ListTransactionsRequest::default()).await;
        assert_eq!(listed.transaction_states.len(), 1);
        assert_eq!(listed.transaction_states[0].transaction_state, "Ongoing");
        let filter = vec!["Empty".into(), "Nonsense".into()];
        let listed =
            list(version, ListTransactionsRequest { state_filters: filter, ..Default::default() }).await;
        assert!(listed.transaction_states.is_empty());
        assert_eq!(listed.unknown_state_filters, ["Nonsense"]);
    }
    let with_pattern = |pattern: &str| ListTransactionsRequest {
        transactional_id_pattern: Some(pattern.into()),
        ..ListTransactionsRequest::default()
    };
    assert_eq!(list(2, with_pattern("t.")).await.transaction_states.len(), 1);
    assert_eq!(list(2, with_pattern("(")).await.error_code, ErrorCode::InvalidRegularExpression.number());
    for version in 0..=6 {
        let request = FindCoordinatorRequest {
            key: if version < 4 { ID.into() } else { Default::default() },
            key_type: 1,
            coordinator_keys: if version < 4 { Vec::new() } else { vec![ID.into()] },
            ..FindCoordinatorRequest::default()
        };
        if version == 0 {
            continue;
        }
        let ResponseBody::FindCoordinator(found) =
            scene.rig.ask(ApiKey::FindCoordinator, version, &request).await
        else {
            panic!()
        };
        let node_id = found.coordinators.first().map_or(found.node_id, |coordinator| coordinator.node_id);
        assert_eq!(node_id, NODE, "version {version}");
    }
}
