//! A clock that moves when told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::Clock;

/// A clock that stands still until it is moved; clones show the same time.
#[derive(Debug, Clone)]
pub struct SimClock {
    hands: Arc<Hands>,
}

#[derive(Debug)]
struct Hands {
    now_ms: AtomicI64,
    monotonic_nanos: AtomicU64,
}

impl SimClock {
    /// A clock that shows `now_ms`, in milliseconds since the Unix epoch.
    pub fn new(now_ms: i64) -> Self {
        let hands = Hands { now_ms: AtomicI64::new(now_ms), monotonic_nanos: AtomicU64::new(0) };
        Self { hands: Arc::new(hands) }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.hands.now_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.hands.monotonic_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Sets the wall clock, back or forth, as an administrator or NTP does; monotonic time goes on undisturbed.
    pub fn set_now_ms(&self, now_ms: i64) {
        self.hands.now_ms.store(now_ms, Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now_ms(&self) -> i64 {
        self.hands.now_ms.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.hands.monotonic_nanos.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_when_told() {
        let clock = SimClock::new(1_000);
        let same = clock.clone();
        clock.advance(Duration::from_millis(1500));
        assert_eq!((same.now_ms(), same.monotonic()), (2_500, Duration::from_millis(1500)));
        clock.set_now_ms(-7);
        assert_eq!((same.now_ms(), same.monotonic()), (-7, Duration::from_millis(1500)));
    }
}
