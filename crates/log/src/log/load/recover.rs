//! After a crash: what is torn is cut, what cannot be right is made anew.

use std::sync::Arc;

use ottla_io::{DirEntry, EntryKind};
use ottla_record::Offset;

use super::super::Log;
use super::super::error::StorageError;
use super::super::flush::sync_dir;
use super::super::truncate::segment_file_names;
use super::Loader;
use super::replay::Replay;
use super::summary::TruncatedTail;
use crate::error::{IndexError, SegmentError};
use crate::index::TransactionIndex;
use crate::leader_epoch::LeaderEpochCache;
use crate::paths::{FileKind, FileName, FileState};
use crate::producer_state::ProducerStateManager;
use crate::segment::{Recovered, Segment};

impl Loader<'_> {
    /// Makes anew the indexes of those of the first `count` segments that lack one, or whose transaction index cannot be
    /// right: nobody else would notice.
    pub(super) fn rebuild_lacking_indexes(&mut self, count: usize) -> Result<(), StorageError> {
        for index in 0..count {
            let segment = &self.segments[index];
            if self.lacking_indexes.contains(&segment.base_offset()) {
                tracing::warn!(log = %self.log_path(index).display(), "the segment lacks an index, rebuilding it");
            } else if is_sane(segment.transaction_index())? {
                continue;
            }
            self.rebuild_indexes(index)?;
        }
        Ok(())
    }

    /// Checks every segment that may hold something unflushed. The first that does not hold together is cut, and those
    /// behind it go.
    pub(super) fn recover(&mut self) -> Result<(), StorageError> {
        let recovery_point = self.options.recovery_point;
        let at_or_below = self.segments.partition_point(|segment| segment.base_offset() <= recovery_point);
        let first = at_or_below.saturating_sub(1);
        self.rebuild_lacking_indexes(first)?;
        if let Some(segment) = self.segments.get(first) {
            let end_offset = segment.base_offset();
            let first_offset = self.first_known_offset();
            let replay = Replay { first_offset, end_offset, takes_snapshots: true, now: self.options.now };
            replay.run(&mut self.producers, &self.segments[..first])?;
        }
        for index in first..self.segments.len() {
            let recovered = self.recover_segment(index)?;
            if recovered.truncated_bytes > 0 || self.has_gap_after(index, &recovered) {
                return self.end_log_at(index, recovered);
            }
            self.forget_producers_before_gap(index, &recovered)?;
        }
        // The process may have died in the middle of a truncation, with the file cut in memory alone. If the power goes
        // next, what was cut must not come back beside what is appended from here on.
        match self.segments.last_mut() {
            Some(last) => Ok(last.flush()?),
            None => Ok(()),
        }
    }

    /// From where on producers are known. Retention may have removed segments without a word in the checkpoint yet; the
    /// snapshot at the first segment's base then speaks for them, and for transactions that began in them. One below
    /// does not: without the records behind it, it tells of producers as they never were at the base.
    fn first_known_offset(&self) -> Offset {
        let base_offset = self.segments[0].base_offset();
        match self.options.log_start_offset < base_offset {
            true => Offset(base_offset.0 - 1),
            false => base_offset,
        }
    }

    /// Records below the log start may be missing. What producers did before them is then older than what they did last,
    /// and would refuse what they do next.
    fn forget_producers_before_gap(
        &mut self,
        index: usize,
        recovered: &Recovered,
    ) -> Result<(), StorageError> {
        match self.segments.get(index + 1).map(Segment::base_offset) {
            Some(next) if recovered.next_offset < next && !self.options.may_have_gaps() => {
                Ok(self.producers.truncate_fully_and_start_at(next)?)
            }
            _ => Ok(()),
        }
    }

    fn recover_segment(&mut self, index: usize) -> Result<Recovered, StorageError> {
        let next_segment = self.segments.get(index + 1).map(Segment::base_offset);
        let segment = &mut self.segments[index];
        self.producers.update_map_end_offset(segment.base_offset());
        let recovered = segment.recover(next_segment, &mut self.producers, &mut self.leader_epochs)?;
        if next_segment.is_some() {
            segment.become_inactive()?;
        }
        self.producers.take_snapshot()?;
        self.summary.recovered_segments += 1;
        Ok(recovered)
    }

    /// Whether records are missing between a segment and the next: the end of the file never reached the disk, though
    /// the next file did. Compaction leaves such gaps as well, so in a log that may have been compacted they prove nothing.
    fn has_gap_after(&self, index: usize, recovered: &Recovered) -> bool {
        let next = self.segments.get(index + 1).map(Segment::base_offset);
        let next = next.filter(|next| *next > self.options.log_start_offset);
        !self.options.may_have_gaps() && next.is_some_and(|next| recovered.next_offset < next)
    }

    /// Lets the log end with segment number `index`, which recovery has cut.
    fn end_log_at(&mut self, index: usize, recovered: Recovered) -> Result<(), StorageError> {
        let Recovered { valid_bytes: position, truncated_bytes: bytes, next_offset: end_offset, stopped } =
            recovered;
        let reason = match (stopped, self.segments.get(index + 1)) {
            (Some(error), _) => error.what,
            (None, Some(next)) => format!("the next segment begins at offset {}", next.base_offset()),
            (None, None) => "unused space".to_owned(),
        };
        let log = self.log_path(index);
        tracing::warn!(log = %log.display(), position, bytes, %end_offset, %reason, "cut what a crash left behind");
        let segment_base_offset = self.segments[index].base_offset();
        self.summary.truncated =
            Some(TruncatedTail { segment_base_offset, position, bytes, end_offset, reason });
        self.delete_segments_from(index + 1)?;
        // What was cut must not come back behind records that are yet to be appended.
        Ok(self.segments[index].flush()?)
    }

    /// Takes the segments from number `first` on out of the log; their files are removed later.
    pub(super) fn delete_segments_from(&mut self, first: usize) -> Result<(), StorageError> {
        let deleted = self.segments.split_off(first);
        if deleted.is_empty() {
            return Ok(());
        }
        // The newest goes first: a crash on the way leaves a shorter log, not one with a hole.
        for mut segment in deleted.into_iter().rev() {
            let base_offset = segment.base_offset();
            segment.change_state(FileState::Deleted)?;
            self.deletions.extend(segment_file_names(base_offset));
            if self.producers.mark_snapshot_deleted(base_offset)?.is_some() {
                let (kind, state) = (FileKind::ProducerSnapshot, FileState::Deleted);
                self.deletions.push(FileName { offset: base_offset, kind, state });
            }
            self.summary.deleted_segments += 1;
        }
        Ok(sync_dir(&*self.disk, &self.dir)?)
    }

    /// Reads a segment from end to end and makes its indexes anew; the offset after its last record.
    pub(super) fn rebuild_indexes(&mut self, index: usize) -> Result<Offset, StorageError> {
        let base_offset = self.segments[index].base_offset();
        let replay = Replay {
            first_offset: self.first_known_offset(),
            end_offset: base_offset,
            takes_snapshots: false,
            now: self.options.now,
        };
        let mut producers = self.producers_apart(base_offset);
        let recovered = rebuild(&mut self.segments, index, &replay, &mut producers, &mut self.leader_epochs)?;
        self.summary.rebuilt_indexes += 1;
        Ok(recovered.next_offset)
    }

    fn producers_apart(&self, up_to: Offset) -> ProducerStateManager {
        let listing: Vec<_> =
            self.producers.snapshots().filter(|offset| *offset <= up_to).map(listed).collect();
        let (disk, dir) = (Arc::clone(&self.disk), Arc::clone(&self.dir));
        ProducerStateManager::new(disk, dir, self.options.config.producer_state(), &listing)
    }
}

impl Log {
    /// Makes anew the indexes of segment number `index`, found to be wrong while the log is in use.
    pub(in super::super) fn rebuild_indexes(&mut self, index: usize) -> Result<(), StorageError> {
        self.touched = true;
        let base_offset = self.segments.as_slice()[index].base_offset();
        let replay = Replay {
            first_offset: self.first_segment_base_offset(),
            end_offset: base_offset,
            takes_snapshots: false,
            now: self.last_flush,
        };
        let listing: Vec<_> =
            self.producers.snapshots().filter(|offset| *offset <= base_offset).map(listed).collect();
        let (disk, dir) = (Arc::clone(&self.disk), Arc::clone(&self.dir));
        let mut producers = ProducerStateManager::new(disk, dir, self.config.producer_state(), &listing);
        let segments = self.segments.as_mut_slice();
        rebuild(segments, index, &replay, &mut producers, &mut self.leader_epochs)?;
        Ok(())
    }
}

/// Rebuilds the indexes of one segment among others, with a producer state of its own: that of the log stays as it is,
/// and so do its snapshots above this segment.
fn rebuild(
    segments: &mut [Segment],
    index: usize,
    replay: &Replay,
    producers: &mut ProducerStateManager,
    leader_epochs: &mut LeaderEpochCache,
) -> Result<Recovered, StorageError> {
    let (before, rest) = segments.split_at_mut(index);
    let next_segment = rest.get(1).map(Segment::base_offset);
    let segment = &mut rest[0];
    replay.run(producers, before)?;
    producers.update_map_end_offset(segment.base_offset());
    let recovered = segment.recover(next_segment, producers, leader_epochs)?;
    if let Some(error) = &recovered.stopped {
        let bytes = recovered.truncated_bytes;
        tracing::error!(%error, bytes, "a segment that was complete is corrupt; the rest of it is lost");
    }
    if next_segment.is_some() {
        segment.become_inactive()?;
        segment.flush()?;
    }
    Ok(recovered)
}

fn is_sane(index: &TransactionIndex) -> Result<bool, SegmentError> {
    match index.sanity_check() {
        Ok(()) => Ok(true),
        Err(IndexError::Corrupt(error)) => {
            tracing::warn!(%error, "rebuilding the indexes of a segment");
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

fn listed(snapshot: Offset) -> DirEntry {
    let name = FileName::live(snapshot, FileKind::ProducerSnapshot).to_string();
    DirEntry { name, kind: EntryKind::File, len: 0, modified_ms: 0 }
}
