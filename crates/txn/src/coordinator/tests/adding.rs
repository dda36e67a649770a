//! Partitions and offsets join transactions.

use expect_test::expect;
use ottla_wire::transaction::TransactionValue;

use super::*;

fn verify(scene: &mut Scene, id: &str, producer: Producer, partitions: &[(&str, i32)]) -> Vec<ErrorCode> {
    let request =
        AddPartitionsToTxnTransaction { verify_only: true, ..add_request(id, producer, partitions) };
    let token = scene.send_add(ADD_V2, &request);
    scene.added(token)
}

#[test]
fn a_transaction_begins_with_its_first_partition() {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    let began = scene.now;
    assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::None);
    scene.pass(1000);
    assert_eq!(scene.add("t", producer, "b", 1), ErrorCode::None);
    let metadata = scene.coordinator.transaction("t").unwrap();
    assert_eq!((metadata.start_timestamp, metadata.last_update_timestamp.0 - began.0), (began, 1000));
    assert_eq!(scene.state("t"), "Ongoing 1000/0 2");
}

#[test]
fn what_is_part_of_it_already_is_not_written_again() {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    let written = scene.log.len();
    assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::None);
    assert_eq!(scene.log.len(), written);
}

#[test]
fn who_may_add_partitions() {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    let other = Producer { id: ProducerId(5), epoch: 0 };
    let cases = [
        ("", producer, ErrorCode::InvalidRequest),
        ("u", producer, ErrorCode::InvalidProducerIdMapping),
        ("t", other, ErrorCode::InvalidProducerIdMapping),
        ("t", with_epoch(producer, 1), ErrorCode::ProducerFenced),
        ("t", with_epoch(producer, -1), ErrorCode::ProducerFenced),
    ];
    for (id, who, error) in cases {
        assert_eq!(scene.add(id, who, "a", 0), error, "{id} {who:?}");
        assert_eq!(verify(&mut scene, id, who, &[("a", 0)]), [error], "{id} {who:?}");
    }
    assert_eq!(scene.state("t"), "Empty 1000/0 0");
    scene.commits_at_once = false;
    let token = scene.send_add(ADD_V1, &add_request("t", producer, &[("a", 0)]));
    assert_eq!(scene.add("t", other, "a", 0), ErrorCode::ConcurrentTransactions);
    // To verify is to ask for what is safe.
    assert_eq!(verify(&mut scene, "t", producer, &[("a", 0)]), [ErrorCode::TransactionAbortable]);
    scene.commit();
    assert_eq!(scene.added(token), [ErrorCode::None]);
    assert_eq!(
        verify(&mut scene, "t", producer, &[("a", 0), ("a", 1)]),
        [ErrorCode::None, ErrorCode::TransactionAbortable]
    );
}

#[test]
fn nothing_joins_a_transaction_that_ends() {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    scene.marks_at_once = false;
    scene.end("t", producer, true).unwrap();
    assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::ConcurrentTransactions);
    assert_eq!(verify(&mut scene, "t", producer, &[("a", 0)]), [ErrorCode::ConcurrentTransactions]);
    scene.mark(MarkerOutcome::Answered(ErrorCode::None));
    assert_eq!(verify(&mut scene, "t", producer, &[("a", 0)]), [ErrorCode::TransactionAbortable]);
    assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::None);
}

#[test]
fn offsets_join_like_a_partition() {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    assert_eq!(scene.add_offsets(4, "t", producer, 17), ErrorCode::None);
    let metadata = scene.coordinator.transaction("t").unwrap();
    assert!(metadata.partitions.contains("__consumer_offsets", 17));
    let old = with_epoch(producer, 9);
    assert_eq!(scene.add_offsets(2, "t", old, 17), ErrorCode::ProducerFenced);
    assert_eq!(scene.add_offsets(1, "t", old, 17), ErrorCode::InvalidProducerEpoch);
}

#[test]
fn old_clients_are_told_what_they_understand() {
    let mut scene = Scene::v1();
    let zombie = scene.init("t");
    scene.init("t");
    for (version, error) in [(1, ErrorCode::InvalidProducerEpoch), (2, ErrorCode::ProducerFenced)] {
        let token = scene.send_add(version, &add_request("t", zombie, &[("a", 0), ("b", 0)]));
        assert_eq!(scene.added(token), [error; 2], "version {version}");
    }
}

#[test]
fn records_say_what_kafka_writes() {
    let states = |version| {
        let mut scene = Scene::new(version);
        let producer = scene.init("t");
        scene.add("t", producer, "b", 1);
        scene.add("t", producer, "b", 0);
        scene.end("t", producer, true).unwrap();
        let records = scene.log.iter().map(|record| {
            let Some((TransactionValue::TransactionLog(value), version)) = &record.value else {
                return "tombstone".to_owned();
            };
            let topics = value.transaction_partitions.as_ref().map(|topics| {
                topics
                    .iter()
                    .map(|topic| format!("{}{:?}", topic.topic, topic.partition_ids))
                    .collect::<Vec<_>>()
            });
            format!(
                "v{version} {} {}/{} previous {} next {} client {} start {} {topics:?}",
                value.transaction_status,
                value.producer_id,
                value.producer_epoch,
                value.previous_producer_id,
                value.next_producer_id,
                value.client_transaction_version,
                value.transaction_start_timestamp_ms,
            )
        });
        records.collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        v0 0 1000/0 previous -1 next -1 client 0 start -1 None
        v0 1 1000/0 previous -1 next -1 client 0 start 1000000000000 Some(["b[1]"])
        v0 1 1000/0 previous -1 next -1 client 0 start 1000000000000 Some(["b[0, 1]"])
        v0 2 1000/0 previous -1 next -1 client 0 start 1000000000000 Some(["b[0, 1]"])
        v0 4 1000/0 previous -1 next -1 client 0 start 1000000000000 Some([])"#]]
    .assert_eq(&states(TransactionVersion::V0));
    expect![[r#"
        v1 0 1000/0 previous 1000 next -1 client 0 start -1 None
        v1 1 1000/0 previous 1000 next -1 client 2 start 1000000000000 Some(["b[1]"])
        v1 1 1000/0 previous 1000 next -1 client 2 start 1000000000000 Some(["b[0, 1]"])
        v1 2 1000/1 previous 1000 next -1 client 2 start 1000000000000 Some(["b[0, 1]"])
        v1 4 1000/1 previous 1000 next -1 client 2 start 1000000000000 Some([])"#]]
    .assert_eq(&states(TransactionVersion::V2));
}
