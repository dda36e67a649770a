//! A log on a simulated disk, and batches for it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::sim::{SimClock, SimDisk};
use ottla_io::{Disk, OpenMode};
use ottla_log::config::LogConfig;
use ottla_log::log::{
    AppendError, AppendInfo, FetchIsolation, FollowerAppendOptions, LeaderAppendOptions, LoadSummary, Log,
    OpenError, OpenOptions, ReadError, ReadOptions,
};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    BatchBuilder, BatchSettings, Batches, Compression, Compressor, EndTxnMarker, LeaderEpoch, MarkerSettings,
    NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const DIR: &str = "/data/topic-0";

/// A batch as a client sends it.
#[derive(Debug, Clone)]
pub(crate) struct TestBatch {
    pub(crate) keys: Vec<Option<&'static str>>,
    pub(crate) value_len: usize,
    pub(crate) timestamp: Timestamp,
    pub(crate) producer: Option<(i64, i16, i32)>,
    pub(crate) transactional: bool,
    pub(crate) compression: Compression,
    pub(crate) base_offset: i64,
    pub(crate) epoch: i32,
}

impl Default for TestBatch {
    fn default() -> Self {
        Self {
            keys: vec![Some("k")],
            value_len: 10,
            timestamp: NOW,
            producer: None,
            transactional: false,
            compression: Compression::NONE,
            base_offset: 0,
            epoch: -1,
        }
    }
}

impl TestBatch {
    pub(crate) fn of(records: usize) -> Self {
        Self { keys: vec![Some("k"); records], ..Self::default() }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let (producer_id, producer_epoch, base_sequence) = self.producer.unwrap_or((-1, -1, -1));
        let mut builder = BatchBuilder::new(BatchSettings {
            base_offset: Offset(self.base_offset),
            partition_leader_epoch: LeaderEpoch(self.epoch),
            compression: self.compression,
            producer_id: ProducerId(producer_id),
            producer_epoch,
            base_sequence,
            is_transactional: self.transactional,
            ..BatchSettings::default()
        });
        let value = vec![b'v'; self.value_len];
        for key in &self.keys {
            let record = NewRecord {
                timestamp: self.timestamp,
                key: key.map(str::as_bytes),
                value: Some(&value),
                headers: &[],
            };
            builder.append(&record).expect("fits");
        }
        builder.build(&mut Compressor::new()).expect("builds")
    }
}

pub(crate) fn marker(producer: (i64, i16), result: TransactionResult) -> Vec<u8> {
    EndTxnMarker { result, coordinator_epoch: 0 }.to_batch(&MarkerSettings {
        offset: Offset(0),
        timestamp: NOW,
        partition_leader_epoch: LeaderEpoch(0),
        producer_id: ProducerId(producer.0),
        producer_epoch: producer.1,
    })
}

/// A simulated disk and the log on it.
pub(crate) struct Rig {
    pub(crate) sim: SimDisk,
    pub(crate) config: LogConfig,
    pub(crate) now: Timestamp,
    pub(crate) epoch: LeaderEpoch,
    pub(crate) scratch: ValidationScratch,
    pub(crate) log: Log,
}

pub(crate) fn open_options(config: &LogConfig) -> OpenOptions {
    OpenOptions {
        config: Arc::new(config.clone()),
        clean_shutdown: true,
        recovery_point: Offset(0),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now: NOW,
    }
}

pub(crate) fn open(sim: &SimDisk, options: &OpenOptions) -> Result<(Log, LoadSummary), OpenError> {
    Log::open(Arc::new(sim.clone()), Path::new(DIR), options)
}

impl Rig {
    pub(crate) fn new(config: LogConfig) -> Self {
        let sim = SimDisk::new(7, &SimClock::new(NOW.0));
        sim.create_dir_all(Path::new("/data")).expect("create");
        sim.sync_dir(Path::new("/")).expect("sync");
        let (log, _) = open(&sim, &open_options(&config)).expect("opens");
        Self { sim, config, now: NOW, epoch: LeaderEpoch(0), scratch: ValidationScratch::new(), log }
    }

    pub(crate) fn small_segments() -> Self {
        Self::new(small_segments())
    }

    pub(crate) fn append_bytes(
        &mut self,
        mut bytes: Vec<u8>,
        origin: AppendOrigin,
    ) -> Result<AppendInfo, AppendError> {
        let options = LeaderAppendOptions {
            leader_epoch: self.epoch,
            origin,
            transaction_version: Some(0),
            now: self.now,
        };
        let info = self.log.append_as_leader(&mut bytes, &options, &mut self.scratch);
        self.log.invariants();
        info
    }

    pub(crate) fn append(&mut self, batch: &TestBatch) -> Result<AppendInfo, AppendError> {
        self.append_bytes(batch.build(), AppendOrigin::Client)
    }

    pub(crate) fn append_many(&mut self, batches: usize) {
        for _ in 0..batches {
            self.append(&TestBatch::default()).expect("appends");
        }
    }

    pub(crate) fn end_transaction(&mut self, producer: (i64, i16), result: TransactionResult) -> AppendInfo {
        self.append_bytes(marker(producer, result), AppendOrigin::Coordinator).expect("appends")
    }

    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<Option<AppendInfo>, AppendError> {
        let options = FollowerAppendOptions { leader_epoch: self.epoch, now: self.now };
        let info = self.log.append_as_follower(bytes, &options);
        self.log.invariants();
        info
    }

    pub(crate) fn replicate_all(&mut self) {
        let end = self.log.log_end_offset_metadata();
        self.log.maybe_increment_high_watermark(end);
        self.log.invariants();
    }

    pub(crate) fn read_bytes(&mut self, from: i64, isolation: FetchIsolation) -> Result<Vec<u8>, ReadError> {
        read_bytes(&mut self.log, from, isolation)
    }

    /// The offsets of all batches from `from` to the end, first and last.
    pub(crate) fn offsets_from(&mut self, from: i64) -> Vec<(i64, i64)> {
        offsets_from(&mut self.log, from)
    }

    /// Closes the log and opens it again, in good order.
    pub(crate) fn reopen(&mut self) -> LoadSummary {
        let start = self.log.log_start_offset();
        let options = OpenOptions { log_start_offset: start, ..open_options(&self.config) };
        self.log.close(self.now).expect("closes");
        self.replace(&options)
    }

    /// Opens the log anew as after a crash of the process.
    pub(crate) fn crash_process(&mut self) -> LoadSummary {
        let options = self.unclean();
        self.sim = self.sim.kill();
        self.replace(&options)
    }

    /// Opens the log anew as after a loss of power.
    pub(crate) fn crash(&mut self, seed: u64) -> LoadSummary {
        let options = self.unclean();
        self.sim = self.sim.crash(seed);
        self.replace(&options)
    }

    fn unclean(&self) -> OpenOptions {
        OpenOptions {
            clean_shutdown: false,
            recovery_point: self.log.recovery_point(),
            log_start_offset: self.log.log_start_offset(),
            ..open_options(&self.config)
        }
    }

    fn replace(&mut self, options: &OpenOptions) -> LoadSummary {
        let (log, summary) = open(&self.sim, options).expect("opens");
        log.invariants();
        self.log = log;
        summary
    }

    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.sim)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::new(DIR).join(name)
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.sim.read(&self.path(name), u64::MAX).expect("readable")
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let file = self.sim.open(&self.path(name), OpenMode::Truncate).expect("open");
        file.write_all_at(bytes, 0).expect("write");
    }
}

pub(crate) fn small_segments() -> LogConfig {
    LogConfig { segment_bytes: 400, index_interval_bytes: 50, ..LogConfig::default() }
}

pub(crate) fn names(sim: &SimDisk) -> Vec<String> {
    let listing = sim.list(Path::new(DIR)).expect("list");
    listing.into_iter().map(|entry| entry.name).collect()
}

pub(crate) fn read_bytes(log: &mut Log, from: i64, isolation: FetchIsolation) -> Result<Vec<u8>, ReadError> {
    let options =
        ReadOptions { start_offset: Offset(from), bytes_max: 1 << 20, min_one_message: true, isolation };
    let read = log.read(&options)?;
    let Some(slice) = read.slice else { return Ok(Vec::new()) };
    let mut bytes = vec![0; slice.len as usize];
    slice.file.read_exact_at(&mut bytes, u64::from(slice.position)).expect("readable");
    Ok(bytes)
}

pub(crate) fn offsets_from(log: &mut Log, mut from: i64) -> Vec<(i64, i64)> {
    let mut offsets = Vec::new();
    loop {
        let bytes = read_bytes(log, from, FetchIsolation::LogEnd).expect("reads");
        if bytes.is_empty() {
            return offsets;
        }
        for batch in Batches::new(&bytes) {
            let batch = batch.expect("whole");
            batch.verify().expect("sound");
            offsets.push((batch.base_offset.0, batch.last_offset().0));
            from = batch.next_offset().0;
        }
    }
}
