//! Transactional producers against a cluster in memory, which fences, counts sequences and shows what is committed.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use ottla_record::{Batch, Decompressor, Offset, increment_sequence};
use ottla_wire::ErrorCode;
use ottla_wire::api::add_offsets_to_txn::AddOffsetsToTxnResponse;
use ottla_wire::api::add_partitions_to_txn::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse,
    AddPartitionsToTxnTopicResult,
};
use ottla_wire::api::end_txn::{EndTxnRequest, EndTxnResponse};
use ottla_wire::api::find_coordinator::{Coordinator, FindCoordinatorResponse};
use ottla_wire::api::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
use ottla_wire::api::produce::{
    PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceResponse,
};
use ottla_wire::api::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitResponse, TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
};
use ottla_wire::api::{ApiKey, RequestBody};
use parking_lot::Mutex;

use super::*;
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::producer::{Producer, ProducerConfig, ProducerRecord};
use crate::testing::{Answer, Asked, Nodes, metadata};

/// The broker that coordinates everything.
const COORDINATOR: u16 = 9002;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Nothing,
    /// The connection closes before anything happens.
    Lost,
    /// The connection closes after all has happened.
    LostAnswer,
    /// The coordinator asks to try again.
    Refused(ErrorCode),
}

#[derive(Default)]
struct Log {
    committed: Vec<String>,
    open: Vec<String>,
    /// Batches as they came: epoch and first sequence, with their offset.
    written: HashMap<(i16, i32), i64>,
    next_sequence: HashMap<i16, i32>,
    size: i64,
}

#[derive(Default)]
struct Cluster {
    logs: BTreeMap<i32, Log>,
    epoch: i16,
    is_ongoing: bool,
    members: BTreeSet<i32>,
    /// How the last transaction ended, and under which epoch.
    last_end: Option<(i16, bool)>,
    pending_offsets: BTreeMap<i32, i64>,
    offsets: BTreeMap<i32, i64>,
    has_group: bool,
    faults: VecDeque<Fault>,
    /// The next produce requests get this error for every partition.
    refuse_records: VecDeque<ErrorCode>,
}

impl Cluster {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if let RequestBody::Metadata(_) = &asked.body {
            return metadata(2, &[("t", &[1, 2])]).into();
        }
        let fault = self.faults.pop_front().unwrap_or(Fault::Nothing);
        if let Fault::Lost = fault {
            return Answer::Close;
        }
        let code = match fault {
            Fault::Refused(code) => code,
            _ if matches!(asked.key, ApiKey::Produce | ApiKey::FindCoordinator)
                || asked.port == COORDINATOR =>
            {
                ErrorCode::None
            }
            _ => ErrorCode::NotCoordinator,
        };
        let answer = self.execute(asked, code);
        if let Fault::LostAnswer = fault { Answer::Close } else { answer }
    }

    fn execute(&mut self, asked: &Asked, code: ErrorCode) -> Answer {
        match &asked.body {
            RequestBody::FindCoordinator(request) => {
                let key = request.coordinator_keys[0].clone();
                let coordinator = Coordinator {
                    key,
                    node_id: if code == ErrorCode::None { 2 } else { -1 },
                    error_code: find_code(code).number(),
                    ..Coordinator::default()
                };
                FindCoordinatorResponse { coordinators: vec![coordinator], ..Default::default() }.into()
            }
            RequestBody::InitProducerId(request) => self.init(request, code).into(),
            RequestBody::AddPartitionsToTxn(request) => self.add(request, code).into(),
            RequestBody::AddOffsetsToTxn(request) => {
                let code = self.check(request.producer_epoch, code);
                self.is_ongoing |= code == ErrorCode::None;
                self.has_group |= code == ErrorCode::None;
                AddOffsetsToTxnResponse { error_code: code.number(), ..Default::default() }.into()
            }
            RequestBody::TxnOffsetCommit(request) => self.commit(request, asked.version, code).into(),
            RequestBody::EndTxn(request) => self.end(request, asked.version, code).into(),
            RequestBody::Produce(request) => self.produce(asked, request, code).into(),
            other => panic!("{other:?}"),
        }
    }

    fn check(&self, epoch: i16, code: ErrorCode) -> ErrorCode {
        match code {
            ErrorCode::None if epoch != self.epoch => ErrorCode::ProducerFenced,
            code => code,
        }
    }

    fn init(&mut self, request: &InitProducerIdRequest, code: ErrorCode) -> InitProducerIdResponse {
        let is_retry = request.producer_id >= 0 && request.producer_epoch + 1 == self.epoch;
        let is_fenced = request.producer_id >= 0 && request.producer_epoch != self.epoch && !is_retry;
        let code = if code == ErrorCode::None && is_fenced { ErrorCode::ProducerFenced } else { code };
        if code != ErrorCode::None {
            return InitProducerIdResponse { error_code: code.number(), ..Default::default() };
        }
        if self.is_ongoing {
            self.finish(false);
        }
        if !is_retry {
            self.epoch += 1;
        }
        InitProducerIdResponse { producer_id: 7, producer_epoch: self.epoch, ..Default::default() }
    }

    fn add(&mut self, request: &AddPartitionsToTxnRequest, code: ErrorCode) -> AddPartitionsToTxnResponse {
        let code = self.check(request.v3_and_below_producer_epoch, code);
        let mut results = Vec::new();
        for topic in &request.v3_and_below_topics {
            let mut result = AddPartitionsToTxnTopicResult { name: topic.name.clone(), ..Default::default() };
            for index in &topic.partitions {
                if code == ErrorCode::None {
                    self.members.insert(*index);
                    self.is_ongoing = true;
                }
                result.results_by_partition.push(AddPartitionsToTxnPartitionResult {
                    partition_index: *index,
                    partition_error_code: code.number(),
                    ..Default::default()
                });
            }
            results.push(result);
        }
        AddPartitionsToTxnResponse { results_by_topic_v3_and_below: results, ..Default::default() }
    }

    fn commit(
        &mut self,
        request: &TxnOffsetCommitRequest,
        version: i16,
        code: ErrorCode,
    ) -> TxnOffsetCommitResponse {
        let code = self.check(request.producer_epoch, code);
        let code = if code == ErrorCode::None && version < 5 && !self.has_group {
            ErrorCode::InvalidTxnState
        } else {
            code
        };
        let mut topic = TxnOffsetCommitResponseTopic { name: "t".into(), ..Default::default() };
        for partition in request.topics.iter().flat_map(|topic| &topic.partitions) {
            if code == ErrorCode::None {
                self.is_ongoing = true;
                self.pending_offsets.insert(partition.partition_index, partition.committed_offset);
            }
            topic.partitions.push(TxnOffsetCommitResponsePartition {
                partition_index: partition.partition_index,
                error_code: code.number(),
                ..Default::default()
            });
        }
        TxnOffsetCommitResponse { topics: vec![topic], ..Default::default() }
    }

    fn end(&mut self, request: &EndTxnRequest, version: i16, code: ErrorCode) -> EndTxnResponse {
        let is_v2 = version >= 5;
        let epoch = request.producer_epoch;
        let is_repeated = self.last_end == Some((epoch, request.committed));
        let code = match code {
            ErrorCode::None if is_v2 && is_repeated && epoch + 1 == self.epoch => ErrorCode::None,
            ErrorCode::None if epoch != self.epoch => ErrorCode::ProducerFenced,
            ErrorCode::None if self.is_ongoing || (is_v2 && !request.committed) => {
                self.finish(request.committed);
                self.epoch += i16::from(is_v2);
                ErrorCode::None
            }
            ErrorCode::None if is_repeated => ErrorCode::None,
            ErrorCode::None => ErrorCode::InvalidTxnState,
            code => code,
        };
        let mut response = EndTxnResponse { error_code: code.number(), ..Default::default() };
        if is_v2 && code == ErrorCode::None {
            (response.producer_id, response.producer_epoch) = (7, self.epoch);
        }
        response
    }

    fn finish(&mut self, is_commit: bool) {
        self.last_end = Some((self.epoch, is_commit));
        for log in self.logs.values_mut() {
            let open = std::mem::take(&mut log.open);
            if is_commit {
                log.committed.extend(open);
            }
            log.size += 1;
        }
        let offsets = std::mem::take(&mut self.pending_offsets);
        if is_commit {
            self.offsets.extend(offsets);
        }
        self.members.clear();
        (self.is_ongoing, self.has_group) = (false, false);
    }

    fn produce(&mut self, asked: &Asked, request: &ProduceRequest, code: ErrorCode) -> ProduceResponse {
        assert_eq!(request.transactional_id.as_deref(), Some("id"));
        let refused = self.refuse_records.pop_front();
        let mut topic = TopicProduceResponse { name: "t".into(), ..Default::default() };
        for data in request.topic_data.iter().flat_map(|topic| &topic.partition_data) {
            assert_eq!(data.index + 9001, i32::from(asked.port));
            let result = match (code, refused) {
                (_, Some(code)) => Err(code),
                (ErrorCode::None, None) => {
                    self.append(data.index, data.records.as_ref().unwrap(), asked.version)
                }
                (_, None) => Err(ErrorCode::NotEnoughReplicas),
            };
            topic.partition_responses.push(PartitionProduceResponse {
                index: data.index,
                base_offset: result.unwrap_or(-1),
                error_code: result.err().unwrap_or(ErrorCode::None).number(),
                ..Default::default()
            });
        }
        ProduceResponse { responses: vec![topic], ..Default::default() }
    }

    fn append(&mut self, index: i32, bytes: &[u8], version: i16) -> Result<i64, ErrorCode> {
        let batch = Batch::parse(bytes).unwrap();
        batch.verify().unwrap();
        assert!(batch.attributes.is_transactional() && batch.producer_id.0 == 7);
        let (epoch, first) = (batch.producer_epoch, batch.base_sequence);
        if epoch != self.epoch {
            return Err(ErrorCode::InvalidProducerEpoch);
        }
        let log = self.logs.entry(index).or_default();
        if let Some(offset) = log.written.get(&(epoch, first)) {
            return Ok(*offset);
        }
        if version >= 12 {
            self.members.insert(index);
            self.is_ongoing = true;
        } else if !self.members.contains(&index) {
            return Err(ErrorCode::InvalidTxnState);
        }
        let next = log.next_sequence.entry(epoch).or_default();
        if *next != first {
            return Err(ErrorCode::OutOfOrderSequenceNumber);
        }
        *next = increment_sequence(first, batch.records_count);
        let offset = log.size;
        log.written.insert((epoch, first), offset);
        for record in batch.records(&mut Decompressor::with_limit(1 << 24)).unwrap() {
            log.open.push(String::from_utf8(record.unwrap().value.unwrap().to_vec()).unwrap());
            log.size += 1;
        }
        Ok(offset)
    }
}

/// What may go wrong with finding a coordinator.
fn find_code(code: ErrorCode) -> ErrorCode {
    if code == ErrorCode::None { code } else { ErrorCode::CoordinatorNotAvailable }
}

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
    cluster.lock().faults.extend([Fault::Refused(ErrorCode::CoordinatorLoadInProgress); 9]);
    let error = producer.init_transactions().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "init_transactions was not done within 500 ms, it goes on and may be waited for by the same call"
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
