//! Simulator of transactions: producers, partitions and the coordinator of their transactional ids.
//!
//! A world has the real coordinator over a real log on a simulated disk, partitions that are real logs on it as well, and
//! producers of both kinds: those that add partitions themselves, and those that leave it to the leader and get a new
//! epoch with each transaction (KIP-890). Producers hang, forget themselves and leave zombies behind; requests and answers
//! get lost, and come late and twice; appends fail or seem to; markers reach their partitions or not; the coordinator
//! moves; logs are cleaned; the process dies and the power goes, in the middle of any change of the disk. What counts as replicated is
//! what is flushed, so a power loss takes the rest.
//!
//! After each step the coordinator checks its own invariants. What a consumer reads that reads committed is held against
//! what the producers know:
//!
//! - a transaction whose commit was acknowledged is there, each record exactly once and in order, and in the order of the
//!   transactions of its transactional id;
//! - one that was aborted, or whose commit was never asked for, is not there;
//! - one of which its producer never heard is there as a whole or not at all;
//! - what was read once stays;
//! - a coordinator that reads the log knows what its predecessor knew;
//! - when faults stop, every transaction ends and hides nothing from the consumer any more.
//!
//! A [`Plant`] is a bug of what surrounds the coordinator, to prove that the checkers see.

mod client;
mod coordinator;
mod leader;
mod partition;
mod truth;
mod world;

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// Events of one world; then another one begins, with the next seed.
const EVENTS_PER_WORLD: u64 = 4_000;

/// A bug of those around the coordinator, to prove that the checkers see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// What is appended is acknowledged before it is safe.
    AcknowledgedTooSoon,
    /// Now and then a marker is told to be written that is not.
    MarkerForgotten,
    /// Now and then a transaction is aborted on one partition that is committed on the others.
    MarkerReversed,
    /// A coordinator that takes over does not read the last record.
    RecordNotLoaded,
    /// A leader takes what comes without asking the coordinator.
    NotVerified,
    /// A batch that comes twice is appended twice, as another one.
    AppendedTwice,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AcknowledgedTooSoon,
        Self::MarkerForgotten,
        Self::MarkerReversed,
        Self::RecordNotLoaded,
        Self::NotVerified,
        Self::AppendedTwice,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcknowledgedTooSoon => "acknowledged-too-soon",
            Self::MarkerForgotten => "marker-forgotten",
            Self::MarkerReversed => "marker-reversed",
            Self::RecordNotLoaded => "record-not-loaded",
            Self::NotVerified => "not-verified",
            Self::AppendedTwice => "appended-twice",
        }
    }
}

/// What happened in a run, to tell an idle one from a busy one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TxnStats {
    /// Requests that were sent.
    pub requests: u64,
    /// Transactions whose commit was acknowledged.
    pub committed: u64,
    /// Transactions that were aborted, or whose producer was fenced.
    pub aborted: u64,
    /// Transactions of whose commit nobody heard.
    pub unknown: u64,
    /// Records that a consumer read.
    pub records_read: u64,
    /// Requests of zombies and late copies that were refused.
    pub fenced: u64,
    /// Markers that were written.
    pub markers: u64,
    /// Writes of the coordinator that failed, or seemed to.
    pub failed_writes: u64,
    /// Coordinators that took over.
    pub reloads: u64,
    /// Times that the cleaner came by.
    pub cleanings: u64,
    /// Deaths of the process.
    pub kills: u64,
    /// Power losses.
    pub power_losses: u64,
}

impl TxnStats {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.committed += other.committed;
        self.aborted += other.aborted;
        self.unknown += other.unknown;
        self.records_read += other.records_read;
        self.fenced += other.fenced;
        self.markers += other.markers;
        self.failed_writes += other.failed_writes;
        self.reloads += other.reloads;
        self.cleanings += other.cleanings;
        self.kills += other.kills;
        self.power_losses += other.power_losses;
    }
}

/// A run in which something happened that must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxnFailure {
    /// Seed of the world, which tells the story again.
    pub seed: u64,
    /// The event in which it showed, counted from 0.
    pub event: u64,
    /// What was wrong.
    pub what: String,
}

impl fmt::Display for TxnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, event {}: {}", self.seed, self.event, self.what)
    }
}

/// Runs so many events, in worlds drawn from the seed and those after it.
///
/// # Errors
/// Something happened that must not.
pub fn run_events(first_seed: u64, events: u64, plant: Option<Plant>) -> Result<TxnStats, TxnFailure> {
    let mut total = TxnStats::default();
    let (mut seed, mut left) = (first_seed, events);
    while left > 0 {
        let here = left.min(EVENTS_PER_WORLD);
        let (stats, _) = run_world(seed, here, plant, false);
        total.add(&stats?);
        left -= here;
        seed = seed.wrapping_add(1);
    }
    Ok(total)
}

/// Runs so many events in the world of this seed, and tells what happened.
pub fn trace_world(
    seed: u64,
    events: u64,
    plant: Option<Plant>,
) -> (Result<TxnStats, TxnFailure>, Vec<String>) {
    run_world(seed, events.min(EVENTS_PER_WORLD), plant, true)
}

fn run_world(
    seed: u64,
    events: u64,
    plant: Option<Plant>,
    with_trace: bool,
) -> (Result<TxnStats, TxnFailure>, Vec<String>) {
    let mut world = World::new(seed, plant, with_trace);
    let mut event = 0;
    let run = AssertUnwindSafe(|| {
        while event < events {
            world.step();
            event += 1;
        }
        world.end();
    });
    let result = catch_unwind(run).map_err(|panic| TxnFailure { seed, event, what: told(&*panic) });
    let stats = world.stats;
    (result.map(|()| stats), world.into_trace())
}

fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
