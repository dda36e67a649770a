//! A compacted log on a simulated disk.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ottla_io::Disk;
use ottla_io::sim::{SimClock, SimDisk};
use ottla_log::cleaner::{CleanError, Cleanable, Cleaned, Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{FetchIsolation, LeaderAppendOptions, OpenOptions};
use ottla_log::manager::{LogHandle, lock};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    Batch, BatchBuilder, BatchSettings, Batches, Compressor, Decompressor, LeaderEpoch, NewRecord, Offset,
    ProducerId, Timestamp, TransactionResult,
};

use crate::common::{NOW, marker, names, open, open_options, read_bytes};

pub(crate) const SETTINGS: CleanerSettings = CleanerSettings {
    dedupe_buffer_bytes: 24 * 1000,
    load_factor: 0.9,
    io_buffer_bytes: 4096,
    hash_key: [1, 2],
};

pub(crate) fn compacted() -> LogConfig {
    LogConfig {
        cleanup_policy: CleanupPolicy::COMPACT,
        segment_bytes: 500,
        index_interval_bytes: 50,
        min_cleanable_dirty_ratio: 0.0,
        delete_retention_ms: 1000,
        ..LogConfig::default()
    }
}

/// A record as `(offset, key, value)`; no value for a tombstone.
pub(crate) type Found = (i64, String, Option<String>);

pub(crate) struct Rig {
    pub(crate) sim: SimDisk,
    pub(crate) config: LogConfig,
    pub(crate) now: Timestamp,
    pub(crate) log: LogHandle,
    pub(crate) clean_to: Option<Offset>,
    pub(crate) cleaner: Cleaner,
    pub(crate) scratch: ValidationScratch,
}

impl Rig {
    pub(crate) fn new(config: LogConfig) -> Self {
        let sim = SimDisk::new(7, &SimClock::new(NOW.0));
        sim.create_dir_all(Path::new("/data")).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        Self::on(sim, config, &|options| options)
    }

    pub(crate) fn on(sim: SimDisk, config: LogConfig, change: &dyn Fn(OpenOptions) -> OpenOptions) -> Self {
        let (log, _) = open(&sim, &change(open_options(&config))).unwrap();
        Self {
            sim,
            config,
            now: NOW,
            log: Arc::new(Mutex::new(log)),
            clean_to: None,
            cleaner: Cleaner::new(&SETTINGS),
            scratch: ValidationScratch::new(),
        }
    }

    pub(crate) fn append_batch(&mut self, settings: BatchSettings, records: &[(&str, Option<&str>)]) -> i64 {
        let mut builder = BatchBuilder::new(settings);
        for (key, value) in records {
            let record = NewRecord {
                timestamp: self.now,
                key: Some(key.as_bytes()),
                value: value.map(str::as_bytes),
                headers: &[],
            };
            builder.append(&record).unwrap();
        }
        self.append_bytes(builder.build(&mut Compressor::new()).unwrap(), AppendOrigin::Client)
    }

    pub(crate) fn append_bytes(&mut self, mut bytes: Vec<u8>, origin: AppendOrigin) -> i64 {
        let options = LeaderAppendOptions {
            leader_epoch: LeaderEpoch(3),
            origin,
            transaction_version: Some(0),
            now: self.now,
        };
        let mut log = lock(&self.log);
        let info = log.append_as_leader(&mut bytes, &options, &mut self.scratch).unwrap();
        let end = log.log_end_offset_metadata();
        log.maybe_increment_high_watermark(end);
        info.first_offset.0
    }

    pub(crate) fn put(&mut self, key: &str, value: &str) -> i64 {
        self.append_batch(BatchSettings::default(), &[(key, Some(value))])
    }

    pub(crate) fn remove(&mut self, key: &str) -> i64 {
        self.append_batch(BatchSettings::default(), &[(key, None)])
    }

    pub(crate) fn of_producer(&self, id: i64, sequence: i32, transactional: bool) -> BatchSettings {
        BatchSettings {
            producer_id: ProducerId(id),
            producer_epoch: 0,
            base_sequence: sequence,
            is_transactional: transactional,
            ..BatchSettings::default()
        }
    }

    pub(crate) fn end(&mut self, id: i64, result: TransactionResult) -> i64 {
        self.append_bytes(marker((id, 0), result), AppendOrigin::Coordinator)
    }

    /// Begins a new segment, with all before it on stable storage.
    pub(crate) fn roll(&mut self) {
        let mut log = lock(&self.log);
        log.roll(self.now).unwrap();
        log.flush(self.now).unwrap();
    }

    pub(crate) fn cleanable(&self) -> Cleanable {
        Cleanable::of(&mut lock(&self.log), self.clean_to, self.now).unwrap()
    }

    pub(crate) fn try_clean(&mut self) -> Result<Cleaned, CleanError> {
        let cleanable = self.cleanable();
        let cleaned =
            self.cleaner.clean(&self.log, &cleanable, self.now, &mut |_| ControlFlow::Continue(()))?;
        self.clean_to = Some(cleaned.clean_to);
        lock(&self.log).invariants();
        Ok(cleaned)
    }

    /// Rolls and cleans all that is there.
    pub(crate) fn clean(&mut self) -> Cleaned {
        self.roll();
        self.try_clean().unwrap()
    }

    pub(crate) fn batches<T>(&self, look: impl Fn(&Batch<'_>) -> Vec<T>) -> Vec<T> {
        let mut log = lock(&self.log);
        let (mut from, mut all) = (log.log_start_offset().0, Vec::new());
        loop {
            let bytes = read_bytes(&mut log, from, FetchIsolation::LogEnd).unwrap();
            if bytes.is_empty() {
                return all;
            }
            for batch in Batches::new(&bytes) {
                let batch = batch.unwrap();
                batch.verify().unwrap();
                all.extend(look(&batch));
                from = batch.next_offset().0;
            }
        }
    }

    pub(crate) fn records(&self) -> Vec<Found> {
        self.batches(|batch| {
            if batch.attributes.is_control() {
                return Vec::new();
            }
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let mut decompressor = Decompressor::with_limit(1 << 20);
            let records = batch.records(&mut decompressor).unwrap().map(|record| record.unwrap());
            records
                .map(|record| (record.offset.0, record.key.map(text).unwrap(), record.value.map(text)))
                .collect()
        })
    }

    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.sim)
    }

    pub(crate) fn has_leftovers(&self) -> bool {
        self.names().iter().any(|name| name.ends_with(".cleaned") || name.ends_with(".swap"))
    }
}

pub(crate) fn found(records: &[(i64, &str, Option<&str>)]) -> Vec<Found> {
    let owned = |(offset, key, value): &(i64, &str, Option<&str>)| {
        (*offset, (*key).to_owned(), value.map(str::to_owned))
    };
    records.iter().map(owned).collect()
}
