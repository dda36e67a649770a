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
    Gap(String),
    /// Holds although it is said to fail for this reason.
    News(String),
    Fails,
}

/// What is missing for a check to hold.
#[derive(Debug, Clone, Copy)]
enum Gap<'a> {
    /// Ours to close: holding all the same is a failure, so that the table of gaps stays true.
    MustFail(&'a str),
    /// Somebody else's test, which may hold by luck of timing: holding is worth telling, no more.
    MayFail(&'a str),
}

impl Report {
    /// Runs a scenario; an error that leaves it is one more failed check.
    pub(crate) fn scenario(&mut self, scenario: &Scenario, bed: &Bed) {
        self.scenario = scenario.name;
        self.has_gaps = bed.subject == Whose::Ottla || scenario.is_of_our_tools;
        eprintln!("== {}: {}", scenario.name, scenario.about);
        let start = Instant::now();
        if let Err(error) = (scenario.run)(bed, self) {
            self.note("to its end", start.elapsed(), None, Err(error));
        }
    }

    /// Runs a check, says how it went and goes on either way; whether it held.
    pub(crate) fn check(&mut self, what: &str, check: impl FnOnce() -> anyhow::Result<()>) -> bool {
        let start = Instant::now();
        let outcome = check();
        let gap = gaps::missing_for(self.scenario, what).filter(|_| self.has_gaps).map(Gap::MustFail);
        self.note(what, start.elapsed(), gap, outcome)
    }

    /// Takes down how a test of somebody's suite went; `absent` says what it lacks on our node.
    pub(crate) fn test(
        &mut self,
        what: &str,
        took: Duration,
        absent: Option<&str>,
        outcome: anyhow::Result<()>,
    ) -> bool {
        let gap = absent.filter(|_| self.has_gaps).map(Gap::MayFail);
        self.note(what, took, gap, outcome)
    }

    fn note(
        &mut self,
        what: &str,
        took: Duration,
        gap: Option<Gap<'_>>,
        outcome: anyhow::Result<()>,
    ) -> bool {
        let (outcome, words) = match (outcome, gap) {
            (Ok(()), None) => (Outcome::Holds, None),
            (Ok(()), Some(Gap::MustFail(_))) => {
                (Outcome::Fails, Some("it holds now: strike it from the gaps".to_owned()))
            }
            (Ok(()), Some(Gap::MayFail(missing))) => (Outcome::News(missing.to_owned()), None),
            (Err(_), Some(Gap::MustFail(missing) | Gap::MayFail(missing))) => {
                (Outcome::Gap(missing.to_owned()), None)
            }
            (Err(error), None) => (Outcome::Fails, Some(format!("{error:#}"))),
        };
        let word = match outcome {
            Outcome::Holds => "ok",
            Outcome::Gap(_) => "gap",
            Outcome::News(_) => "NEWS",
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
                count(|outcome| matches!(outcome, Outcome::Holds | Outcome::News(_))),
                count(|outcome| matches!(outcome, Outcome::Gap(_))),
                count(|outcome| *outcome == Outcome::Fails),
                lines.iter().map(|line| line.took).sum::<Duration>().as_secs_f64()
            );
        }
        for Line { scenario, what, outcome, .. } in &self.lines {
            match outcome {
                Outcome::Holds => {}
                Outcome::Gap(missing) => println!("gap: {scenario}: {what}: {missing}"),
                Outcome::News(missing) => println!("news: {scenario}: {what} holds, though: {missing}"),
                Outcome::Fails => println!("failed: {scenario}: {what}"),
            }
        }
    }
}
