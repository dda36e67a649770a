//! Runs the benchmarks whose names begin as asked, all of them when nothing is asked.

use std::{env, fs};

use clap::{Parser, Subcommand};
use ottla_bench::allocations::Counting;
use ottla_bench::node::{self, NodeOptions};
use ottla_bench::transactions::{self, TransactionsOptions};
use ottla_bench::{BENCHES, Scale, Session};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Benchmarks beside the machine's own limits.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", args_conflicts_with_subcommands = true)]
struct Options {
    /// Benchmarks whose name begins so; all when none is given
    names: Vec<String>,
    /// Only say which there are
    #[arg(long)]
    list: bool,
    #[command(subcommand)]
    side_by_side: Option<SideBySide>,
}

/// What is measured beside Apache Kafka.
#[derive(Debug, Subcommand)]
enum SideBySide {
    /// A node beside a node of Apache Kafka, under Kafka's own performance tests
    Node(NodeOptions),
    /// Transactions of our client on a node of ours and on one of Apache Kafka
    Transactions(TransactionsOptions),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.list {
        BENCHES.iter().for_each(|bench| println!("{:<16} {}", bench.name, bench.about));
        return Ok(());
    }
    if let Some(side_by_side) = &options.side_by_side {
        print_machine();
        return match side_by_side {
            SideBySide::Node(options) => node::run(options),
            SideBySide::Transactions(options) => transactions::run(options),
        };
    }
    let wanted =
        |name: &str| options.names.is_empty() || options.names.iter().any(|want| name.starts_with(want));
    anyhow::ensure!(
        options.names.iter().all(|want| BENCHES.iter().any(|bench| bench.name.starts_with(want))),
        "no bench is called so; see --list"
    );

    print_machine();
    let session = Session::new(Scale::Full);
    for bench in BENCHES.iter().filter(|bench| wanted(bench.name)) {
        println!("\n# {}: {}", bench.name, bench.about);
        (bench.run)(&session)?;
    }
    Ok(())
}

/// What the numbers below were measured on and by: they mean nothing without.
fn print_machine() {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "machine: {}, {cores} cores, Linux {}",
        model.map_or("unknown", |(_, name)| name),
        kernel.trim()
    );
    println!("load: {}", load.trim());
    println!("command: cargo xtask bench {}", env::args().skip(1).collect::<Vec<_>>().join(" "));
}
