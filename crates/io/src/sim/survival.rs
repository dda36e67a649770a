//! What of a file is on the platter when the power goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::crash::{CrashOptions, Growth};
use super::dice::{Dice, mix};
use super::file::{Change, FileNode};
use super::image::{BLOCK, Image};

/// What a drive writes as one piece.
const SECTOR: u64 = 512;

impl FileNode {
    /// The bytes found after a power loss: the synced ones, and of the pending changes what chance says.
    pub(super) fn after_crash(&self, dice: &mut Dice, options: &CrashOptions) -> Arc<Image> {
        if self.pending.is_empty() {
            return Arc::clone(&self.durable);
        }
        let count = self.pending.len() as u64;
        let survivors = match dice.below(8) {
            0 => return Arc::clone(&self.durable),
            1 => Survivors::Before { change: count, sectors: 0 },
            2 | 3 => Survivors::Before { change: dice.below(count), sectors: dice.below(9) },
            4 | 5 => Survivors::Scattered { seed: dice.roll(), count },
            _ => Survivors::WholeSectors { seed: dice.roll() },
        };
        let committed = match (&survivors, dice.below(3)) {
            (Survivors::Before { change, sectors }, coin) => change + u64::from(*sectors > 0 && coin > 0),
            (_, 0) => 0,
            (_, 1) => count,
            _ => dice.between(0, count),
        };
        let mut platter = Platter {
            image: Image::clone(&self.durable),
            survivors,
            committed: committed.min(count),
            foreign_from: u64::MAX,
            fresh: BTreeMap::new(),
            lost_is_garbage: match options.growth {
                Growth::Zeros => false,
                Growth::Garbage => true,
                Growth::Either => dice.one_in(3),
            },
            corrupt_one_in: match options.corrupt_in_flight {
                Some(suffix) if self.name.ends_with(suffix) => 8,
                _ => 0,
            },
            durable_len: self.durable.len(),
            dice: dice.fork(),
        };
        platter.write_back(&self.pending);
        Arc::new(platter.image)
    }
}

/// Which sectors of which changes were written back. A sector that was written back shows some state the page cache
/// was in, so a later change never shows in it without the earlier ones.
#[derive(Debug)]
enum Survivors {
    /// The changes before this one, and of this one its first sectors.
    Before { change: u64, sectors: u64 },
    /// Each sector was last written back at a moment of its own.
    Scattered { seed: u64, count: u64 },
    /// Each sector was written back at the end or never.
    WholeSectors { seed: u64 },
}

impl Survivors {
    /// Whether change number `index` is in `sector`, which is its `nth`.
    fn kept(&self, index: u64, sector: u64, nth: u64) -> bool {
        match *self {
            Self::Before { change, sectors } => index < change || (index == change && nth < sectors),
            Self::Scattered { seed, count } => index < mix(seed, sector) % (count + 1),
            Self::WholeSectors { seed } => mix(seed, sector) & 1 == 0,
        }
    }
}

/// What a sector holds that a pending change touched.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Written,
    Garbage,
}

struct Platter {
    image: Image,
    survivors: Survivors,
    /// The journal holds lengths up to this change.
    committed: u64,
    /// Blocks from here on were given back by a cut that the journal does not hold. Later writes went to other blocks,
    /// which the file, as the journal knows it, does not have.
    foreign_from: u64,
    /// What has become of sectors so far.
    fresh: BTreeMap<u64, Fate>,
    /// How a sector reads that belongs to the file but was never written: as what lay there before, or as zeros.
    lost_is_garbage: bool,
    /// One surviving sector in so many holds a flipped bit; 0 for none.
    corrupt_one_in: u64,
    durable_len: u64,
    dice: Dice,
}

impl Platter {
    fn write_back(&mut self, pending: &[Change]) {
        let mut len = self.durable_len;
        let mut committed_len = len;
        for (index, change) in (0..).zip(pending) {
            match change {
                Change::Write { offset, bytes } => {
                    let written_end = self.write(index, bytes, *offset);
                    if index == self.committed {
                        // The length grows as blocks are written, not write by write.
                        committed_len = committed_len.max(written_end);
                    }
                    len = len.max(offset + bytes.len() as u64);
                }
                Change::SetLen(new_len) => {
                    if *new_len < len {
                        self.cut(index, *new_len);
                    }
                    len = *new_len;
                }
            }
            if index < self.committed {
                committed_len = len;
            }
        }
        self.image.set_len(committed_len);
    }

    /// Writes the surviving sectors and returns where the unbroken ones from the start end.
    fn write(&mut self, index: u64, bytes: &[u8], offset: u64) -> u64 {
        let mut unbroken_end = offset;
        for (nth, (sector, at, part)) in (0..).zip(sectors(offset, bytes)) {
            if at >= self.foreign_from {
                break;
            }
            if self.survivors.kept(index, sector, nth) {
                if unbroken_end == at {
                    unbroken_end += part.len() as u64;
                }
                self.reach(sector);
                self.image.write(part, at);
                self.corrupt(at, part.len() as u64);
            } else {
                self.lose(sector);
            }
        }
        if unbroken_end > offset { unbroken_end } else { 0 }
    }

    /// A sector is written: whatever lay there before is gone.
    fn reach(&mut self, sector: u64) {
        if let Some(Fate::Garbage) = self.fresh.insert(sector, Fate::Written) {
            self.image.zero(sector * SECTOR, SECTOR as usize);
        }
    }

    /// A sector stays as it lay on the platter before the file had it.
    fn lose(&mut self, sector: u64) {
        let start = sector * SECTOR;
        if self.lost_is_garbage && start >= self.durable_len && !self.fresh.contains_key(&sector) {
            let mut garbage = [0; SECTOR as usize];
            self.dice.fill(&mut garbage);
            self.image.write(&garbage, start);
            self.fresh.insert(sector, Fate::Garbage);
        }
    }

    fn cut(&mut self, index: u64, len: u64) {
        if index < self.committed {
            self.image.set_len(len);
            return;
        }
        let block_end = len.next_multiple_of(BLOCK);
        for (nth, sector) in (0..).zip(len / SECTOR..block_end / SECTOR) {
            if self.survivors.kept(index, sector, nth) {
                let from = len.max(sector * SECTOR);
                self.image.zero(from, ((sector + 1) * SECTOR - from) as usize);
            }
        }
        self.foreign_from = self.foreign_from.min(block_end);
    }

    fn corrupt(&mut self, at: u64, len: u64) {
        if self.dice.one_in(self.corrupt_one_in) {
            let victim = at + self.dice.below(len);
            let mut byte = [0];
            self.image.read(&mut byte, victim);
            byte[0] ^= 1 << self.dice.below(8);
            self.image.write(&byte, victim);
        }
    }
}

/// Cuts bytes at sector borders: sector, offset, bytes.
fn sectors(offset: u64, bytes: &[u8]) -> impl Iterator<Item = (u64, u64, &[u8])> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let room = (SECTOR - at % SECTOR) as usize;
        let part = bytes.get(done..bytes.len().min(done + room))?;
        done += part.len();
        (!part.is_empty()).then_some((at / SECTOR, at, part))
    })
}
