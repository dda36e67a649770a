//! One round: a log at work, torn out of it again and again, and judged each time it comes back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::sim::{Corruption, Dice, Failure, Fault, FaultRule, Operation, PlantedBug, SimClock, SimDisk};
use ottla_io::{Clock as _, Disk as _};
use ottla_log::config::LogConfig;
use ottla_log::log::{Log, OpenOptions};
use ottla_log::validate::ValidationScratch;
use ottla_record::Timestamp;

use super::recovered::Before;
use super::scenario::Scenario;
use super::truth::Truth;
use super::workload::Workload;
use super::{answers, checkpoints, files, recovered};
use crate::rounds::Stats;

/// Longest a round may need to come back: crashes during recovery are drawn, so they end.
const OPENINGS_MAX: usize = 50;

/// What a round went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundStats {
    /// Steps taken.
    pub steps: u64,
    /// Batches appended.
    pub batches: u64,
    /// Times the log was opened.
    pub openings: u64,
    /// Power losses.
    pub power_losses: u64,
    /// Deaths of the process.
    pub kills: u64,
    /// Operations asked of the disk.
    pub disk_operations: u64,
}

impl Stats for RoundStats {
    fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.batches += other.batches;
        self.openings += other.openings;
        self.power_losses += other.power_losses;
        self.kills += other.kills;
        self.disk_operations += other.disk_operations;
    }
}

/// Why a step did not end as it should.
#[derive(Debug)]
pub(super) enum Stop {
    /// The log did something it must not.
    Violation(String),
    /// A fault that the round had ordered was met.
    Fault(String),
}

pub(super) type Step<T = ()> = Result<T, Stop>;

/// How the log is taken out of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    Kill,
    PowerLoss,
}

/// A round under way.
pub(super) struct Round {
    pub(super) dice: Dice,
    pub(super) clock: SimClock,
    pub(super) disk: SimDisk,
    pub(super) dir: PathBuf,
    pub(super) config: Arc<LogConfig>,
    pub(super) scenario: Scenario,
    pub(super) truth: Truth,
    pub(super) log: Option<Log>,
    pub(super) workload: Workload,
    pub(super) scratch: ValidationScratch,
    pub(super) leader_epoch: i32,
    /// What a fault that the round has ordered must be followed by.
    pub(super) fault: Option<Interruption>,
    /// The log was cut, and its recovery point not yet written since.
    pub(super) cut_unwritten: bool,
    pub(super) stats: RoundStats,
    trace: Option<Vec<String>>,
}

impl Round {
    pub(super) fn new(seed: u64, bugs: &[PlantedBug], with_trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let scenario = Scenario::draw(&mut dice);
        let clock = SimClock::new(1_700_000_000_000);
        let disk = SimDisk::new(dice.roll(), &clock);
        disk.create_dir_all(Path::new(checkpoints::LOG_DIR)).expect("an empty disk has room for a directory");
        disk.settle();
        bugs.iter().for_each(|bug| disk.plant(bug.clone()));
        if with_trace {
            disk.start_trace();
        }
        Self {
            clock,
            disk,
            dir: Path::new(checkpoints::LOG_DIR).join("t-0"),
            config: Arc::new(scenario.config.clone()),
            workload: Workload::new(&scenario),
            scenario,
            truth: Truth::new(),
            log: None,
            scratch: ValidationScratch::default(),
            leader_epoch: 0,
            fault: None,
            cut_unwritten: false,
            stats: RoundStats::default(),
            trace: with_trace.then(Vec::new),
            dice,
        }
    }

    /// Runs the round to its end, or to the first thing that is wrong.
    pub(super) fn run(&mut self) -> Result<(), String> {
        self.note(|round| format!("{:?}", round.scenario));
        self.open(Before::Kill)?;
        for _ in 0..self.scenario.steps {
            self.stats.steps += 1;
            self.draw_fault();
            let result = self.step();
            self.settle(result)?;
        }
        self.end_faults();
        if self.disk.is_off() {
            self.interrupt(Interruption::PowerLoss)?;
        }
        for before in [Before::CleanClose, Before::PowerLoss] {
            self.close_and_open(before)?;
        }
        self.stats.disk_operations += self.disk.counters().operations();
        Ok(())
    }

    /// What happened, line by line.
    pub(super) fn into_trace(mut self) -> Vec<String> {
        self.note(|_| "the end".to_owned());
        self.trace.unwrap_or_default()
    }

    /// Adds what happened to the trace, if there is one, and before it what the disk was asked.
    pub(super) fn note(&mut self, what: impl FnOnce(&Self) -> String) {
        if self.trace.is_none() {
            return;
        }
        let told = what(self);
        let disk = self.disk.take_trace();
        if let Some(trace) = &mut self.trace {
            trace.extend(
                disk.iter().filter(|event| is_telling(event.operation)).map(|event| format!("      {event}")),
            );
            trace.push(told);
        }
    }

    fn settle(&mut self, result: Step) -> Result<(), String> {
        match result {
            Ok(()) => Ok(()),
            Err(Stop::Violation(what)) => Err(what),
            Err(Stop::Fault(what)) => {
                self.note(|_| format!("  failed as ordered: {what}"));
                let how = match self.fault {
                    Some(Interruption::PowerLoss) => Interruption::PowerLoss,
                    Some(how) if !self.disk.is_off() => how,
                    _ if self.dice.one_in(4) => Interruption::Kill,
                    _ => Interruption::PowerLoss,
                };
                self.interrupt(how)
            }
        }
    }

    /// Turns an answer of the log into a step's: an error is a violation unless the round has ordered a fault.
    pub(super) fn answer<T>(&self, result: Result<T, impl ToString>) -> Step<T> {
        result.map_err(|error| {
            if self.disk.is_off() || self.fault.is_some() {
                Stop::Fault(error.to_string())
            } else {
                Stop::Violation(format!("unexpected error: {}", error.to_string()))
            }
        })
    }

    fn draw_fault(&mut self) {
        if self.fault.is_some() && self.dice.one_in(10) {
            self.end_faults();
        }
        if self.fault.is_some() || !self.dice.one_in(self.scenario.power_cut_one_in) {
            return;
        }
        let io_error = Failure::InputOutput;
        let suffix = *self.dice.pick(&[".log", "index", "", ".snapshot", "checkpoint.tmp"]);
        match self.dice.below(10) {
            0 => {
                let room = self.dice.below(3) * 4096;
                self.disk.set_capacity(Some(self.disk.used_bytes() + room));
                self.fault = Some(Interruption::Kill);
                self.note(|_| format!("  (the disk will be full after {room} bytes)"));
            }
            1 => {
                // After a failed sync only a power loss shows what is on the platter.
                let fault = Fault::FailAndForget(io_error);
                self.disk.add_fault(FaultRule::once(Operation::Sync, suffix, fault));
                self.fault = Some(Interruption::PowerLoss);
                self.note(|_| format!("  (the next sync of *{suffix} will fail)"));
            }
            2 => {
                let operation = *self.dice.pick(&[Operation::Write, Operation::Create, Operation::Rename]);
                self.disk.add_fault(FaultRule::once(operation, suffix, Fault::Fail(io_error)));
                self.fault = Some(Interruption::Kill);
                self.note(|_| format!("  (the next {operation:?} of *{suffix} will fail)"));
            }
            3 => {
                let fault = FaultRule::once(Operation::Write, suffix, Fault::Short);
                self.disk.add_fault(fault);
                self.note(|_| format!("  (the next write to *{suffix} will be short)"));
            }
            _ => {
                let changes = self.dice.below(40);
                self.disk.cut_power_after(changes);
                self.note(|_| format!("  (the power will go after {changes} more changes)"));
            }
        }
    }

    fn end_faults(&mut self) {
        self.disk.clear_faults();
        if !self.disk.is_off() {
            self.disk.restore_power();
        }
        self.fault = None;
    }

    /// Takes the log out of its work at this moment and opens it again.
    pub(super) fn interrupt(&mut self, how: Interruption) -> Result<(), String> {
        self.tear(how);
        let before = match how {
            Interruption::Kill => Before::Kill,
            Interruption::PowerLoss => Before::PowerLoss,
        };
        self.open(before)
    }

    fn tear(&mut self, how: Interruption) {
        self.end_faults();
        self.log = None;
        self.stats.disk_operations += self.disk.counters().operations();
        self.note(|_| format!("{how:?}"));
        self.disk = match how {
            Interruption::Kill => {
                self.stats.kills += 1;
                self.disk.kill()
            }
            Interruption::PowerLoss => {
                self.stats.power_losses += 1;
                let seed = self.dice.roll();
                self.disk.crash_with(seed, &self.scenario.crash)
            }
        };
        if how == Interruption::PowerLoss && self.dice.one_in(4) {
            self.corrupt_unflushed();
        }
    }

    /// Flips a bit of a batch that no flush has promised to keep. Offset, length and leader epoch, which come first, are
    /// left alone: no checksum covers them, so nobody could notice.
    fn corrupt_unflushed(&mut self) {
        const UNCOVERED: usize = 16;
        let unflushed = self.truth.from(self.truth.durable);
        if unflushed.is_empty() {
            return;
        }
        let batch = Arc::clone(self.dice.pick(unflushed));
        let Some((path, position)) = files::find(&self.disk, &self.dir, &batch) else { return };
        let range = position + UNCOVERED as u64..position + batch.bytes.len() as u64;
        let corrupted = self.disk.corrupt(&path, range, Corruption::FlipBit);
        self.note(|_| format!("  (batch {} is corrupted: {corrupted:?})", batch.base));
    }

    /// Opens the log, however often the power goes meanwhile, and checks what it has become.
    fn open(&mut self, mut before: Before) -> Result<(), String> {
        for _ in 0..OPENINGS_MAX {
            if self.dice.one_in(6) {
                let changes = self.dice.below(20);
                self.disk.cut_power_after(changes);
                self.note(|_| format!("  (the power will go after {changes} changes of the opening)"));
            }
            self.stats.openings += 1;
            match self.try_open(before) {
                Err(Stop::Fault(what)) => {
                    self.note(|_| format!("  opening failed: {what}"));
                    self.tear(Interruption::PowerLoss);
                    if before != Before::CleanClose {
                        before = Before::PowerLoss;
                    }
                }
                Err(Stop::Violation(what)) => return Err(what),
                Ok(()) => return Ok(()),
            }
        }
        Err(format!("not open after {OPENINGS_MAX} attempts"))
    }

    fn try_open(&mut self, before: Before) -> Step {
        let found = self.answer(checkpoints::read(&self.disk))?;
        self.note(|_| format!("open: {found:?}"));
        self.truth.log_start_on_disk = found.log_start_offset.0;
        self.truth.replays.insert(found.log_start_offset.0);
        self.truth.replays.extend(files::segment_bases(&self.disk, &self.dir));
        let options = OpenOptions {
            config: Arc::clone(&self.config),
            clean_shutdown: found.clean_shutdown,
            recovery_point: found.recovery_point,
            log_start_offset: found.log_start_offset,
            was_compacted: false,
            topic_id: None,
            now: self.now(),
        };
        let opened = Log::open(Arc::new(self.disk.clone()), &self.dir, &options);
        let (log, summary) = self.answer(opened)?;
        self.note(|_| format!("  {summary:?}"));
        // Between a cut and its checkpoint, the checkpoint names records that are gone on purpose.
        if let Some(lost) = summary.lost_flushed.filter(|_| !self.cut_unwritten) {
            return Err(Stop::Violation(format!("flushed records are lost: {lost:?}")));
        }
        if log.recovery_point() < found.recovery_point {
            // A checkpoint above the end of the log must not outlive the next append.
            let written = checkpoints::write_recovery_point(&self.disk, &log);
            self.answer(written)?;
            self.cut_unwritten = false;
        }
        self.disk.restore_power();
        self.log = Some(log);
        self.judge_opened(before).map_err(Stop::Violation)
    }

    fn judge_opened(&mut self, before: Before) -> Result<(), String> {
        let Some(mut log) = self.log.take() else { return Ok(()) };
        if self.dice.one_in(2)
            && let Some(job) = log.due_deletions(Timestamp(i64::MAX))
        {
            job.run().map_err(|error| format!("cannot remove old files: {error}"))?;
        }
        let mut segments = self.read_files(&log)?;
        self.match_batches(&mut segments)?;
        recovered::adopt(&mut self.truth, &log, &segments, before)?;
        let (start, end) = (self.truth.log_start, self.truth.end);
        self.note(|_| format!("  there is {start} to {end}"));
        answers::check_all(&mut log, &mut self.truth, &mut self.dice)?;
        let flush = self.dice.one_in(3);
        self.log = Some(log);
        if flush {
            self.flush_all()?;
            self.check_files()?;
        }
        Ok(())
    }

    fn flush_all(&mut self) -> Result<(), String> {
        let now = self.now();
        let Some(log) = &mut self.log else { return Ok(()) };
        log.flush(now).map_err(|error| format!("cannot flush: {error}"))?;
        self.truth.flushed(self.truth.end);
        self.note(|_| "flush".to_owned());
        Ok(())
    }

    /// Checks all files, of which nothing may be held back in memory.
    pub(super) fn check_files(&mut self) -> Result<(), String> {
        let Some(log) = self.log.take() else { return Ok(()) };
        let mut segments = self.read_files(&log)?;
        self.log = Some(log);
        self.match_batches(&mut segments)?;
        let last = segments.len().saturating_sub(1);
        let check = |(index, segment): (usize, &files::SegmentFiles)| {
            segment.check_indexes(&self.truth, index == last)
        };
        segments.iter().enumerate().try_for_each(check)
    }

    fn read_files(&self, log: &Log) -> Result<Vec<files::SegmentFiles>, String> {
        let deleted_allowed = log.next_deletion_due().is_some();
        files::read(&self.disk, &self.dir, log.log_end_offset().0, deleted_allowed)
    }

    /// Batches that are below what is left may still be in the files of a log that begins anew.
    fn match_batches(&self, segments: &mut [files::SegmentFiles]) -> Result<(), String> {
        let zero_tail_allowed = self.config.preallocate;
        segments.iter_mut().try_for_each(|segment| segment.match_batches(&self.truth, zero_tail_allowed))
    }

    /// Closes the log in good order; nothing may be lost then, whatever happens.
    pub(super) fn close_and_open(&mut self, how: Before) -> Result<(), String> {
        let now = self.now();
        let Some(mut log) = self.log.take() else { return Err("there is no log to close".to_owned()) };
        let closed = log.close(now);
        if let Err(stop) = self.answer(closed) {
            return self.settle(Err(stop));
        }
        self.note(|_| "close".to_owned());
        self.truth.flushed(self.truth.end);
        let marked = checkpoints::write_recovery_point(&self.disk, &log)
            .and_then(|()| checkpoints::write_log_start(&self.disk, &log));
        let marked = marked.map(|()| self.truth.log_start_checkpointed = self.truth.log_start);
        let marked = marked.and_then(|()| checkpoints::write_clean_shutdown(&self.disk));
        if let Err(stop) = self.answer(marked) {
            return self.settle(Err(stop));
        }
        let mut segments = self.read_files(&log)?;
        drop(log);
        self.match_batches(&mut segments)?;
        for segment in &segments {
            segment.check_indexes(&self.truth, false)?;
        }
        self.tear(if how == Before::PowerLoss { Interruption::PowerLoss } else { Interruption::Kill });
        self.open(Before::CleanClose)
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }
}

/// Whether a trace is the better for it.
fn is_telling(operation: Operation) -> bool {
    operation.is_change()
}
