//! What the cleaner asks of a log: where its segments are, and to put a cleaned one in the place of some.

use std::collections::HashMap;
use std::sync::Arc;

use ottla_record::{Offset, ProducerId, Timestamp};

use super::Log;
use super::error::StorageError;
use super::flush::sync_dir;
use super::truncate::{deleted_name, segment_file_names};
use crate::cleaner::LastRecord;
use crate::error::{DiskError, SegmentError};
use crate::offsets::LogOffsetMetadata;
use crate::paths::{FileKind, FileName, FileState};
use crate::place::Place;
use crate::producer_state::ProducerStateEntry;
use crate::segment::{CreateSegment, Segment};

/// Where a segment begins and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentBounds {
    pub(crate) base_offset: Offset,
    pub(crate) size: u32,
}

impl Log {
    /// Changes whenever segments are cut, removed, moved or replaced, but not when records are appended.
    pub(crate) fn segments_version(&self) -> u64 {
        self.segments_version
    }

    /// Whether the log is in use and all segments but the active one are as they were at that version.
    pub(crate) fn has_segments_of(&self, version: u64) -> bool {
        self.poison.is_none() && self.segments_version == version
    }

    /// All segments, the active one last.
    pub(crate) fn segment_bounds(&self) -> Vec<SegmentBounds> {
        let bounds =
            |segment: &Segment| SegmentBounds { base_offset: segment.base_offset(), size: segment.size() };
        self.segments.as_slice().iter().map(bounds).collect()
    }

    /// Asks the segment that begins at this offset something that its indexes answer; `None` if there is none.
    pub(crate) fn ask_segment<T>(
        &mut self,
        base_offset: Offset,
        ask: impl Fn(&Segment) -> Result<T, SegmentError>,
    ) -> Result<Option<T>, StorageError> {
        self.check_usable()?;
        let Some(index) = self.number_of(base_offset) else { return Ok(None) };
        let was_open = self.segments.as_slice()[index].offset_index().is_open();
        let answer = self.with_sound_indexes(index, ask)?;
        if !was_open && index + 1 < self.segments.as_slice().len() {
            // A log may have more segments than a process may have files.
            self.segments.as_mut_slice()[index].release_indexes()?;
        }
        Ok(Some(answer))
    }

    fn number_of(&self, base_offset: Offset) -> Option<usize> {
        let found = self.segments.as_slice().binary_search_by_key(&base_offset, Segment::base_offset);
        found.ok()
    }

    /// The last record of each producer, which must outlast every cleaning.
    pub(crate) fn last_records_of_producers(&self) -> HashMap<ProducerId, LastRecord> {
        let last_record = |entry: &ProducerStateEntry| {
            let last_data_offset = Some(entry.last_data_offset()).filter(|offset| offset.is_some());
            (entry.producer_id(), LastRecord { last_data_offset, producer_epoch: entry.producer_epoch() })
        };
        self.producers.active_producers().map(last_record).collect()
    }

    /// Begins a segment that is to take the place of others. Where that fails, no file of it is left: loading takes one for
    /// the sign that whatever stands behind it is not complete.
    pub(crate) fn create_cleaned_segment(
        &self,
        base_offset: Offset,
        now: Timestamp,
    ) -> Result<Segment, DiskError> {
        let state = FileState::Cleaned;
        let create = CreateSegment { base_offset, state, preallocate: None, now };
        let created = Segment::create(&self.disk, &self.dir, create, self.config.segment());
        if created.is_err() {
            for kind in [FileKind::OffsetIndex, FileKind::TimeIndex, FileKind::Log] {
                let name = FileName { offset: base_offset, kind, state };
                Place::new(Arc::clone(&self.disk), Arc::clone(&self.dir), name).remove()?;
            }
        }
        created
    }

    /// Makes the names of the partition's files durable, without the log's lock.
    pub(crate) fn names_sync(&self) -> impl FnOnce() -> Result<(), DiskError> + use<> {
        let (disk, dir) = (Arc::clone(&self.disk), Arc::clone(&self.dir));
        move || sync_dir(&*disk, &dir)
    }

    /// Puts a cleaned segment, which is on stable storage with its name, in the place of the segments from the one at its
    /// base offset to the one at `last`. Their files are removed later; slices that were handed out stay readable.
    ///
    /// A crash on the way leaves either the old segments or the new one: once all names end in `.swap`, loading goes on
    /// where this was interrupted.
    ///
    /// # Panics
    ///
    /// If there are no such segments, or the active one is among them: look at [`Log::has_segments_of`] under the same
    /// lock.
    pub(crate) fn replace_segments(
        &mut self,
        cleaned: Segment,
        last: Offset,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.check_usable()?;
        let replaced = self.swap_in(cleaned, last, now);
        self.poison_on_failure(replaced)
    }

    fn swap_in(&mut self, mut cleaned: Segment, last: Offset, now: Timestamp) -> Result<(), StorageError> {
        self.touched = true;
        self.segments_version += 1;
        let base_offset = cleaned.base_offset();
        let first = self.number_of(base_offset).expect("the first segment to replace is there");
        let last = self.number_of(last).expect("the last segment to replace is there");

        cleaned.change_state(FileState::Swap)?;
        // Only when all files bear the new suffix may the first of the old ones go.
        sync_dir(&*self.disk, &self.dir)?;
        let mut names = Vec::new();
        for segment in &mut self.segments.as_mut_slice()[first..=last] {
            segment.change_state(FileState::Deleted)?;
            names.extend(segment_file_names(segment.base_offset()));
        }
        // And only when all old ones are gone may the new one bear its name: loading would take both for the log.
        sync_dir(&*self.disk, &self.dir)?;
        cleaned.change_state(FileState::Live)?;

        let replaced = self.segments.replace(first..last + 1, cleaned);
        for segment in replaced.iter().skip(1) {
            if self.producers.mark_snapshot_deleted(segment.base_offset())?.is_some() {
                names.push(deleted_name(segment.base_offset(), FileKind::ProducerSnapshot));
            }
        }
        self.delete_later(names, now);
        self.forget_position_within(&replaced);
        Ok(())
    }

    /// The place of the high watermark in a segment that is gone tells nothing any more.
    fn forget_position_within(&mut self, replaced: &[Segment]) {
        let is_gone = |metadata: &LogOffsetMetadata| {
            metadata.position.is_some_and(|position| {
                replaced.iter().any(|segment| segment.base_offset() == position.segment_base_offset)
            })
        };
        if is_gone(&self.high_watermark) {
            self.high_watermark = LogOffsetMetadata::offset_only(self.high_watermark.offset);
        }
        if let Some(unstable) = self.first_unstable_offset.as_mut().filter(|unstable| is_gone(unstable)) {
            *unstable = LogOffsetMetadata::offset_only(unstable.offset);
        }
    }
}
