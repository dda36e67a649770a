//! The batches that a round appends.

use std::collections::BTreeMap;

use ottla_io::sim::Dice;
use ottla_record::{
    BatchBuilder, BatchMut, BatchSettings, Codec, Compression, Compressor, EndTxnMarker, LeaderEpoch,
    MarkerSettings, NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};

use super::batch::{Batch, Content, Producer};
use super::producers::Producers;
use super::scenario::Scenario;

/// Makes batches that a correct log must take.
#[derive(Debug)]
pub(super) struct Workload {
    value_bytes_max: u64,
    compressed_one_in: u64,
    producers: u64,
    /// The next epoch of each producer that the log has forgotten.
    fresh_epochs: BTreeMap<i64, i16>,
    compressor: Compressor,
}

/// Where the next batch goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) base: i64,
    pub(super) leader_epoch: i32,
    pub(super) now: i64,
}

impl Workload {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let fits_a_segment = u64::from(scenario.config.segment_bytes) / 8;
        Self {
            value_bytes_max: scenario.value_bytes_max.min(fits_a_segment),
            compressed_one_in: scenario.compressed_one_in,
            producers: scenario.producers,
            fresh_epochs: BTreeMap::new(),
            compressor: Compressor::new(),
        }
    }

    /// A batch of data, from a producer that may send it now or from nobody in particular.
    pub(super) fn data(&mut self, dice: &mut Dice, next: Next, known: &Producers) -> Batch {
        if dice.one_in(3) {
            return self.build(dice, next, None, false);
        }
        let id = dice.between(1, self.producers) as i64;
        let Some(entry) = known.known.get(&id) else {
            let sequence = if dice.one_in(20) { i32::MAX - 1 } else { 0 };
            // A producer that was forgotten begins anew, and its older batches may yet come back.
            let epoch = self.fresh_epochs.get(&id).copied().unwrap_or(0);
            self.fresh_epochs.insert(id, epoch + 1);
            let producer = Producer { id, epoch, sequence };
            let transactional = dice.one_in(2);
            return self.build(dice, next, Some(producer), transactional);
        };
        let is_open = entry.transaction_start.is_some();
        let producer = if !is_open && dice.one_in(8) {
            let epoch = entry.epoch + 1;
            self.fresh_epochs.insert(id, epoch + 1);
            Producer { id, epoch, sequence: 0 }
        } else {
            let sequence = entry.last_sequence.checked_add(1).unwrap_or(0);
            Producer { id, epoch: entry.epoch, sequence }
        };
        let transactional = is_open || dice.one_in(2);
        self.build(dice, next, Some(producer), transactional)
    }

    /// The end of a transaction that is open, if any is.
    pub(super) fn marker(&mut self, dice: &mut Dice, next: Next, known: &Producers) -> Option<Batch> {
        let open: Vec<i64> = known
            .known
            .iter()
            .filter(|(_, producer)| producer.transaction_start.is_some())
            .map(|(id, _)| *id)
            .collect();
        if open.is_empty() {
            return None;
        }
        let id = *dice.pick(&open);
        let entry = &known.known[&id];
        let aborts = dice.one_in(2);
        let epoch = entry.epoch + i16::from(dice.one_in(2));
        self.fresh_epochs.insert(id, epoch + 1);
        let coordinator_epoch = entry.coordinator_epoch.max(0) + i32::from(dice.one_in(4));
        let result = if aborts { TransactionResult::Abort } else { TransactionResult::Commit };
        let bytes = EndTxnMarker { result, coordinator_epoch }.to_batch(&MarkerSettings {
            offset: Offset(next.base),
            timestamp: Timestamp(next.now),
            partition_leader_epoch: LeaderEpoch(next.leader_epoch),
            producer_id: ProducerId(id),
            producer_epoch: epoch,
        });
        Some(Batch {
            base: next.base,
            leader_epoch: next.leader_epoch,
            timestamps: vec![next.now],
            producer: Some(Producer { id, epoch, sequence: -1 }),
            content: Content::Marker { aborts, coordinator_epoch },
            bytes,
        })
    }

    fn build(
        &mut self,
        dice: &mut Dice,
        next: Next,
        producer: Option<Producer>,
        transactional: bool,
    ) -> Batch {
        let codec = *dice.pick(&[Codec::Lz4, Codec::Lz4, Codec::Snappy, Codec::Gzip]);
        let codec = if dice.one_in(self.compressed_one_in) { codec } else { Codec::None };
        let mut settings = BatchSettings {
            base_offset: Offset(next.base),
            partition_leader_epoch: LeaderEpoch(next.leader_epoch),
            compression: Compression::of(codec),
            is_transactional: transactional,
            ..BatchSettings::default()
        };
        if let Some(producer) = producer {
            settings.producer_id = ProducerId(producer.id);
            settings.producer_epoch = producer.epoch;
            settings.base_sequence = producer.sequence;
        }
        let mut builder = BatchBuilder::new(settings);
        let mut timestamps = Vec::new();
        let mut value = vec![0; self.value_bytes_max as usize];
        for _ in 0..dice.between(1, 4) {
            let timestamp = (next.now - dice.below(200) as i64).max(0);
            let len = dice.between(0, self.value_bytes_max) as usize;
            dice.fill(&mut value[..len]);
            let record = NewRecord {
                timestamp: Timestamp(timestamp),
                value: Some(&value[..len]),
                ..NewRecord::default()
            };
            builder.append(&record).expect("a small batch has room");
            timestamps.push(timestamp);
        }
        let bytes = builder.build(&mut self.compressor).expect("a small batch can be built");
        let content = Content::Data { transactional };
        Batch { base: next.base, leader_epoch: next.leader_epoch, timestamps, producer, content, bytes }
    }
}

/// The batch as a producer sends it: without offset and leader epoch.
pub(super) fn as_sent(batch: &Batch) -> Vec<u8> {
    let mut bytes = batch.bytes.clone();
    let mut sent = BatchMut::parse(&mut bytes).expect("a batch just built is well-formed");
    sent.set_base_offset(Offset(0));
    sent.set_partition_leader_epoch(LeaderEpoch::NONE);
    bytes
}
