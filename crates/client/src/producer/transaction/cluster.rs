//! A cluster in memory, which fences, counts sequences and shows what is committed.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use ottla_record::{Batch, Decompressor, increment_sequence};
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

use crate::testing::{Answer, Asked, metadata};

/// The broker that coordinates everything.
const COORDINATOR: u16 = 9002;

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Nothing,
    /// The connection closes before anything happens.
    Lost,
    /// The connection closes after all has happened.
    LostAnswer,
    /// The coordinator asks to try again.
    Refused(ErrorCode),
}

#[derive(Default)]
pub(super) struct Log {
    pub(super) committed: Vec<String>,
    pub(super) open: Vec<String>,
    /// Batches as they came: epoch and first sequence, with their offset.
    written: HashMap<(i16, i32), i64>,
    next_sequence: HashMap<i16, i32>,
    size: i64,
}

#[derive(Default)]
pub(super) struct Cluster {
    pub(super) logs: BTreeMap<i32, Log>,
    pub(super) epoch: i16,
    pub(super) is_ongoing: bool,
    members: BTreeSet<i32>,
    /// How the last transaction ended, and under which epoch.
    last_end: Option<(i16, bool)>,
    pending_offsets: BTreeMap<i32, i64>,
    pub(super) offsets: BTreeMap<i32, i64>,
    has_group: bool,
    pub(super) faults: VecDeque<Fault>,
    /// The next produce requests get this error for every partition.
    pub(super) refuse_records: VecDeque<ErrorCode>,
}

impl Cluster {
    pub(super) fn answer(&mut self, asked: &Asked) -> Answer {
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
