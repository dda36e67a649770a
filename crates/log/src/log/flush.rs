//! Bringing the log to stable storage, without holding its lock meanwhile.

use std::path::Path;
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::{Offset, Timestamp};

use super::Log;
use super::error::StorageError;
use crate::error::DiskError;
use crate::producer_state::UnsyncedSnapshot;
use crate::segment::SegmentFlush;

/// Something that was written and has yet to be synced.
#[derive(Debug)]
enum Unsynced {
    Segment(SegmentFlush),
    /// A segment that ended at an offset when the next one was begun.
    Rolled {
        segment: SegmentFlush,
        end_offset: Offset,
    },
    Snapshot(UnsyncedSnapshot),
    /// The directory may not name new files after a crash.
    Directory,
}

/// What was written and is not known to be synced: a job that is under way, or was dropped, leaves it here, so that
/// the next one syncs it as well.
#[derive(Debug, Default)]
pub(super) struct UnsyncedFiles {
    files: Vec<Arc<Unsynced>>,
    /// Segments were rolled since the last job was made.
    rolled: bool,
    /// How often records were cut off: a flush begun before does not count after.
    truncations: u64,
}

impl UnsyncedFiles {
    pub(super) fn note_roll(&mut self, segment: SegmentFlush, end_offset: Offset) {
        self.files.push(Arc::new(Unsynced::Rolled { segment, end_offset }));
        self.rolled = true;
    }

    /// Syncs at once the segments that were rolled; a cut may have made one of them the active one again since.
    pub(super) fn sync_rolled(&self) -> Result<(), DiskError> {
        self.files.iter().try_for_each(|file| match &**file {
            Unsynced::Rolled { segment, .. } => segment.run(),
            _ => Ok(()),
        })
    }

    pub(super) fn note_snapshot(&mut self, snapshot: UnsyncedSnapshot) {
        self.files.push(Arc::new(Unsynced::Snapshot(snapshot)));
    }

    /// How far the recovery point may move: recovery makes anew the indexes of the segment that holds it, not of those
    /// before, so it must not pass a segment whose indexes are not on stable storage.
    fn recovery_point_max(&self) -> Offset {
        let ends = self.files.iter().filter_map(|file| match &**file {
            Unsynced::Rolled { end_offset, .. } => Some(Offset(end_offset.0 - 1)),
            _ => None,
        });
        ends.min().unwrap_or(Offset(i64::MAX))
    }

    pub(super) fn note_truncation(&mut self) {
        self.truncations += 1;
    }
}

/// The files to sync so that the log is on stable storage up to an offset.
///
/// Run it without the log's lock, then give the outcome to [`Log::complete_flush`], whatever it is.
#[derive(Debug)]
#[must_use = "nothing is on stable storage before the job is run and completed"]
pub struct FlushJob {
    disk: Arc<dyn Disk>,
    dir: Arc<Path>,
    files: Vec<Arc<Unsynced>>,
    target: Offset,
    /// Offset below which the records that will be on stable storage decide all transactions.
    decided: Offset,
    truncations: u64,
}

/// What became of a [`FlushJob`].
#[derive(Debug)]
#[must_use = "the log must learn of it"]
pub struct FlushOutcome {
    files: Vec<Arc<Unsynced>>,
    target: Offset,
    decided: Offset,
    truncations: u64,
    result: Result<(), DiskError>,
}

impl FlushJob {
    /// Offset below which everything will be on stable storage.
    pub fn target(&self) -> Offset {
        self.target
    }

    /// Syncs the files, then the directory if it names new ones.
    pub fn run(self) -> FlushOutcome {
        let result = self.files.iter().try_for_each(|file| self.sync(file));
        let Self { files, target, decided, truncations, .. } = self;
        FlushOutcome { files, target, decided, truncations, result }
    }

    fn sync(&self, file: &Unsynced) -> Result<(), DiskError> {
        match file {
            Unsynced::Segment(segment) | Unsynced::Rolled { segment, .. } => segment.run(),
            Unsynced::Snapshot(snapshot) => snapshot.sync(),
            Unsynced::Directory => sync_dir(&*self.disk, &self.dir),
        }
    }
}

pub(super) fn sync_dir(disk: &dyn Disk, dir: &Path) -> Result<(), DiskError> {
    disk.sync_dir(dir).map_err(|source| DiskError { action: "sync", path: dir.to_owned(), source })
}

impl Log {
    /// Whether there is reason to flush: segments were rolled, `flush.messages` records are unflushed, or `flush.ms`
    /// have passed since the last flush.
    pub fn is_flush_due(&self, now: Timestamp) -> bool {
        self.log_end_offset > self.recovery_point
            && (self.unsynced.rolled
                || self.reached_flush_messages()
                || now.0.saturating_sub(self.last_flush.0) >= self.config.flush_ms)
    }

    pub(super) fn reached_flush_messages(&self) -> bool {
        self.log_end_offset - self.recovery_point >= self.config.flush_messages
    }

    /// When the log was last flushed, or opened.
    pub fn last_flush(&self) -> Timestamp {
        self.last_flush
    }

    /// The files to sync so that all records are on stable storage.
    pub fn flush_job(&mut self) -> Result<FlushJob, StorageError> {
        self.check_usable()?;
        let segments = self.segments.as_slice().len();
        let decided = self.last_stable_offset();
        let job = self.prepare_flush(segments, self.log_end_offset, decided);
        self.poison_on_failure(job)
    }

    /// The files to sync so that the segments before the active one are on stable storage: what follows a roll.
    pub fn flush_job_for_rolled(&mut self) -> Result<FlushJob, StorageError> {
        self.check_usable()?;
        let segments = self.segments.as_slice().len() - 1;
        // The markers of transactions in these segments may be in the active one.
        let decided = self.decided_point;
        let job = self.prepare_flush(segments, self.segments.active().base_offset(), decided);
        self.poison_on_failure(job)
    }

    /// What the first `segments` segments have unsynced, which puts everything below `target` on stable storage.
    fn prepare_flush(
        &mut self,
        segments: usize,
        target: Offset,
        decided: Offset,
    ) -> Result<FlushJob, StorageError> {
        // Recovery reads no epochs below the recovery point, so they must be durable before it moves.
        self.leader_epochs.flush()?;
        let first = self.segments.floor(self.recovery_point).unwrap_or(0).min(segments);
        let mut has_new_files = false;
        for segment in &mut self.segments.as_mut_slice()[first..segments] {
            has_new_files |= segment.base_offset() >= self.recovery_point;
            self.unsynced.files.push(Arc::new(Unsynced::Segment(segment.prepare_flush()?)));
        }
        if has_new_files {
            self.unsynced.files.push(Arc::new(Unsynced::Directory));
        }
        self.unsynced.rolled = false;
        Ok(FlushJob {
            disk: Arc::clone(&self.disk),
            dir: Arc::clone(&self.dir),
            files: self.unsynced.files.clone(),
            target,
            decided,
            truncations: self.unsynced.truncations,
        })
    }

    /// Learns what became of a flush: the recovery point moves up, or the log is out of use.
    pub fn complete_flush(&mut self, outcome: FlushOutcome, now: Timestamp) -> Result<(), StorageError> {
        self.poison_on_failure(outcome.result.map_err(StorageError::from))?;
        self.unsynced.files.retain(|file| !outcome.files.iter().any(|synced| Arc::ptr_eq(file, synced)));
        // Records that were cut off and written anew since then were not part of it.
        if outcome.truncations == self.unsynced.truncations {
            let target = outcome.target.min(self.unsynced.recovery_point_max());
            self.recovery_point = self.recovery_point.max(target);
            self.decided_point = self.decided_point.max(outcome.decided);
            self.last_flush = now;
        }
        Ok(())
    }

    /// Brings everything to stable storage at once, where no lock matters.
    pub fn flush(&mut self, now: Timestamp) -> Result<(), StorageError> {
        let outcome = self.flush_job()?.run();
        self.complete_flush(outcome, now)
    }
}
