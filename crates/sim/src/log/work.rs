//! What a log is asked to do during a round.

use std::time::Duration;

use ottla_log::log::{FollowerAppendOptions, LeaderAppendOptions, Log};
use ottla_log::producer_state::AppendOrigin;
use ottla_record::{LeaderEpoch, Offset};

use super::answers;
use super::batch::{Batch, Content};
use super::checkpoints;
use super::recovered::Before;
use super::round::{Interruption, Round, Step, Stop};
use super::truth::Pending;
use super::workload::{Next, as_sent};

type Action = fn(&mut Round) -> Step;

/// What can happen in a step, and how often.
const ACTIONS: [(u64, Action); 18] = [
    (30, Round::append_as_leader),
    (10, Round::append_as_follower),
    (8, Round::end_transaction),
    (3, Round::send_again),
    (6, Round::flush),
    (5, Round::flush_if_due),
    (2, Round::roll),
    (6, Round::raise_high_watermark),
    (3, Round::delete_records),
    (4, Round::apply_retention),
    (3, Round::remove_files),
    (5, Round::checkpoint),
    (4, Round::truncate),
    (1, Round::begin_anew),
    (3, Round::change_leader),
    (5, Round::look),
    (2, Round::restart),
    (3, Round::interrupt_now),
];

impl Round {
    /// Does one thing.
    pub(super) fn step(&mut self) -> Step {
        self.clock.advance(Duration::from_millis(self.dice.below(60)));
        let total = ACTIONS.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.dice.below(total);
        for (weight, action) in ACTIONS {
            match drawn.checked_sub(weight) {
                Some(rest) => drawn = rest,
                None => return action(self),
            }
        }
        Ok(())
    }

    /// Asks the log, which is there in every step.
    fn ask<T, E: ToString>(&mut self, question: impl FnOnce(&mut Log) -> Result<T, E>) -> Step<T> {
        let Some(log) = &mut self.log else { return Err(Stop::Violation("there is no log".to_owned())) };
        let result = question(log);
        self.answer(result)
    }

    fn next(&self) -> Next {
        Next { base: self.truth.end, leader_epoch: self.leader_epoch, now: self.now().0 }
    }

    fn append_as_leader(&mut self) -> Step {
        let next = self.next();
        let batch = self.workload.data(&mut self.dice, next, &self.truth.producers);
        self.lead(batch, AppendOrigin::Client)
    }

    fn end_transaction(&mut self) -> Step {
        let next = self.next();
        match self.workload.marker(&mut self.dice, next, &self.truth.producers) {
            Some(marker) => self.lead(marker, AppendOrigin::Coordinator),
            None => Ok(()),
        }
    }

    fn lead(&mut self, batch: Batch, origin: AppendOrigin) -> Step {
        self.note(|_| format!("append {}", batch.describe()));
        let mut sent = as_sent(&batch);
        let options = LeaderAppendOptions {
            leader_epoch: LeaderEpoch(batch.leader_epoch),
            origin,
            transaction_version: Some(0),
            now: self.now(),
        };
        let expected = (batch.base, batch.last());
        self.stats.batches += 1;
        self.truth.append(vec![batch]);
        let Some(log) = &mut self.log else { return Err(Stop::Violation("there is no log".to_owned())) };
        let result = log.append_as_leader(&mut sent, &options, &mut self.scratch);
        let info = self.answer(result)?;
        let found = (info.first_offset.0, info.last_offset.0);
        if found != expected || info.is_duplicate {
            return Err(Stop::Violation(format!("appended as {found:?} instead of {expected:?}: {info:?}")));
        }
        self.truth.acknowledge();
        Ok(())
    }

    fn append_as_follower(&mut self) -> Step {
        let mut next = self.next();
        let mut producers = self.truth.producers.clone();
        let (mut batches, mut bytes) = (Vec::new(), Vec::new());
        for _ in 0..self.dice.between(1, 3) {
            let batch = self.workload.data(&mut self.dice, next, &producers);
            if bytes.len() + batch.bytes.len() > self.config.segment_bytes as usize {
                break;
            }
            bytes.extend_from_slice(&batch.bytes);
            producers.apply(&batch);
            next.base = batch.next();
            next.leader_epoch += i32::from(self.dice.one_in(10));
            batches.push(batch);
        }
        if batches.is_empty() {
            return Ok(());
        }
        for batch in &batches {
            self.note(|_| format!("replicate {}", batch.describe()));
        }
        let last_epoch = batches.last().map_or(self.leader_epoch, |batch| batch.leader_epoch);
        self.leader_epoch = self.leader_epoch.max(last_epoch);
        self.stats.batches += batches.len() as u64;
        self.truth.append(batches);
        let options = FollowerAppendOptions { leader_epoch: LeaderEpoch(self.leader_epoch), now: self.now() };
        let info = self.ask(|log| log.append_as_follower(&bytes, &options))?;
        let end = info.map(|info| info.last_offset.0 + 1);
        if end != Some(self.truth.end) {
            return Err(Stop::Violation(format!("replicated to {end:?} instead of {}", self.truth.end)));
        }
        self.truth.acknowledge();
        Ok(())
    }

    /// A producer that did not hear the answer sends its last batch again.
    fn send_again(&mut self) -> Step {
        let plain = Content::Data { transactional: false };
        let idempotent = |batch: &&std::sync::Arc<Batch>| batch.content == plain && batch.producer.is_some();
        let Some(batch) = self.truth.from(self.truth.log_start).iter().rev().find(idempotent).cloned() else {
            return Ok(());
        };
        let still_last = batch.producer.is_some_and(|producer| {
            let known = self.truth.producers.known.get(&producer.id);
            known.is_some_and(|known| known.last_offset == batch.last() && known.epoch == producer.epoch)
        });
        if !still_last {
            return Ok(());
        }
        self.note(|_| format!("append again {}", batch.describe()));
        let mut sent = as_sent(&batch);
        let options = LeaderAppendOptions {
            leader_epoch: LeaderEpoch(self.leader_epoch),
            origin: AppendOrigin::Client,
            transaction_version: None,
            now: self.now(),
        };
        let Some(log) = &mut self.log else { return Err(Stop::Violation("there is no log".to_owned())) };
        let result = log.append_as_leader(&mut sent, &options, &mut self.scratch);
        let info = self.answer(result)?;
        let found = (info.first_offset.0, info.last_offset.0);
        if !info.is_duplicate || found != (batch.base, batch.last()) {
            return Err(Stop::Violation(format!("a batch sent again was not recognised: {info:?}")));
        }
        Ok(())
    }

    fn flush(&mut self) -> Step {
        self.note(|_| "flush".to_owned());
        let job = self.ask(Log::flush_job)?;
        self.finish_flush(job)?;
        if self.dice.one_in(2) {
            self.checkpoint()?;
        }
        if self.dice.one_in(4) && self.truth.durable == self.truth.end {
            self.check_files().map_err(Stop::Violation)?;
        }
        Ok(())
    }

    fn flush_if_due(&mut self) -> Step {
        let now = self.now();
        if !self.log.as_ref().is_some_and(|log| log.is_flush_due(now)) {
            return Ok(());
        }
        self.note(|_| "flush what was rolled".to_owned());
        let job = self.ask(Log::flush_job_for_rolled)?;
        self.finish_flush(job)
    }

    fn finish_flush(&mut self, job: ottla_log::log::FlushJob) -> Step {
        let target = job.target().0;
        let outcome = job.run();
        // The lock is free while the files are synced: the log may go on meanwhile.
        if self.dice.one_in(4) {
            self.append_as_leader()?;
        }
        let now = self.now();
        self.ask(|log| log.complete_flush(outcome, now))?;
        self.truth.flushed(target);
        Ok(())
    }

    fn roll(&mut self) -> Step {
        self.note(|_| "roll".to_owned());
        let now = self.now();
        self.ask(|log| log.roll(now))
    }

    fn raise_high_watermark(&mut self) -> Step {
        let end = self.truth.end;
        let offset = if self.dice.one_in(2) { end } else { self.pick_offset() };
        self.note(|_| format!("high watermark to {offset}"));
        let Some(log) = &mut self.log else { return Ok(()) };
        if offset > log.high_watermark().0 {
            let metadata = ottla_log::offsets::LogOffsetMetadata::offset_only(Offset(offset));
            log.maybe_increment_high_watermark(metadata);
        }
        Ok(())
    }

    fn pick_offset(&mut self) -> i64 {
        self.dice.between(self.truth.log_start as u64, self.truth.end as u64) as i64
    }

    fn delete_records(&mut self) -> Step {
        let high_watermark = self.log.as_ref().map_or(0, |log| log.high_watermark().0);
        let offset = self.pick_offset().min(high_watermark);
        self.note(|_| format!("delete records below {offset}"));
        self.ask(|log| log.maybe_increment_log_start_offset(Offset(offset)))?;
        self.follow_log_start();
        Ok(())
    }

    fn apply_retention(&mut self) -> Step {
        self.note(|_| "apply retention".to_owned());
        let now = self.now();
        // The start may have moved even if a later part failed.
        let result = self.ask(|log| log.delete_old_segments(now));
        self.follow_log_start();
        result.map(drop)
    }

    fn follow_log_start(&mut self) {
        if let Some(log) = &self.log {
            self.truth.log_start = log.log_start_offset().0;
            self.truth.log_start_max = self.truth.log_start_max.max(self.truth.log_start);
        }
    }

    fn remove_files(&mut self) -> Step {
        let now = self.now();
        let Some(job) = self.log.as_mut().and_then(|log| log.due_deletions(now)) else { return Ok(()) };
        self.note(|_| format!("remove {} old files", job.len()));
        self.answer(job.run())
    }

    /// Writes the checkpoints of the log directory.
    fn checkpoint(&mut self) -> Step {
        let Some(log) = &self.log else { return Ok(()) };
        let (recovery_point, log_start) = (log.recovery_point(), log.log_start_offset().0);
        let written = checkpoints::write_recovery_point(&self.disk, log);
        self.note(|_| format!("checkpoint recovery point {recovery_point}"));
        self.answer(written)?;
        self.cut_unwritten = false;
        if self.dice.one_in(2) {
            let Some(log) = &self.log else { return Ok(()) };
            let written = checkpoints::write_log_start(&self.disk, log);
            self.note(|_| format!("checkpoint log start {log_start}"));
            self.answer(written)?;
            self.truth.log_start_checkpointed = self.truth.log_start_checkpointed.max(log_start);
        }
        Ok(())
    }

    fn truncate(&mut self) -> Step {
        if self.truth.log_start == self.truth.end {
            return Ok(());
        }
        let target = self.pick_offset();
        if self.truth.at(target).is_some_and(|batch| batch.base < self.truth.log_start) {
            // No leader ends within a batch.
            return Ok(());
        }
        self.note(|_| format!("truncate to {target}"));
        let end = self.truth.end_of_cut(target);
        self.truth.pending = Pending::Truncation(target);
        self.cut_unwritten = true;
        let now = self.now();
        self.ask(|log| log.truncate_to(Offset(target), now))?;
        self.truth.replays.extend(self.log.as_ref().map(|log| log.first_segment_base_offset().0));
        self.truth.set_end(end);
        if let Some(log) = &self.log {
            answers::check_producers(log, &mut self.truth).map_err(Stop::Violation)?;
        }
        self.checkpoint_after_cut()
    }

    /// A recovery point above the end of a log that was cut must not outlive the next append.
    fn checkpoint_after_cut(&mut self) -> Step {
        let Some(log) = &self.log else { return Ok(()) };
        let end = (log.log_start_offset().0, log.log_end_offset().0);
        if end != (self.truth.log_start, self.truth.end) {
            return Err(Stop::Violation(format!(
                "after the cut the log is {end:?}, expected {:?}",
                (self.truth.log_start, self.truth.end)
            )));
        }
        let written = checkpoints::write_recovery_point(&self.disk, log);
        self.answer(written)?;
        self.cut_unwritten = false;
        Ok(())
    }

    fn begin_anew(&mut self) -> Step {
        let offset = self.truth.end + self.dice.below(20) as i64;
        self.note(|_| format!("begin anew at {offset}"));
        self.truth.pending = Pending::Restart(offset);
        self.cut_unwritten = true;
        let now = self.now();
        self.ask(|log| log.truncate_fully_and_start_at(Offset(offset), None, now))?;
        self.truth.restarted(offset);
        self.checkpoint_after_cut()
    }

    fn change_leader(&mut self) -> Step {
        self.leader_epoch += 1;
        let (epoch, start_offset) = (LeaderEpoch(self.leader_epoch), Offset(self.truth.end));
        self.note(|_| format!("leader epoch {epoch}"));
        if self.dice.one_in(2)
            && let Some(log) = &mut self.log
        {
            log.assign_epoch_start_offset(ottla_log::leader_epoch::EpochEntry { epoch, start_offset });
        }
        Ok(())
    }

    fn look(&mut self) -> Step {
        let Some(log) = &mut self.log else { return Ok(()) };
        log.invariants();
        let looked = answers::check_offsets(log, &self.truth)
            .and_then(|()| answers::check_read(log, &self.truth, &mut self.dice));
        match looked {
            Err(what) if self.fault.is_none() && !self.disk.is_off() => Err(Stop::Violation(what)),
            Err(what) => Err(Stop::Fault(what)),
            Ok(()) => Ok(()),
        }
    }

    fn restart(&mut self) -> Step {
        let how = if self.dice.one_in(2) { Before::CleanClose } else { Before::PowerLoss };
        self.close_and_open(how).map_err(Stop::Violation)
    }

    fn interrupt_now(&mut self) -> Step {
        let how = if self.dice.one_in(3) { Interruption::Kill } else { Interruption::PowerLoss };
        self.interrupt(how).map_err(Stop::Violation)
    }
}
