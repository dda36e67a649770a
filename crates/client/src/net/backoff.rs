//! Waits between attempts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A number that nobody can foresee, good enough to spread clients apart.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Waits that double from one attempt to the next, with a fifth of jitter, up to a limit (KIP-144, KIP-580).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, max: Duration) -> Self {
        Self { first, max }
    }

    /// The wait after so many failures in a row: none after none.
    pub(crate) fn after(self, failures: u32) -> Duration {
        self.with(failures, random())
    }

    fn with(self, failures: u32, random: u64) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        let factor = 0.8 + 0.4 * (random as f64 / u64::MAX as f64);
        let wait = self.first.as_secs_f64() * 2f64.powi(doublings.min(40) as i32) * factor;
        Duration::from_secs_f64(wait.min(self.max.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        let middle = u64::MAX / 2;
        let waits: Vec<_> =
            [0, 1, 2, 3, 9, u32::MAX].map(|n| backoff.with(n, middle).as_millis()).into_iter().collect();
        assert_eq!(waits, [0, 50, 100, 200, 1000, 1000]);
        assert_eq!(backoff.with(1, 0).as_millis(), 40);
        assert_eq!(backoff.with(1, u64::MAX).as_millis(), 60);
    }
}
