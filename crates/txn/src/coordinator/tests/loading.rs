//! A coordinator takes over a log.

use bytes::Bytes;
use ottla_wire::transaction::TransactionValue;
use ottla_wire::transaction::transaction_log::{PartitionsSchema, TransactionLogKey, TransactionLogValue};

use super::*;
use crate::TransactionMetadata;

/// All that is known, but what no record carries.
fn known(scene: &Scene) -> Vec<(KafkaString, TransactionMetadata)> {
    let ids = scene.coordinator.transactions();
    ids.map(|(id, metadata)| {
        (id.clone(), TransactionMetadata { last_producer_epoch: -1, ..metadata.clone() })
    })
    .collect()
}

#[test]
fn another_coordinator_knows_the_same() {
    for version in [TransactionVersion::V1, TransactionVersion::V2] {
        let mut scene = Scene::new(version);
        for (id, commits) in [("empty", None), ("committed", Some(true)), ("aborted", Some(false))] {
            let producer = scene.init(id);
            if let Some(commits) = commits {
                scene.add(id, producer, "a", 0);
                scene.end(id, producer, commits).unwrap();
            }
        }
        let open = scene.init("open");
        scene.add("open", open, "a", 0);
        scene.add("open", open, "b", 7);
        scene.marks_at_once = false;
        for (id, commits) in [("committing", true), ("aborting", false)] {
            let producer = scene.init(id);
            scene.add(id, producer, "a", 0);
            scene.end(id, producer, commits).unwrap();
        }
        let mut successor = scene.reload();
        assert_eq!(known(&successor), known(&scene), "{version:?}");
        // What was about to end ends.
        successor.finish_loading();
        let markers: Vec<_> =
            successor.markers.iter().map(|markers| markers.transactional_id.as_str()).collect();
        assert_eq!(markers, ["aborting", "committing"]);
        for scene in [&mut scene, &mut successor] {
            scene.mark(MarkerOutcome::Answered(ErrorCode::None));
        }
        assert_eq!(known(&successor), known(&scene), "{version:?}");
    }
}

#[test]
fn the_oldest_version_of_records_carries_what_it_can() {
    let mut scene = Scene::new(TransactionVersion::V0);
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    let mut successor = scene.reload();
    successor.finish_loading();
    assert_eq!(successor.state("t"), scene.state("t"));
    assert_eq!(successor.end("t", producer, true), Ok(producer));
}

#[test]
fn a_transactional_id_that_was_deleted_stays_so() {
    let mut scene = Scene::without_timeouts(TransactionVersion::V2);
    scene.init("t");
    scene.pass(8 * DAY_MS);
    let successor = scene.reload();
    assert_eq!(successor.state("t"), "none");
}

fn record(id: &str, value: TransactionLogValue) -> TransactionRecord {
    let key = TransactionLogKey { transactional_id: id.into() };
    TransactionRecord { key: key.into(), value: Some((value.into(), 1)) }
}

fn value(status: i8) -> TransactionLogValue {
    TransactionLogValue {
        producer_id: 5,
        producer_epoch: 3,
        transaction_timeout_ms: 1000,
        transaction_status: status,
        transaction_last_update_timestamp_ms: -1,
        transaction_start_timestamp_ms: -1,
        ..TransactionLogValue::default()
    }
}

#[test]
fn what_cannot_be_true_is_left_out() {
    let good = value(0);
    for bad in [
        value(6),
        value(7),
        value(-1),
        TransactionLogValue { producer_id: -1, ..value(1) },
        TransactionLogValue { producer_epoch: -1, ..value(1) },
        TransactionLogValue { producer_epoch: i16::MIN, ..value(1) },
    ] {
        let mut scene = Scene::v2().reload();
        scene.load(0, &record("t", good.clone()));
        scene.load(1, &record("t", bad.clone()));
        scene.finish_loading();
        assert_eq!(scene.state("t"), "Empty 5/3 0", "{bad:?}");
    }
}

#[test]
fn what_nobody_would_write_does_no_harm() {
    let partitions = Some(vec![PartitionsSchema {
        topic: "a".into(),
        partition_ids: vec![3, 3, -7, i32::MAX],
        ..PartitionsSchema::default()
    }]);
    let values = (0..6).flat_map(|status| {
        [
            value(status),
            TransactionLogValue { transaction_partitions: partitions.clone(), ..value(status) },
            TransactionLogValue { producer_epoch: i16::MAX, ..value(status) },
            TransactionLogValue {
                next_producer_id: 77,
                client_transaction_version: i16::MAX,
                ..value(status)
            },
            TransactionLogValue {
                next_producer_id: i64::MIN,
                client_transaction_version: -9,
                ..value(status)
            },
            TransactionLogValue { transaction_timeout_ms: i32::MIN, ..value(status) },
            TransactionLogValue {
                transaction_start_timestamp_ms: i64::MIN,
                transaction_last_update_timestamp_ms: i64::MAX,
                ..value(status)
            },
            TransactionLogValue {
                transaction_start_timestamp_ms: i64::MAX,
                transaction_last_update_timestamp_ms: i64::MIN,
                ..value(status)
            },
        ]
    });
    for value in values {
        let mut scene = Scene::v2().reload();
        scene.load(0, &record("t", value.clone()));
        scene.finish_loading();
        scene.pass(2 * SCAN_MS);
        // It can be forgotten, or taken over and used.
        if scene.state("t") == "none" {
            continue;
        }
        let producer = scene.init("t");
        assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::None, "{value:?}");
        assert!(scene.end("t", producer, true).is_ok(), "{value:?}");
    }
}

#[test]
fn bytes_that_are_no_record_are_left_out() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    let mut bytes = BytesMut::new();
    let key_len = scene.log[0].encode(&mut bytes).unwrap();
    let (key, value) = (bytes.split_to(key_len).freeze(), bytes.freeze());
    let mut successor = scene.reload();
    let mut load = |key: Option<&[u8]>, value: Option<&[u8]>| {
        successor.coordinator.replay_bytes(Offset(9), key, value);
    };
    load(None, None);
    load(Some(b""), None);
    load(Some(b"\0"), Some(&value));
    load(Some(b"\0\x09"), Some(&value));
    load(Some(b"\xff\xff"), None);
    for len in 0..key.len() {
        load(Some(&key[..len]), None);
    }
    for len in 0..value.len() {
        load(Some(&key), Some(&value[..len]));
    }
    let newer = [&[0, 9][..], &value[2..]].concat();
    load(Some(&key), Some(&newer));
    let huge = [&Bytes::from_static(b"\0\0\x7f\xff")[..], b"t"].concat();
    load(Some(&huge), None);
    successor.finish_loading();
    assert_eq!(successor.state("t"), "Empty 1000/0 0");
    assert_eq!(successor.add("t", producer, "a", 0), ErrorCode::None);
}

#[test]
fn what_a_client_went_by_survives() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.add("t", producer, "a", 0);
    scene.marks_at_once = false;
    scene.end("t", producer, true).unwrap();
    let mut successor = scene.reload();
    successor.finish_loading();
    assert_eq!(successor.markers[0].transaction_version, TransactionVersion::V2);
    assert_eq!(successor.markers[0].producer_epoch, 1);
    let (TransactionValue::TransactionLog(value), _) = scene.log.last().unwrap().value.as_ref().unwrap();
    assert_eq!(value.client_transaction_version, 2);
}
