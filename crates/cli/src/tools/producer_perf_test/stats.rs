//! What is measured, and how it is told.

use std::io::{self, Write};

/// Latencies that are kept for the percentiles at most.
const SAMPLES: u64 = 500_000;
const MIB: f64 = 1024.0 * 1024.0;

/// What is known of the records that were acknowledged. Times are milliseconds from a common start.
#[derive(Debug)]
pub(super) struct Stats {
    start: u64,
    /// Every so many latencies one is kept.
    sampling: u64,
    latencies: Vec<u32>,
    reporting_interval: u64,
    is_steady_state: bool,
    is_silent: bool,
    all: Totals,
    window: Totals,
    window_start: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    count: u64,
    bytes: u64,
    latency: u64,
    latency_max: u64,
}

impl Totals {
    fn add(&mut self, latency: u64, bytes: usize) {
        self.count += 1;
        self.bytes += bytes as u64;
        self.latency += latency;
        self.latency_max = self.latency_max.max(latency);
    }

    /// Records and MB in a second, over so many milliseconds.
    fn rates(&self, elapsed: u64) -> (f64, f64) {
        let per_second = |amount: u64| 1000.0 * amount as f64 / elapsed as f64;
        (per_second(self.count), per_second(self.bytes) / MIB)
    }

    fn average(&self) -> f64 {
        self.latency as f64 / self.count as f64
    }
}

impl Stats {
    pub(super) fn new(records: u64, reporting_interval: u64, is_steady_state: bool, now: u64) -> Self {
        Self {
            start: now,
            sampling: records / records.clamp(1, SAMPLES),
            latencies: Vec::new(),
            reporting_interval,
            is_steady_state,
            is_silent: false,
            all: Totals::default(),
            window: Totals::default(),
            window_start: now,
        }
    }

    /// Reports no more until the end.
    pub(super) const fn silence(&mut self) {
        self.is_silent = true;
    }

    /// Takes a record that was acknowledged at `now`, and reports if it is time to.
    pub(super) fn record(
        &mut self,
        latency: u64,
        bytes: usize,
        now: u64,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.all.count.is_multiple_of(self.sampling.max(1)) {
            self.latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
        }
        self.all.add(latency, bytes);
        self.window.add(latency, bytes);
        if now.saturating_sub(self.window_start) < self.reporting_interval {
            return Ok(());
        }
        if self.is_steady_state && self.all.count == self.window.count {
            writeln!(out, "In steady state.")?;
        }
        if !self.is_silent {
            self.print_window(now, out)?;
        }
        (self.window, self.window_start) = (Totals::default(), now);
        Ok(())
    }

    fn print_window(&self, now: u64, out: &mut dyn Write) -> io::Result<()> {
        let (records, megabytes) = self.window.rates(now - self.window_start);
        let Totals { count, latency_max, .. } = self.window;
        writeln!(
            out,
            "{count} records sent, {records:.1} records/sec ({megabytes:.2} MB/sec), {:.1} ms avg latency, \
             {latency_max}.0 ms max latency.",
            self.window.average()
        )?;
        out.flush()
    }

    /// Reports all.
    pub(super) fn print_total(&mut self, now: u64, out: &mut dyn Write) -> io::Result<()> {
        let (records, megabytes) = self.all.rates(now.saturating_sub(self.start));
        let [half, most, nearly, all] = self.percentiles([0.5, 0.95, 0.99, 0.999]);
        let Totals { count, latency_max, .. } = self.all;
        let state = if self.is_steady_state { " steady state" } else { "" };
        writeln!(
            out,
            "{count}{state} records sent, {records:.6} records/sec ({megabytes:.2} MB/sec), {:.2} ms avg latency, \
             {latency_max}.00 ms max latency, {half} ms 50th, {most} ms 95th, {nearly} ms 99th, {all} ms 99.9th.",
            self.all.average()
        )
    }

    fn percentiles<const N: usize>(&mut self, parts: [f64; N]) -> [u32; N] {
        self.latencies.sort_unstable();
        let count = self.latencies.len();
        parts.map(|part| self.latencies.get((part * count as f64) as usize).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn reports_are_kafkas() {
        let mut out = Vec::new();
        let mut stats = Stats::new(2000, 1000, false, 0);
        let mut steady = Stats::new(500, 1000, true, 500);
        for n in 0..2000_u64 {
            stats.record(n % 100, 1000, n, &mut out).unwrap();
            if n >= 1500 {
                stats.silence();
                steady.record(n % 10, 1000, n, &mut out).unwrap();
            }
        }
        stats.print_total(2000, &mut out).unwrap();
        steady.print_total(2000, &mut out).unwrap();
        expect![[r#"
            1001 records sent, 1001.0 records/sec (0.95 MB/sec), 49.5 ms avg latency, 99.0 ms max latency.
            In steady state.
            1 records sent, 1.0 records/sec (0.00 MB/sec), 0.0 ms avg latency, 0.0 ms max latency.
            2000 records sent, 1000.000000 records/sec (0.95 MB/sec), 49.50 ms avg latency, 99.00 ms max latency, 50 ms 50th, 95 ms 95th, 99 ms 99th, 99 ms 99.9th.
            500 steady state records sent, 333.333333 records/sec (0.32 MB/sec), 4.50 ms avg latency, 9.00 ms max latency, 5 ms 50th, 9 ms 95th, 9 ms 99th, 9 ms 99.9th.
        "#]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn nothing_sent_is_told_too() {
        let mut out = Vec::new();
        Stats::new(1, 1000, false, 0).print_total(10, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("0 records sent, 0.000000 records/sec (0.00 MB/sec), NaN ms avg"), "{text}");
    }
}
