//! `ottla-sim`: runs simulations from the command line.

use std::fmt::Debug;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Instant;

use clap::{Parser, Subcommand};
use ottla_sim::group::run_operations;
use ottla_sim::txn::{self, run_events, trace_world};
use ottla_sim::{compaction, log};

/// Real code in a simulated world, from one seed
#[derive(Debug, Parser)]
#[command(name = "ottla-sim", version)]
struct Cli {
    #[command(subcommand)]
    simulation: Simulation,
}

#[derive(Debug, Subcommand)]
enum Simulation {
    /// One partition's log, torn out of its work and held against the truth
    Log(RoundOptions<log::Plant>),
    /// One partition's log whose keys are cleaned, torn out of it and held against the truth
    Compaction(RoundOptions<compaction::Plant>),
    /// The groups of one coordinator, with clients that come, go and hang, and writes that fail
    Group(GroupOptions),
    /// Transactions, with producers that come late, twice or not at all, and a node that dies
    Txn(TxnOptions),
}

#[derive(Debug, clap::Args)]
struct TxnOptions {
    /// Seed of the first world; each later one takes the next
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many events
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// A bug to plant: the run must find it
    #[arg(long, value_parser = parse_plant::<txn::Plant>)]
    plant: Option<txn::Plant>,
    /// Tell what happens in the first world, and run no other
    #[arg(long)]
    trace: bool,
}

#[derive(Debug, clap::Args)]
struct GroupOptions {
    /// Seed of the run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many operations
    #[arg(long, default_value_t = 100_000)]
    operations: u64,
}

#[derive(Debug, clap::Args)]
struct RoundOptions<P: Planted> {
    /// Seed of the first round; each later one takes the next
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many rounds
    #[arg(long, default_value_t = 1000)]
    rounds: u64,
    /// Threads; as many as there are cores if not given
    #[arg(long)]
    threads: Option<usize>,
    /// A bug to plant: the run must find it
    #[arg(long, value_parser = parse_plant::<P>)]
    plant: Option<P>,
    /// Tell what happens in the first round, and run no other
    #[arg(long)]
    trace: bool,
}

/// Bugs that can be planted, by name.
trait Planted: Copy + Debug + Send + Sync + 'static {
    fn all() -> Vec<Self>;
    fn name(self) -> &'static str;
}

impl Planted for log::Plant {
    fn all() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn name(self) -> &'static str {
        self.name()
    }
}

impl Planted for compaction::Plant {
    fn all() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn name(self) -> &'static str {
        self.name()
    }
}

impl Planted for txn::Plant {
    fn all() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn name(self) -> &'static str {
        self.name()
    }
}

fn parse_plant<P: Planted>(name: &str) -> Result<P, String> {
    let plants = P::all();
    let known = || plants.iter().map(|plant| plant.name()).collect::<Vec<_>>().join(", ");
    plants.iter().find(|plant| plant.name() == name).copied().ok_or_else(|| format!("known are {}", known()))
}

fn main() -> ExitCode {
    match Cli::parse().simulation {
        Simulation::Log(options) if options.trace => {
            trace(options.seed, log::trace_round(options.seed, options.plant))
        }
        Simulation::Log(options) => run("log", &options, log::run_rounds),
        Simulation::Compaction(options) if options.trace => {
            trace(options.seed, compaction::trace_round(options.seed, options.plant))
        }
        Simulation::Compaction(options) => run("compaction", &options, compaction::run_rounds),
        Simulation::Group(options) => run_group(&options),
        Simulation::Txn(options) => run_txn(&options),
    }
}

fn run_txn(options: &TxnOptions) -> ExitCode {
    let start = Instant::now();
    let result = match options.trace {
        true => {
            let (result, trace) = trace_world(options.seed, options.events, options.plant);
            trace.iter().for_each(|line| println!("{line}"));
            result
        }
        false => run_events(options.seed, options.events, options.plant),
    };
    match result {
        Ok(stats) => {
            println!("{} events in {:.1} s", options.events, start.elapsed().as_secs_f64());
            println!("{stats:?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            let (seed, events) = (failure.seed, failure.event + 1);
            println!("again: cargo xtask sim txn --trace --seed {seed} --events {events}");
            ExitCode::FAILURE
        }
    }
}

fn run_group(options: &GroupOptions) -> ExitCode {
    let start = Instant::now();
    match run_operations(options.seed, options.operations) {
        Ok(stats) => {
            println!("{} operations in {:.1} s", options.operations, start.elapsed().as_secs_f64());
            println!("{stats:?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            println!(
                "again: cargo xtask sim group --seed {} --operations {}",
                failure.seed,
                failure.operation + 1
            );
            ExitCode::FAILURE
        }
    }
}

fn trace<S: Debug>(seed: u64, (result, trace): (Result<S, String>, Vec<String>)) -> ExitCode {
    trace.iter().for_each(|line| println!("{line}"));
    match result {
        Ok(stats) => {
            println!("seed {seed}: {stats:?}");
            ExitCode::SUCCESS
        }
        Err(what) => {
            println!("seed {seed}: {what}");
            ExitCode::FAILURE
        }
    }
}

/// Runs rounds from a seed on, so many, on so many threads.
type RunRounds<P, S> = fn(u64, u64, usize, Option<P>) -> Result<S, Box<log::RoundFailure>>;

fn run<P: Planted, S: Debug>(name: &str, options: &RoundOptions<P>, run_rounds: RunRounds<P, S>) -> ExitCode {
    let threads = options.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let start = Instant::now();
    let result = run_rounds(options.seed, options.rounds, threads, options.plant);
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(stats) => {
            let per_second = options.rounds as f64 / seconds;
            println!(
                "{} rounds in {seconds:.1} s on {threads} threads, {per_second:.0} a second",
                options.rounds
            );
            println!("{stats:?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            println!("again: cargo xtask sim {name} --trace --seed {}", failure.seed);
            ExitCode::FAILURE
        }
    }
}
