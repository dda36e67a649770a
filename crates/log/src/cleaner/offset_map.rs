//! The latest offset of each key, in memory of a fixed size.

use std::hash::Hasher as _;

use ottla_record::Offset;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

/// Bytes of an entry: a hash of sixteen and an offset of eight, as in Kafka, so that the same memory holds as many keys.
const ENTRY_LEN: usize = size_of::<[u64; 3]>();
/// Most memory of one map, in bytes; Kafka's limit as well.
const MEMORY_MAX: usize = i32::MAX as usize;
/// Slots of the smallest table.
const SLOTS_MIN: usize = 16;

/// For each key of the dirty part of a log, the offset of its last record.
///
/// Keys stand for themselves by a hash of 128 bits, which is keyed: whoever does not know the key cannot make two keys that
/// are taken for one. Open addressing in one table, without a pointer and without deletion.
#[derive(Debug)]
pub(super) struct OffsetMap {
    hash_key: [u64; 2],
    /// Two halves of the hash and the offset plus one; 0 where the slot is free.
    slots: Vec<[u64; 3]>,
    slots_max: usize,
    entries_max: usize,
    entries: usize,
    latest_offset: Offset,
}

impl OffsetMap {
    /// A map of at most `memory` bytes, filled to at most `load_factor`.
    pub(super) fn new(memory: usize, load_factor: f64, hash_key: [u64; 2]) -> Self {
        let slots_max = (memory.min(MEMORY_MAX) / ENTRY_LEN).max(SLOTS_MIN);
        // A free slot must be left, for a search to end at. One entry must have room, for cleaning to get anywhere.
        let entries_max = ((slots_max as f64 * load_factor) as usize).clamp(1, slots_max - 1);
        Self { hash_key, slots: Vec::new(), slots_max, entries_max, entries: 0, latest_offset: Offset::NONE }
    }

    /// Forgets all, and makes room for the keys of so many offsets, as far as the memory goes.
    pub(super) fn begin(&mut self, offsets: u64) {
        // Twice as many slots as keys keep searches short, where there is room; fresh memory costs nothing before it is used.
        let wanted = usize::try_from(offsets).unwrap_or(usize::MAX).saturating_mul(2);
        self.slots = Vec::new();
        self.slots = vec![[0; 3]; wanted.clamp(SLOTS_MIN, self.slots_max)];
        self.entries = 0;
        self.latest_offset = Offset::NONE;
    }

    /// Gives back the memory until it is needed again.
    pub(super) fn release(&mut self) {
        self.slots = Vec::new();
    }

    /// Notes the record of a key, the latest so far; whether there was room.
    pub(super) fn put(&mut self, key: &[u8], offset: Offset) -> bool {
        if self.entries >= self.entries_max {
            return false;
        }
        let hash = self.hash(key);
        let slot = self.find(hash);
        self.entries += usize::from(self.slots[slot][2] == 0);
        self.slots[slot] = [hash[0], hash[1], offset.0 as u64 + 1];
        self.latest_offset = offset;
        true
    }

    /// Offset of the last record of a key; `None` where none was noted.
    pub(super) fn get(&self, key: &[u8]) -> Option<Offset> {
        if self.entries == 0 {
            return None;
        }
        let stored = self.slots[self.find(self.hash(key))][2];
        stored.checked_sub(1).map(|offset| Offset(offset as i64))
    }

    /// Offset up to which all keys are noted, this one included.
    pub(super) fn latest_offset(&self) -> Offset {
        self.latest_offset
    }

    /// Lets the map count up to an offset, where no key was or needs to be noted.
    pub(super) fn set_latest_offset(&mut self, offset: Offset) {
        self.latest_offset = offset;
    }

    /// Entries as a share of all that the memory has slots for.
    pub(super) fn utilization(&self) -> f64 {
        self.entries as f64 / self.slots_max as f64
    }

    /// The slot with this hash, or the free one it would go to.
    fn find(&self, hash: [u64; 2]) -> usize {
        let len = self.slots.len();
        let mut slot = ((u128::from(hash[0]) * len as u128) >> 64) as usize;
        loop {
            let [first, second, offset] = self.slots[slot];
            if offset == 0 || [first, second] == hash {
                return slot;
            }
            slot = if slot + 1 == len { 0 } else { slot + 1 };
        }
    }

    fn hash(&self, key: &[u8]) -> [u64; 2] {
        let mut hasher = SipHasher24::new_with_keys(self.hash_key[0], self.hash_key[1]);
        hasher.write(key);
        let hash = hasher.finish128();
        [hash.h1, hash.h2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_offset_of_a_key_counts() {
        let mut map = OffsetMap::new(1 << 20, 0.9, [1, 2]);
        assert_eq!(map.get(b"a"), None);
        map.begin(100);
        assert!(map.put(b"a", Offset(0)) && map.put(b"b", Offset(1)) && map.put(b"a", Offset(7)));
        assert_eq!((map.get(b"a"), map.get(b"b"), map.get(b"c")), (Some(Offset(7)), Some(Offset(1)), None));
        assert_eq!(map.latest_offset(), Offset(7));
        map.begin(100);
        assert_eq!((map.get(b"a"), map.latest_offset()), (None, Offset::NONE));
    }

    #[test]
    fn a_full_map_takes_no_more_and_still_finds_what_it_has() {
        let slots = 1000;
        let mut map = OffsetMap::new(slots * ENTRY_LEN, 0.9, [1, 2]);
        map.begin(1 << 40);
        let taken = (0..).take_while(|n: &i64| map.put(&n.to_be_bytes(), Offset(*n))).count() as i64;
        assert_eq!(taken, 900);
        for n in 0..taken {
            assert_eq!(map.get(&n.to_be_bytes()), Some(Offset(n)));
        }
        assert_eq!(map.get(&taken.to_be_bytes()), None);
        assert!((map.utilization() - 0.9).abs() < 1e-9);
    }

    #[test]
    fn even_the_smallest_map_and_the_highest_factor_leave_a_slot_free() {
        for (memory, factor) in [(0, 0.9), (0, 1.0), (24 * 20, 1.0), (24 * 20, 0.0)] {
            let mut map = OffsetMap::new(memory, factor, [0, 0]);
            map.begin(u64::MAX);
            let taken = (0..).take_while(|n: &i64| map.put(&n.to_be_bytes(), Offset(*n))).count();
            assert!(taken >= 1);
            assert_eq!(map.get(b"none"), None);
        }
    }

    #[test]
    fn memory_follows_what_a_round_needs() {
        let mut map = OffsetMap::new(64 << 20, 0.9, [1, 2]);
        map.begin(100);
        assert_eq!(map.slots.len(), 200);
        map.begin(u64::MAX);
        assert_eq!(map.slots.len(), (64 << 20) / ENTRY_LEN);
        map.release();
        assert_eq!(map.slots.capacity(), 0);
    }
}
