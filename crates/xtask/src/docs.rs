//! `cargo xtask docs`: writes the reference pages. Tests compare the pages with the code; told so, they write them instead.

use crate::shell;

/// Packages whose test `reference` holds a page against the code.
const PACKAGES: &[&str] = &["ottla-config", "ottla-cli"];

pub(crate) fn run() -> anyhow::Result<()> {
    for package in PACKAGES {
        let mut cargo = shell::cargo();
        cargo.args(["test", "--locked", "--quiet", "--package", package, "--test", "reference"]);
        shell::run(cargo.env("UPDATE_EXPECT", "1"))?;
    }
    Ok(())
}
