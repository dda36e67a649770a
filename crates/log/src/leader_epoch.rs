//! Which leader appended which part of a log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::{LeaderEpoch, Offset};

use crate::checkpoint;
use crate::error::{CheckpointError, DiskError};
use crate::offsets::OffsetAndEpoch;
use crate::paths::LEADER_EPOCH_CHECKPOINT;

/// A leader epoch and the first offset it appended, or would append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// The leader epochs of a partition, kept in `leader-epoch-checkpoint`.
///
/// Both epochs and start offsets grow from entry to entry. Changes are made in memory; [`LeaderEpochCache::flush`]
/// makes them durable. A file left behind may hold too many epochs, which truncation when the log is loaded drops, but
/// must not lack one whose records are below the recovery point: flush before that point moves.
#[derive(Debug)]
pub struct LeaderEpochCache {
    disk: Arc<dyn Disk>,
    dir: Arc<Path>,
    entries: Vec<EpochEntry>,
    dirty: bool,
}

impl LeaderEpochCache {
    /// Reads the file in `dir`; a missing one means no epochs.
    pub fn open(disk: Arc<dyn Disk>, dir: Arc<Path>) -> Result<Self, CheckpointError> {
        let path = dir.join(LEADER_EPOCH_CHECKPOINT);
        let read = checkpoint::read_table(&*disk, &path, "an epoch and a start offset", |fields| {
            let &[epoch, start_offset] = fields else { return None };
            let epoch = LeaderEpoch(epoch.parse().ok()?);
            let start_offset = Offset(start_offset.parse().ok()?);
            let entry = EpochEntry { epoch, start_offset };
            (epoch.is_some() && start_offset.is_some()).then_some(entry)
        })?;
        let mut cache = Self { disk, dir, entries: Vec::with_capacity(read.len()), dirty: false };
        for entry in read {
            cache.assign(entry);
        }
        cache.dirty = false;
        Ok(cache)
    }

    /// Records that `entry.epoch` begins at `entry.start_offset`, dropping what contradicts it; whether that changed
    /// anything.
    ///
    /// # Panics
    ///
    /// If the epoch or the offset is negative.
    pub fn assign(&mut self, entry: EpochEntry) -> bool {
        assert!(entry.epoch.is_some() && entry.start_offset.is_some(), "assigned {entry:?}");
        let known = self
            .latest_entry()
            .is_some_and(|latest| latest.epoch == entry.epoch && latest.start_offset <= entry.start_offset);
        if known {
            return false;
        }
        let contradicts =
            |old: &EpochEntry| old.epoch >= entry.epoch || old.start_offset >= entry.start_offset;
        while self.entries.pop_if(|old| contradicts(old)).is_some() {}
        self.entries.push(entry);
        self.dirty = true;
        true
    }

    /// Drops the epochs that begin at or above `end_offset`.
    pub fn truncate_from_end(&mut self, end_offset: Offset) {
        while end_offset.is_some() && self.entries.pop_if(|entry| entry.start_offset >= end_offset).is_some()
        {
            self.dirty = true;
        }
    }

    /// Drops the epochs that end at or below `start_offset`, and lets the one that holds it begin there.
    pub fn truncate_from_start(&mut self, start_offset: Offset) {
        let at_or_below = self.entries.partition_point(|entry| entry.start_offset <= start_offset);
        let Some(holder) = at_or_below.checked_sub(1) else { return };
        if holder == 0 && self.entries[0].start_offset == start_offset {
            return;
        }
        self.entries.drain(..holder);
        self.entries[0].start_offset = start_offset;
        self.dirty = true;
    }

    /// Drops all epochs.
    pub fn clear(&mut self) {
        self.dirty |= !self.entries.is_empty();
        self.entries.clear();
    }

    /// Where `epoch`, or the largest smaller one known, ends in a log that ends at `log_end_offset`.
    ///
    /// An epoch below the first one known ends where that begins: what lay between is gone. An epoch above all of them
    /// has no end here.
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end_offset: Offset) -> Option<OffsetAndEpoch> {
        if !epoch.is_some() {
            return None;
        }
        if self.latest_epoch() == Some(epoch) {
            return Some(OffsetAndEpoch { offset: log_end_offset, leader_epoch: epoch });
        }
        let higher = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let offset = self.entries.get(higher)?.start_offset;
        let leader_epoch = higher.checked_sub(1).map_or(epoch, |floor| self.entries[floor].epoch);
        Some(OffsetAndEpoch { offset, leader_epoch })
    }

    /// The epoch that appended `offset`, if the log still knows.
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        let at_or_below = self.entries.partition_point(|entry| entry.start_offset <= offset);
        Some(self.entries[at_or_below.checked_sub(1)?].epoch)
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The newest entry.
    pub fn latest_entry(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// The newest epoch.
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.latest_entry().map(|entry| entry.epoch)
    }

    /// The oldest entry.
    pub fn earliest_entry(&self) -> Option<EpochEntry> {
        self.entries.first().copied()
    }

    /// The largest epoch below `epoch`.
    pub fn previous_epoch(&self, epoch: LeaderEpoch) -> Option<LeaderEpoch> {
        let below = self.entries.partition_point(|entry| entry.epoch < epoch);
        Some(self.entries[below.checked_sub(1)?].epoch)
    }

    /// The entry of `epoch`.
    pub fn entry_for_epoch(&self, epoch: LeaderEpoch) -> Option<EpochEntry> {
        let slot = self.entries.binary_search_by_key(&epoch, |entry| entry.epoch).ok()?;
        Some(self.entries[slot])
    }

    /// Whether there are changes that [`LeaderEpochCache::flush`] has to write.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Writes the file if anything changed since it was last written.
    pub fn flush(&mut self) -> Result<(), DiskError> {
        if !self.dirty {
            return Ok(());
        }
        let lines = self.entries.iter().map(|entry| format!("{} {}", entry.epoch, entry.start_offset));
        checkpoint::write_table(&*self.disk, &self.path(), lines)?;
        self.dirty = false;
        Ok(())
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: Arc<Path>) {
        self.dir = dir;
    }

    fn path(&self) -> PathBuf {
        self.dir.join(LEADER_EPOCH_CHECKPOINT)
    }
}
