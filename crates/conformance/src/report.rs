//! What held and what did not.

use std::time::{Duration, Instant};

use crate::bed::Bed;
use crate::scenarios::Scenario;

/// All checks so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    scenario: &'static str,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    scenario: &'static str,
    what: String,
    took: Duration,
    failure: Option<String>,
}

impl Report {
    /// Runs a scenario; an error that leaves it is one more failed check.
    pub(crate) fn scenario(&mut self, scenario: &Scenario, bed: &Bed) {
        self.scenario = scenario.name;
        eprintln!("== {}: {}", scenario.name, scenario.about);
        let start = Instant::now();
        if let Err(error) = (scenario.run)(bed, self) {
            self.note("to its end", start, Err(error));
        }
    }

    /// Runs a check, says how it went and goes on either way; whether it held.
    pub(crate) fn check(&mut self, what: &str, check: impl FnOnce() -> anyhow::Result<()>) -> bool {
        let start = Instant::now();
        self.note(what, start, check())
    }

    fn note(&mut self, what: &str, start: Instant, outcome: anyhow::Result<()>) -> bool {
        let took = start.elapsed();
        let failure = outcome.err().map(|error| format!("{error:#}"));
        let word = if failure.is_some() { "FAIL" } else { "ok" };
        eprintln!("{word:<5} {}: {what} ({:.1} s)", self.scenario, took.as_secs_f64());
        if let Some(failure) = &failure {
            eprintln!("      {}", failure.replace('\n', "\n      "));
        }
        let holds = failure.is_none();
        self.lines.push(Line { scenario: self.scenario, what: what.to_owned(), took, failure });
        holds
    }

    pub(crate) fn all_hold(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.failure.is_none())
    }

    /// The table: one line a scenario, and one for each check that failed.
    pub(crate) fn print(&self) {
        println!("{:<12} {:>5} {:>6} {:>8}", "scenario", "hold", "fail", "seconds");
        for lines in self.lines.chunk_by(|a, b| a.scenario == b.scenario) {
            let failed = lines.iter().filter(|line| line.failure.is_some()).count();
            let took: Duration = lines.iter().map(|line| line.took).sum();
            println!(
                "{:<12} {:>5} {failed:>6} {:>8.1}",
                lines[0].scenario,
                lines.len() - failed,
                took.as_secs_f64()
            );
        }
        for line in self.lines.iter().filter(|line| line.failure.is_some()) {
            println!("failed: {}: {}", line.scenario, line.what);
        }
    }
}
