//! Offset index: where in the log file an offset stands.

use std::path::Path;
use std::sync::Arc;

use ottla_io::DiskFile;
use ottla_record::Offset;

use super::entries::Entries;
use crate::error::{DiskError, IndexError};
use crate::paths::FileState;
use crate::place::Place;

const ENTRY_LEN: usize = 8;

/// A batch's last offset and where the batch begins in its log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OffsetPosition {
    /// Last offset of the batch.
    pub offset: Offset,
    /// Byte position of the batch in the log file.
    pub position: u32,
}

/// The `.index` file of a segment.
///
/// | bytes | field |
/// | --- | --- |
/// | 4 | last offset of a batch, less the segment's base offset |
/// | 4 | position of that batch in the log file |
///
/// Both grow from entry to entry. There is one for about every `index.interval.bytes` of log, so a lookup finds where
/// to begin a scan, not the batch itself.
#[derive(Debug)]
pub struct OffsetIndex {
    base_offset: Offset,
    entries: Entries<ENTRY_LEN>,
}

impl OffsetIndex {
    /// The index at `place`, opened when first used, of at most `bytes_max` bytes.
    pub fn new(place: Place, bytes_max: u32) -> Self {
        Self { base_offset: place.name().offset, entries: Entries::new(place, bytes_max) }
    }

    /// Creates the file empty, or empties it.
    pub fn create(&mut self) -> Result<(), DiskError> {
        self.entries.create()
    }

    /// Number of entries.
    pub fn len(&self) -> Result<u32, IndexError> {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> Result<bool, IndexError> {
        Ok(self.len()? == 0)
    }

    /// Whether no entry can be added any more, so that the segment must be rolled.
    pub fn is_full(&self) -> Result<bool, IndexError> {
        Ok(self.len()? >= self.entries.entries_max())
    }

    /// Changes the size limit, `segment.index.bytes`.
    pub fn set_bytes_max(&mut self, bytes_max: u32) {
        self.entries.set_bytes_max(bytes_max);
    }

    /// Offset of the last entry; the base offset where there is none.
    pub fn last_offset(&self) -> Result<Offset, IndexError> {
        Ok(self.entries.last()?.map_or(self.base_offset, |entry| self.parse(&entry).offset))
    }

    /// The entry in `slot`, counted from 0; it must be there.
    pub fn entry(&self, slot: u32) -> Result<OffsetPosition, IndexError> {
        Ok(self.parse(&self.entries.entry(slot)?))
    }

    /// The last entry at or below `target`; the segment's start where there is none.
    pub fn lookup(&self, target: Offset) -> Result<OffsetPosition, IndexError> {
        let at_or_below = self.entries.partition_point(|entry| self.parse(entry).offset <= target)?;
        match at_or_below.checked_sub(1) {
            Some(slot) => self.entry(slot),
            None => Ok(OffsetPosition { offset: self.base_offset, position: 0 }),
        }
    }

    /// The first entry at or behind `position`, `None` where there is none.
    pub fn first_at_or_behind(&self, position: u64) -> Result<Option<OffsetPosition>, IndexError> {
        let before =
            self.entries.partition_point(|entry| u64::from(self.parse(entry).position) < position)?;
        if before == self.len()? { Ok(None) } else { Ok(Some(self.entry(before)?)) }
    }

    /// Where in the index file this entry, or the first one behind its offset, is.
    pub fn position_of(&self, entry: OffsetPosition) -> Result<u64, IndexError> {
        let slot = self.entries.partition_point(|other| self.parse(other).offset < entry.offset)?;
        Ok(u64::from(slot) * ENTRY_LEN as u64)
    }

    /// Adds an entry; a full index stays as it is, which makes it coarser and no less right.
    ///
    /// # Panics
    ///
    /// If the offset is not above the last one, or too far from the base offset.
    pub fn append(&mut self, entry: OffsetPosition) -> Result<(), IndexError> {
        if self.is_full()? {
            return Ok(());
        }
        let last = self.entries.last()?.map(|entry| self.parse(&entry).offset);
        assert!(last.is_none_or(|last| entry.offset > last), "index entry {entry:?} behind {last:?}");
        let relative = u32::try_from(entry.offset - self.base_offset)
            .ok()
            .filter(|relative| *relative <= i32::MAX as u32);
        let relative = relative.expect("the segment checks offsets against its base offset");
        let mut bytes = [0; ENTRY_LEN];
        bytes[..4].copy_from_slice(&relative.to_be_bytes());
        bytes[4..].copy_from_slice(&entry.position.to_be_bytes());
        self.entries.push(bytes)
    }

    /// Drops the entries at and above `offset`.
    pub fn truncate_to(&mut self, offset: Offset) -> Result<(), IndexError> {
        let below = self.entries.partition_point(|entry| self.parse(entry).offset < offset)?;
        self.entries.truncate(below)
    }

    /// Looks for what cannot be: a length that is no multiple of an entry, a last offset below the base
    /// offset.
    pub fn sanity_check(&self) -> Result<(), IndexError> {
        self.entries.check_len()?;
        let Some(last) = self.len()?.checked_sub(1) else { return Ok(()) };
        let entry = self.entry(last)?;
        if entry.offset < self.base_offset {
            let what = format!("last offset {} is below the base offset {}", entry.offset, self.base_offset);
            return Err(self.entries.corrupt(last, what).into());
        }
        Ok(())
    }

    /// Writes out entries that wait in memory and cuts unused space; when a segment is rolled or closed.
    pub fn trim(&mut self) -> Result<(), IndexError> {
        self.entries.trim()
    }

    /// Writes out entries that wait in memory and hands over the file if it must be synced.
    pub fn take_unsynced(&mut self) -> Result<Option<Arc<dyn DiskFile>>, DiskError> {
        self.entries.take_unsynced()
    }

    /// Whether the file has been opened.
    pub fn is_open(&self) -> bool {
        self.entries.is_open()
    }

    /// Writes out entries that wait in memory and closes the file until it is needed again.
    pub fn release(&mut self) -> Result<(), DiskError> {
        self.entries.release()
    }

    /// Gives the file another suffix.
    pub fn rename(&mut self, state: FileState) -> Result<bool, DiskError> {
        self.entries.place_mut().rename(state)
    }

    /// Removes the file.
    pub fn remove(&self) -> Result<bool, DiskError> {
        self.entries.place().remove()
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: Arc<Path>) {
        self.entries.place_mut().set_dir(dir);
    }

    /// The index's file.
    pub fn place(&self) -> &Place {
        self.entries.place()
    }

    fn parse(&self, entry: &[u8; ENTRY_LEN]) -> OffsetPosition {
        let [a, b, c, d, position @ ..] = *entry;
        let relative = i32::from_be_bytes([a, b, c, d]);
        // The base offset comes from a file name of at most 19 digits, so this can only overflow near the very end.
        let offset = Offset(self.base_offset.0.saturating_add(i64::from(relative)));
        OffsetPosition { offset, position: u32::from_be_bytes(position) }
    }
}
