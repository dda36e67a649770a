//! How a benchmark measures and prints.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How much work a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Enough for numbers to mean something.
    Full,
    /// Enough to see that the bench still works.
    Tiny,
}

/// One run of benchmarks.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    scale: Scale,
}

/// The best of several rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Nanoseconds for one operation in the quickest round.
    pub nanos: f64,
    /// Heap allocations for one operation, averaged over that round.
    pub allocations: f64,
}

/// Ours and the machine's limit, over the same bytes.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// What was done.
    pub what: &'a str,
    /// Bytes that one operation goes over; 0 when bytes are not the point.
    pub bytes: usize,
    /// Our time.
    pub ours: Measured,
    /// What the limit is.
    pub limit_is: &'a str,
    /// The limit's time.
    pub limit: Measured,
}

impl Session {
    /// A run at this scale.
    pub fn new(scale: Scale) -> Self {
        Self { scale }
    }

    /// `full`, or `tiny` in tests: for sizes that a bench sets up itself.
    pub fn pick<T>(&self, full: T, tiny: T) -> T {
        match self.scale {
            Scale::Full => full,
            Scale::Tiny => tiny,
        }
    }

    /// Times `operation`: rounds of about 50 ms, the best of which counts, since whatever disturbs a round only
    /// makes it slower.
    pub fn measure<T>(&self, mut operation: impl FnMut() -> T) -> Measured {
        let rounds = self.pick(9, 1);
        let round_time = self.pick(Duration::from_millis(50), Duration::ZERO);
        let repeats = repeats_for(round_time, &mut operation);
        let best =
            (0..rounds).map(|_| round(repeats, &mut operation)).min_by(|a, b| a.nanos.total_cmp(&b.nanos));
        best.unwrap_or(Measured { nanos: 0.0, allocations: 0.0 })
    }

    /// Prints one line: ours, the limit, how many times the limit ours takes.
    pub fn print(&self, comparison: &Comparison<'_>) {
        let Comparison { what, bytes, ours, limit_is, limit } = comparison;
        println!(
            "{what:<44} {:>12} {:>11} | {limit_is:<20} {:>12} {:>11} | {:>6.2}x | {:>5.1} allocations",
            time(ours.nanos),
            rate(*bytes, ours.nanos),
            time(limit.nanos),
            rate(*bytes, limit.nanos),
            ours.nanos / limit.nanos,
            ours.allocations,
        );
    }
}

/// How often to repeat `operation` so that a round lasts about `round_time`; runs it a few times to warm up.
fn repeats_for<T>(round_time: Duration, operation: &mut impl FnMut() -> T) -> u32 {
    let mut repeats = 1;
    loop {
        let nanos = round(repeats, operation).nanos * f64::from(repeats);
        if nanos >= round_time.as_nanos() as f64 || repeats >= 1 << 24 {
            return repeats;
        }
        repeats *= 2;
    }
}

fn round<T>(repeats: u32, operation: &mut impl FnMut() -> T) -> Measured {
    let allocations_before = crate::allocations::count();
    let start = Instant::now();
    for _ in 0..repeats {
        black_box(operation());
    }
    let nanos = start.elapsed().as_nanos() as f64;
    let allocations = crate::allocations::count() - allocations_before;
    Measured { nanos: nanos / f64::from(repeats), allocations: allocations as f64 / f64::from(repeats) }
}

fn time(nanos: f64) -> String {
    match nanos {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}

fn rate(bytes: usize, nanos: f64) -> String {
    if bytes == 0 { String::new() } else { format!("{:.2} GB/s", bytes as f64 / nanos) }
}
