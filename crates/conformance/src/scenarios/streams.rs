//! The smoke test of Kafka Streams: an application with windows, joins and state of its own, killed with `kill -9` like the
//! node below it, and a driver that knows what must come out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use ottla_rival::{LOGGING, Node, fetch_jars};

use super::Scenario;
use crate::bed::Bed;
use crate::process::{Followed, follow, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "streams",
    about: "the smoke test of Kafka Streams, at least once and exactly once; not in the quick run, for it takes minutes",
    is_of_our_tools: false,
    run,
};

const POM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/streams/pom.xml");

const GUARANTEES: [&str; 2] = ["at_least_once", "exactly_once_v2"];

/// What the application reads and writes.
const TOPICS: [&str; 14] = [
    "echo",
    "data",
    "min",
    "min-suppressed",
    "min-raw",
    "max",
    "sum",
    "sws-raw",
    "sws-suppressed",
    "dif",
    "cnt",
    "avg",
    "wcnt",
    "tagg",
];

/// The driver sends for a minute and a half, and gives up when nothing has come for some minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// What an application says of some hundred records: so often before it, or the node, is killed.
const PROGRESS_LINES: usize = 10;

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    if bed.quick {
        return Ok(());
    }
    let libs = bed.work().join("streams");
    fetch_jars(Path::new(POM), &libs)?;
    for guarantee in GUARANTEES {
        let mut node = bed.fresh(&format!("streams-{guarantee}"))?;
        report.check(&format!("{guarantee}, with kill -9 of application and node"), || {
            let smoke = Smoke::prepare(bed, &node, guarantee, &libs)?;
            smoke.run(&mut node)
        });
    }
    Ok(())
}

/// The smoke test with one guarantee.
struct Smoke {
    libs: PathBuf,
    settings: PathBuf,
}

impl Smoke {
    fn prepare(bed: &Bed, node: &Node<'_>, guarantee: &str, libs: &Path) -> anyhow::Result<Self> {
        for topic in TOPICS {
            let mut create = bed.tool(bed.subject, "topics")?;
            create.args(["--bootstrap-server", &node.bootstrap(), "--create", "--topic", topic]);
            create.args(["--partitions", "5", "--replication-factor", "1"]);
            talk_ok(create, "")?;
        }
        let settings = node.dir().join("streams.properties");
        let text = format!(
            "bootstrap.servers={}\nprocessing.guarantee={guarantee}\nacks=all\ncommit.interval.ms=1000\n\
             session.timeout.ms=10000\n",
            node.bootstrap()
        );
        fs::write(&settings, text).with_context(|| format!("cannot write {}", settings.display()))?;
        Ok(Self { libs: libs.to_owned(), settings })
    }

    /// An application is killed while it works, another goes on, the node is killed under that one, and the driver must
    /// find everything in the end.
    fn run(&self, node: &mut Node<'_>) -> anyhow::Result<()> {
        let mut first = self.start("process", node, "first")?;
        until(&mut first, "REBALANCING -> RUNNING", 1)?;
        let mut driver = self.start("run", node, "driver")?;
        until(&mut first, "processed", PROGRESS_LINES)?;
        first.kill()?;
        let mut second = self.start("process", node, "second")?;
        until(&mut second, "processed", PROGRESS_LINES)?;
        node.kill()?;
        node.start()?;
        // What the second one says from here on fits into the pipe.
        let said = driver.lines.by_ref().collect::<Result<Vec<_>, _>>()?;
        second.kill()?;
        driver.finish()?;
        let verdict = said.iter().rfind(|line| ["SUCCESS", "FAILURE"].contains(&line.trim()));
        let last = &said[said.len().saturating_sub(20)..];
        ensure!(
            verdict.is_some_and(|verdict| verdict.trim() == "SUCCESS"),
            "the driver says:\n{}",
            last.join("\n")
        );
        Ok(())
    }

    fn start(&self, role: &str, node: &Node<'_>, name: &str) -> anyhow::Result<Followed> {
        let mut java = Command::new("java");
        java.args(["-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        java.arg(format!("-Dlog4j2.configurationFile={LOGGING}"));
        java.arg(format!("-Djava.io.tmpdir={}", node.dir().display()));
        java.arg("-cp").arg(format!("{}/*", self.libs.display()));
        java.arg("org.apache.kafka.streams.tests.StreamsSmokeTest").arg(&self.settings).arg(role);
        follow(&java, PATIENCE, &node.dir().join(format!("{name}.log")))
    }
}

/// Reads what a program says until so many lines had `what` in them.
fn until(program: &mut Followed, what: &str, lines: usize) -> anyhow::Result<()> {
    let mut seen = 0;
    while seen < lines {
        let line = program.lines.next().with_context(|| format!("it ended before it said {what:?}"))??;
        ensure!(!line.contains("EXCEPTION"), "the application failed: {line}");
        seen += usize::from(line.contains(what));
    }
    Ok(())
}
