//! Crash simulator of a compacted log.
//!
//! [`run_round`] draws keys, producers, transactions, times and faults from a seed, and drives a
//! [`Log`](ottla_log::log::Log) and a [`Cleaner`](ottla_log::cleaner::Cleaner) with them on a simulated disk. The process dies
//! and the power goes between any two changes of the disk, most often in the middle of a cleaning. After each opening and each
//! cleaning the log is held against a truth kept apart from it:
//!
//! - what is there is what was appended, at its offset, in its order;
//! - what is missing was superseded by a later committed record of its key, aborted, or a tombstone that a cleaning had met
//!   more than `delete.retention.ms` before; so each key's last value is there;
//! - below the clean offset no key is there twice;
//! - a record of a decided transaction is there only together with its marker, and readers of committed records are told just
//!   the aborted transactions;
//! - each producer's epoch and last sequence are known, also from the batches alone;
//! - no half-made file is left, and every offset can be looked up.

mod check;
mod round;
mod truth;
mod work;

use ottla_io::sim::{Names, PlantedBug};

pub use round::CompactionStats;

use crate::rounds::{RoundFailure, run_all};
use round::Round;

/// A bug that the disk plays for the cleaner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Cleaned segments are never synced before they take the place of others.
    CleanedNotSynced,
    /// The names of a partition's files are never synced.
    NamesNotSynced,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CleanedNotSynced, Self::NamesNotSynced];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CleanedNotSynced => "cleaned-not-synced",
            Self::NamesNotSynced => "names-not-synced",
        }
    }

    fn bug(self) -> PlantedBug {
        match self {
            Self::CleanedNotSynced => PlantedBug::SkipSync(Names::ending_in(".log.cleaned")),
            Self::NamesNotSynced => PlantedBug::SkipSyncDir(Names::ending_in("t-0")),
        }
    }
}

/// Runs the round of this seed. A failing one is run again to tell its story.
pub fn run_round(seed: u64, plant: Option<Plant>) -> Result<CompactionStats, Box<RoundFailure>> {
    let mut round = Round::new(seed, plant.map(Plant::bug), false);
    match round.run() {
        Ok(()) => Ok(round.stats),
        Err(what) => Err(Box::new(RoundFailure { seed, what, trace: trace_round(seed, plant).1 })),
    }
}

/// Runs the round of this seed and tells what happened, and what was wrong if anything was.
pub fn trace_round(seed: u64, plant: Option<Plant>) -> (Result<CompactionStats, String>, Vec<String>) {
    let mut round = Round::new(seed, plant.map(Plant::bug), true);
    let result = round.run();
    let stats = round.stats;
    (result.map(|()| stats), round.into_trace())
}

/// Runs the rounds of `rounds` seeds from `first_seed` on, on so many threads. Which seeds fail does not depend on the
/// threads; the first failure by seed is returned.
pub fn run_rounds(
    first_seed: u64,
    rounds: u64,
    threads: usize,
    plant: Option<Plant>,
) -> Result<CompactionStats, Box<RoundFailure>> {
    run_all(first_seed, rounds, threads, |seed| run_round(seed, plant))
}
