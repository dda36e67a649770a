//! Cutting the log, as a follower does whose records its leader does not have.

use ottla_record::{Offset, Timestamp};

use super::Log;
use super::error::StorageError;
use super::flush::sync_dir;
use crate::paths::{FileKind, FileName, FileState};
use crate::segment::Segment;

impl Log {
    /// Removes the records from `target` on; whether there were any.
    ///
    /// No crash brings removed records back once this returns. The recovery point may move down: **its checkpoint must be
    /// written before records are appended again**, or a crash would take them for flushed ones.
    ///
    /// A batch that holds `target` but begins before it goes whole.
    ///
    /// # Panics
    ///
    /// If `target` is negative.
    pub fn truncate_to(&mut self, target: Offset, now: Timestamp) -> Result<bool, StorageError> {
        assert!(target.is_some(), "truncation to offset {target}");
        self.check_usable()?;
        if target >= self.log_end_offset {
            self.leader_epochs.truncate_from_end(self.log_end_offset);
            return Ok(false);
        }
        if target < self.high_watermark.offset {
            let (partition, high_watermark) = (&self.partition, self.high_watermark.offset);
            tracing::warn!(%partition, %target, %high_watermark, "truncating below the high watermark");
        }
        let cut = if target < self.segments.first().base_offset() {
            self.start_anew_at(target, target, now)
        } else {
            self.cut_to(target, now)
        };
        self.poison_on_failure(cut)?;
        Ok(true)
    }

    /// Removes all records; the next one gets `new_offset`. The log then starts at `log_start_offset`, or, without one, at
    /// `new_offset` as well. For the recovery point see [`Log::truncate_to`].
    ///
    /// # Panics
    ///
    /// If an offset is negative, or the log would start above its end.
    pub fn truncate_fully_and_start_at(
        &mut self,
        new_offset: Offset,
        log_start_offset: Option<Offset>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let log_start_offset = log_start_offset.unwrap_or(new_offset);
        assert!(
            log_start_offset.is_some() && log_start_offset <= new_offset,
            "{log_start_offset} to {new_offset}"
        );
        self.check_usable()?;
        let started = self.start_anew_at(new_offset, log_start_offset, now);
        self.poison_on_failure(started)
    }

    fn cut_to(&mut self, target: Offset, now: Timestamp) -> Result<(), StorageError> {
        self.touched = true;
        self.segments_version += 1;
        self.unsynced.note_truncation();
        let last = self.segments.floor(target).expect("the first segment begins at or below the target");
        let mut removed = self.segments.split_off_newest(last + 1);
        // The newest goes first: a crash on the way leaves a shorter log, not one with a hole.
        removed.reverse();
        self.retire(removed, now)?;

        // The batch that holds the target goes whole, so the log may end below it, though not below its start.
        let active = self.segments.active_mut();
        let end = match active.translate_offset(target)? {
            Some(batch) => batch.base_offset.max(self.log_start_offset).min(target),
            None => target,
        };
        active.truncate_to(target, now)?;
        active.flush()?;

        self.log_end_offset = end;
        self.recovery_point = self.recovery_point.min(end);
        self.log_start_offset = self.log_start_offset.min(end);
        self.leader_epochs.truncate_from_end(end);
        self.leader_epochs.flush()?;
        self.rebuild_producers(now)?;
        self.follow_log_end_with_high_watermark();
        self.update_first_unstable_offset();
        Ok(())
    }

    fn start_anew_at(
        &mut self,
        new_offset: Offset,
        log_start_offset: Offset,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.touched = true;
        self.segments_version += 1;
        self.unsynced.note_truncation();
        let mut names = Vec::new();
        for segment in self.segments.as_mut_slice().iter_mut().rev() {
            segment.change_state(FileState::Deleted)?;
            names.extend(segment_file_names(segment.base_offset()));
        }
        self.producers.truncate_fully_and_start_at(new_offset)?;
        // The old segments must be gone for good before the new one can be there.
        sync_dir(&*self.disk, &self.dir)?;
        let segment = self.create_segment(new_offset, now)?;
        self.segments.replace_all(segment);
        self.delete_later(names, now);

        self.leader_epochs.clear();
        self.leader_epochs.flush()?;
        sync_dir(&*self.disk, &self.dir)?;

        self.log_end_offset = new_offset;
        self.log_start_offset = log_start_offset;
        self.recovery_point = self.recovery_point.min(new_offset);
        self.producers.take_snapshot()?;
        self.set_high_watermark(self.log_end_offset_metadata());
        Ok(())
    }

    /// Takes segments out of use: their files and the producer snapshots at their base offsets are renamed, for good,
    /// and removed later.
    pub(super) fn retire(&mut self, segments: Vec<Segment>, now: Timestamp) -> Result<(), StorageError> {
        if segments.is_empty() {
            return Ok(());
        }
        let mut names = Vec::with_capacity(5 * segments.len());
        for mut segment in segments {
            segment.change_state(FileState::Deleted)?;
            names.extend(segment_file_names(segment.base_offset()));
            if self.producers.mark_snapshot_deleted(segment.base_offset())?.is_some() {
                names.push(deleted_name(segment.base_offset(), FileKind::ProducerSnapshot));
            }
        }
        sync_dir(&*self.disk, &self.dir)?;
        self.delete_later(names, now);
        Ok(())
    }

    /// Has renamed files removed once `file.delete.delay.ms` has passed.
    pub(super) fn delete_later(&mut self, names: Vec<FileName>, now: Timestamp) {
        self.deletions.push(Timestamp(now.0.saturating_add(self.config.file_delete_delay_ms)), names);
    }
}

/// Names of the files of a segment that was taken out of use; not all of them need be there.
pub(super) fn segment_file_names(base_offset: Offset) -> impl Iterator<Item = FileName> {
    let kinds = [FileKind::Log, FileKind::OffsetIndex, FileKind::TimeIndex, FileKind::TransactionIndex];
    kinds.into_iter().map(move |kind| deleted_name(base_offset, kind))
}

pub(super) fn deleted_name(offset: Offset, kind: FileKind) -> FileName {
    FileName { offset, kind, state: FileState::Deleted }
}
