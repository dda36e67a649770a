//! What a transactional id goes through, told from its producers' side.

mod adding;
mod ending;
mod failures;
mod initializing;
mod listing;
mod loading;
mod markers;
mod timeouts;

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;
use ottla_coordinator::{CoordinatorRecord as _, Token, WriteId};
use ottla_record::{LeaderEpoch, Offset, ProducerId, Timestamp};
use ottla_wire::api::add_partitions_to_txn::{AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction};
use ottla_wire::messages::{
    AddOffsetsToTxnRequest, EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::TransactionCoordinator;
use super::transaction::Producer;
use crate::{
    MarkerOutcome, MarkerResult, MarkersToWrite, Outcome, Response, TransactionCoordinatorConfig,
    TransactionRecord, TransactionVersion,
};

const TIMEOUT_MS: i32 = 60_000;
const MAX_TIMEOUT_MS: i32 = 900_000;
const SCAN_MS: i64 = 10_000;
const DAY_MS: i64 = 24 * 3_600_000;
const COORDINATOR_EPOCH: LeaderEpoch = LeaderEpoch(7);
/// Versions of clients that go by version 1 of transactions, and by version 2.
const END_V1: i16 = 4;
const END_V2: i16 = 5;
const ADD_V1: i16 = 3;
const ADD_V2: i16 = 5;

fn config() -> TransactionCoordinatorConfig {
    TransactionCoordinatorConfig {
        transactional_id_expiration_ms: 7 * DAY_MS,
        transaction_max_timeout_ms: MAX_TIMEOUT_MS,
        abort_timed_out_interval_ms: SCAN_MS,
        remove_expired_interval_ms: 3_600_000,
        two_phase_commit_enable: false,
    }
}

/// A coordinator, its log, and those who write its markers and give it producer ids.
struct Scene {
    coordinator: TransactionCoordinator,
    version: TransactionVersion,
    now: Timestamp,
    log: Vec<TransactionRecord>,
    answers: BTreeMap<Token, Response>,
    /// Writes are safe as soon as they are written.
    commits_at_once: bool,
    uncommitted: VecDeque<WriteId>,
    /// What appending answers.
    append_error: Option<ErrorCode>,
    /// Markers are written as soon as they are asked for.
    marks_at_once: bool,
    markers: VecDeque<MarkersToWrite>,
    /// Producer ids come as soon as they are asked for.
    gives_ids_at_once: bool,
    ids_wanted: usize,
    next_producer_id: i64,
    next_token: u64,
}

impl Scene {
    fn new(version: TransactionVersion) -> Self {
        let coordinator = TransactionCoordinator::new(config(), COORDINATOR_EPOCH, version);
        let mut scene = Self {
            coordinator,
            version,
            now: Timestamp(1_000_000_000_000),
            log: Vec::new(),
            answers: BTreeMap::new(),
            commits_at_once: true,
            uncommitted: VecDeque::new(),
            append_error: None,
            marks_at_once: true,
            markers: VecDeque::new(),
            gives_ids_at_once: true,
            ids_wanted: 0,
            next_producer_id: 1000,
            next_token: 0,
        };
        let loaded = scene.coordinator.on_loaded(scene.now.into());
        scene.settle(loaded);
        scene
    }

    /// Time passes quickly: nobody looks for transactions that take too long.
    fn without_timeouts(version: TransactionVersion) -> Self {
        let mut scene = Self::new(version);
        scene.coordinator.config.abort_timed_out_interval_ms = i64::MAX / 2;
        scene
    }

    fn v1() -> Self {
        Self::new(TransactionVersion::V1)
    }

    fn v2() -> Self {
        Self::new(TransactionVersion::V2)
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    /// Does what an outcome asks for, and what follows from that.
    fn settle(&mut self, outcome: Outcome) {
        self.take(outcome);
        while self.go_on_by_itself() {}
        self.coordinator.invariants();
    }

    fn take(&mut self, outcome: Outcome) {
        for reply in outcome.replies {
            let former = self.answers.insert(reply.token, reply.response);
            assert_eq!(former, None, "a request is answered once");
        }
        self.markers.extend(outcome.markers);
        self.ids_wanted += outcome.producer_ids_wanted;
        for write in outcome.writes {
            if let Some(error) = self.append_error {
                let failed = self.coordinator.failed(self.now.into(), write.id, error);
                self.take(failed);
                continue;
            }
            self.log.extend(write.records);
            self.uncommitted.push_back(write.id);
        }
    }

    /// Whether something happened that happens at once.
    fn go_on_by_itself(&mut self) -> bool {
        if self.commits_at_once && !self.uncommitted.is_empty() {
            self.commit_one();
        } else if self.marks_at_once && !self.markers.is_empty() {
            self.mark_one(MarkerOutcome::Answered(ErrorCode::None));
        } else if self.gives_ids_at_once && self.ids_wanted > 0 {
            self.next_producer_id += 1;
            self.bring_id(Ok(ProducerId(self.next_producer_id - 1)));
        } else {
            return false;
        }
        true
    }

    fn commit_one(&mut self) {
        let Some(id) = self.uncommitted.pop_front() else { return };
        let outcome = self.coordinator.committed(self.now.into(), id);
        self.take(outcome);
    }

    fn mark_one(&mut self, result: MarkerOutcome) {
        let Some(markers) = self.markers.pop_front() else { return };
        let partitions = markers.partitions.iter();
        let results: Vec<MarkerResult> = partitions.map(|at| marker_result(at, result)).collect();
        let outcome = self.coordinator.handle_markers_written(self.now.into(), markers.id, &results);
        self.take(outcome);
    }

    /// All that is written is safe now.
    fn commit(&mut self) {
        while !self.uncommitted.is_empty() {
            self.commit_one();
        }
        self.settle(Outcome::default());
    }

    /// All that is written is lost.
    fn fail(&mut self, error: ErrorCode) {
        while let Some(id) = self.uncommitted.pop_front() {
            let outcome = self.coordinator.failed(self.now.into(), id, error);
            self.take(outcome);
        }
        self.settle(Outcome::default());
    }

    /// All markers under way come to the same.
    fn mark(&mut self, result: MarkerOutcome) {
        while !self.markers.is_empty() {
            self.mark_one(result);
        }
        self.settle(Outcome::default());
    }

    fn give_id(&mut self) {
        let id = ProducerId(self.next_producer_id);
        self.next_producer_id += 1;
        self.bring_id(Ok(id));
        self.settle(Outcome::default());
    }

    fn bring_id(&mut self, id: Result<ProducerId, ErrorCode>) {
        self.ids_wanted -= 1;
        let outcome = self.coordinator.handle_producer_id(self.now.into(), id);
        self.take(outcome);
    }

    /// Lets time pass, in steps to everything that is due.
    fn pass(&mut self, milliseconds: i64) {
        let end = Timestamp(self.now.0 + milliseconds);
        while let Some(due) = self.coordinator.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let outcome = self.coordinator.handle_timeout(self.now.into());
            self.settle(outcome);
        }
        self.now = end;
    }

    fn answer(&mut self, token: Token) -> Option<Response> {
        self.answers.remove(&token)
    }

    fn send_init(&mut self, version: i16, request: &InitProducerIdRequest) -> Token {
        let token = self.token();
        let outcome = self.coordinator.handle_init_producer_id(self.now.into(), version, request, token);
        self.settle(outcome);
        token
    }

    fn initialized(&mut self, token: Token) -> InitProducerIdResponse {
        match self.answer(token) {
            Some(Response::InitProducerId(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    /// A producer takes over; it is told to come again while another one's transaction ends.
    fn init(&mut self, id: &str) -> Producer {
        for _ in 0..2 {
            let token = self.send_init(6, &init_request(id));
            let response = self.initialized(token);
            if response.error_code == 0 {
                return Producer { id: ProducerId(response.producer_id), epoch: response.producer_epoch };
            }
            assert_eq!(ErrorCode::from(response.error_code), ErrorCode::ConcurrentTransactions);
        }
        panic!("{id} has no producer");
    }

    /// A producer goes on under another epoch.
    fn go_on(&mut self, id: &str, producer: Producer) -> Result<Producer, ErrorCode> {
        let request = InitProducerIdRequest {
            producer_id: producer.id.0,
            producer_epoch: producer.epoch,
            ..init_request(id)
        };
        let token = self.send_init(6, &request);
        let response = self.initialized(token);
        match ErrorCode::from(response.error_code) {
            ErrorCode::None => {
                Ok(Producer { id: ProducerId(response.producer_id), epoch: response.producer_epoch })
            }
            error => Err(error),
        }
    }

    fn send_add(&mut self, version: i16, request: &AddPartitionsToTxnTransaction) -> Token {
        let token = self.token();
        let outcome = self.coordinator.handle_add_partitions_to_txn(self.now.into(), version, request, token);
        self.settle(outcome);
        token
    }

    /// The errors of the partitions, in order.
    fn added(&mut self, token: Token) -> Vec<ErrorCode> {
        match self.answer(token) {
            Some(Response::AddPartitionsToTxn(result)) => result
                .topic_results
                .iter()
                .flat_map(|topic| &topic.results_by_partition)
                .map(|partition| partition.partition_error_code.into())
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Adds a partition; clients of version 2 let the leader of the partition do that.
    fn add(&mut self, id: &str, producer: Producer, topic: &str, partition: i32) -> ErrorCode {
        let version = if self.version.raises_epoch() { ADD_V2 } else { ADD_V1 };
        let token = self.send_add(version, &add_request(id, producer, &[(topic, partition)]));
        self.added(token)[0]
    }

    fn add_offsets(&mut self, version: i16, id: &str, producer: Producer, partition: i32) -> ErrorCode {
        let token = self.token();
        let request = AddOffsetsToTxnRequest {
            transactional_id: id.into(),
            producer_id: producer.id.0,
            producer_epoch: producer.epoch,
            group_id: "g".into(),
            ..AddOffsetsToTxnRequest::default()
        };
        let outcome =
            self.coordinator.handle_add_offsets_to_txn(self.now.into(), version, &request, partition, token);
        self.settle(outcome);
        match self.answer(token) {
            Some(Response::AddOffsetsToTxn(response)) => response.error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    fn send_end(&mut self, version: i16, id: &str, producer: Producer, committed: bool) -> Token {
        let token = self.token();
        let request = EndTxnRequest {
            transactional_id: id.into(),
            producer_id: producer.id.0,
            producer_epoch: producer.epoch,
            committed,
            ..EndTxnRequest::default()
        };
        let outcome = self.coordinator.handle_end_txn(self.now.into(), version, &request, token);
        self.settle(outcome);
        token
    }

    fn ended(&mut self, token: Token) -> EndTxnResponse {
        match self.answer(token) {
            Some(Response::EndTxn(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Ends the transaction; the producer that goes on.
    fn end(&mut self, id: &str, producer: Producer, committed: bool) -> Result<Producer, ErrorCode> {
        let version = if self.version.raises_epoch() { END_V2 } else { END_V1 };
        let token = self.send_end(version, id, producer, committed);
        let response = self.ended(token);
        match ErrorCode::from(response.error_code) {
            ErrorCode::None if version == END_V2 => {
                Ok(Producer { id: ProducerId(response.producer_id), epoch: response.producer_epoch })
            }
            ErrorCode::None => Ok(producer),
            error => Err(error),
        }
    }

    /// State, producer id and epoch, number of partitions.
    fn state(&self, id: &str) -> String {
        match self.coordinator.transaction(id) {
            Some(metadata) => format!(
                "{} {}/{} {}",
                metadata.state.name(),
                metadata.producer_id,
                metadata.producer_epoch,
                metadata.partitions.len()
            ),
            None => "none".to_owned(),
        }
    }

    /// A coordinator that takes over the log.
    fn reload(&self) -> Self {
        let mut scene = Self {
            coordinator: TransactionCoordinator::new(config(), COORDINATOR_EPOCH, self.version),
            log: Vec::new(),
            answers: BTreeMap::new(),
            uncommitted: VecDeque::new(),
            markers: VecDeque::new(),
            ids_wanted: 0,
            ..*self
        };
        for (index, record) in self.log.iter().enumerate() {
            scene.load(index as i64, record);
        }
        scene
    }

    /// Reads a record from its bytes.
    fn load(&mut self, offset: i64, record: &TransactionRecord) {
        let mut bytes = BytesMut::new();
        let key_len = record.encode(&mut bytes).unwrap();
        let (key, value) = bytes.split_at(key_len);
        let value = (!record.is_tombstone()).then_some(value);
        self.coordinator.replay_bytes(Offset(offset), Some(key), value);
        self.log.push(record.clone());
    }

    fn finish_loading(&mut self) {
        let loaded = self.coordinator.on_loaded(self.now.into());
        self.settle(loaded);
    }
}

fn init_request(id: &str) -> InitProducerIdRequest {
    InitProducerIdRequest {
        transactional_id: Some(id.into()),
        transaction_timeout_ms: TIMEOUT_MS,
        ..InitProducerIdRequest::default()
    }
}

fn add_request(id: &str, producer: Producer, partitions: &[(&str, i32)]) -> AddPartitionsToTxnTransaction {
    let topics = partitions.iter().map(|(topic, partition)| AddPartitionsToTxnTopic {
        name: (*topic).into(),
        partitions: vec![*partition],
        ..AddPartitionsToTxnTopic::default()
    });
    AddPartitionsToTxnTransaction {
        transactional_id: id.into(),
        producer_id: producer.id.0,
        producer_epoch: producer.epoch,
        verify_only: false,
        topics: topics.collect(),
        ..AddPartitionsToTxnTransaction::default()
    }
}

fn marker_result((topic, partition): (&KafkaString, i32), outcome: MarkerOutcome) -> MarkerResult {
    MarkerResult { topic: topic.clone(), partition, outcome }
}

fn with_epoch(producer: Producer, epoch: i16) -> Producer {
    Producer { epoch, ..producer }
}
