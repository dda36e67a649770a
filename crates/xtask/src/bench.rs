//! `cargo xtask bench`: builds the benchmarks as a release and runs one or all of them.

use clap::Args;

use crate::shell;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Benchmarks whose name begins so; all when none is given
    names: Vec<String>,
    /// Only say which there are
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["run", "--locked", "--quiet", "--release", "--package", "ottla-bench", "--"]);
    if options.list {
        cargo.arg("--list");
    }
    shell::run(cargo.args(&options.names))
}
