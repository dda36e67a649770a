//! `cargo xtask deny`: cargo-deny over `deny.toml`, advisories included.

use std::process::Command;

use crate::shell;

/// Built by us when it is not there, in its own folder, at a version that we know to work.
const VERSION: &str = "0.20.2";

pub(crate) fn run() -> anyhow::Result<()> {
    let tools = shell::target_dir().join("tools");
    let program = tools.join("bin").join("cargo-deny");
    if !program.exists() {
        let mut install = shell::cargo();
        install.args(["install", "--locked", "cargo-deny", "--version", VERSION, "--root"]).arg(&tools);
        shell::run(&mut install)?;
    }
    let check =
        |what: &[&str]| shell::run(Command::new(&program).current_dir(shell::root()).arg("check").args(what));
    check(&["licenses", "bans"])?;
    // Last, since the list of advisories has to be fetched.
    check(&["advisories"])
}
