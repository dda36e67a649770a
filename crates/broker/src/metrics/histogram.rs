//! What a number has been of late, in quantiles.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Parts that the numbers between a power of two and the next are told apart by: a quantile is off by at most an eighth.
const PARTS: usize = 8;
const PART_BITS: u32 = PARTS.trailing_zeros();
const BUCKETS: usize = (64 - PART_BITS as usize + 1) * PARTS;

/// Numbers older than twice this no longer count for quantiles.
const WINDOW: Duration = Duration::from_secs(60);

/// The quantiles that are told, as the exporter of Kafka's metrics names them.
pub(crate) const QUANTILES: [(&str, f64); 6] =
    [("0.50", 0.50), ("0.75", 0.75), ("0.95", 0.95), ("0.98", 0.98), ("0.99", 0.99), ("0.999", 0.999)];

/// Counts numbers by their size, over the last minute or two. Adding takes a few atomic steps and no lock.
#[derive(Debug)]
pub(crate) struct RecentHistogram {
    /// The window being filled, and the one before it.
    windows: [Box<[AtomicU64]>; 2],
    /// Number of the window being filled, counted from the node's start.
    window: AtomicU64,
    count: AtomicU64,
}

impl RecentHistogram {
    /// Empty.
    pub(crate) fn new() -> Self {
        let empty = || (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Self { windows: [empty(), empty()], window: AtomicU64::new(0), count: AtomicU64::new(0) }
    }

    /// Adds a number at a time since the node's start.
    pub(crate) fn add(&self, now: Duration, number: u64) {
        let window = self.turn_to(now);
        self.windows[window][bucket(number)].fetch_add(1, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// How many numbers there ever were.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The quantiles of late, in the order of [`QUANTILES`]; zeros if there was nothing.
    pub(crate) fn quantiles(&self, now: Duration) -> [u64; QUANTILES.len()] {
        self.turn_to(now);
        let counts: Vec<u64> = (0..BUCKETS)
            .map(|index| self.windows.iter().map(|window| window[index].load(Ordering::Relaxed)).sum())
            .collect();
        let total: u64 = counts.iter().sum();
        QUANTILES.map(|(_, quantile)| {
            let rank = (quantile * total as f64).ceil() as u64;
            let mut seen = 0;
            let found = counts.iter().position(|count| {
                seen += count;
                total > 0 && seen >= rank
            });
            found.map_or(0, smallest_of)
        })
    }

    /// Empties what has grown old; the index of the window to fill.
    fn turn_to(&self, now: Duration) -> usize {
        let wanted = now.as_secs() / WINDOW.as_secs();
        let filled = self.window.load(Ordering::Relaxed);
        if wanted > filled
            && self.window.compare_exchange(filled, wanted, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            for turned in (filled + 1..=wanted).rev().take(2) {
                self.windows[index_of(turned)].iter().for_each(|count| count.store(0, Ordering::Relaxed));
            }
        }
        index_of(wanted)
    }
}

fn index_of(window: u64) -> usize {
    usize::from(window % 2 == 1)
}

/// The bucket of a number: small ones have one of their own, larger ones share it with those near them.
fn bucket(number: u64) -> usize {
    if number < PARTS as u64 {
        return number as usize;
    }
    let power = number.ilog2() - PART_BITS;
    (power as usize + 1) * PARTS + (number >> power) as usize - PARTS
}

/// The smallest number of a bucket.
fn smallest_of(bucket: usize) -> u64 {
    if bucket < PARTS {
        return bucket as u64;
    }
    let (power, part) = (bucket / PARTS - 1, bucket % PARTS);
    ((PARTS + part) as u64) << power
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn every_number_has_a_bucket_that_begins_at_or_below_it() {
        for number in (0..200).chain([1 << 20, (1 << 40) + 12345, u64::MAX]) {
            let smallest = smallest_of(bucket(number));
            assert!(smallest <= number && number - smallest <= number / 8, "{number}: {smallest}");
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_of_one_to_a_hundred() {
        let histogram = RecentHistogram::new();
        (1..=100).for_each(|number| histogram.add(SECOND, number));
        assert_eq!(histogram.quantiles(SECOND), [48, 72, 88, 96, 96, 96]);
        assert_eq!(histogram.count(), 100);
    }

    #[test]
    fn forgets_what_is_old() {
        let histogram = RecentHistogram::new();
        histogram.add(SECOND, 7);
        assert_eq!(histogram.quantiles(61 * SECOND)[0], 7);
        assert_eq!(histogram.quantiles(121 * SECOND)[0], 0);
        histogram.add(122 * SECOND, 3);
        assert_eq!(histogram.quantiles(1000 * SECOND)[0], 0);
        assert_eq!(histogram.count(), 2);
    }
}
