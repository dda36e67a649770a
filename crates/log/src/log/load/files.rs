//! Interrupted work in a partition's directory: finished or undone before anything is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use ottla_io::{DirEntry, Disk, EntryKind};
use ottla_record::{Offset, Timestamp};

use super::super::error::StorageError;
use crate::error::DiskError;
use crate::paths::{FileKind, FileName, FileState};
use crate::segment::{FoundSegment, Segment, SegmentConfig};

/// What a listing says of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) len: u64,
    pub(super) modified: Timestamp,
}

/// The files of a directory that belong to offsets; after [`PartitionFiles::settle`] all are in use.
#[derive(Debug)]
pub(super) struct PartitionFiles<'a> {
    disk: &'a Arc<dyn Disk>,
    dir: &'a Arc<Path>,
    files: BTreeMap<FileName, Found>,
    /// Files that were removed.
    pub(super) removed: usize,
    /// Files of compacted segments that took the place of others.
    pub(super) swapped: usize,
}

impl<'a> PartitionFiles<'a> {
    pub(super) fn new(disk: &'a Arc<dyn Disk>, dir: &'a Arc<Path>, listing: &[DirEntry]) -> Self {
        let files = listing
            .iter()
            .filter(|entry| entry.kind == EntryKind::File)
            .filter_map(|entry| {
                let found = Found { len: entry.len, modified: Timestamp(entry.modified_ms) };
                Some((FileName::parse(&entry.name)?, found))
            })
            .collect();
        Self { disk, dir, files, removed: 0, swapped: 0 }
    }

    /// The segments, ascending.
    pub(super) fn segments(&self) -> impl Iterator<Item = FoundSegment> {
        self.in_state(FileState::Live)
            .filter(|name| name.kind == FileKind::Log)
            .map(|name| self.segment(name))
    }

    /// Whether a segment's offset and time index are there. Without records it needs none.
    pub(super) fn has_indexes(&self, base_offset: Offset) -> bool {
        let has = |kind| self.files.contains_key(&FileName::live(base_offset, kind));
        has(FileKind::OffsetIndex) && has(FileKind::TimeIndex)
    }

    /// Names of all files that are left.
    pub(super) fn into_names(self) -> BTreeSet<FileName> {
        self.files.into_keys().collect()
    }

    /// Removes what was on its way out or half made, and puts compacted segments in the place of those they replace.
    ///
    /// Compaction writes `.cleaned` files, renames them to `.swap` from the highest offset down, removes the segments
    /// they replace, and takes the suffix off. So a `.swap` above a `.cleaned` file was not yet part of a whole.
    pub(super) fn settle(&mut self, config: SegmentConfig, now: Timestamp) -> Result<(), StorageError> {
        self.remove_all(|name| name.state == FileState::Deleted)?;
        let first_cleaned = self.in_state(FileState::Cleaned).map(|name| name.offset).min();
        self.remove_all(|name| match name.state {
            FileState::Cleaned => true,
            FileState::Swap => first_cleaned.is_some_and(|cleaned| name.offset >= cleaned),
            FileState::Live | FileState::Deleted => false,
        })?;
        if let Some((from, to)) = self.swapped_range(config, now)? {
            self.remove_all(|name| name.state == FileState::Live && (from..to).contains(&name.offset))?;
        }
        self.take_swap_suffixes_off()?;
        self.remove_orphans()
    }

    /// The offsets that compacted segments replace: from the lowest base to the highest end.
    fn swapped_range(
        &self,
        config: SegmentConfig,
        now: Timestamp,
    ) -> Result<Option<(Offset, Offset)>, StorageError> {
        let mut range: Option<(Offset, Offset)> = None;
        for name in self.in_state(FileState::Swap).filter(|name| name.kind == FileKind::Log) {
            let segment = Segment::open(self.disk, self.dir, self.segment(name), config, now);
            // Even one without a record takes the place of the one of its name.
            let end = end_of(&segment)?.max(name.offset + 1);
            let (from, to) = range.unwrap_or((name.offset, end));
            range = Some((from.min(name.offset), to.max(end)));
        }
        Ok(range)
    }

    fn take_swap_suffixes_off(&mut self) -> Result<(), DiskError> {
        let swaps: Vec<_> = self.in_state(FileState::Swap).collect();
        for swap in swaps {
            let live = FileName { state: FileState::Live, ..swap };
            let path = swap.in_dir(self.dir);
            self.disk.rename(&path, &live.in_dir(self.dir)).map_err(|source| DiskError {
                action: "rename",
                path,
                source,
            })?;
            if let Some(found) = self.files.remove(&swap) {
                self.files.insert(live, found);
            }
            self.swapped += 1;
        }
        Ok(())
    }

    /// Removes indexes whose log is not there.
    fn remove_orphans(&mut self) -> Result<(), StorageError> {
        let is_orphan = |name: &FileName, files: &BTreeMap<FileName, Found>| {
            name.kind.is_index() && !files.contains_key(&FileName::live(name.offset, FileKind::Log))
        };
        let orphans: Vec<_> =
            self.files.keys().filter(|name| is_orphan(name, &self.files)).copied().collect();
        for name in orphans {
            tracing::warn!(file = %name.in_dir(self.dir).display(), "removing an index without a log");
            self.remove(name)?;
        }
        Ok(())
    }

    fn remove_all(&mut self, matches: impl Fn(&FileName) -> bool) -> Result<(), DiskError> {
        let matching: Vec<_> = self.files.keys().filter(|name| matches(name)).copied().collect();
        matching.into_iter().try_for_each(|name| self.remove(name))
    }

    fn remove(&mut self, name: FileName) -> Result<(), DiskError> {
        let path = name.in_dir(self.dir);
        self.disk.remove_file(&path).map_err(|source| DiskError { action: "remove", path, source })?;
        self.files.remove(&name);
        self.removed += 1;
        Ok(())
    }

    fn in_state(&self, state: FileState) -> impl Iterator<Item = FileName> {
        self.files.keys().filter(move |name| name.state == state).copied()
    }

    fn segment(&self, log: FileName) -> FoundSegment {
        let found = self.files[&log];
        let transaction_index = FileName { kind: FileKind::TransactionIndex, ..log };
        FoundSegment {
            base_offset: log.offset,
            state: log.state,
            log_len: found.len,
            modified: found.modified,
            has_transaction_index: self.files.contains_key(&transaction_index),
        }
    }
}

/// The offset after a segment's last batch, without a look at its indexes, of which nobody knows yet whether they are
/// there.
fn end_of(segment: &Segment) -> Result<Offset, DiskError> {
    let mut end = segment.base_offset();
    let mut scanner = segment.scan(0);
    while let Some(scanned) = scanner.next()? {
        end = scanned.header.next_offset();
    }
    Ok(end)
}
