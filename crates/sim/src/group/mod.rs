//! Simulator of the groups of one coordinator.
//!
//! A world has clients that join, sync, work, commit, leave, hang, forget who they are and come back; a log whose
//! appends may fail and whose batches may be safe only later; producers that commit offsets in transactions; and an
//! administrator. Everything is drawn from a seed.
//! After each step the coordinator checks its own invariants, and the world checks
//! what its clients see:
//!
//! - every request is answered exactly once, at the latest when the coordinator gives up its partition;
//! - a generation has one leader, and an assignment reaches the member and the generation that it was made for;
//! - what was acknowledged is in the log, and what is fetched is what the log says;
//! - a coordinator that reads the log, compacted, knows the same groups and offsets.
//!
//! [`GroupCoordinator::invariants`]: ottla_group::GroupCoordinator::invariants

mod admin;
mod client;
mod log;
mod producer;
mod reload;
mod world;

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// What happened in a run, to tell an idle one from a busy one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupStats {
    /// Requests that were sent.
    pub requests: u64,
    /// Generations that a leader was told of.
    pub generations: u64,
    /// Assignments that members got.
    pub assignments: u64,
    /// Commits that were acknowledged.
    pub commits: u64,
    /// Commits within transactions that were acknowledged.
    pub transactional_commits: u64,
    /// Transactions whose end was acknowledged.
    pub ended_transactions: u64,
    /// Records that were written.
    pub records: u64,
    /// Deletions among them.
    pub tombstones: u64,
    /// Writes that failed.
    pub failed_writes: u64,
    /// Coordinators that took over.
    pub reloads: u64,
}

/// A run in which the coordinator did what it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFailure {
    /// Seed that tells the story again.
    pub seed: u64,
    /// The operation in which it showed, counted from 0.
    pub operation: u64,
    /// What was wrong.
    pub what: String,
}

impl fmt::Display for GroupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, operation {}: {}", self.seed, self.operation, self.what)
    }
}

/// Runs so many operations, drawn from the seed.
///
/// # Errors
/// The coordinator did what it must not.
pub fn run_operations(seed: u64, operations: u64) -> Result<GroupStats, GroupFailure> {
    let mut operation = 0;
    let run = AssertUnwindSafe(|| {
        let mut world = World::new(seed);
        while operation < operations {
            world.step();
            operation += 1;
        }
        world.end();
        world.stats
    });
    catch_unwind(run).map_err(|panic| GroupFailure { seed, operation, what: told(&*panic) })
}

fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
