//! `cargo xtask differential`: the same bytes to Apache Kafka and to us, by the crate of that name.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::Args;

use crate::{conformance, shell};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A binary that is built already, in place of a release of this tree
    #[arg(long)]
    ottla: Option<PathBuf>,
    /// What to ask and how, as the crate's own help says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let ottla = options.ottla.clone().map_or_else(conformance::build, Ok)?;
    compare(ottla, &options.arguments)
}

/// All scripts at few versions, and few requests that are drawn.
pub(crate) fn smoke() -> anyhow::Result<()> {
    compare(conformance::build()?, &["--quick"])
}

fn compare(ottla: PathBuf, arguments: &[impl AsRef<OsStr>]) -> anyhow::Result<()> {
    shell::run(shell::cargo().args(["build", "--locked", "--quiet", "--package", "ottla-peer"]))?;
    let target = shell::target_dir();
    let mut cargo = shell::cargo();
    cargo.args(["run", "--locked", "--quiet", "--package", "ottla-differential", "--", "--work"]);
    cargo.arg(target.join("differential")).arg("--ottla").arg(ottla);
    cargo.arg("--peer").arg(target.join("debug").join("ottla-peer")).args(arguments);
    shell::run(&mut cargo)
}
