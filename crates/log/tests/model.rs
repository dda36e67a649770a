//! Lists of operations on a log, held against a plain list of batches.

mod common;

use common::*;
use ottla_log::config::LogConfig;
use ottla_log::log::{FetchIsolation, TimestampQuery};
use ottla_log::offsets::LogOffsetMetadata;
use ottla_record::{Batch, Codec, LeaderEpoch, Offset, Timestamp, TransactionResult};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Operation {
    Append { records: usize, value_len: usize, later_ms: i64, codec: usize },
    Idempotent { producer: i64 },
    Transactional { producer: i64 },
    End { producer: i64, commit: bool },
    NewEpoch,
    Roll,
    Flush,
    Replicate { percent: u8 },
    Truncate { percent: u8 },
    DeleteRecords { percent: u8 },
    Retention,
    Reopen,
    Kill,
    PowerLoss { seed: u64 },
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    use Operation::*;
    let operation = prop_oneof![
        8 => (1..5_usize, 0..120_usize, 0..50_i64, 0..5_usize).prop_map(|(records, value_len, later_ms, codec)| Append {
            records, value_len, later_ms, codec
        }),
        4 => (1..4_i64).prop_map(|producer| Idempotent { producer }),
        4 => (11..14_i64).prop_map(|producer| Transactional { producer }),
        3 => (11..14_i64, any::<bool>()).prop_map(|(producer, commit)| End { producer, commit }),
        1 => Just(NewEpoch),
        1 => Just(Roll),
        2 => Just(Flush),
        3 => (0..101_u8).prop_map(|percent| Replicate { percent }),
        1 => (50..101_u8).prop_map(|percent| Truncate { percent }),
        1 => (0..60_u8).prop_map(|percent| DeleteRecords { percent }),
        1 => Just(Retention),
        1 => Just(Reopen),
        1 => Just(Kill),
        1 => any::<u64>().prop_map(|seed| PowerLoss { seed }),
    ];
    prop::collection::vec(operation, 1..60)
}

/// What the log must hold.
struct Model {
    batches: Vec<Vec<u8>>,
    log_start: i64,
    /// Producers with records below the start: what is known of those depends on what was read since, as in Kafka.
    vague: [bool; 20],
}

impl Model {
    fn end(&self) -> i64 {
        self.batches.last().map_or(self.log_start, |batch| parse(batch).next_offset().0).max(self.log_start)
    }

    fn at(&self, percent: u8) -> i64 {
        self.log_start + (self.end() - self.log_start) * i64::from(percent) / 100
    }

    fn truncate(&mut self, end: i64) {
        self.batches.retain(|batch| parse(batch).next_offset().0 <= end);
    }

    fn raise_start(&mut self, log_start: i64) {
        self.log_start = self.log_start.max(log_start);
        for batch in self.batches.iter().map(|batch| parse(batch)) {
            if batch.base_offset.0 < log_start && batch.has_producer_id() {
                self.vague[batch.producer_id.0 as usize] = true;
            }
        }
        self.batches.retain(|batch| parse(batch).next_offset().0 > log_start);
    }
}

fn parse(bytes: &[u8]) -> Batch<'_> {
    Batch::parse(bytes).expect("whole")
}

struct Run {
    rig: Rig,
    model: Model,
    sequences: [i32; 20],
    open: [bool; 20],
}

impl Run {
    fn apply(&mut self, operation: &Operation) {
        match *operation {
            Operation::Append { records, value_len, later_ms, codec } => {
                self.rig.now = Timestamp(self.rig.now.0 + later_ms);
                let timestamp = self.rig.now;
                let compression = Codec::ALL[codec].into();
                let batch = TestBatch { value_len, timestamp, compression, ..TestBatch::of(records) };
                self.append(&batch);
            }
            Operation::Idempotent { producer } => self.produce(producer, false),
            Operation::Transactional { producer } => self.produce(producer, true),
            Operation::End { producer, commit } => {
                let result = if commit { TransactionResult::Commit } else { TransactionResult::Abort };
                self.rig.end_transaction((producer, 0), result);
                self.open[producer as usize] = false;
                self.record_last();
            }
            Operation::NewEpoch => self.rig.epoch = LeaderEpoch(self.rig.epoch.0 + 1),
            Operation::Roll => self.rig.log.roll(self.rig.now).expect("rolls"),
            Operation::Flush => self.rig.log.flush(self.rig.now).expect("flushes"),
            Operation::Replicate { percent } => {
                let offset = Offset(self.model.at(percent));
                self.rig.log.maybe_increment_high_watermark(LogOffsetMetadata::offset_only(offset));
            }
            Operation::Truncate { percent } => {
                let target = Offset(self.model.at(percent));
                self.rig.log.truncate_to(target, self.rig.now).expect("truncates");
                self.model.truncate(target.0);
                self.relearn();
            }
            Operation::DeleteRecords { percent } => {
                let offset = Offset(self.model.at(percent)).min(self.rig.log.high_watermark());
                self.rig.log.maybe_increment_log_start_offset(offset).expect("is replicated");
                self.model.raise_start(offset.0);
            }
            Operation::Retention => {
                self.rig.log.delete_old_segments(self.rig.now).expect("deletes");
                self.model.raise_start(self.rig.log.log_start_offset().0);
            }
            Operation::Reopen => drop(self.rig.reopen()),
            Operation::Kill => {
                let summary = self.rig.crash_process();
                assert_eq!((summary.truncated, summary.lost_flushed), (None, None));
                self.relearn_sequences();
            }
            Operation::PowerLoss { seed } => self.lose_power(seed),
        }
    }

    fn produce(&mut self, producer: i64, transactional: bool) {
        let sequence = self.sequences[producer as usize];
        let timestamp = self.rig.now;
        self.append(&TestBatch {
            producer: Some((producer, 0, sequence)),
            transactional,
            timestamp,
            ..TestBatch::default()
        });
        self.sequences[producer as usize] += 1;
        self.open[producer as usize] = transactional;
    }

    fn append(&mut self, batch: &TestBatch) {
        let info = self.rig.append(batch).expect("appends");
        assert!(!info.is_duplicate);
        self.record_last();
    }

    /// Takes over what the log wrote for the last append, whose offset must be the next one.
    fn record_last(&mut self) {
        let end = self.model.end();
        let bytes = self.rig.read_bytes(end, FetchIsolation::LogEnd).expect("reads");
        let batch = parse(&bytes);
        assert_eq!(batch.base_offset.0, end);
        self.model.batches.push(bytes);
    }

    fn lose_power(&mut self, seed: u64) {
        let flushed = self.rig.log.recovery_point();
        let summary = self.rig.crash(seed);
        assert_eq!(summary.lost_flushed, None);
        let end = self.rig.log.log_end_offset();
        assert!(end >= flushed, "{end} of {flushed}");
        self.model.truncate(end.0);
        assert_eq!(self.model.end(), end.0, "the log ends with a batch");
        self.relearn();
    }

    /// Truncation takes producers back to where they were.
    fn relearn(&mut self) {
        self.relearn_sequences();
        self.open = [false; 20];
        for batch in &self.model.batches {
            let batch = parse(batch);
            if batch.attributes.is_transactional() {
                self.open[batch.producer_id.0 as usize] = !batch.attributes.is_control();
            }
        }
    }

    fn relearn_sequences(&mut self) {
        for (producer, sequence) in self.sequences.iter_mut().enumerate() {
            let entry = self.rig.log.producer(ottla_record::ProducerId(producer as i64));
            *sequence = entry.map_or(-1, |entry| entry.last_sequence()) + 1;
        }
    }

    fn check(&mut self) {
        let log = &mut self.rig.log;
        log.invariants();
        assert_eq!(log.log_start_offset().0, self.model.log_start);
        assert_eq!(log.log_end_offset().0, self.model.end());
        let mut from = self.model.log_start;
        for batch in &self.model.batches {
            let bytes = read_bytes(log, from, FetchIsolation::LogEnd).expect("reads");
            assert!(bytes.starts_with(batch), "at offset {from}");
            from = parse(batch).next_offset().0;
        }
        self.check_transactions();
        self.check_times();
        self.check_epochs();
    }

    /// What is open, and what was aborted, told by the records alone.
    fn check_transactions(&mut self) {
        let log = &mut self.rig.log;
        for (producer, open) in self.open.iter().enumerate() {
            let id = ottla_record::ProducerId(producer as i64);
            let is_vague = self.model.vague[producer];
            assert!(is_vague || log.has_ongoing_transaction(id, 0) == *open, "producer {producer}");
        }
        let stable = log.last_stable_offset();
        assert!(stable <= log.high_watermark());
        let committed =
            read_bytes(log, self.model.log_start, FetchIsolation::TransactionCommitted).expect("reads");
        let all = read_bytes(log, self.model.log_start, FetchIsolation::LogEnd).expect("reads");
        assert!(all.starts_with(&committed));
    }

    fn check_times(&mut self) {
        let log = &mut self.rig.log;
        let newest = self.model.batches.iter().map(|batch| parse(batch).max_timestamp).max();
        let found = log.offset_for_timestamp(TimestampQuery::MaxTimestamp).expect("searches");
        if self.model.log_start == log.first_segment_base_offset().0 {
            assert_eq!(found.map(|found| found.timestamp), newest);
        }
        for batch in self.model.batches.iter().take(5) {
            let timestamp = parse(batch).max_timestamp;
            let first = self.model.batches.iter().find(|batch| parse(batch).max_timestamp >= timestamp);
            let expected = first.map(|batch| parse(batch).base_offset).expect("itself");
            match log.offset_for_timestamp(TimestampQuery::At(timestamp)).expect("searches") {
                // The log start may lie within the batch.
                Some(found) => assert_eq!(found.offset, expected.max(Offset(self.model.log_start))),
                // The newest record of a segment may lie below the log start, and its segment is asked nevertheless.
                None => assert!(self.model.log_start > log.first_segment_base_offset().0),
            }
        }
    }

    fn check_epochs(&self) {
        for batch in &self.model.batches {
            let batch = parse(batch);
            let known = self.rig.log.leader_epochs().epoch_for_offset(batch.last_offset());
            assert_eq!(known, Some(batch.partition_leader_epoch));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_holds_what_a_list_would(operations in operations()) {
        let config = LogConfig {
            segment_bytes: 900,
            segment_index_bytes: 400,
            index_interval_bytes: 100,
            retention_bytes: Some(3000),
            retention_ms: Some(1000),
            ..LogConfig::default()
        };
        let model = Model { batches: Vec::new(), log_start: 0, vague: [false; 20] };
        let mut run = Run { rig: Rig::new(config), model, sequences: [0; 20], open: [false; 20] };
        for operation in &operations {
            run.apply(operation);
            run.check();
        }
    }
}
