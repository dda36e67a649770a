//! What a log must hold, kept apart from the log.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::batch::{Batch, Timeline};
use super::producers::Producers;

/// The truth about one log, and what a crash may take from it.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    /// Everything in the log, and what retention removed from its beginning.
    pub(super) batches: Timeline,
    /// Offset of the next batch.
    pub(super) end: i64,
    /// Everything below was acknowledged: the death of the process cannot take it.
    pub(super) acknowledged: i64,
    /// Everything below was flushed: no crash can take it.
    pub(super) durable: i64,
    pub(super) log_start: i64,
    /// Last log start offset that was checkpointed.
    pub(super) log_start_checkpointed: i64,
    /// What the checkpoint named when the log was last opened; 0 where it names none.
    pub(super) log_start_on_disk: i64,
    /// Highest log start offset since the log was last begun anew.
    pub(super) log_start_max: i64,
    /// The producers at the end, kept up with the batches.
    pub(super) producers: Producers,
    /// Where a replay of the producers may have begun, for what it has since been told.
    pub(super) replays: BTreeSet<i64>,
    /// Batches are missing below the log start offset: never flushed, never to be read. Nobody can tell then what a replay
    /// makes of those before them.
    pub(super) has_hole: bool,
    /// Where the replay began that the log has told of last.
    pub(super) replay_from: i64,
    /// What is under way and may or may not have happened when the power goes.
    pub(super) pending: Pending,
}

/// A change that was begun and not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pending {
    Nothing,
    /// The log is cut to this offset.
    Truncation(i64),
    /// The log begins anew at this offset.
    Restart(i64),
}

impl Truth {
    pub(super) fn new() -> Self {
        Self {
            batches: Vec::new(),
            end: 0,
            acknowledged: 0,
            durable: 0,
            log_start: 0,
            log_start_checkpointed: 0,
            log_start_on_disk: 0,
            log_start_max: 0,
            producers: Producers::default(),
            replays: BTreeSet::from([0]),
            has_hole: false,
            replay_from: 0,
            pending: Pending::Nothing,
        }
    }

    /// Batches are on their way into the log; [`Truth::acknowledge`] says that they arrived.
    pub(super) fn append(&mut self, batches: Vec<Batch>) {
        for batch in batches {
            self.end = batch.next();
            self.producers.apply(&batch);
            self.batches.push(Arc::new(batch));
        }
    }

    pub(super) fn acknowledge(&mut self) {
        self.acknowledged = self.end;
    }

    pub(super) fn flushed(&mut self, offset: i64) {
        self.durable = self.durable.max(offset);
    }

    /// Where the log ends once it is cut at `target`: a batch that holds the target goes whole.
    pub(super) fn end_of_cut(&self, target: i64) -> i64 {
        self.at(target).map_or(target, |batch| batch.base.max(self.log_start).min(target))
    }

    /// The log begins anew, empty.
    pub(super) fn restarted(&mut self, offset: i64) {
        self.batches.clear();
        self.log_start = offset;
        self.log_start_max = offset;
        self.log_start_checkpointed = self.log_start_checkpointed.min(offset);
        self.replays = BTreeSet::from([offset]);
        self.replay_from = offset;
        self.has_hole = false;
        self.set_end(offset);
        self.durable = offset;
    }

    /// The log is known to end here, with exactly the batches that are below.
    pub(super) fn set_end(&mut self, end: i64) {
        let kept = self.batches.partition_point(|batch| batch.next() <= end);
        self.batches.truncate(kept);
        self.end = end;
        self.acknowledged = end;
        self.durable = self.durable.min(end);
        self.log_start = self.log_start.min(end);
        self.pending = Pending::Nothing;
        self.producers = Producers::replay(&self.batches, self.replay_from);
    }

    /// The batch that holds an offset, or the first one above it.
    pub(super) fn at(&self, offset: i64) -> Option<&Arc<Batch>> {
        self.batches.get(self.batches.partition_point(|batch| batch.next() <= offset))
    }

    /// The batches that end above an offset.
    pub(super) fn from(&self, offset: i64) -> &[Arc<Batch>] {
        &self.batches[self.batches.partition_point(|batch| batch.next() <= offset)..]
    }
}
