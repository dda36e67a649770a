//! The leaders of the partitions that transactions write to.

use ottla_log::log::AppendError;
use ottla_log::producer_state::{AppendOrigin, ProducerStateError};
use ottla_record::{
    BatchBuilder, BatchSettings, Compressor, EndTxnMarker, LeaderEpoch, MarkerSettings, NewRecord, Offset,
    ProducerId, Timestamp, TransactionResult,
};
use ottla_txn::{MarkerOutcome, MarkerResult, MarkersId, MarkersToWrite, Token};
use ottla_wire::ErrorCode;
use ottla_wire::api::add_partitions_to_txn::{AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction};
use ottla_wire::messages::EndTxnRequest;

use super::Plant;
use super::client::Answer;
use super::coordinator::Asked;
use super::partition::PowerLost;
use super::world::{TOPIC, World};

/// Version of AddPartitionsToTxn by which a leader asks the coordinator.
const LEADER_VERSION: i16 = 5;
/// Copies of requests that are under way at a time.
const LATE_MAX: usize = 30;

/// A batch on its way to a partition.
#[derive(Debug, Clone)]
pub(super) struct Produce {
    /// Who waits for the answer; none for a copy.
    pub(super) token: Option<Token>,
    pub(super) transactional_id: ottla_wire::KafkaString,
    pub(super) producer_id: ProducerId,
    pub(super) producer_epoch: i16,
    /// The leader adds the partition to the transaction; else it only asks whether that was done.
    pub(super) leader_adds: bool,
    pub(super) partition: usize,
    pub(super) sequence: i32,
    pub(super) values: Vec<[u8; 12]>,
}

/// A copy of a request that comes late.
#[derive(Debug, Clone)]
pub(super) enum Late {
    Produce(Produce),
    End(EndTxnRequest, i16),
}

/// Who waits until what is appended is safe.
#[derive(Debug)]
pub(super) enum DataWaiter {
    Producer(Option<Token>),
    Coordinator { generation: i32, id: MarkersId, partition: usize },
}

impl World {
    /// A batch arrives. The leader appends it if the transaction is open here, else asks the coordinator first.
    pub(super) fn receive(&mut self, produce: Produce) -> Result<(), PowerLost> {
        let partition = &self.data[produce.partition];
        let is_open = partition.has_transaction(produce.producer_id, produce.producer_epoch);
        if is_open || self.plant == Some(Plant::NotVerified) {
            return self.append_data(&produce);
        }
        let request = AddPartitionsToTxnTransaction {
            transactional_id: produce.transactional_id.clone(),
            producer_id: produce.producer_id.0,
            producer_epoch: produce.producer_epoch,
            verify_only: !produce.leader_adds,
            topics: vec![AddPartitionsToTxnTopic {
                name: TOPIC,
                partitions: vec![produce.partition as i32],
                ..AddPartitionsToTxnTopic::default()
            }],
            ..AddPartitionsToTxnTransaction::default()
        };
        let token = self.token();
        self.asked.insert(token, Asked::Leader(produce));
        let now = self.now();
        let outcome = self.coordinator.handle_add_partitions_to_txn(now, LEADER_VERSION, &request, token);
        self.settle(outcome)
    }

    pub(super) fn append_data(&mut self, produce: &Produce) -> Result<(), PowerLost> {
        let now = self.now().time_of_day;
        let mut batch = build(produce, now);
        let partition = &mut self.data[produce.partition];
        let origin = match self.plant {
            // Sequences are not looked at then.
            Some(Plant::AppendedTwice) => AppendOrigin::Coordinator,
            _ => AppendOrigin::Client,
        };
        match partition.append(&mut batch, origin, None, now)? {
            Ok(_) if self.plant == Some(Plant::AcknowledgedTooSoon) => {
                self.answers.extend(produce.token.map(|token| (token, Answer::Produced(ErrorCode::None))));
            }
            Ok(info) => {
                partition.wait(info.last_offset + 1, DataWaiter::Producer(produce.token));
                let (first, again) = (info.first_offset, info.is_duplicate);
                self.note(|_| format!("  appended {} at {first}, again: {again}", told(produce)));
            }
            Err(AppendError::Producer(error)) => self.refuse(produce, error_of(&error)),
            Err(error) => panic!("{} cannot be appended: {error}", told(produce)),
        }
        Ok(())
    }

    pub(super) fn refuse(&mut self, produce: &Produce, error: ErrorCode) {
        self.note(|_| format!("  refused {}: {error:?}", told(produce)));
        match produce.token {
            Some(token) => self.answers.push_back((token, Answer::Produced(error))),
            None => self.stats.fenced += 1,
        }
    }

    /// What was appended to a partition is safe.
    pub(super) fn flush(&mut self, index: usize) -> Result<(), PowerLost> {
        let now = self.now();
        for waiter in self.data[index].flush(now.time_of_day)? {
            match waiter {
                DataWaiter::Producer(token) => {
                    self.answers.extend(token.map(|token| (token, Answer::Produced(ErrorCode::None))));
                }
                DataWaiter::Coordinator { generation, id, partition } => {
                    let outcome = MarkerOutcome::Answered(ErrorCode::None);
                    self.answer_marker(generation, id, partition, outcome)?;
                }
            }
        }
        Ok(())
    }

    /// Some markers arrive at their partitions.
    pub(super) fn deliver_markers(&mut self) -> Result<(), PowerLost> {
        if self.markers.is_empty() {
            return Ok(());
        }
        let index = self.dice.below(self.markers.len() as u64) as usize;
        let (generation, markers) = self.markers.swap_remove(index);
        let partitions: Vec<i32> = markers.partitions.iter().map(|(_, partition)| partition).collect();
        for partition in partitions {
            self.deliver_marker(generation, &markers, partition as usize)?;
        }
        Ok(())
    }

    fn deliver_marker(
        &mut self,
        generation: i32,
        markers: &MarkersToWrite,
        partition: usize,
    ) -> Result<(), PowerLost> {
        let id = markers.id;
        if self.has_faults && self.dice.one_in(12) {
            let lost = [
                MarkerOutcome::Unreachable,
                MarkerOutcome::Answered(ErrorCode::NotLeaderOrFollower),
                MarkerOutcome::Answered(ErrorCode::UnknownTopicOrPartition),
            ];
            let outcome = *self.dice.pick(&lost);
            return self.answer_marker(generation, id, partition, outcome);
        }
        if self.plant == Some(Plant::MarkerForgotten) && self.dice.one_in(50) {
            return self.answer_marker(generation, id, partition, MarkerOutcome::Answered(ErrorCode::None));
        }
        let now = self.now().time_of_day;
        let result = match self.plant {
            Some(Plant::MarkerReversed) if self.dice.one_in(50) => TransactionResult::Abort,
            _ => markers.result,
        };
        let marker = EndTxnMarker { result, coordinator_epoch: markers.coordinator_epoch.0 };
        let mut batch = marker.to_batch(&MarkerSettings {
            offset: Offset(0),
            timestamp: now,
            partition_leader_epoch: LeaderEpoch::NONE,
            producer_id: markers.producer_id,
            producer_epoch: markers.producer_epoch,
        });
        let version = Some(markers.transaction_version.feature_level());
        let appended = self.data[partition].append(&mut batch, AppendOrigin::Coordinator, version, now)?;
        let (who, epoch) = (markers.producer_id, markers.producer_epoch);
        self.note(|_| {
            format!(
                "  {:?} of {who}/{epoch} on {partition}: {:?}",
                markers.result,
                appended.as_ref().map(|info| info.first_offset)
            )
        });
        match appended {
            // It is written, but the answer is lost.
            Ok(_) if self.has_faults && self.dice.one_in(20) => {
                self.answer_marker(generation, id, partition, MarkerOutcome::Unreachable)
            }
            Ok(info) => {
                self.stats.markers += 1;
                let waiter = DataWaiter::Coordinator { generation, id, partition };
                self.data[partition].wait(info.last_offset + 1, waiter);
                Ok(())
            }
            Err(AppendError::Producer(error)) => {
                assert!(generation < self.generation, "the present coordinator is fenced: {error}");
                self.stats.fenced += 1;
                Ok(())
            }
            Err(error) => panic!("a marker cannot be appended: {error}"),
        }
    }

    fn answer_marker(
        &mut self,
        generation: i32,
        id: MarkersId,
        partition: usize,
        outcome: MarkerOutcome,
    ) -> Result<(), PowerLost> {
        if generation != self.generation {
            return Ok(());
        }
        let result = MarkerResult { topic: TOPIC, partition: partition as i32, outcome };
        let outcome = self.coordinator.handle_markers_written(self.now(), id, &[result]);
        self.settle(outcome)
    }

    /// Keeps a copy of a request, which comes late.
    pub(super) fn copy(&mut self, request: Late) {
        if self.late.len() < LATE_MAX {
            self.late.push(request);
        }
    }

    pub(super) fn deliver_late(&mut self) -> Result<(), PowerLost> {
        if self.late.is_empty() {
            return Ok(());
        }
        let index = self.dice.below(self.late.len() as u64) as usize;
        let request = self.late.swap_remove(index);
        self.note(|_| format!("late: {request:?}"));
        match request {
            Late::Produce(produce) => self.receive(Produce { token: None, ..produce }),
            Late::End(request, version) => {
                let token = self.token();
                self.asked.insert(token, Asked::Nobody);
                let outcome = self.coordinator.handle_end_txn(self.now(), version, &request, token);
                self.settle(outcome)
            }
        }
    }
}

fn error_of(error: &ProducerStateError) -> ErrorCode {
    match error {
        ProducerStateError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        ProducerStateError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        other => panic!("{other}"),
    }
}

pub(super) fn told(produce: &Produce) -> String {
    let Produce { transactional_id, producer_id, producer_epoch, partition, sequence, values, .. } = produce;
    let txn = values.first().map(|value| value[7]);
    format!(
        "{transactional_id} {producer_id}/{producer_epoch} to {partition} from {sequence}, {} of txn {txn:?}",
        values.len()
    )
}

fn build(produce: &Produce, now: Timestamp) -> Vec<u8> {
    let mut builder = BatchBuilder::new(BatchSettings {
        producer_id: produce.producer_id,
        producer_epoch: produce.producer_epoch,
        base_sequence: produce.sequence,
        is_transactional: true,
        ..BatchSettings::default()
    });
    for value in &produce.values {
        let record = NewRecord { timestamp: now, key: Some(value), value: Some(value), headers: &[] };
        builder.append(&record).unwrap_or_else(|error| panic!("{error}"));
    }
    builder.build(&mut Compressor::new()).unwrap_or_else(|error| panic!("{error}"))
}
