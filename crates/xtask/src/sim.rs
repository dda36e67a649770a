//! `cargo xtask sim`: builds the simulator as a release and hands everything on to it.

use clap::Args;

use crate::shell;

/// Rounds of a log's run in `ci`: seconds of work.
const SMOKE_ROUNDS: &str = "2000";
/// Operations of a run of groups in `ci`: seconds of work.
const SMOKE_OPERATIONS: &str = "200000";
/// Events of a run of transactions in `ci`: seconds of work.
const SMOKE_EVENTS: &str = "1000000";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to simulate and how, as the simulator's own help says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    simulate(options.arguments.iter().map(String::as_str))
}

pub(crate) fn smoke() -> anyhow::Result<()> {
    simulate(["log", "--seed", "1", "--rounds", SMOKE_ROUNDS])?;
    simulate(["compaction", "--seed", "1", "--rounds", SMOKE_ROUNDS])?;
    simulate(["group", "--seed", "1", "--operations", SMOKE_OPERATIONS])?;
    simulate(["txn", "--seed", "1", "--events", SMOKE_EVENTS])
}

fn simulate<'a>(arguments: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["run", "--locked", "--quiet", "--release", "--package", "ottla-sim", "--"]).args(arguments);
    shell::run(&mut cargo)
}
