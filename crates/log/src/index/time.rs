//! Time index: up to which offset a timestamp has been reached.

use std::path::Path;
use std::sync::Arc;

use ottla_io::DiskFile;
use ottla_record::{Offset, Timestamp};

use super::entries::Entries;
use crate::error::{DiskError, IndexError};
use crate::paths::FileState;
use crate::place::Place;

const ENTRY_LEN: usize = 12;

/// A timestamp and an offset where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimestampOffset {
    /// Largest timestamp so far.
    pub timestamp: Timestamp,
    /// Last offset of the batch that has it.
    pub offset: Offset,
}

/// The `.timeindex` file of a segment.
///
/// | bytes | field |
/// | --- | --- |
/// | 8 | largest timestamp in the segment so far, milliseconds |
/// | 4 | last offset of the batch that has it, less the segment's base offset |
///
/// Both grow from entry to entry. One slot is kept back for the entry that closes the segment.
#[derive(Debug)]
pub struct TimeIndex {
    base_offset: Offset,
    entries: Entries<ENTRY_LEN>,
}

impl TimeIndex {
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

    /// Whether only the slot for the closing entry is left, so that the segment must be rolled.
    pub fn is_full(&self) -> Result<bool, IndexError> {
        Ok(self.len()? >= self.entries.entries_max().saturating_sub(1))
    }

    /// Changes the size limit, `segment.index.bytes`.
    pub fn set_bytes_max(&mut self, bytes_max: u32) {
        self.entries.set_bytes_max(bytes_max);
    }

    /// The last entry; no timestamp at the base offset where there is none.
    pub fn last_entry(&self) -> Result<TimestampOffset, IndexError> {
        Ok(self.entries.last()?.map_or_else(|| self.before_first(), |entry| self.parse(&entry)))
    }

    /// The entry in `slot`, counted from 0; it must be there.
    pub fn entry(&self, slot: u32) -> Result<TimestampOffset, IndexError> {
        Ok(self.parse(&self.entries.entry(slot)?))
    }

    /// The last entry at or below `target`; no timestamp at the base offset where there is none.
    pub fn lookup(&self, target: Timestamp) -> Result<TimestampOffset, IndexError> {
        let at_or_below = self.entries.partition_point(|entry| self.parse(entry).timestamp <= target)?;
        match at_or_below.checked_sub(1) {
            Some(slot) => self.entry(slot),
            None => Ok(self.before_first()),
        }
    }

    /// Adds an entry if its timestamp is above the last one and a slot is left beside the closing one.
    pub fn maybe_append(&mut self, entry: TimestampOffset) -> Result<(), IndexError> {
        if self.is_full()? { Ok(()) } else { self.append(entry) }
    }

    /// Adds the entry that closes the segment, if its timestamp is above the last one.
    pub fn append_closing(&mut self, entry: TimestampOffset) -> Result<(), IndexError> {
        if self.len()? >= self.entries.entries_max() { Ok(()) } else { self.append(entry) }
    }

    fn append(&mut self, entry: TimestampOffset) -> Result<(), IndexError> {
        let last = self.last_entry()?;
        if entry.timestamp <= last.timestamp {
            return Ok(());
        }
        assert!(entry.offset >= last.offset, "time index entry {entry:?} behind {last:?}");
        let relative = u32::try_from(entry.offset - self.base_offset)
            .ok()
            .filter(|relative| *relative <= i32::MAX as u32);
        let relative = relative.expect("the segment checks offsets against its base offset");
        let mut bytes = [0; ENTRY_LEN];
        bytes[..8].copy_from_slice(&entry.timestamp.0.to_be_bytes());
        bytes[8..].copy_from_slice(&relative.to_be_bytes());
        self.entries.push(bytes)
    }

    /// Drops the entries at and above `offset`.
    pub fn truncate_to(&mut self, offset: Offset) -> Result<(), IndexError> {
        let below = self.entries.partition_point(|entry| self.parse(entry).offset < offset)?;
        self.entries.truncate(below)
    }

    /// Looks for what cannot be: a length that is no multiple of an entry, a last entry below the first or below the
    /// base offset.
    pub fn sanity_check(&self) -> Result<(), IndexError> {
        self.entries.check_len()?;
        let Some(last) = self.len()?.checked_sub(1) else { return Ok(()) };
        let (first_entry, last_entry) = (self.entry(0)?, self.entry(last)?);
        if last_entry.timestamp < first_entry.timestamp {
            let what = format!(
                "last timestamp {} is below the first, {}",
                last_entry.timestamp, first_entry.timestamp
            );
            return Err(self.entries.corrupt(last, what).into());
        }
        if last_entry.offset < self.base_offset {
            let what =
                format!("last offset {} is below the base offset {}", last_entry.offset, self.base_offset);
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

    fn before_first(&self) -> TimestampOffset {
        TimestampOffset { timestamp: Timestamp::NONE, offset: self.base_offset }
    }

    fn parse(&self, entry: &[u8; ENTRY_LEN]) -> TimestampOffset {
        let [t0, t1, t2, t3, t4, t5, t6, t7, relative @ ..] = *entry;
        let timestamp = Timestamp(i64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]));
        let relative = i64::from(i32::from_be_bytes(relative));
        TimestampOffset { timestamp, offset: Offset(self.base_offset.0.saturating_add(relative)) }
    }
}
