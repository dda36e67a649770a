//! Holding back to a number of records in a second, as Kafka's `ThroughputThrottler` does.

use std::time::Duration;

/// Shorter waits are saved up until they are worth a sleep.
const LEAST: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub(super) struct Throttle {
    per_second: f64,
    deficit: Duration,
}

impl Throttle {
    /// A negative number is no limit.
    pub(super) const fn new(per_second: f64) -> Self {
        Self { per_second, deficit: Duration::ZERO }
    }

    /// How long to wait after so many records, so many milliseconds from the start.
    pub(super) fn wait(&mut self, records: u64, elapsed: u64) -> Option<Duration> {
        if self.per_second < 0.0 || elapsed == 0 {
            return None;
        }
        if records as f64 / (elapsed as f64 / 1000.0) <= self.per_second {
            return None;
        }
        if self.per_second == 0.0 {
            return Some(Duration::MAX);
        }
        self.deficit += Duration::from_secs_f64(1.0 / self.per_second);
        (self.deficit >= LEAST).then(|| std::mem::take(&mut self.deficit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_saved_up() {
        let mut throttle = Throttle::new(1000.0);
        assert_eq!(throttle.wait(10, 10), None);
        assert_eq!(throttle.wait(11, 10), None);
        assert_eq!(throttle.wait(12, 10), Some(Duration::from_millis(2)));
        assert_eq!(Throttle::new(-1.0).wait(1_000_000, 1), None);
        assert_eq!(Throttle::new(0.0).wait(1, 1), Some(Duration::MAX));
    }
}
