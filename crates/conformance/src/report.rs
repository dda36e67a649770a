//! What held and what did not.

use std::time::{Duration, Instant};

use ottla_rival::Whose;

use crate::bed::Bed;
use crate::gaps;
use crate::scenarios::Scenario;

/// All checks so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    scenario: &'static str,
    /// Whether what we do not do yet is allowed to fail.
    has_gaps: bool,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    scenario: &'static str,
    what: String,
    took: Duration,
    outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Holds,
    /// Fails as it should, and why.
    Gap(&'static str),
    Fails,
}

impl Report {
    /// Runs a scenario; an error that leaves it is one more failed check.
    pub(crate) fn scenario(&mut self, scenario: &Scenario, bed: &Bed) {
        self.scenario = scenario.name;
        self.has_gaps = bed.subject == Whose::Ottla || scenario.is_of_our_tools;
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
        let gap = gaps::missing_for(self.scenario, what).filter(|_| self.has_gaps);
        let (outcome, words) = match (outcome, gap) {
            (Ok(()), None) => (Outcome::Holds, None),
            (Ok(()), Some(_)) => (Outcome::Fails, Some("it holds now: strike it from the gaps".to_owned())),
            (Err(_), Some(missing)) => (Outcome::Gap(missing), None),
            (Err(error), None) => (Outcome::Fails, Some(format!("{error:#}"))),
        };
        let word = match outcome {
            Outcome::Holds => "ok",
            Outcome::Gap(_) => "gap",
            Outcome::Fails => "FAIL",
        };
        eprintln!("{word:<5} {}: {what} ({:.1} s)", self.scenario, took.as_secs_f64());
        if let Some(words) = words {
            eprintln!("      {}", words.replace('\n', "\n      "));
        }
        let holds = outcome == Outcome::Holds;
        self.lines.push(Line { scenario: self.scenario, what: what.to_owned(), took, outcome });
        holds
    }

    pub(crate) fn all_hold(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.outcome != Outcome::Fails)
    }

    /// The table: one line a scenario, and one for each check that did not hold.
    pub(crate) fn print(&self) {
        println!("{:<12} {:>5} {:>5} {:>5} {:>8}", "scenario", "hold", "gaps", "fail", "seconds");
        for lines in self.lines.chunk_by(|a, b| a.scenario == b.scenario) {
            let count =
                |wanted: fn(&Outcome) -> bool| lines.iter().filter(|line| wanted(&line.outcome)).count();
            println!(
                "{:<12} {:>5} {:>5} {:>5} {:>8.1}",
                lines[0].scenario,
                count(|outcome| *outcome == Outcome::Holds),
                count(|outcome| matches!(outcome, Outcome::Gap(_))),
                count(|outcome| *outcome == Outcome::Fails),
                lines.iter().map(|line| line.took).sum::<Duration>().as_secs_f64()
            );
        }
        for Line { scenario, what, outcome, .. } in &self.lines {
            match outcome {
                Outcome::Holds => {}
                Outcome::Gap(missing) => println!("gap: {scenario}: {what}: {missing}"),
                Outcome::Fails => println!("failed: {scenario}: {what}"),
            }
        }
    }
}
