//! One round: a compacted log at work, torn out of it, and judged each time it comes back.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ottla_io::sim::{
    CrashOptions, Dice, Failure, Fault, FaultRule, Growth, Operation, PlantedBug, SimClock, SimDisk,
};
use ottla_io::{Clock as _, Disk as _};
use ottla_log::cleaner::{CleanError, Cleanable, Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_log::log::{LeaderAppendOptions, Log, OpenOptions};
use ottla_log::manager::{LogHandle, lock};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compression, Compressor, EndTxnMarker, LeaderEpoch, MarkerSettings,
    NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};

use super::check::{base_offsets, check};
use super::truth::{Batch, Content, Record, Truth};
use crate::rounds::Stats;

const LOG_DIR: &str = "/data";
const DIR: &str = "/data/t-0";
/// Longest a round may need to come back.
const OPENINGS_MAX: usize = 50;

/// What a round went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompactionStats {
    /// Steps taken.
    pub steps: u64,
    /// Batches appended.
    pub batches: u64,
    /// Cleanings that were done.
    pub cleanings: u64,
    /// Cleanings that a fault or a loss of power ended.
    pub cut_cleanings: u64,
    /// Records that cleanings dropped.
    pub dropped: u64,
    /// Segments that were put together with others.
    pub merged: u64,
    /// Times the log was opened after its process had died or the power was lost.
    pub crashes: u64,
}

impl Stats for CompactionStats {
    fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.batches += other.batches;
        self.cleanings += other.cleanings;
        self.cut_cleanings += other.cut_cleanings;
        self.dropped += other.dropped;
        self.merged += other.merged;
        self.crashes += other.crashes;
    }
}

/// How the log is taken out of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    CleanClose,
    Kill,
    PowerLoss,
}

/// A round under way.
pub(super) struct Round {
    dice: Dice,
    clock: SimClock,
    disk: SimDisk,
    dir: PathBuf,
    config: LogConfig,
    crash: CrashOptions,
    steps: u64,
    keys: u64,
    producers: u64,
    map_bytes: usize,
    truth: Truth,
    log: LogHandle,
    /// The checkpoints: recovery point, log start, clean offset.
    recovery_point: Offset,
    log_start: Offset,
    clean_to: Option<Offset>,
    scratch: ValidationScratch,
    compressor: Compressor,
    next_value: u64,
    pub(super) stats: CompactionStats,
    trace: Option<Vec<String>>,
}

impl Round {
    pub(super) fn new(seed: u64, bug: Option<PlantedBug>, with_trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let clock = SimClock::new(1_700_000_000_000);
        let disk = SimDisk::new(dice.roll(), &clock);
        disk.create_dir_all(Path::new(LOG_DIR)).expect("an empty disk has room for a directory");
        disk.settle();
        bug.into_iter().for_each(|bug| disk.plant(bug));
        let config = LogConfig {
            cleanup_policy: CleanupPolicy::COMPACT,
            segment_bytes: *dice.pick(&[300, 700, 1500, 4000]),
            segment_index_bytes: *dice.pick(&[48, 120, 4096]),
            index_interval_bytes: *dice.pick(&[0, 100, 300, 4096]),
            min_compaction_lag_ms: *dice.pick(&[0, 0, 0, 100]),
            delete_retention_ms: *dice.pick(&[0, 200, 1000]),
            file_delete_delay_ms: *dice.pick(&[0, 100]),
            message_timestamp_after_max_ms: i64::MAX,
            producer_id_expiration_ms: i64::MAX / 4,
            ..LogConfig::default()
        };
        let growth = *dice.pick(&[Growth::Zeros, Growth::Either, Growth::Garbage]);
        let dir = PathBuf::from(DIR);
        let options = open_options(&config, Timestamp(clock.now_ms()));
        let (log, _) = Log::open(Arc::new(disk.clone()), &dir, &options).expect("a new log opens");
        Self {
            crash: CrashOptions { growth, ..CrashOptions::default() },
            steps: dice.between(30, 150),
            keys: *dice.pick(&[2, 8, 40]),
            producers: dice.between(1, 4),
            map_bytes: *dice.pick(&[24 * 20, 24 * 40, 1 << 16]),
            clock,
            disk,
            dir,
            config,
            truth: Truth::default(),
            log: Arc::new(Mutex::new(log)),
            recovery_point: Offset(0),
            log_start: Offset(0),
            clean_to: None,
            scratch: ValidationScratch::default(),
            compressor: Compressor::new(),
            next_value: 0,
            stats: CompactionStats::default(),
            trace: with_trace.then(Vec::new),
            dice,
        }
    }

    pub(super) fn run(&mut self) -> Result<(), String> {
        self.note(|round| format!("{:?} keys {} producers {}", round.config, round.keys, round.producers));
        for _ in 0..self.steps {
            self.stats.steps += 1;
            self.clock.advance(Duration::from_millis(self.dice.below(60)));
            self.step()?;
        }
        self.clean(false)?;
        self.reopen(Interruption::Kill)?;
        self.reopen(Interruption::CleanClose)
    }

    fn step(&mut self) -> Result<(), String> {
        match self.dice.below(100) {
            0..45 => self.append_data(),
            45..60 => self.end_transaction(),
            60..66 => self.flush(),
            66..72 => self.roll(),
            72..88 => self.clean(true),
            88..90 => self.delete_records(),
            90..93 => self.remove_files(),
            93..95 => self.truncate(),
            95..97 => self.reopen(Interruption::CleanClose),
            97..98 => self.reopen(Interruption::Kill),
            _ => self.reopen(Interruption::PowerLoss),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }

    fn append_data(&mut self) -> Result<(), String> {
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

    fn end_transaction(&mut self) -> Result<(), String> {
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

    fn flush(&mut self) -> Result<(), String> {
        self.note(|_| "flush".to_owned());
        let now = self.now();
        let mut log = lock(&self.log);
        log.flush(now).map_err(|error| error.to_string())?;
        self.truth.durable = log.recovery_point().0;
        if self.dice.one_in(2) {
            self.recovery_point = log.recovery_point();
            self.log_start = log.log_start_offset();
        }
        Ok(())
    }

    fn roll(&mut self) -> Result<(), String> {
        self.note(|_| "roll".to_owned());
        let now = self.now();
        lock(&self.log).roll(now).map_err(|error| error.to_string())
    }

    /// Cleans, often not to the end.
    fn clean(&mut self, may_fail: bool) -> Result<(), String> {
        let now = self.now();
        {
            let mut log = lock(&self.log);
            let end = log.log_end_offset_metadata();
            log.maybe_increment_high_watermark(end);
            if self.dice.one_in(2) {
                log.roll(now).map_err(|error| error.to_string())?;
            }
        }
        if !self.dice.one_in(4) {
            self.flush()?;
        }
        let cleanable =
            Cleanable::of(&mut lock(&self.log), self.clean_to, now).map_err(|error| error.to_string())?;
        self.note(|_| format!("clean {cleanable:?}"));
        if cleanable.cleanable_bytes == 0 {
            return Ok(());
        }
        self.clean_to = Some(cleanable.first_dirty_offset);
        self.truth.cleaning(cleanable.first_uncleanable_offset.0, now.0);
        let stops_at = if may_fail { self.draw_fault() } else { u64::MAX };
        let mut cleaner = Cleaner::new(&CleanerSettings {
            dedupe_buffer_bytes: self.map_bytes,
            load_factor: 0.9,
            io_buffer_bytes: 4096,
            hash_key: [1, 2],
        });
        let mut asked = 0;
        let mut pace = |_| {
            asked += 1;
            if asked > stops_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let result = cleaner.clean(&self.log, &cleanable, now, &mut pace);
        self.disk.clear_faults();
        self.note(|_| format!("  {result:?}"));
        match result {
            Ok(cleaned) => {
                self.stats.cleanings += 1;
                self.stats.dropped += cleaned.stats.messages_read - cleaned.stats.messages_written;
                self.stats.merged += cleaned.stats.segments_read - cleaned.stats.segments_written;
                self.clean_to = Some(cleaned.clean_to);
                if self.disk.is_off() {
                    return self.reopen(Interruption::PowerLoss);
                }
                self.disk.restore_power();
                self.check()
            }
            Err(error) if !may_fail => Err(error.to_string()),
            Err(CleanError::Uncleanable(error)) => Err(error.to_string()),
            Err(CleanError::Stopped | CleanError::DiskFull(_)) if !self.disk.is_off() => {
                self.stats.cut_cleanings += 1;
                self.disk.restore_power();
                self.check_no_leftovers()?;
                self.check()
            }
            Err(_) => {
                self.stats.cut_cleanings += 1;
                let how = if self.disk.is_off() { Interruption::PowerLoss } else { Interruption::Kill };
                self.reopen(how)
            }
        }
    }

    /// Draws what goes wrong with a cleaning, if anything does; after how many questions for the pace it is stopped.
    fn draw_fault(&mut self) -> u64 {
        match self.dice.below(10) {
            0..4 => {
                let changes = self.dice.below(60);
                self.note(|_| format!("  (the power will go after {changes} changes)"));
                self.disk.cut_power_after(changes);
            }
            4 => return self.dice.below(4),
            5 => {
                let suffix = *self.dice.pick(&[".log.cleaned", "index.cleaned"]);
                let operation = *self.dice.pick(&[Operation::Create, Operation::Write]);
                let full = Fault::Fail(Failure::NoSpace);
                self.disk.add_fault(FaultRule::once(operation, suffix, full).after(self.dice.below(3)));
            }
            6 => {
                let operation = *self.dice.pick(&[Operation::Rename, Operation::Sync, Operation::SyncDir]);
                let broken = Fault::FailAndForget(Failure::InputOutput);
                self.disk.add_fault(FaultRule::once(operation, "", broken).after(self.dice.below(12)));
            }
            _ => {}
        }
        u64::MAX
    }

    fn delete_records(&mut self) -> Result<(), String> {
        let now = self.now();
        let mut log = lock(&self.log);
        // A log that ends below its start begins anew there, which is for the other simulator.
        let (start, top) = (log.log_start_offset().0, log.high_watermark().0.min(self.truth.durable));
        let target = self.dice.between(start as u64, top.max(start) as u64) as i64;
        // The truth knows of producers by all batches, so all of them must be there.
        let first_batch =
            self.truth.batches.iter().find(|batch| batch.last >= target).map(|batch| batch.base);
        let target = first_batch.filter(|base| *base <= top).unwrap_or(start).max(start);
        log.maybe_increment_log_start_offset(Offset(target)).map_err(|error| error.to_string())?;
        self.truth.log_start = log.log_start_offset().0;
        self.truth.shake_below_start();
        self.log_start = log.log_start_offset();
        if self.dice.one_in(2) {
            log.delete_old_segments(now).map_err(|error| error.to_string())?;
        }
        drop(log);
        self.note(|_| format!("delete records below {target}"));
        Ok(())
    }

    fn remove_files(&mut self) -> Result<(), String> {
        let now = self.now();
        let job = lock(&self.log).due_deletions(now);
        job.map_or(Ok(()), |job| job.run()).map_err(|error| error.to_string())
    }

    /// Cuts the log as a follower does, seldom below what is replicated.
    fn truncate(&mut self) -> Result<(), String> {
        let now = self.now();
        let mut log = lock(&self.log);
        let floor = if self.dice.one_in(4) { log.log_start_offset() } else { log.high_watermark() };
        // What a cleaning dropped for a record that is then cut does not come back.
        let (floor, end) = (floor.0.max(self.truth.replicated), self.truth.end());
        // Where no batch ends, as behind a hole, nothing says after a restart that the log ended there.
        let ends: Vec<i64> =
            self.truth.batches.iter().map(|batch| batch.last + 1).filter(|end| *end >= floor).collect();
        if ends.is_empty() || floor > end {
            return Ok(());
        }
        let target = *self.dice.pick(&ends);
        // As the manager does, before the log is cut.
        self.clean_to = self.clean_to.map(|clean_to| clean_to.min(Offset(target)));
        log.truncate_to(Offset(target), now).map_err(|error| error.to_string())?;
        self.recovery_point = log.recovery_point();
        let log_end = log.log_end_offset().0;
        drop(log);
        self.note(|_| format!("truncate to {target}, the log ends at {log_end}"));
        self.follow_cut(log_end, target)?;
        self.check()
    }

    /// The log ends at `end` now. Batches that cleaning had dropped before it are forgotten with it.
    fn follow_cut(&mut self, end: i64, target: i64) -> Result<(), String> {
        if end > target {
            return Err(format!("cut at {target}, the log ends at {end}"));
        }
        self.truth.cut(target);
        if end != self.truth.end() {
            return Err(format!("cut at {target}, the log ends at {end}, expected {}", self.truth.end()));
        }
        Ok(())
    }

    /// Takes the log out of its work and opens it again.
    fn reopen(&mut self, how: Interruption) -> Result<(), String> {
        self.note(|_| format!("{how:?}"));
        let mut clean_shutdown = false;
        let mut how = how;
        if how == Interruption::CleanClose {
            let now = self.now();
            let mut log = lock(&self.log);
            log.close(now).map_err(|error| error.to_string())?;
            self.recovery_point = log.recovery_point();
            self.truth.durable = self.truth.end();
            clean_shutdown = true;
        }
        for _ in 0..OPENINGS_MAX {
            self.tear(how);
            if self.dice.one_in(6) {
                self.disk.cut_power_after(self.dice.below(20));
            }
            let options = OpenOptions {
                clean_shutdown,
                recovery_point: self.recovery_point,
                log_start_offset: self.log_start,
                was_compacted: self.clean_to.is_some(),
                ..open_options(&self.config, self.now())
            };
            match Log::open(Arc::new(self.disk.clone()), &self.dir, &options) {
                Ok((log, summary)) => {
                    self.note(|_| format!("  {summary:?}"));
                    self.disk.restore_power();
                    self.log = Arc::new(Mutex::new(log));
                    self.stats.crashes += u64::from(!clean_shutdown);
                    return self.judge_opened(how);
                }
                Err(error) if self.disk.is_off() => {
                    self.note(|_| format!("  opening failed: {error}"));
                    how = Interruption::PowerLoss;
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(format!("not open after {OPENINGS_MAX} attempts"))
    }

    fn tear(&mut self, how: Interruption) {
        self.disk = match how {
            Interruption::CleanClose | Interruption::Kill => self.disk.kill(),
            Interruption::PowerLoss => self.disk.crash_with(self.dice.roll(), &self.crash),
        };
    }

    fn judge_opened(&mut self, how: Interruption) -> Result<(), String> {
        let end = lock(&self.log).log_end_offset().0;
        let all = self.truth.end();
        if end < self.truth.durable || (how != Interruption::PowerLoss && end < all) || end > all {
            let durable = self.truth.durable;
            return Err(format!("the log ends at {end} of {all}, {durable} of them durable"));
        }
        self.truth.cut(end);
        if how == Interruption::PowerLoss {
            // In a compacted log recovery takes a hole for the cleaner's work, so of what was not flushed any may be gone.
            let there = base_offsets(&mut lock(&self.log))?;
            let durable = self.truth.durable;
            self.truth.lose(|batch| batch.base >= durable && !there.contains(&batch.base));
        }
        self.recovery_point = self.recovery_point.min(Offset(end));
        if self.clean_to.is_some_and(|clean_to| clean_to.0 > end) {
            self.clean_to = Some(lock(&self.log).log_start_offset());
        }
        self.check_no_leftovers()?;
        self.check()
    }

    fn check(&mut self) -> Result<(), String> {
        let clean_to = self.clean_to.map(|clean_to| clean_to.0);
        check(&mut lock(&self.log), &self.truth, clean_to, self.config.delete_retention_ms)
    }

    fn check_no_leftovers(&self) -> Result<(), String> {
        let listing = self.disk.list(&self.dir).map_err(|error| error.to_string())?;
        match listing.iter().find(|entry| entry.name.ends_with(".cleaned") || entry.name.ends_with(".swap")) {
            Some(entry) => Err(format!("{} is left behind", entry.name)),
            None => Ok(()),
        }
    }

    fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let line = line(self);
            self.trace.get_or_insert_default().push(line);
        }
    }

    pub(super) fn into_trace(self) -> Vec<String> {
        self.trace.unwrap_or_default()
    }
}

fn open_options(config: &LogConfig, now: Timestamp) -> OpenOptions {
    OpenOptions {
        config: Arc::new(config.clone()),
        clean_shutdown: true,
        recovery_point: Offset(0),
        log_start_offset: Offset(0),
        was_compacted: false,
        topic_id: None,
        now,
    }
}
