//! What is appended during a round.

use ottla_log::log::LeaderAppendOptions;
use ottla_log::manager::lock;
use ottla_log::producer_state::AppendOrigin;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compression, EndTxnMarker, LeaderEpoch, MarkerSettings, NewRecord,
    Offset, ProducerId, Timestamp, TransactionResult,
};

use super::round::Round;
use super::truth::{Batch, Content, Record};

impl Round {
    pub(super) fn append_data(&mut self) -> Result<(), String> {
        let known = self.truth.producers();
        let drawn = self.dice.below(self.producers + 1) as i64;
        // Kafka refuses a producer whose last sequence nobody knows; it begins anew with another epoch.
        let id = if self.truth.shaken.contains(&drawn) { 0 } else { drawn };
        let producer = known.get(&id).copied().unwrap_or_default();
        let sequence = producer.last_sequence.map_or(0, |last| last + 1);
        let transactional = id > 0 && (producer.is_open || self.dice.one_in(2));
        let codec =
            *self.dice.pick(&[Codec::None, Codec::None, Codec::Lz4, Codec::Gzip, Codec::Zstd, Codec::Snappy]);
        let mut settings = BatchSettings {
            compression: Compression::of(codec),
            is_transactional: transactional,
            ..BatchSettings::default()
        };
        if id > 0 {
            (settings.producer_id, settings.producer_epoch, settings.base_sequence) =
                (ProducerId(id), 0, sequence);
        }
        let base = self.truth.end();
        let records: Vec<Record> =
            (0..self.dice.between(1, 4) as i64).map(|n| self.record(base + n)).collect();
        let mut builder = BatchBuilder::new(settings);
        for record in &records {
            let (key, value) = (record.key.to_be_bytes(), record.value.map(u64::to_be_bytes));
            let new = NewRecord {
                timestamp: Timestamp(record.timestamp),
                key: Some(&key),
                value: value.as_ref().map(|value| &value[..]),
                headers: &[],
            };
            builder.append(&new).expect("a small batch has room");
        }
        let bytes = builder.build(&mut self.compressor).expect("a small batch can be built");
        let last = base + records.len() as i64 - 1;
        let content = Content::Data { records, transactional };
        let producer = (id > 0).then_some((id, sequence));
        self.append(Batch { base, last, producer, content }, bytes, AppendOrigin::Client)
    }

    fn record(&mut self, offset: i64) -> Record {
        self.next_value += 1;
        let value = (!self.dice.one_in(5)).then_some(self.next_value);
        let timestamp = (self.now().0 - self.dice.below(100) as i64).max(0);
        Record { offset, key: self.dice.below(self.keys), value, timestamp }
    }

    pub(super) fn end_transaction(&mut self) -> Result<(), String> {
        let open: Vec<i64> = self
            .truth
            .producers()
            .into_iter()
            .filter(|(_, producer)| producer.is_open)
            .map(|(id, _)| id)
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let id = *self.dice.pick(&open);
        let aborts = self.dice.one_in(2);
        let base = self.truth.end();
        let result = if aborts { TransactionResult::Abort } else { TransactionResult::Commit };
        let bytes = EndTxnMarker { result, coordinator_epoch: 0 }.to_batch(&MarkerSettings {
            offset: Offset(0),
            timestamp: self.now(),
            partition_leader_epoch: LeaderEpoch(0),
            producer_id: ProducerId(id),
            producer_epoch: 0,
        });
        let content = Content::Marker { aborts };
        self.append(
            Batch { base, last: base, producer: Some((id, -1)), content },
            bytes,
            AppendOrigin::Coordinator,
        )
    }

    fn append(&mut self, batch: Batch, mut bytes: Vec<u8>, origin: AppendOrigin) -> Result<(), String> {
        self.note(|_| format!("append {batch:?}"));
        self.stats.batches += 1;
        let options = LeaderAppendOptions {
            leader_epoch: LeaderEpoch(0),
            origin,
            transaction_version: Some(0),
            now: self.now(),
        };
        let mut log = lock(&self.log);
        let info = log
            .append_as_leader(&mut bytes, &options, &mut self.scratch)
            .map_err(|error| error.to_string())?;
        if self.dice.one_in(2) {
            let end = log.log_end_offset_metadata();
            log.maybe_increment_high_watermark(end);
        }
        drop(log);
        if info.first_offset.0 != batch.base {
            return Err(format!("appended at {} instead of {}", info.first_offset, batch.base));
        }
        self.truth.append(batch);
        Ok(())
    }
}
