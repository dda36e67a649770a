//! Crash simulator of one partition's log.
//!
//! [`run_round`] draws a configuration, work and faults from a seed and drives [`ottla_log::log::Log`] with them on a
//! [`SimDisk`](ottla_io::sim::SimDisk). Whenever the log is opened again (after a clean close, the death of its process,
//! or a power loss between any two changes of the disk, be it in the middle of an append, a truncation or a recovery)
//! it is held against a truth kept apart from it:
//!
//! - its batches are those that were appended, byte for byte and without a hole; everything flushed is there, and after
//!   the death of the process alone everything acknowledged; nothing that was cut off has come back;
//! - every index entry is true, and so are the answers to lookups by offset and by time;
//! - producers, open and aborted transactions, last stable offset and leader epochs are those that the batches tell;
//! - the log start offset has not gone back below its checkpoint, the recovery point claims no more than is durable;
//! - the directory holds nothing that does not belong there.
//!
//! A [`Plant`] is a bug that the disk plays for the layer above, to prove that the checkers see.

mod answers;
mod batch;
mod checkpoints;
mod files;
mod producers;
mod recovered;
mod round;
mod scenario;
mod truth;
mod work;
mod workload;

use ottla_io::sim::{Names, PlantedBug};

use round::Round;
pub use round::RoundStats;

pub use crate::rounds::RoundFailure;
use crate::rounds::run_all;

/// A bug that the disk plays for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Log files are never synced.
    LogNotSynced,
    /// Indexes are on the platter at once, their logs never.
    IndexBeforeLog,
    /// Log files are never cut.
    TruncationForgotten,
    /// Index files are never cut.
    IndexNotTrimmed,
    /// The names of a partition's files are never synced.
    NamesNotSynced,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::LogNotSynced,
        Self::IndexBeforeLog,
        Self::TruncationForgotten,
        Self::IndexNotTrimmed,
        Self::NamesNotSynced,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogNotSynced => "log-not-synced",
            Self::IndexBeforeLog => "index-before-log",
            Self::TruncationForgotten => "truncation-forgotten",
            Self::IndexNotTrimmed => "index-not-trimmed",
            Self::NamesNotSynced => "names-not-synced",
        }
    }

    fn bugs(self) -> Vec<PlantedBug> {
        let log = || Names::ending_in(".log");
        match self {
            Self::LogNotSynced => vec![PlantedBug::SkipSync(log())],
            Self::IndexBeforeLog => {
                vec![PlantedBug::SkipSync(log()), PlantedBug::DurableAtOnce(Names::ending_in("index"))]
            }
            Self::TruncationForgotten => vec![PlantedBug::IgnoreSetLen(log())],
            Self::IndexNotTrimmed => vec![PlantedBug::IgnoreSetLen(Names::ending_in("index"))],
            Self::NamesNotSynced => vec![PlantedBug::SkipSyncDir(Names::ending_in("t-0"))],
        }
    }
}

/// Runs the round of this seed. A failing one is run again to tell its story.
pub fn run_round(seed: u64, plant: Option<Plant>) -> Result<RoundStats, Box<RoundFailure>> {
    let bugs = plant.map(Plant::bugs).unwrap_or_default();
    let mut round = Round::new(seed, &bugs, false);
    match round.run() {
        Ok(()) => Ok(round.stats),
        Err(what) => Err(Box::new(RoundFailure { seed, what, trace: trace_round(seed, plant).1 })),
    }
}

/// Runs the round of this seed and tells what happened, and what was wrong if anything was.
pub fn trace_round(seed: u64, plant: Option<Plant>) -> (Result<RoundStats, String>, Vec<String>) {
    let bugs = plant.map(Plant::bugs).unwrap_or_default();
    let mut round = Round::new(seed, &bugs, true);
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
) -> Result<RoundStats, Box<RoundFailure>> {
    run_all(first_seed, rounds, threads, |seed| run_round(seed, plant))
}
