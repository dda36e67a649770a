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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Rig;

    fn entry(epoch: i32, start_offset: i64) -> EpochEntry {
        EpochEntry { epoch: LeaderEpoch(epoch), start_offset: Offset(start_offset) }
    }

    fn cache(entries: &[(i32, i64)]) -> LeaderEpochCache {
        let mut cache = Rig::new().leader_epochs();
        for (epoch, start_offset) in entries {
            assert!(cache.assign(entry(*epoch, *start_offset)));
        }
        cache
    }

    fn entries(cache: &LeaderEpochCache) -> Vec<(i32, i64)> {
        cache.entries().iter().map(|entry| (entry.epoch.0, entry.start_offset.0)).collect()
    }

    #[test]
    fn the_file_is_kafkas() {
        let rig = Rig::new();
        let mut cache = rig.leader_epochs();
        cache.assign(entry(0, 0));
        cache.assign(entry(2, 15));
        cache.flush().expect("flush");
        assert_eq!(rig.bytes("leader-epoch-checkpoint"), b"0\n2\n0 0\n2 15\n");
        let read = rig.leader_epochs();
        assert_eq!(entries(&read), [(0, 0), (2, 15)]);
        assert!(!read.is_dirty());
        rig.write("leader-epoch-checkpoint", b"0\n1\n-1 5\n");
        let error =
            LeaderEpochCache::open(Arc::clone(&rig.disk), Arc::clone(&rig.dir)).expect_err("negative");
        let expected = "line 3 of /data/topic-0/leader-epoch-checkpoint is \"-1 5\", expected an epoch and a start offset";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn assigning_drops_what_contradicts() {
        let mut epochs = cache(&[(1, 5), (2, 10), (4, 20)]);
        assert!(!epochs.assign(entry(4, 25)), "it began before");
        assert!(epochs.assign(entry(4, 15)), "it began earlier");
        assert_eq!(entries(&epochs), [(1, 5), (2, 10), (4, 15)]);
        assert!(epochs.assign(entry(3, 12)));
        assert_eq!(entries(&epochs), [(1, 5), (2, 10), (3, 12)]);
        assert!(epochs.assign(entry(6, 10)));
        assert_eq!(entries(&epochs), [(1, 5), (6, 10)]);
    }

    #[test]
    fn truncation_keeps_the_epoch_at_the_start() {
        let mut epochs = cache(&[(1, 5), (2, 10), (4, 20)]);
        epochs.truncate_from_start(Offset(12));
        assert_eq!(entries(&epochs), [(2, 12), (4, 20)]);
        epochs.truncate_from_start(Offset(3));
        assert_eq!(entries(&epochs), [(2, 12), (4, 20)]);
        epochs.truncate_from_end(Offset(20));
        assert_eq!(entries(&epochs), [(2, 12)]);
        epochs.truncate_from_start(Offset(30));
        assert_eq!(entries(&epochs), [(2, 30)]);
        epochs.truncate_from_end(Offset(-1));
        assert_eq!(entries(&epochs), [(2, 30)]);
        epochs.clear();
        assert!(epochs.latest_entry().is_none());
    }

    #[test]
    fn ends_of_epochs() {
        let epochs = cache(&[(2, 10), (4, 20), (7, 30)]);
        let end = |epoch| {
            let end = epochs.end_offset_for(LeaderEpoch(epoch), Offset(50));
            end.map(|end| (end.leader_epoch.0, end.offset.0))
        };
        assert_eq!(end(7), Some((7, 50)));
        assert_eq!(end(4), Some((4, 30)));
        assert_eq!(end(5), Some((4, 30)));
        assert_eq!(end(2), Some((2, 20)));
        assert_eq!(end(1), Some((1, 10)));
        assert_eq!(end(8), None);
        assert_eq!(end(-1), None);
        assert_eq!(epochs.previous_epoch(LeaderEpoch(7)), Some(LeaderEpoch(4)));
        assert_eq!(epochs.previous_epoch(LeaderEpoch(2)), None);
        assert_eq!(epochs.entry_for_epoch(LeaderEpoch(4)), Some(entry(4, 20)));
        assert_eq!(epochs.entry_for_epoch(LeaderEpoch(5)), None);
    }

    proptest! {
        #![proptest_config(crate::testing::cases(64))]

        /// Against a log that keeps an epoch beside every record.
        #[test]
        fn knows_the_epoch_of_every_record(
            steps in prop::collection::vec((0..3i32, 0..6usize, prop::option::weighted(0.3, any::<prop::sample::Index>()), any::<bool>()), 1..20),
        ) {
            let mut cache = Rig::new().leader_epochs();
            let (mut start, mut log, mut epoch) = (0usize, Vec::new(), 0);
            for (bump, count, cut, from_end) in steps {
                epoch += bump;
                if count > 0 {
                    cache.assign(entry(epoch, log.len() as i64));
                }
                log.extend(std::iter::repeat_n(epoch, count));
                match cut.map(|cut| start + cut.index(log.len() - start + 1)) {
                    Some(cut) if from_end => {
                        log.truncate(cut);
                        cache.truncate_from_end(Offset(cut as i64));
                        epoch += 1;
                    }
                    Some(cut) if cut < log.len() => {
                        start = cut;
                        cache.truncate_from_start(Offset(cut as i64));
                    }
                    _ => {}
                }
                for (offset, epoch) in log.iter().enumerate().skip(start) {
                    prop_assert_eq!(cache.epoch_for_offset(Offset(offset as i64)), Some(LeaderEpoch(*epoch)));
                }
                if let Some(first) = log[start..].first() {
                    let end = log.iter().rposition(|epoch| epoch == first).expect("there") + 1;
                    let found = cache.end_offset_for(LeaderEpoch(*first), Offset(log.len() as i64));
                    prop_assert_eq!(found.map(|end| end.offset), Some(Offset(end as i64)));
                }
            }
        }
    }
}
