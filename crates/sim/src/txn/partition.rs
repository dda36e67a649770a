//! A log, and those who wait until what they appended is safe.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ottla_io::sim::SimDisk;
use ottla_log::cleaner::{Cleanable, Cleaner};
use ottla_log::config::LogConfig;
use ottla_log::log::{
    AppendError, AppendInfo, FetchIsolation, LeaderAppendOptions, Log, OpenOptions, ReadOptions,
};
use ottla_log::manager::{LogHandle, lock};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{Batch, Batches, Decompressor, LeaderEpoch, Offset, ProducerId, Record, Timestamp};

/// The power has gone: the machine is to be started again.
#[derive(Debug)]
pub(super) struct PowerLost;

/// A partition with one replica. Flushed is as good as replicated: the high watermark is what was flushed.
pub(super) struct Partition<W> {
    log: LogHandle,
    /// Up to where it was cleaned since it was opened.
    clean_to: Option<Offset>,
    disk: SimDisk,
    /// Who waits for the log to be flushed up to an offset, in order.
    waiting: VecDeque<(Offset, W)>,
    scratch: ValidationScratch,
}

/// Where the files of a log are.
pub(super) fn dir(name: &str) -> PathBuf {
    Path::new("/logs").join(name)
}

impl<W> Partition<W> {
    /// Opens the log after a crash; what is left of it is safe then.
    pub(super) fn open(disk: &SimDisk, name: &str, config: &Arc<LogConfig>, now: Timestamp) -> Self {
        let options = OpenOptions {
            config: Arc::clone(config),
            clean_shutdown: false,
            recovery_point: Offset(0),
            log_start_offset: Offset(0),
            was_compacted: config.cleanup_policy.compact,
            topic_id: None,
            now,
        };
        let opened = Log::open(Arc::new(disk.clone()), &dir(name), &options);
        let (mut log, _) = opened.unwrap_or_else(|error| panic!("{name} cannot be opened: {error}"));
        log.flush(now).unwrap_or_else(|error| panic!("{name} cannot be flushed: {error}"));
        let end = log.log_end_offset_metadata();
        log.update_high_watermark(end);
        Self {
            log: Arc::new(Mutex::new(log)),
            clean_to: None,
            disk: disk.clone(),
            waiting: VecDeque::new(),
            scratch: ValidationScratch::default(),
        }
    }

    /// Appends a batch.
    pub(super) fn append(
        &mut self,
        batch: &mut [u8],
        origin: AppendOrigin,
        transaction_version: Option<i16>,
        now: Timestamp,
    ) -> Result<Result<AppendInfo, AppendError>, PowerLost> {
        let options = LeaderAppendOptions { leader_epoch: LeaderEpoch(0), origin, transaction_version, now };
        match lock(&self.log).append_as_leader(batch, &options, &mut self.scratch) {
            Err(AppendError::Storage(error)) => Err(self.power_lost(&error)),
            other => Ok(other),
        }
    }

    fn power_lost(&self, error: &dyn std::fmt::Display) -> PowerLost {
        assert!(self.disk.is_off(), "unexpected error: {error}");
        PowerLost
    }

    /// Lets someone wait until everything below an offset is safe.
    pub(super) fn wait(&mut self, end: Offset, who: W) {
        // A batch that was there before may end below others that wait.
        let index = self.waiting.partition_point(|(other, _)| *other <= end);
        self.waiting.insert(index, (end, who));
    }

    /// Nobody waits any more.
    pub(super) fn forget_waiting(&mut self) {
        self.waiting.clear();
    }

    /// Makes everything safe; who waited for that.
    pub(super) fn flush(&mut self, now: Timestamp) -> Result<Vec<W>, PowerLost> {
        let mut log = lock(&self.log);
        log.flush(now).map_err(|error| self.power_lost(&error))?;
        let end = log.log_end_offset_metadata();
        log.update_high_watermark(end);
        log.invariants();
        drop(log);
        Ok(self.waiting.drain(..).map(|(_, who)| who).collect())
    }

    /// Where the log ends.
    pub(super) fn end_offset(&self) -> Offset {
        lock(&self.log).log_end_offset()
    }

    /// Whether a transaction of the producer is open here.
    pub(super) fn has_transaction(&self, producer_id: ProducerId, producer_epoch: i16) -> bool {
        lock(&self.log).has_ongoing_transaction(producer_id, producer_epoch)
    }

    /// Whether consumers that read committed see everything.
    pub(super) fn hides_nothing(&self) -> bool {
        {
            let log = lock(&self.log);
            log.last_stable_offset() == log.log_end_offset()
        }
    }

    /// Drops what the log's policy lets go: records that a later one of their key replaces, those of aborted transactions,
    /// and what is left of transactions then.
    pub(super) fn clean(&mut self, cleaner: &mut Cleaner, now: Timestamp) -> Result<(), PowerLost> {
        if !lock(&self.log).config().cleanup_policy.compact {
            return Ok(());
        }
        lock(&self.log).roll(now).map_err(|error| self.power_lost(&error))?;
        let cleanable = Cleanable::of(&mut lock(&self.log), self.clean_to, now);
        let cleanable = cleanable.map_err(|error| self.power_lost(&error))?;
        let cleaned = cleaner.clean(&self.log, &cleanable, now, &mut |_| ControlFlow::Continue(()));
        self.clean_to = Some(cleaned.map_err(|error| self.power_lost(&error))?.clean_to);
        lock(&self.log).invariants();
        Ok(())
    }

    /// Every record of the log.
    pub(super) fn for_each_record(&mut self, mut act: impl FnMut(&Record<'_>)) -> Result<(), PowerLost> {
        self.read(FetchIsolation::LogEnd, |batch, _| each_record(batch, &mut act))
    }

    /// Every record that a consumer gets which reads committed.
    pub(super) fn for_each_committed(&mut self, mut act: impl FnMut(&Record<'_>)) -> Result<(), PowerLost> {
        self.read(FetchIsolation::TransactionCommitted, |batch, is_aborted| {
            if !batch.attributes.is_control() && !is_aborted {
                each_record(batch, &mut act);
            }
        })
    }

    /// Goes through the batches, each with whether its transaction was aborted, as a consumer finds that out.
    fn read(
        &mut self,
        isolation: FetchIsolation,
        mut act: impl FnMut(&Batch<'_>, bool),
    ) -> Result<(), PowerLost> {
        let mut offset = Offset(0);
        loop {
            let options =
                ReadOptions { start_offset: offset, bytes_max: 1 << 20, min_one_message: true, isolation };
            let read = lock(&self.log).read(&options).map_err(|error| self.power_lost(&error))?;
            let Some(slice) = read.slice else { return Ok(()) };
            let mut bytes = vec![0; slice.len as usize];
            let filled = slice.file.read_exact_at(&mut bytes, slice.position.into());
            filled.map_err(|error| self.power_lost(&error))?;
            let mut aborted = read.aborted_transactions.unwrap_or_default();
            aborted.sort_by_key(|transaction| transaction.first_offset);
            let mut aborted = VecDeque::from(aborted);
            let mut aborting: Vec<ProducerId> = Vec::new();
            let start = offset;
            for batch in Batches::new(&bytes) {
                let Ok(batch) = batch else { break };
                offset = batch.next_offset();
                while aborted.front().is_some_and(|first| first.first_offset <= batch.last_offset()) {
                    aborting.extend(aborted.pop_front().map(|transaction| transaction.producer_id));
                }
                let is_transactional = batch.attributes.is_transactional();
                let is_aborted = is_transactional && aborting.contains(&batch.producer_id);
                if batch.attributes.is_control() {
                    aborting.retain(|producer_id| *producer_id != batch.producer_id);
                }
                act(&batch, is_aborted);
            }
            if offset == start {
                return Ok(());
            }
        }
    }
}

fn each_record(batch: &Batch<'_>, act: &mut impl FnMut(&Record<'_>)) {
    let mut decompressor = Decompressor::with_limit(1 << 20);
    let records = batch.records(&mut decompressor).unwrap_or_else(|error| panic!("{error}"));
    for record in records {
        act(&record.unwrap_or_else(|error| panic!("{error}")));
    }
}
