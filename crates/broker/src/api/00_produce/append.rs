//! Appending what a request holds.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ottla_log::log::{AppendError, AppendInfo};
use ottla_log::producer_state::{AppendOrigin, ProducerStateError, VerificationGuard};
use ottla_log::validate::{CorruptBatch, InvalidBatch, RecordErrorCause, ValidationScratch};
use ottla_record::{Codec, Offset, Timestamp};
use ottla_wire::api::produce::{BatchIndexAndErrorMessage, PartitionProduceResponse};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::decode::{PartitionAt, Request};
use super::find::{find_topic, header};
use super::verify::{Verdict, Verification};
use super::{ACKS_ALL, ACKS_LEADER, ACKS_NONE};
use crate::coordinator::transaction::ClientSupport;
use crate::partitions::{Append, AppendFailure, INTERNAL_TOPICS, Partition, Partitions, Topic};

/// Batches of zstd may come from this version on (KIP-110).
const ZSTD_VERSION_MIN: i16 = 7;

/// Memory that validation may keep for the next batch.
const SCRATCH_BYTES_MAX: usize = 4 << 20;

thread_local! {
    /// Each IO thread validates with buffers of its own.
    static SCRATCH: RefCell<ValidationScratch> = RefCell::new(ValidationScratch::new());
}

/// How a request came.
pub(super) struct Call<'a> {
    /// The node's partitions.
    pub(super) partitions: &'a Partitions,
    /// Version of the request.
    pub(super) version: i16,
    /// Whether it comes from Kafka's own admin client.
    pub(super) may_write_internal_topics: bool,
    /// Now.
    pub(super) now: Timestamp,
}

/// What became of one partition of a request.
#[derive(Debug)]
pub(super) struct Appended {
    /// Name of the topic; empty where the request named it by an id that is not known.
    pub(super) topic: KafkaString,
    /// Id of the topic, where the request named it by that.
    pub(super) topic_id: Uuid,
    /// What the client is told.
    pub(super) response: PartitionProduceResponse,
    /// The partition and the high watermark at which all replicas have the batch; none if nothing was appended.
    pub(super) required: Option<(Arc<Partition>, Offset)>,
    /// Whether the log must be flushed before the client is told.
    pub(super) must_flush: bool,
}

impl Appended {
    /// What is waited for with `acks=all`, and whether it is there; none after a failure.
    pub(super) fn awaited(&self) -> Option<(&(Arc<Partition>, Offset), bool)> {
        let required = self.required.as_ref()?;
        let is_ok = self.response.error_code == ErrorCode::None.number();
        is_ok.then(|| (required, required.0.high_watermark() >= required.1))
    }

    /// Turns what was appended into a failure all the same.
    pub(super) fn fail(&mut self, error: ErrorCode) {
        self.response.error_code = error.number();
    }
}

/// Appends what a request holds, partition by partition. `verdicts` tell for each what its transaction's coordinator has
/// said; there are none where nobody was asked.
pub(super) fn append(
    call: &Call<'_>,
    request: &Request,
    body: &mut BytesMut,
    verdicts: &[Verdict],
) -> Vec<Appended> {
    let topics = call.partitions.topics();
    let refusal = refusal(request, body);
    let mut appended = Vec::with_capacity(request.partitions.len());
    for at in &request.topics {
        let topic = find_topic(&topics, call.version, at, body);
        let name = match &topic {
            Ok(topic) => topic.state.name.clone(),
            Err(_) => KafkaString::from_bytes_lossy(Bytes::copy_from_slice(&body[at.name.clone()])),
        };
        for (number, partition) in at.partitions.clone().zip(&request.partitions[at.partitions.clone()]) {
            let outcome = match (&refusal, &topic, verdicts.get(number)) {
                (Some(refusal), ..) => Outcome::error(*refusal),
                (None, Err(error), _) => Outcome::error(error.code()),
                (None, Ok(_), Some(Verdict::Refuse(error))) => Outcome::refused(call.version, *error),
                (None, Ok(topic), verdict) => {
                    let guard = match verdict {
                        Some(Verdict::Append(guard)) => *guard,
                        _ => None,
                    };
                    append_to(call, request.acks, topic, partition, guard, body)
                }
            };
            let response = PartitionProduceResponse { index: partition.index, ..outcome.response };
            let Outcome { required, must_flush, .. } = outcome;
            let topic = name.clone();
            appended.push(Appended { topic, topic_id: at.id, response, required, must_flush });
        }
    }
    appended
}

/// What became of one partition, before it is known whose it is.
struct Outcome {
    response: PartitionProduceResponse,
    required: Option<(Arc<Partition>, Offset)>,
    must_flush: bool,
}

impl Outcome {
    fn error(error: ErrorCode) -> Self {
        let response = PartitionProduceResponse {
            error_code: error.number(),
            base_offset: Offset::NONE.0,
            ..PartitionProduceResponse::default()
        };
        Self { response, required: None, must_flush: false }
    }

    /// What the coordinator of a transaction did not allow.
    fn refused(version: i16, error: ErrorCode) -> Self {
        let (error, message) = Verification::told(ClientSupport::of_produce(version), error);
        let mut outcome = Self::error(error);
        outcome.response.error_message = message;
        outcome
    }

    fn appended(partition: &Arc<Partition>, info: &AppendInfo) -> Self {
        let response = PartitionProduceResponse {
            base_offset: info.first_offset.0,
            log_append_time_ms: info.log_append_time.unwrap_or(Timestamp::NONE).0,
            log_start_offset: info.log_start_offset.0,
            ..PartitionProduceResponse::default()
        };
        let required = Some((Arc::clone(partition), info.last_offset + 1));
        Self { response, required, must_flush: info.must_flush }
    }

    fn failed(partition: &Partition, failure: &AppendFailure) -> Self {
        let mut outcome = Self::error(failure.code());
        if tells_log_start(failure) {
            outcome.response.log_start_offset = partition.log_start_offset().0;
        }
        match failure {
            AppendFailure::Log(AppendError::Rejected(rejected)) => {
                outcome.response.error_message = Some(rejected.to_string().into());
                let errors = rejected.errors.iter().map(|error| BatchIndexAndErrorMessage {
                    batch_index: error.index.cast_signed(),
                    batch_index_error_message: Some(error.cause.to_string().into()),
                    ..BatchIndexAndErrorMessage::default()
                });
                outcome.response.record_errors = errors.collect();
            }
            AppendFailure::Log(AppendError::Corrupt(CorruptBatch::Frame(_))) => {
                outcome.response.error_message = Some(failure.to_string().into());
            }
            _ => {}
        }
        outcome
    }
}

/// Kafka tells where the log starts with failures that it finds inside the batch or in the state of its producer.
fn tells_log_start(failure: &AppendFailure) -> bool {
    match failure {
        AppendFailure::Partition(_) | AppendFailure::NoProducer => false,
        AppendFailure::NotEnoughReplicas { .. } => true,
        AppendFailure::Log(error) => match error {
            AppendError::Invalid(invalid) => !is_unfit(invalid),
            AppendError::Rejected(_) | AppendError::Producer(_) => true,
            _ => false,
        },
    }
}

/// Whether a batch cannot be the content of any produce request.
const fn is_unfit(invalid: &InvalidBatch) -> bool {
    matches!(invalid, InvalidBatch::NoBatch | InvalidBatch::MoreThanOne | InvalidBatch::Magic(_))
}

/// Why the request as a whole is refused, if it is: batches of a transaction need the id of the transaction, and belong
/// to one producer.
fn refusal(request: &Request, body: &[u8]) -> Option<ErrorCode> {
    let records = request.partitions.iter().filter_map(|partition| partition.records.clone());
    let headers = records.filter_map(|records| header(&body[records]));
    let mut producer = None;
    for header in headers.filter(|header| header.attributes.is_transactional()) {
        if request.transactional_id.is_none() {
            return Some(ErrorCode::TransactionalIdAuthorizationFailed);
        }
        let this = (header.producer_id, header.producer_epoch);
        if *producer.get_or_insert(this) != this {
            return Some(ErrorCode::InvalidProducerIdMapping);
        }
    }
    None
}

fn append_to(
    call: &Call<'_>,
    acks: i16,
    topic: &Topic,
    at: &PartitionAt,
    guard: Option<VerificationGuard>,
    body: &mut BytesMut,
) -> Outcome {
    let index = at.index;
    let partition = match topic.partition(index) {
        Ok(partition) => partition,
        Err(error) => return Outcome::error(error.code()),
    };
    let Some(records) = at.records.clone() else { return Outcome::error(ErrorCode::InvalidRecord) };
    let records = &mut body[records];
    let is_zstd = header(records).is_some_and(|header| header.attributes.codec() == Ok(Codec::Zstd));
    if is_zstd && call.version < ZSTD_VERSION_MIN {
        return Outcome::error(ErrorCode::UnsupportedCompressionType);
    }
    if ![ACKS_ALL, ACKS_NONE, ACKS_LEADER].contains(&acks) {
        return Outcome::error(ErrorCode::InvalidRequiredAcks);
    }
    let metrics = &topic.state.metrics;
    metrics.total_produce_requests.add(1);
    if INTERNAL_TOPICS.contains(&topic.state.name.as_str()) && !call.may_write_internal_topics {
        return Outcome::error(ErrorCode::InvalidTopicException);
    }
    let append = Append {
        origin: AppendOrigin::Client,
        needs_all_replicas: acks == ACKS_ALL,
        leader_epoch: None,
        verification: guard,
        transaction_version: None,
        now: call.now,
    };
    let size = records.len();
    let result = SCRATCH.with_borrow_mut(|scratch| {
        let result = partition.append(records, &append, scratch);
        scratch.shrink_to(SCRATCH_BYTES_MAX);
        result
    });
    match result {
        Ok(info) => {
            metrics.bytes_in.add(size as u64);
            metrics.messages_in.add((info.last_offset - info.first_offset + 1).unsigned_abs());
            Outcome::appended(partition, &info)
        }
        Err(failure) => {
            count_failure(topic, size, &failure);
            tracing::debug!(topic = %topic.state.name, partition = index, error = %failure, "append refused");
            Outcome::failed(partition, &failure)
        }
    }
}

fn count_failure(topic: &Topic, size: usize, failure: &AppendFailure) {
    let metrics = &topic.state.metrics;
    if tells_log_start(failure) {
        metrics.failed_produce_requests.add(1);
    }
    let AppendFailure::Log(error) = failure else { return };
    match error {
        AppendError::TooLarge(_) | AppendError::SegmentSize(_) => metrics.bytes_rejected.add(size as u64),
        AppendError::Invalid(InvalidBatch::Magic(_)) => metrics.invalid_magic_number_records.add(1),
        AppendError::Corrupt(CorruptBatch::Crc(_)) => metrics.invalid_message_crc_records.add(1),
        AppendError::Invalid(_) | AppendError::Producer(ProducerStateError::OutOfOrderSequence { .. }) => {
            metrics.invalid_offset_or_sequence_records.add(1);
        }
        AppendError::Rejected(rejected) => {
            let no_key = rejected.errors.iter().filter(|error| error.cause == RecordErrorCause::NoKey);
            metrics.no_key_compacted_topic_records.add(no_key.count() as u64);
        }
        _ => {}
    }
}
