//! Many rounds, on several threads.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// A round in which the code at trial did what it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundFailure {
    /// Seed that tells the story again.
    pub seed: u64,
    /// What was wrong.
    pub what: String,
    /// What happened until then.
    pub trace: Vec<String>,
}

impl fmt::Display for RoundFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        write!(f, "seed {}: {}", self.seed, self.what)
    }
}

/// Numbers of rounds that can be added up.
pub(crate) trait Stats: Default + Send {
    fn add(&mut self, other: &Self);
}

/// Runs the rounds of `rounds` seeds from `first_seed` on, on so many threads. Which seeds fail does not depend on the
/// threads; the first failure by seed is returned.
pub(crate) fn run_all<S: Stats>(
    first_seed: u64,
    rounds: u64,
    threads: usize,
    run: impl Fn(u64) -> Result<S, Box<RoundFailure>> + Sync,
) -> Result<S, Box<RoundFailure>> {
    let taken = AtomicU64::new(0);
    let total = Mutex::new((S::default(), None::<Box<RoundFailure>>));
    let work = || {
        let mut stats = S::default();
        let mut failure = None;
        while failure.is_none() {
            let number = taken.fetch_add(1, Ordering::Relaxed);
            if number >= rounds {
                break;
            }
            match run(first_seed.wrapping_add(number)) {
                Ok(round) => stats.add(&round),
                Err(found) => failure = Some(found),
            }
        }
        if failure.is_some() {
            taken.store(rounds, Ordering::Relaxed);
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        total.0.add(&stats);
        let first = total.1.as_ref().map_or(u64::MAX, |first| first.seed);
        if let Some(found) = failure.filter(|found| found.seed <= first) {
            total.1 = Some(found);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    let (stats, failure) = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(stats), Err)
}
