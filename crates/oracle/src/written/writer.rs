//! One log of ours, being written.

use std::path::Path;
use std::sync::Arc;

use ottla_io::Disk;
use ottla_io::sim::Dice;
use ottla_log::config::LogConfig;
use ottla_log::log::{AppendInfo, LeaderAppendOptions, Log, OpenOptions};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compression, Compressor, EndTxnMarker, Header, LeaderEpoch,
    MarkerSettings, NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};

use crate::load;

/// A log with what a broker around it would know: the time and its leader epoch.
pub(super) struct Writer {
    log: Log,
    disk: Arc<dyn Disk>,
    config: Arc<LogConfig>,
    pub(super) now: Timestamp,
    epoch: LeaderEpoch,
    pub(super) dice: Dice,
    scratch: ValidationScratch,
    compressor: Compressor,
}

/// What a batch is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lot {
    /// How it is compressed.
    pub(super) codec: Codec,
    /// How many records it has, at most.
    pub(super) records_max: u64,
    /// Whose it is, if somebody's.
    pub(super) producer: Option<ProducerId>,
    /// Whether it belongs to a transaction.
    pub(super) is_transactional: bool,
}

/// Nobody's, of a few records.
pub(super) const PLAIN: Lot =
    Lot { codec: Codec::None, records_max: 6, producer: None, is_transactional: false };

/// All producers are in their first epoch.
const PRODUCER_EPOCH: i16 = 0;

/// Markers carry the epoch of the transaction's batches, as before KIP-890.
const TRANSACTION_VERSION: i16 = 1;

/// The coordinator's epoch in markers.
const COORDINATOR_EPOCH: i32 = 3;

impl Writer {
    pub(super) fn open(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        config: LogConfig,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let config = Arc::new(config);
        let options = options(&config, now);
        let (log, _) = Log::open(Arc::clone(disk), dir, &options)?;
        let seed = dir.as_os_str().len() as u64;
        Ok(Self {
            log,
            disk: Arc::clone(disk),
            config,
            now,
            epoch: LeaderEpoch(0),
            dice: Dice::new(seed),
            scratch: ValidationScratch::new(),
            compressor: Compressor::new(),
        })
    }

    /// Appends a batch, a little later than the last.
    pub(super) fn append(&mut self, lot: Lot) -> anyhow::Result<AppendInfo> {
        self.now = Timestamp(self.now.0 + self.dice.between(1, 40) as i64);
        let mut bytes = self.batch(lot)?;
        let options = self.append_options(AppendOrigin::Client);
        Ok(self.log.append_as_leader(&mut bytes, &options, &mut self.scratch)?)
    }

    /// Ends a producer's transaction.
    pub(super) fn end(&mut self, producer: ProducerId, result: TransactionResult) -> anyhow::Result<()> {
        let marker = EndTxnMarker { result, coordinator_epoch: COORDINATOR_EPOCH };
        let mut bytes = marker.to_batch(&MarkerSettings {
            offset: Offset(0),
            timestamp: self.now,
            partition_leader_epoch: self.epoch,
            producer_id: producer,
            producer_epoch: PRODUCER_EPOCH,
        });
        let options = self.append_options(AppendOrigin::Coordinator);
        self.log.append_as_leader(&mut bytes, &options, &mut self.scratch)?;
        Ok(())
    }

    /// Another leader from here on.
    pub(super) fn next_epoch(&mut self) {
        self.epoch = LeaderEpoch(self.epoch.0 + 1);
    }

    /// Everything is replicated, which is what a log without followers may say.
    pub(super) fn replicate(&mut self) {
        let end = self.log.log_end_offset_metadata();
        self.log.update_high_watermark(end);
    }

    pub(super) fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    /// Closes the log and opens it again.
    pub(super) fn reopen(mut self) -> anyhow::Result<Self> {
        let dir = self.log.dir().to_owned();
        let log_start_offset = self.log.log_start_offset();
        self.log.close(self.now)?;
        let options = OpenOptions { log_start_offset, ..options(&self.config, self.now) };
        (self.log, _) = Log::open(Arc::clone(&self.disk), &dir, &options)?;
        Ok(self)
    }

    /// Closes the log; what it held, in the words of the loaders, and the first offset it lets be read.
    pub(super) fn close(mut self) -> anyhow::Result<(String, Offset)> {
        self.log.invariants();
        let found = load::describe(&mut self.log);
        let log_start_offset = self.log.log_start_offset();
        self.log.close(self.now)?;
        Ok((found, log_start_offset))
    }

    fn append_options(&self, origin: AppendOrigin) -> LeaderAppendOptions {
        LeaderAppendOptions {
            leader_epoch: self.epoch,
            origin,
            transaction_version: (origin == AppendOrigin::Coordinator).then_some(TRANSACTION_VERSION),
            now: self.now,
        }
    }

    fn batch(&mut self, lot: Lot) -> anyhow::Result<Vec<u8>> {
        let count = self.dice.between(1, lot.records_max);
        let mut settings = BatchSettings {
            compression: Compression::of(lot.codec),
            is_transactional: lot.is_transactional,
            ..BatchSettings::default()
        };
        if let Some(producer) = lot.producer {
            settings.producer_id = producer;
            settings.producer_epoch = PRODUCER_EPOCH;
            settings.base_sequence = self.log.producer(producer).map_or(0, |known| known.last_sequence() + 1);
        }
        let mut builder = BatchBuilder::new(settings);
        for _ in 0..count {
            let key = format!("key-{}", self.dice.below(50));
            let value = self.value();
            let headers = [
                Header { key: b"same", value: Some(b"first") },
                Header { key: b"same", value: None },
                Header { key: "später".as_bytes(), value: Some(&[0xff, 0]) },
            ];
            let header_count = self.dice.below(headers.len() as u64 + 1) as usize;
            builder.append(&NewRecord {
                timestamp: Timestamp(self.now.0 - self.dice.below(100) as i64),
                key: Some(key.as_bytes()).filter(|_| !self.dice.one_in(4)),
                value: Some(value.as_bytes()).filter(|_| !self.dice.one_in(9)),
                headers: &headers[..header_count],
            })?;
        }
        Ok(builder.build(&mut self.compressor)?)
    }

    /// Text that compresses, but not to nothing.
    fn value(&mut self) -> String {
        let words = self.dice.between(0, 30);
        (0..words).map(|_| format!("{:x} lorem ", self.dice.below(5000))).collect()
    }
}

fn options(config: &Arc<LogConfig>, now: Timestamp) -> OpenOptions {
    OpenOptions {
        config: Arc::clone(config),
        clean_shutdown: true,
        recovery_point: Offset(0),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now,
    }
}
