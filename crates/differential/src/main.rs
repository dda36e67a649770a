//! The same bytes to Apache Kafka and to us, and the answers compared field by field.
//!
//! Two nodes stand side by side for a whole run: Apache Kafka 4.3.1, and ours or, to learn what differs between any two
//! (`--against kafka`), a second one of Apache Kafka. [`cases`] is what they are asked: scripts in the language of [`play`],
//! each played at every version of the API that it walks, then whatever follows from the messages' own definitions, and
//! requests drawn and altered from a seed. What comes back, a closed connection included, is read into a tree
//! ([`answer`]), rid of what each node draws for itself ([`normalise`]) and [compared](compare); another codec, in a process
//! of its own, must read it too ([`peer`]). What differs for a reason stands in [`explained`].
//!
//! It needs Java 17 and is never part of the product.

mod answer;
mod cases;
mod compare;
mod connection;
mod duo;
mod explained;
mod normalise;
mod peer;
mod play;
mod report;
mod request;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ottla_rival::{Kafka, Machine, Pair, Whose};

/// Apache Kafka and another node, asked the same.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask differential")]
struct Options {
    /// Whose node is held beside Apache Kafka's
    #[arg(long, value_name = "kafka|ottla", default_value = "ottla")]
    against: Whose,
    /// Less of everything, for every change
    #[arg(long)]
    quick: bool,
    /// What is drawn is drawn from this number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many requests are drawn; 2000, or 300 in a quick run
    #[arg(long)]
    cases: Option<u64>,
    /// Only what walks this API, by name; more than one between commas
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only scripts whose names contain this
    #[arg(long)]
    script: Option<String>,
    /// Only this version of the API that a script walks
    #[arg(long)]
    version: Option<i16>,
    /// Print every request and every answer
    #[arg(long)]
    trace: bool,
    /// Compare what messages for people say, too
    #[arg(long)]
    texts: bool,
    /// Only say which scripts there are
    #[arg(long)]
    list: bool,
    /// Where to work; what is fetched and written stays there
    #[arg(long, default_value = "target/differential")]
    work: PathBuf,
    /// Jars of Apache Kafka 4.3.1 with its tools, in place of fetching them
    #[arg(long)]
    libs: Option<PathBuf>,
    /// Our binary
    #[arg(long, default_value = "target/release/ottla")]
    ottla: PathBuf,
    /// The other codec
    #[arg(long, default_value = "target/debug/ottla-peer")]
    peer: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    if options.list {
        cases::all().for_each(|script| println!("{:<24} {}", script.walks.to_string(), script.name));
        return Ok(ExitCode::SUCCESS);
    }
    let ottla = match options.against {
        Whose::Kafka => options.ottla.clone(),
        Whose::Ottla => canonical(&options.ottla)?,
    };
    let peer = canonical(&options.peer)?;
    let kafka = Kafka::prepare(&options.work, options.libs.as_deref(), None)?;
    let pair = Pair { kafka, ottla, machine: Machine::Quick };
    let holds = run::run(&options, &pair, &peer)?;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn canonical(binary: &Path) -> anyhow::Result<PathBuf> {
    binary.canonicalize().with_context(|| format!("there is no binary {}", binary.display()))
}
