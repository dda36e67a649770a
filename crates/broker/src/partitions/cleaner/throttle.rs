//! Holding several threads to one rate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

/// How long is counted before anybody is held back: short enough to be even, long enough not to sleep for each block.
const PERIOD: Duration = Duration::from_millis(300);

/// Counts bytes, and says for how long to rest so that they do not pass a rate.
#[derive(Debug)]
pub(super) struct Throttle {
    /// Bytes per second, as the bits of an `f64`.
    rate: AtomicU64,
    /// All bytes so far.
    total: AtomicU64,
    period: Mutex<Option<Period>>,
}

#[derive(Debug, Clone, Copy)]
struct Period {
    start: Duration,
    bytes: u64,
}

impl Throttle {
    pub(super) fn new(rate: f64) -> Self {
        Self { rate: AtomicU64::new(rate.to_bits()), total: AtomicU64::new(0), period: Mutex::new(None) }
    }

    pub(super) fn set_rate(&self, rate: f64) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// All bytes so far.
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Counts bytes; for how long to rest.
    pub(super) fn delay(&self, bytes: u64, now: Duration) -> Duration {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        let mut guard = self.period.lock();
        let period = guard.get_or_insert(Period { start: now, bytes: 0 });
        period.bytes += bytes;
        let elapsed = now.saturating_sub(period.start);
        if elapsed < PERIOD {
            return Duration::ZERO;
        }
        let wanted = period.bytes as f64 / f64::from_bits(self.rate.load(Ordering::Relaxed));
        let delay = Duration::try_from_secs_f64(wanted).unwrap_or(Duration::MAX).saturating_sub(elapsed);
        // Rest counts as time in which nothing was read.
        *guard = Some(Period { start: now.saturating_add(delay), bytes: 0 });
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_rate_is_kept_over_time() {
        let throttle = Throttle::new(1000.0);
        let (mut now, mut bytes) = (Duration::ZERO, 0);
        while now < Duration::from_secs(60) {
            now += 10 * MS + throttle.delay(100, now);
            bytes += 100;
        }
        assert!((55_000..=61_000).contains(&bytes), "{bytes}");
        assert_eq!(throttle.total(), bytes);
    }

    #[test]
    fn who_is_slow_enough_never_rests() {
        let throttle = Throttle::new(f64::MAX);
        assert!((0..1000).all(|n| throttle.delay(1 << 20, n * MS).is_zero()));
        let throttle = Throttle::new(1_000_000.0);
        assert!((0..1000).all(|n| throttle.delay(900, n * MS).is_zero()));
        throttle.set_rate(1000.0);
        assert!(!throttle.delay(900, 2000 * MS).is_zero());
    }
}
