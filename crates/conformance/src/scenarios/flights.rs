//! 336,776 flights by kafka-python into six partitions, and back by three consumers; and the same through a crash.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use ottla_rival::{Node, Whose};

use super::Scenario;
use crate::bed::Bed;
use crate::process::{follow, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "flights",
    about: "336,776 flights by kafka-python, read back whole by three consumers",
    is_of_our_tools: false,
    run,
};

/// How long it may take to write or to read all of them.
const PATIENCE: Duration = Duration::from_secs(600);

const PARTITIONS: &str = "6";

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let flights = bed.pick(336_776, 30_000);
    for (topic, crash) in [("flights", false), ("flights-crash", true)] {
        let mut node = bed.fresh(topic)?;
        let mut create = bed.tool(Whose::Kafka, "topics")?;
        create.args(["--bootstrap-server", &node.bootstrap(), "--create", "--topic", topic]);
        create.args(["--partitions", PARTITIONS]);
        talk_ok(create, "")?;

        let sent = node.dir().join("sent");
        let how = if crash { ", the node killed and restarted half-way" } else { "" };
        report.check(&format!("kafka-python sends {flights}{how}"), || {
            let mut python = bed.python("flights");
            python.arg(node.bootstrap()).arg(topic).arg(&sent).arg(flights.to_string());
            send(&mut node, &python, crash.then_some(flights / 2))
        });
        let expected = Flights::read(lines_of(&sent)?.map(|line| Ok(format!("0\t{}", line?))))?;
        for reader in readers(bed, &node, topic, flights)? {
            report.check(&format!("{}{how}", reader.name), || {
                let mut running = follow(&reader.command, PATIENCE, &node.dir().join("reader.log"))?;
                let read = Flights::read(running.lines.by_ref().map(|line| Ok(line?)))?;
                running.finish()?;
                read.must_be(&expected)
            });
        }
    }
    Ok(())
}

/// Runs the producer to its end, and kills and restarts the node once that many flights are acknowledged.
fn send(node: &mut Node<'_>, python: &Command, kill_at: Option<usize>) -> anyhow::Result<()> {
    let mut producer = follow(python, PATIENCE, &node.dir().join("producer.log"))?;
    let mut kill_at = kill_at;
    for line in producer.lines.by_ref() {
        let acknowledged: usize = line?.parse()?;
        if kill_at.is_some_and(|at| acknowledged >= at) {
            kill_at = None;
            node.kill()?;
            node.start()?;
        }
    }
    producer.finish().with_context(|| format!("see {}/producer.log", node.dir().display()))?;
    ensure!(kill_at.is_none(), "the producer was done before the node was killed");
    Ok(())
}

/// A consumer that writes partition, key and value of each record, with tabs between.
struct Reader {
    name: &'static str,
    command: Command,
}

fn readers(bed: &Bed, node: &Node<'_>, topic: &str, flights: usize) -> anyhow::Result<Vec<Reader>> {
    // Reads to the end, and so sees what is there more than once.
    let mut kcat = bed.kcat.command();
    kcat.arg("-b").arg(node.bootstrap()).args([
        "-C",
        "-t",
        topic,
        "-o",
        "beginning",
        "-e",
        "-q",
        "-f",
        "%p\t%k\t%s\n",
    ]);
    let mut readers = vec![
        Reader { name: "read by kcat", command: kcat },
        Reader {
            name: "read by Apache Kafka's console consumer",
            command: console(bed.tool(Whose::Kafka, "console-consumer")?, node, topic, flights),
        },
    ];
    if bed.subject == Whose::Ottla {
        let command = console(bed.tool(Whose::Ottla, "console-consumer")?, node, topic, flights);
        readers.push(Reader { name: "read by ottla's console consumer", command });
    }
    Ok(readers)
}

fn console(mut consumer: Command, node: &Node<'_>, topic: &str, flights: usize) -> Command {
    consumer.args(["--bootstrap-server", &node.bootstrap(), "--topic", topic, "--from-beginning"]);
    consumer.args(["--max-messages", &flights.to_string()]);
    consumer.args(["--formatter-property", "print.partition=true", "--formatter-property", "print.key=true"]);
    consumer
}

/// What was sent or read: for each key its partition and, in order, a hash of each value.
#[derive(Debug, Default)]
struct Flights {
    keys: HashMap<String, (String, Vec<u64>)>,
    count: usize,
}

impl Flights {
    fn read(lines: impl Iterator<Item = anyhow::Result<String>>) -> anyhow::Result<Self> {
        let mut flights = Self::default();
        for line in lines {
            let line = line?;
            let mut parts = line.splitn(3, '\t');
            let (Some(partition), Some(key), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
                bail!("{line:?} has no partition, key and value");
            };
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            let (at, values) =
                flights.keys.entry(key.to_owned()).or_insert_with(|| (partition.to_owned(), Vec::new()));
            ensure!(at == partition, "{key} is in {at} and in {partition}");
            values.push(hasher.finish());
            flights.count += 1;
        }
        Ok(flights)
    }

    fn must_be(&self, expected: &Self) -> anyhow::Result<()> {
        for (key, (_, values)) in &expected.keys {
            let Some((_, read)) = self.keys.get(key) else { bail!("{key} was not read") };
            let same = read.iter().zip(values).take_while(|(read, sent)| read == sent).count();
            ensure!(
                same == values.len() && same == read.len(),
                "{key}: {} were sent, {} read, and they part after {same}",
                values.len(),
                read.len()
            );
        }
        ensure!(self.count == expected.count, "{} were sent, {} read", expected.count, self.count);
        Ok(())
    }
}

fn lines_of(path: &Path) -> anyhow::Result<impl Iterator<Item = std::io::Result<String>> + use<>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(BufReader::new(file).lines())
}
