//! The one tool of this workspace: everything a person or a machine does to check it is a sub-command here.
//!
//! It starts other programs (cargo, rustfmt, our own binaries) and reads the tree; it holds no product code and
//! depends on no crate of ours, so that it builds in seconds. Start at [`Command`].

mod bench;
mod ci;
mod conformance;
mod deny;
mod differential;
mod docs;
mod fuzz;
mod oracle;
mod shell;
mod sim;
mod tidy;

use clap::{Parser, Subcommand};

/// Ottla's workshop.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that must hold before a change lands, with the time each step took
    Ci(ci::Options),
    /// The rules that no compiler checks: floors, file lengths, headers, links, licences
    Tidy,
    /// Licences, bans and advisories by cargo-deny, installed when it is missing
    Deny,
    /// Benchmarks beside the machine's own limits
    Bench(bench::Options),
    /// Coverage-guided fuzzing of one target, or of all in turn
    Fuzz(fuzz::Options),
    /// The crash simulator
    Sim(sim::Options),
    /// Write the reference pages that are made from the code
    Docs,
    /// Apache Kafka beside us: its files read by us, ours by it
    Oracle(oracle::Options),
    /// Real clients and Kafka's own tools against a node, ours or Apache Kafka's
    Conformance(conformance::Options),
    /// The same bytes to Apache Kafka's node and to ours, and their answers field by field
    Differential(differential::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Ci(options) => ci::run(&options),
        Command::Tidy => tidy::run(),
        Command::Deny => deny::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Sim(options) => sim::run(&options),
        Command::Docs => docs::run(),
        Command::Oracle(options) => oracle::run(&options),
        Command::Conformance(options) => conformance::run(&options),
        Command::Differential(options) => differential::run(&options),
    }
}
