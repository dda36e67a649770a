//! A chain of copiers, each moving records on in transactions, some of which it aborts, while the node and the copiers are
//! killed: what comes out at the end is what went in, once and in order.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use ottla_rival::{Node, Whose};

use super::Scenario;
use crate::bed::Bed;
use crate::process::{Followed, follow, talk, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "transactions",
    about: "a chain of transactional copiers, with kill -9 of the node and of the copiers in between",
    is_of_our_tools: false,
    run,
};

const PARTITIONS: &str = "4";

/// Between two records for each partition, so that the copiers keep up.
const PAUSE_MS: &str = "2";

/// From where the first copier reads, from it to the second, and behind that.
const TOPICS: [&str; 3] = ["chain-in", "chain-between", "chain-out"];

/// How long all rounds may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// The copier of Apache Kafka's own system tests.
const KAFKAS_COPIER: &str = "org.apache.kafka.tools.TransactionalMessageCopier";

/// A program that copies, and how to start it again.
struct Copier {
    command: Command,
    errors: PathBuf,
    running: Followed,
}

impl Copier {
    fn start(mut command: Command, node: &Node<'_>, stage: usize, stop: &Path) -> anyhow::Result<Self> {
        let id = format!("copier-{stage}");
        command.arg(node.bootstrap()).args([TOPICS[stage], TOPICS[stage + 1], &id]).arg(stop);
        let errors = node.dir().join(format!("{id}.log"));
        let running = follow(&command, PATIENCE, &errors)?;
        Ok(Self { command, errors, running })
    }

    /// Waits until it has committed some more.
    fn works(&mut self) -> anyhow::Result<()> {
        let errors = &self.errors;
        self.running.lines.next().with_context(|| format!("it ended, see {}", errors.display()))??;
        Ok(())
    }

    fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        self.running.kill()?;
        self.running = follow(&self.command, PATIENCE, &self.errors)?;
        Ok(())
    }
}

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let mut node = bed.fresh("transactions")?;
    for topic in &TOPICS[1..] {
        let mut create = bed.tool(Whose::Kafka, "topics")?;
        create.args(["--bootstrap-server", &node.bootstrap(), "--create", "--topic", topic]);
        create.args(["--partitions", PARTITIONS]);
        talk_ok(create, "")?;
    }
    let acknowledged = node.dir().join("acknowledged");
    let (stop_load, stop) = (node.dir().join("stop-load"), node.dir().join("stop"));
    let mut load = bed.java("Crash");
    load.arg("load")
        .arg(node.bootstrap())
        .args([TOPICS[0], PARTITIONS])
        .arg(&acknowledged)
        .arg(&stop_load)
        .arg(PAUSE_MS);
    let rounds = bed.pick(100, 6);
    let mut copiers = Vec::new();
    report.check(&format!("{rounds} rounds under load"), || {
        let mut load = follow(&load, PATIENCE, &node.dir().join("load.log"))?;
        load.lines.next().context("the load ended, see load.log")??;
        let mut java = bed.java("Transactions");
        java.arg("copy");
        copiers.push(Copier::start(java, &node, 0, &stop)?);
        copiers.push(Copier::start(bed.python("transactions"), &node, 1, &stop)?);
        for round in 0..rounds {
            copiers[round % 2].works()?;
            match round % 3 {
                0 => {
                    node.kill()?;
                    node.start()?;
                }
                victim => copiers[victim - 1].kill_and_restart()?,
            }
        }
        fs::write(&stop_load, "")?;
        while load.lines.next().transpose()?.is_some() {}
        load.finish()
    });
    for topic in &TOPICS[1..] {
        report.check(&format!("{topic} has every record, in order, once"), || {
            verify(bed, &node, topic, &acknowledged)
        });
    }
    fs::write(&stop, "")?;
    drop(copiers);
    report.check("Apache Kafka's own copier, which aborts now and then", || kafkas_copier(bed, &node));
    report.check("Apache Kafka's tools read the log of transactions", || read_log(bed, &node));
    Ok(())
}

fn verify(bed: &Bed, node: &Node<'_>, topic: &str, acknowledged: &Path) -> anyhow::Result<()> {
    let mut verify = bed.java("Transactions");
    verify.arg("verify").arg(node.bootstrap()).args([topic, PARTITIONS]).arg(acknowledged);
    let said = talk(verify, "", PATIENCE)?.ok()?.stdout;
    ensure!(said.contains("records"), "it verified nothing: {said}");
    eprintln!("      {}", said.trim());
    Ok(())
}

fn kafkas_copier(bed: &Bed, node: &Node<'_>) -> anyhow::Result<()> {
    let mut copier = bed.java(KAFKAS_COPIER);
    copier.args([
        "--broker-list",
        &node.bootstrap(),
        "--transactional-id",
        "kafkas",
        "--consumer-group",
        "kafkas",
    ]);
    copier.args(["--input-topic", TOPICS[2], "--input-partition", "0", "--output-topic", "kafkas"]);
    copier.args(["--max-messages", "2000", "--transaction-size", "100", "--enable-random-aborts"]);
    let said = talk(copier, "", PATIENCE)?.ok()?.stdout;
    ensure!(said.contains("ShutdownComplete"), "it did not get to its end: {said}");
    let mut consumer = bed.tool(Whose::Kafka, "console-consumer")?;
    consumer.args(["--bootstrap-server", &node.bootstrap(), "--topic", "kafkas", "--from-beginning"]);
    consumer.args(["--isolation-level", "read_committed", "--timeout-ms", "5000"]);
    let read = talk(consumer, "", PATIENCE)?.stdout;
    let expected: String = (0..2000).map(|value| format!("{value}\n")).collect();
    ensure!(read == expected, "{} of 2000 records came through", read.lines().count());
    Ok(())
}

/// Reads the records of all transactions as Apache Kafka's tool does, and what it tells of them.
fn read_log(bed: &Bed, node: &Node<'_>) -> anyhow::Result<()> {
    let mut list = bed.tool(Whose::Kafka, "transactions")?;
    list.args(["--bootstrap-server", &node.bootstrap(), "list"]);
    let listed = talk_ok(list, "")?.stdout;
    for id in ["copier-0", "copier-1", "kafkas"] {
        let line = listed.lines().find(|line| line.starts_with(id));
        ensure!(
            line.is_some_and(|line| line.contains("Complete") || line.contains("Empty")),
            "{id}: {listed}"
        );
    }
    let mut found = 0;
    for entry in fs::read_dir(node.data())? {
        let dir = entry?.path();
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = dir.join("00000000000000000000.log");
        if !name.starts_with("__transaction_state-") || fs::metadata(&log)?.len() == 0 {
            continue;
        }
        let mut dump = bed.tool(Whose::Kafka, "dump-log")?;
        dump.arg("--transaction-log-decoder").arg("--files").arg(&log);
        let dumped = talk_ok(dump, "")?.stdout;
        ensure!(!dumped.contains("isvalid: false"), "{name}: a batch is not valid");
        found += dumped.matches("\"transactionalId\"").count();
    }
    ensure!(found > 0, "there is no record of a transaction");
    Ok(())
}
