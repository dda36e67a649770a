//! Transactional producers against a cluster in memory.

use ottla_record::Offset;
use ottla_wire::ErrorCode;
use ottla_wire::api::ApiKey;
use parking_lot::Mutex;

use super::cluster::{Cluster, Fault};
use super::*;
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::producer::{Producer, ProducerConfig, ProducerRecord};
use crate::testing::Nodes;

fn nodes(cluster: &Arc<Mutex<Cluster>>, transaction_version: i16) -> Nodes {
    let cluster = Arc::clone(cluster);
    let nodes = Nodes::new(move |asked| cluster.lock().answer(asked));
    nodes.set_features(1, &[("transaction.version", transaction_version)]);
    nodes
}

fn producer(nodes: &Nodes, entries: &[(&str, &str)]) -> Producer {
    let common = [
        ("bootstrap.servers", "memory:9001"),
        ("transactional.id", "id"),
        ("request.timeout.ms", "2000"),
        ("batch.size", "100"),
    ];
    let config = ProducerConfig::from_properties(common.iter().chain(entries).copied()).unwrap();
    assert_eq!(config.client.client_id, "producer-id");
    Producer::with_connector(config, Box::new(nodes.clone()))
}

fn to(partition: i32, value: &str) -> ProducerRecord<'_> {
    ProducerRecord { partition: Some(partition), ..ProducerRecord::value("t", value.as_bytes()) }
}

fn group() -> ConsumerGroupMetadata {
    ConsumerGroupMetadata {
        group_id: "g".into(),
        generation_id: 1,
        member_id: "m".into(),
        group_instance_id: None,
    }
}

fn offset(value: i64) -> [(TopicPartition, OffsetAndMetadata); 1] {
    [(TopicPartition::new("t", 0), OffsetAndMetadata::new(Offset(value)))]
}

/// Transactions one after another, every third aborted; what is committed of each partition.
async fn work(producer: &Producer, count: usize) -> [Vec<String>; 2] {
    let mut committed = [Vec::new(), Vec::new()];
    for number in 0..count {
        producer.begin_transaction().unwrap();
        let mut sent = [Vec::new(), Vec::new()];
        for n in 0..5 {
            let index = (number + n) % 2;
            let value = format!("record {n} of transaction {number}");
            producer.send(&to(index as i32, &value)).await.unwrap();
            sent[index].push(value);
        }
        producer.send_offsets_to_transaction(offset(number as i64), &group()).await.unwrap();
        if number % 3 == 2 {
            producer.abort_transaction().await.unwrap();
            continue;
        }
        producer.commit_transaction().await.unwrap();
        for (all, sent) in committed.iter_mut().zip(sent) {
            all.extend(sent);
        }
    }
    committed
}

#[tokio::test(start_paused = true)]
async fn what_is_committed_is_there_exactly_once_whatever_goes_wrong() {
    let all = [
        Fault::Nothing,
        Fault::Lost,
        Fault::LostAnswer,
        Fault::Refused(ErrorCode::NotCoordinator),
        Fault::Refused(ErrorCode::CoordinatorLoadInProgress),
        Fault::Refused(ErrorCode::ConcurrentTransactions),
        Fault::Nothing,
        Fault::Nothing,
    ];
    for seed in 0..120_u64 {
        let version = 1 + (seed % 2) as i16;
        let cluster = Arc::new(Mutex::new(Cluster::default()));
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..60 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            cluster.lock().faults.push_back(all[(random % all.len() as u64) as usize]);
        }
        let producer = producer(&nodes(&cluster, version), &[]);
        producer.init_transactions().await.unwrap();
        let first_epoch = cluster.lock().epoch;
        let expected = work(&producer, 10).await;
        producer.close(Duration::from_secs(1)).await;
        let cluster = cluster.lock();
        for (index, expected) in expected.iter().enumerate() {
            let log = &cluster.logs[&(index as i32)];
            assert_eq!(&log.committed, expected, "seed {seed}, partition {index}");
            assert!(log.open.is_empty(), "seed {seed}");
        }
        assert_eq!(cluster.offsets, [(0, 9)].into(), "seed {seed}");
        // Version 2 has an epoch for each transaction.
        let epochs = if version == 2 { 10 } else { 0 };
        assert_eq!(cluster.epoch - first_epoch, epochs, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn versions_of_requests_are_those_of_the_transaction_version() {
    for version in [1, 2] {
        let cluster = Arc::new(Mutex::new(Cluster::default()));
        let nodes = nodes(&cluster, version);
        let producer = producer(&nodes, &[]);
        producer.init_transactions().await.unwrap();
        work(&producer, 2).await;
        let log = nodes.log();
        let last = |key| log.iter().filter(|asked| asked.key == key).map(|asked| asked.version).max();
        let expected = match version {
            1 => [Some(11), Some(3), Some(4), Some(4), Some(4)],
            _ => [Some(12), None, None, Some(5), Some(5)],
        };
        let keys = [
            ApiKey::Produce,
            ApiKey::AddPartitionsToTxn,
            ApiKey::AddOffsetsToTxn,
            ApiKey::TxnOffsetCommit,
            ApiKey::EndTxn,
        ];
        assert_eq!(keys.map(last), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_fails_dooms_its_transaction_and_no_other() {
    for version in [1, 2] {
        let cluster = Arc::new(Mutex::new(Cluster::default()));
        let producer = producer(&nodes(&cluster, version), &[]);
        producer.init_transactions().await.unwrap();
        producer.begin_transaction().unwrap();
        cluster.lock().refuse_records.push_back(ErrorCode::InvalidRecord);
        let bad = producer.send(&to(0, "bad")).await.unwrap();
        assert_eq!(bad.done().await.unwrap_err().code(), ErrorCode::InvalidRecord);
        let refused = producer.send(&to(1, "refused")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidRecord, "{refused}");
        let error = producer.commit_transaction().await.unwrap_err();
        assert!(error.is_abortable(), "{error}");
        producer.abort_transaction().await.unwrap();
        producer.begin_transaction().unwrap();
        producer.send(&to(0, "good")).await.unwrap();
        producer.commit_transaction().await.unwrap();
        assert_eq!(cluster.lock().logs[&0].committed, ["good"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_drops_what_waits() {
    let cluster = Arc::new(Mutex::new(Cluster::default()));
    let nodes = nodes(&cluster, 2);
    let producer = producer(&nodes, &[("linger.ms", "10000")]);
    producer.init_transactions().await.unwrap();
    producer.begin_transaction().unwrap();
    let delivery = producer.send(&to(0, "x")).await.unwrap();
    producer.abort_transaction().await.unwrap();
    assert!(matches!(delivery.done().await, Err(ProduceError::Aborted)));
    assert!(!nodes.keys().contains(&ApiKey::Produce));
    assert_eq!(producer.buffer_available(), 32 << 20);
}

#[tokio::test(start_paused = true)]
async fn the_elder_of_two_is_fenced() {
    for version in [1, 2] {
        let cluster = Arc::new(Mutex::new(Cluster::default()));
        let nodes = nodes(&cluster, version);
        let elder = producer(&nodes, &[]);
        elder.init_transactions().await.unwrap();
        elder.begin_transaction().unwrap();
        elder.send(&to(0, "lost")).await.unwrap().done().await.unwrap();
        let younger = producer(&nodes, &[]);
        younger.init_transactions().await.unwrap();
        let error = elder.commit_transaction().await.unwrap_err();
        assert!(error.is_fatal() && error.code() == ErrorCode::ProducerFenced, "{error}");
        assert!(elder.begin_transaction().unwrap_err().is_fatal());
        let error = elder.send(&to(0, "x")).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ProducerFenced);
        younger.begin_transaction().unwrap();
        younger.send(&to(0, "kept")).await.unwrap();
        younger.commit_transaction().await.unwrap();
        assert_eq!(cluster.lock().logs[&0].committed, ["kept"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_is_called_again() {
    let cluster = Arc::new(Mutex::new(Cluster::default()));
    let producer = producer(&nodes(&cluster, 2), &[("max.block.ms", "500")]);
    // The first request looks for the coordinator.
    cluster.lock().faults.push_back(Fault::Nothing);
    cluster.lock().faults.extend([Fault::Refused(ErrorCode::CoordinatorLoadInProgress); 9]);
    let error = producer.init_transactions().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "init_transactions was not done within 500 ms, it goes on and may be waited for by the same call, at last: \
         COORDINATOR_LOAD_IN_PROGRESS: the coordinator is still loading its state"
    );
    assert!(matches!(producer.begin_transaction(), Err(TransactionError::Pending { .. })));
    sleep(Duration::from_secs(2)).await;
    producer.init_transactions().await.unwrap();
    producer.begin_transaction().unwrap();
}

#[tokio::test(start_paused = true)]
async fn closing_aborts_what_is_open() {
    let cluster = Arc::new(Mutex::new(Cluster::default()));
    let producer = producer(&nodes(&cluster, 2), &[]);
    producer.init_transactions().await.unwrap();
    producer.begin_transaction().unwrap();
    producer.send(&to(0, "x")).await.unwrap();
    producer.close(Duration::from_secs(10)).await;
    assert!(!cluster.lock().is_ongoing);
    assert!(cluster.lock().logs[&0].committed.is_empty());
    assert!(matches!(producer.commit_transaction().await, Err(TransactionError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn without_an_id_there_are_no_transactions() {
    let cluster = Arc::new(Mutex::new(Cluster::default()));
    let config = ProducerConfig::from_properties([("bootstrap.servers", "memory:9001")]).unwrap();
    let producer = Producer::with_connector(config, Box::new(nodes(&cluster, 2)));
    assert!(matches!(producer.begin_transaction(), Err(TransactionError::NotTransactional)));
    assert!(matches!(producer.init_transactions().await, Err(TransactionError::NotTransactional)));
}
