//! The judge: clients that others wrote, and Kafka's own tools, against a fresh node on this machine.
//!
//! One table of [`SCENARIOS`], one file each. Every scenario holds against Apache Kafka 4.3.1 first
//! (`--against kafka`): one that Kafka fails is a wrong scenario. A [`Bed`] has the clients, installed from their
//! registries; a [`Node`](ottla_rival::Node) is what they talk to; a [`Report`] takes down each check. Whatever is
//! missing is a failure, never a reason to leave something out.
//!
//! Some scenarios are [suites]: tests that others wrote for their own clients or for Apache Kafka itself. They come from
//! their registries; ours is the list of them, which says what holds and why the rest does not.
//!
//! It needs Java 17, Maven, Python 3, Debian's `apt-get`, Node.js with npm, and Go for the suite of that language;
//! it is never part of the product.

mod bed;
mod clients;
mod gaps;
mod process;
mod raw;
mod report;
mod scenarios;
mod suites;
mod toolbox;
mod transcript;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use bed::Bed;
use clap::Parser;
use ottla_rival::Whose;
use report::Report;
use scenarios::SCENARIOS;

/// Real clients against a real node.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask conformance")]
struct Options {
    /// Scenarios to run; all when none is named
    scenarios: Vec<String>,
    /// Whose node is judged
    #[arg(long, value_name = "kafka|ottla", default_value = "ottla")]
    against: Whose,
    /// Less of everything, for every change
    #[arg(long)]
    quick: bool,
    /// Of somebody's suite, only the tests whose names have this in them
    #[arg(long, value_name = "PART OF A NAME")]
    test: Option<String>,
    /// Of somebody's suite, the tests as well that are said not to hold, to see which of them do
    #[arg(long)]
    absent: bool,
    /// Only say which scenarios there are
    #[arg(long)]
    list: bool,
    /// Write down what Apache Kafka's tools say, in place of comparing with what was written down
    #[arg(long)]
    record: bool,
    /// Where to work; what is fetched and written stays there
    #[arg(long, default_value = "target/conformance")]
    work: PathBuf,
    /// Jars of Apache Kafka 4.3.1 with its tools, in place of fetching them
    #[arg(long)]
    libs: Option<PathBuf>,
    /// The binary under judgement
    #[arg(long, default_value = "target/release/ottla")]
    ottla: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    if options.list {
        SCENARIOS.iter().for_each(|scenario| println!("{:<12} {}", scenario.name, scenario.about));
        return Ok(ExitCode::SUCCESS);
    }
    for name in &options.scenarios {
        ensure!(
            SCENARIOS.iter().any(|scenario| scenario.name == name),
            "no scenario is called {name}; see --list"
        );
    }
    ensure!(
        !options.record || options.against == Whose::Kafka,
        "only Apache Kafka's own words are written down"
    );

    let bed = Bed::prepare(&options)?;
    let mut report = Report::default();
    for scenario in SCENARIOS {
        if options.scenarios.is_empty() || options.scenarios.iter().any(|name| name == scenario.name) {
            report.scenario(scenario, &bed);
        }
    }
    report.print();
    Ok(if report.all_hold() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
