//! The node of the coordinator: its records, its answers, and another one that takes over.

use bytes::BytesMut;
use ottla_coordinator::CoordinatorRecord as _;
use ottla_log::producer_state::AppendOrigin;
use ottla_record::{
    BatchBuilder, BatchSettings, Compressor, LeaderEpoch, NO_PRODUCER_EPOCH, NewRecord, Offset, ProducerId,
};
use ottla_txn::{
    Outcome, Partitions, Reply, Response, TransactionCoordinator, TransactionCoordinatorConfig,
    TransactionMetadata, TransactionRecord, TransactionVersion, Write, WriteId,
};
use ottla_wire::transaction::TransactionKey;
use ottla_wire::{ErrorCode, KafkaString};

use super::Plant;
use super::client::Answer;
use super::leader::Produce;
use super::partition::PowerLost;
use super::world::World;

/// Who asked the coordinator.
#[derive(Debug)]
pub(super) enum Asked {
    /// A producer.
    Client,
    /// The leader of a partition, before it appends.
    Leader(Produce),
    /// Nobody who still wants to know.
    Nobody,
}

/// A write of the coordinator that is not safe yet.
#[derive(Debug)]
pub(super) struct StateWaiter {
    id: WriteId,
    transactional_ids: Vec<KafkaString>,
}

/// One write in so many fails, and one seems to.
const FAILURES_ONE_IN: u64 = 120;

pub(super) fn config() -> TransactionCoordinatorConfig {
    TransactionCoordinatorConfig {
        transactional_id_expiration_ms: 1_200_000,
        transaction_max_timeout_ms: 900_000,
        abort_timed_out_interval_ms: 10_000,
        remove_expired_interval_ms: 300_000,
        two_phase_commit_enable: false,
    }
}

impl World {
    pub(super) fn coordinator(generation: i32, version: TransactionVersion) -> TransactionCoordinator {
        TransactionCoordinator::new(config(), LeaderEpoch(generation), version)
    }

    /// Does what an outcome asks for.
    pub(super) fn settle(&mut self, outcome: Outcome) -> Result<(), PowerLost> {
        let mut outcomes = vec![outcome];
        while let Some(outcome) = outcomes.pop() {
            for write in outcome.writes {
                outcomes.extend(self.append_state(&write)?);
            }
            let generation = self.generation;
            self.markers.extend(outcome.markers.into_iter().map(|markers| (generation, markers)));
            self.producer_ids_wanted += outcome.producer_ids_wanted;
            for reply in outcome.replies {
                self.hand_on(reply)?;
            }
        }
        Ok(())
    }

    fn hand_on(&mut self, reply: Reply) -> Result<(), PowerLost> {
        let Reply { token, response } = reply;
        let asked = self.asked.remove(&token).unwrap_or_else(|| panic!("{response:?} answers nothing"));
        let answer = match response {
            Response::InitProducerId(response) => Answer::Initialized(response),
            Response::EndTxn(response) => Answer::Ended(response),
            Response::AddPartitionsToTxn(result) => {
                let code = result.topic_results[0].results_by_partition[0].partition_error_code;
                Answer::Added(code.into())
            }
            other => panic!("nobody asked for {other:?}"),
        };
        match (asked, answer) {
            (Asked::Client, answer) => self.answers.push_back((token, answer)),
            (Asked::Leader(produce), Answer::Added(ErrorCode::None)) => self.append_data(&produce)?,
            (Asked::Leader(produce), Answer::Added(error)) => self.refuse(&produce, error),
            (Asked::Nobody, _) => {}
            (asked, answer) => panic!("{answer:?} is no answer to {asked:?}"),
        }
        Ok(())
    }

    /// Appends a write; what came of it if it failed.
    fn append_state(&mut self, write: &Write) -> Result<Option<Outcome>, PowerLost> {
        let now = self.now();
        if self.has_faults && self.dice.one_in(FAILURES_ONE_IN) {
            self.stats.failed_writes += 1;
            let error = *self.dice.pick(&[ErrorCode::NotEnoughReplicas, ErrorCode::NotLeaderOrFollower]);
            self.note(|_| format!("  cannot write {:?}: {error:?}", told(write)));
            return Ok(Some(self.coordinator.failed(now, write.id, error)));
        }
        let transactional_ids: Vec<KafkaString> = write.records.iter().map(transactional_id).collect();
        self.unsure.extend(transactional_ids.iter().cloned());
        let mut batch = build(&write.records, now.time_of_day);
        let appended = self.state.append(&mut batch, AppendOrigin::Coordinator, None, now.time_of_day)?;
        let info = appended.unwrap_or_else(|error| panic!("{error}"));
        self.note(|_| format!("  written {:?}", told(write)));
        if self.has_faults && self.dice.one_in(FAILURES_ONE_IN) {
            self.stats.failed_writes += 1;
            self.note(|_| "  which seems to fail".to_owned());
            return Ok(Some(self.coordinator.failed(now, write.id, ErrorCode::RequestTimedOut)));
        }
        self.state.wait(info.last_offset + 1, StateWaiter { id: write.id, transactional_ids });
        Ok(None)
    }

    /// What the coordinator wrote is safe.
    pub(super) fn flush_state(&mut self) -> Result<(), PowerLost> {
        let now = self.now();
        for write in self.state.flush(now.time_of_day)? {
            for id in &write.transactional_ids {
                self.unsure.remove(id);
            }
            let outcome = self.coordinator.committed(now, write.id);
            self.settle(outcome)?;
        }
        Ok(())
    }

    pub(super) fn bring_producer_id(&mut self) -> Result<(), PowerLost> {
        if self.producer_ids_wanted == 0 {
            return Ok(());
        }
        self.producer_ids_wanted -= 1;
        let id = match self.has_faults && self.dice.one_in(20) {
            true => Err(ErrorCode::CoordinatorLoadInProgress),
            false => Ok(ProducerId(self.next_producer_id)),
        };
        self.next_producer_id += 1;
        let outcome = self.coordinator.handle_producer_id(self.now(), id);
        self.settle(outcome)
    }

    /// The coordinator moves, without a crash.
    pub(super) fn fail_over(&mut self) -> Result<(), PowerLost> {
        self.note(|_| "the coordinator moves".to_owned());
        self.state.forget_waiting();
        self.state.flush(self.now().time_of_day)?;
        let successor = Self::coordinator(self.generation, self.version);
        let former = std::mem::replace(&mut self.coordinator, successor);
        let known = known(&former);
        for reply in former.on_unloaded() {
            self.hand_on(reply)?;
        }
        assert!(self.asked.is_empty(), "nobody is left waiting, but {:?}", self.asked);
        self.take_over_from(known)
    }

    /// Another coordinator takes over, after a crash.
    pub(super) fn take_over(&mut self) -> Result<(), PowerLost> {
        let known = known(&self.coordinator);
        self.take_over_from(known)
    }

    fn take_over_from(&mut self, before: Vec<(KafkaString, TransactionMetadata)>) -> Result<(), PowerLost> {
        self.stats.reloads += 1;
        self.generation += 1;
        self.producer_ids_wanted = 0;
        self.load()?;
        let is_sure = |id: &KafkaString| !self.unsure.contains(id);
        let sure: Vec<_> = before.into_iter().filter(|(id, _)| is_sure(id)).collect();
        let loaded: Vec<_> = known(&self.coordinator).into_iter().filter(|(id, _)| is_sure(id)).collect();
        assert_eq!(loaded, sure, "what was known is in the log");
        self.unsure.clear();
        let outcome = self.coordinator.on_loaded(self.now());
        self.settle(outcome)
    }

    /// Reads the log into a coordinator that knows nothing.
    pub(super) fn load(&mut self) -> Result<(), PowerLost> {
        let mut coordinator = Self::coordinator(self.generation, self.version);
        let end = self.state.end_offset();
        let end = if self.plant == Some(Plant::RecordNotLoaded) { Offset(end.0 - 1) } else { end };
        self.state.for_each_record(|record| {
            if record.offset < end {
                coordinator.replay_bytes(record.offset, record.key, record.value);
            }
        })?;
        self.coordinator = coordinator;
        if self.generation == 0 {
            let outcome = self.coordinator.on_loaded(self.now());
            self.settle(outcome)?;
        }
        Ok(())
    }
}

/// What a coordinator knows that its successor must know, too: what is written, and not how far markers are.
fn known(coordinator: &TransactionCoordinator) -> Vec<(KafkaString, TransactionMetadata)> {
    let ids = coordinator.transactions().filter(|(_, metadata)| metadata.producer_epoch != NO_PRODUCER_EPOCH);
    ids.map(|(id, metadata)| {
        let mut metadata = TransactionMetadata { last_producer_epoch: NO_PRODUCER_EPOCH, ..metadata.clone() };
        if metadata.state.prepared().is_some() {
            metadata.partitions = Partitions::default();
        }
        (id.clone(), metadata)
    })
    .collect()
}

fn transactional_id(record: &TransactionRecord) -> KafkaString {
    let TransactionKey::TransactionLog(key) = &record.key;
    key.transactional_id.clone()
}

fn told(write: &Write) -> Vec<String> {
    let records = write.records.iter().map(|record| match &record.value {
        Some((value, _)) => {
            let ottla_wire::transaction::TransactionValue::TransactionLog(value) = value;
            let state = ottla_txn::TransactionState::from_id(value.transaction_status);
            format!("{} {state:?} {}/{}", transactional_id(record), value.producer_id, value.producer_epoch)
        }
        None => format!("{} deleted", transactional_id(record)),
    });
    records.collect()
}

fn build(records: &[TransactionRecord], now: ottla_record::Timestamp) -> Vec<u8> {
    let mut builder = BatchBuilder::new(BatchSettings::default());
    let mut bytes = BytesMut::new();
    for record in records {
        bytes.clear();
        let key_len = record.encode(&mut bytes).unwrap_or_else(|error| panic!("{error}"));
        let (key, value) = bytes.split_at(key_len);
        let value = (!record.is_tombstone()).then_some(value);
        let record = NewRecord { timestamp: now, key: Some(key), value, headers: &[] };
        builder.append(&record).unwrap_or_else(|error| panic!("{error}"));
    }
    builder.build(&mut Compressor::new()).unwrap_or_else(|error| panic!("{error}"))
}
