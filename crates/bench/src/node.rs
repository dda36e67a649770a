//! A node of ours beside a node of Apache Kafka, under Kafka's own performance tests, one after the other.
//!
//! What a load costs the node is counted by the kernel: seconds of processor time for each GB of records, and memory. The
//! rates and latencies are those the tests print, with their client on the same machine; a client that takes more of it than the
//! node does bounds them. The nodes take turns, and the best of the rounds counts for each, since whatever disturbs a round
//! makes it worse.

mod load;
mod start;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use ottla_rival::{Kafka, Machine, Node, Pair, Whose};

use crate::figures::Figures;

/// How to measure nodes.
#[derive(Debug, Args)]
pub struct NodeOptions {
    /// MiB of records in each load
    #[arg(long, default_value_t = 500)]
    mib: u64,
    /// How often each node takes its turn
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// How often each node is started to be timed
    #[arg(long, default_value_t = 5)]
    starts: u32,
    /// Apache Kafka's node alone, or ours
    #[arg(long, value_name = "kafka|ottla")]
    only: Option<Whose>,
    /// Where to work; what is fetched and written stays there
    #[arg(long, default_value = "target/bench-node")]
    work: PathBuf,
    /// Jars of Apache Kafka 4.3.1 with its tools, in place of fetching them
    #[arg(long)]
    libs: Option<PathBuf>,
    /// Our binary
    #[arg(long, default_value = "target/release/ottla")]
    ottla: PathBuf,
}

/// Measures both and prints figures and ratios.
pub fn run(options: &NodeOptions) -> anyhow::Result<()> {
    let kafka = Kafka::prepare(&options.work, options.libs.as_deref(), None)?;
    let pair = Pair { kafka, ottla: options.ottla.clone(), machine: Machine::AsShipped };
    let sides: Vec<Whose> = [Whose::Kafka, Whose::Ottla]
        .into_iter()
        .filter(|whose| options.only.is_none_or(|only| only == *whose))
        .collect();
    println!(
        "# node: {} rounds of {} MiB by Kafka's performance tests, {} starts",
        options.rounds, options.mib, options.starts
    );
    let mut figures = Figures::default();
    for _ in 0..options.starts {
        for &whose in &sides {
            start::measure(&pair, whose, &mut figures)?;
        }
    }
    for round in 0..options.rounds {
        for &whose in &sides {
            eprintln!("round {}, {whose}", round + 1);
            let mut node = Node::formatted(&pair, whose, &format!("bench-{whose}"))?;
            node.start()?;
            load::measure(&pair, &node, whose, options.mib, &mut figures)
                .with_context(|| format!("under load, {whose}"))?;
            node.stop()?;
            ottla_rival::files::renew(&node.data())?;
        }
    }
    figures.print();
    Ok(())
}
