//! Apache Kafka beside us: a real node writes data directories of every kind, and then both read them.
//!
//! Six parts, run in this order: `data` lets a node of Apache Kafka write two directories, one stopped cleanly and
//! one killed under load; `written` lets our log write a third, and Kafka's loader and dumper judge it; `dump` compares
//! what `ottla dump-log` and Kafka's own dumper say of every file; `recovery` opens copies of all three, whole and
//! damaged, with both loaders and compares what is left, byte by byte; `takeover` starts Kafka's node on what our log
//! manager recovered; `compaction` lets both cleaners at the third. Start at [`Part`].
//!
//! It fetches Kafka by Maven and needs Java 17. It is never part of the product.

mod compaction;
mod compare;
mod damage;
mod data;
mod dump;
mod load;
mod node;
mod recovery;
mod takeover;
mod written;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Parser, ValueEnum};
use ottla_rival::Kafka;

/// The folder of our Java sources and settings.
const JAVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/java");

/// Apache Kafka as the judge of our files.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask oracle")]
struct Options {
    /// What to do; everything, in this order, when nothing is said
    parts: Vec<Part>,
    /// Where to work; what is fetched and written stays there
    #[arg(long, default_value = "target/oracle")]
    work: PathBuf,
    /// Jars of Apache Kafka 4.3.1 with its tools, in place of fetching them
    #[arg(long)]
    libs: Option<PathBuf>,
    /// The binary under judgement
    #[arg(long, default_value = "target/release/ottla")]
    ottla: PathBuf,
}

/// A part of the judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A node of Apache Kafka writes two data directories
    Data,
    /// Our log writes a third, and Apache Kafka judges it
    Written,
    /// Both dumpers on each file of them
    Dump,
    /// Both loaders on copies of them, some damaged
    Recovery,
    /// Kafka's node on the second, recovered by our log manager
    Takeover,
    /// Both cleaners on copies of the third
    Compaction,
}

const ALL: [Part; 6] =
    [Part::Data, Part::Written, Part::Dump, Part::Recovery, Part::Takeover, Part::Compaction];

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let kafka = Kafka::prepare(&options.work, options.libs.as_deref(), Some(Path::new(JAVA)))?;
    let parts = if options.parts.is_empty() { &ALL[..] } else { &options.parts };
    for part in parts {
        let start = Instant::now();
        match part {
            Part::Data => data::write(&kafka)?,
            Part::Written => written::judge(&kafka)?,
            Part::Dump => dump::compare(&kafka, &options.ottla)?,
            Part::Recovery => recovery::compare(&kafka)?,
            Part::Takeover => takeover::compare(&kafka)?,
            Part::Compaction => compaction::compare(&kafka)?,
        }
        eprintln!("{part:?} took {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
