//! `cargo xtask ci`: one table of steps, run in order, timed.

use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;

use crate::{conformance, differential, fuzz, oracle, shell, sim, tidy};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Leave out what needs a Java runtime and the network
    #[arg(long, alias = "without-oracle")]
    without_kafka: bool,
    /// Run these steps only
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<String>,
}

struct Step {
    name: &'static str,
    run: fn() -> anyhow::Result<()>,
}

/// Cheap and likely to fail first; what needs another step's build after it.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step { name: "tidy", run: tidy::run },
    Step { name: "clippy", run: clippy },
    Step { name: "test", run: test },
    Step { name: "docs", run: docs },
    Step { name: "sim", run: sim::smoke },
    Step { name: "fuzz", run: fuzz::smoke },
    Step { name: ORACLE, run: oracle::smoke },
    Step { name: CONFORMANCE, run: conformance::smoke },
    Step { name: DIFFERENTIAL, run: differential::smoke },
];

const ORACLE: &str = "oracle";
const CONFORMANCE: &str = "conformance";
const DIFFERENTIAL: &str = "differential";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    for name in &options.only {
        anyhow::ensure!(STEPS.iter().any(|step| step.name == name), "no step is called {name}: {}", names());
    }
    let wanted = |step: &&Step| {
        let named = options.only.is_empty() || options.only.iter().any(|name| name == step.name);
        named && !(options.without_kafka && [ORACLE, CONFORMANCE, DIFFERENTIAL].contains(&step.name))
    };

    let mut times = Vec::new();
    for step in STEPS.iter().filter(wanted) {
        eprintln!("== {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)().with_context(|| format!("ci step {} failed", step.name));
        times.push((step.name, start.elapsed()));
        if outcome.is_err() {
            print_times(&times);
            return outcome;
        }
    }
    print_times(&times);
    Ok(())
}

fn names() -> String {
    STEPS.iter().map(|step| step.name).collect::<Vec<_>>().join(", ")
}

fn print_times(times: &[(&str, Duration)]) {
    eprintln!("== seconds");
    for (name, time) in times {
        eprintln!("{name:>11} {:7.1}", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    eprintln!("{:>11} {:7.1}", "all", total.as_secs_f64());
}

fn fmt() -> anyhow::Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--", "--check"]))
}

fn clippy() -> anyhow::Result<()> {
    let arguments = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    shell::run(shell::cargo().args(arguments))
}

fn test() -> anyhow::Result<()> {
    shell::run(shell::cargo().args(["test", "--locked", "--workspace"]))
}

fn docs() -> anyhow::Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["doc", "--locked", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    shell::run(&mut cargo)
}
