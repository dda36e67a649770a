//! `cargo xtask bench`: builds the benchmarks as a release and runs one or all of them, or a node beside Apache Kafka's.

use clap::Args;

use crate::{conformance, shell};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to measure and how, as the benchmarks' own help says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let is_side_by_side = |first: &String| ["node", "transactions"].contains(&first.as_str());
    if options.arguments.first().is_some_and(is_side_by_side) {
        conformance::build()?;
    }
    let mut cargo = shell::cargo();
    cargo.args(["run", "--locked", "--quiet", "--release", "--package", "ottla-bench", "--"]);
    shell::run(cargo.args(&options.arguments))
}
