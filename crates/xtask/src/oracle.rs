//! `cargo xtask oracle`: Apache Kafka beside us, by the crate of that name.

use std::ffi::OsStr;

use clap::Args;

use crate::shell;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to compare and how, as the oracle's own help says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    ask(&options.arguments)
}

/// The parts whose outcome does not hang on the moment at which Kafka's node was killed. The others compare two recoveries
/// of damage that falls anew each time, and find new places to part in; they are for a person to read.
pub(crate) fn smoke() -> anyhow::Result<()> {
    ask(&["data", "written", "dump"])
}

fn ask(arguments: &[impl AsRef<OsStr>]) -> anyhow::Result<()> {
    shell::run(shell::cargo().args(["build", "--locked", "--release", "--package", "ottla-cli"]))?;
    let target = shell::target_dir();
    let mut cargo = shell::cargo();
    cargo.args(["run", "--locked", "--quiet", "--release", "--package", "ottla-oracle", "--", "--work"]);
    cargo.arg(target.join("oracle")).arg("--ottla").arg(target.join("release").join("ottla")).args(arguments);
    shell::run(&mut cargo)
}
