//! `cargo xtask conformance`: real clients against a real node, by the crate of that name.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::Args;

use crate::shell;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A binary that is built already, in place of a release of this tree
    #[arg(long)]
    ottla: Option<PathBuf>,
    /// What to run and how, as conformance's own help says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let ottla = options.ottla.clone().map_or_else(build, Ok)?;
    judge(ottla, &options.arguments)
}

/// All scenarios with less of everything.
pub(crate) fn smoke() -> anyhow::Result<()> {
    judge(build()?, &["--quick"])
}

/// The release of the binary.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    shell::run(shell::cargo().args(["build", "--locked", "--release", "--package", "ottla-cli"]))?;
    Ok(shell::target_dir().join("release").join("ottla"))
}

fn judge(ottla: PathBuf, arguments: &[impl AsRef<OsStr>]) -> anyhow::Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["run", "--locked", "--quiet", "--package", "ottla-conformance", "--", "--work"]);
    cargo.arg(shell::target_dir().join("conformance")).arg("--ottla").arg(ottla).args(arguments);
    shell::run(&mut cargo)
}
