//! What scenarios stand on: the jars, the clients, the binary, and where to write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use ottla_rival::{Kafka, Machine, Node, Pair, Whose};

use crate::Options;
use crate::clients::{self, Kcat};

/// The folder of our Java sources.
const JAVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/java");

/// The folder of our Python programs.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

/// The folder of our programs for Node.js.
const JS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/js");

/// Memory for a Java program of ours.
const HEAP_MIB: u32 = 256;

#[derive(Debug)]
pub(crate) struct Bed {
    /// Apache Kafka and our binary.
    pub(crate) pair: Pair,
    /// Who is judged.
    pub(crate) subject: Whose,
    /// Write transcripts anew.
    pub(crate) record: bool,
    pub(crate) kcat: Kcat,
    /// Less of everything.
    pub(crate) quick: bool,
    /// Tests of suites as well that are said not to hold.
    pub(crate) absent: bool,
    /// The only tests of suites to run: those whose names have this in them.
    pub(crate) only: Option<String>,
    python: PathBuf,
}

impl Bed {
    pub(crate) fn prepare(options: &Options) -> anyhow::Result<Self> {
        let kafka = Kafka::prepare(&options.work, options.libs.as_deref(), Some(Path::new(JAVA)))?;
        let python = clients::python(&kafka.work)?;
        let kcat = Kcat::prepare(&kafka.work)?;
        let ottla = match options.against {
            Whose::Kafka => options.ottla.clone(),
            Whose::Ottla => options
                .ottla
                .canonicalize()
                .with_context(|| format!("there is no binary {}", options.ottla.display()))?,
        };
        let Options { quick, record, absent, against: subject, .. } = *options;
        let only = options.test.clone();
        let pair = Pair { kafka, ottla, machine: Machine::Quick };
        Ok(Self { pair, subject, record, kcat, quick, absent, only, python })
    }

    /// `full`, or `quick` when less was asked for.
    pub(crate) fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Where everything is written, absolute.
    pub(crate) fn work(&self) -> &Path {
        &self.pair.kafka.work
    }

    /// A node of whoever is judged, formatted and started.
    pub(crate) fn fresh(&self, name: &str) -> anyhow::Result<Node<'_>> {
        self.fresh_with(name, &[])
    }

    /// The same with settings of its own.
    pub(crate) fn fresh_with(&self, name: &str, settings: &[(&str, &str)]) -> anyhow::Result<Node<'_>> {
        let mut node = Node::formatted_with(&self.pair, self.subject, name, settings)?;
        node.start()?;
        Ok(node)
    }

    /// A tool of either by the middle of its script's name, as `topics` of `kafka-topics.sh`.
    pub(crate) fn tool(&self, whose: Whose, name: &str) -> anyhow::Result<Command> {
        self.pair.tool(whose, name)
    }

    /// A Java class of ours.
    pub(crate) fn java(&self, class: &str) -> Command {
        let mut java = self.pair.kafka.java(HEAP_MIB);
        java.arg(class);
        java
    }

    /// A Python program of ours.
    pub(crate) fn python(&self, program: &str) -> Command {
        let mut python = Command::new(&self.python);
        python.arg("-u").arg(format!("{PYTHON}/{program}.py"));
        python
    }

    /// A program of ours for Node.js, which has kafkajs.
    pub(crate) fn node_js(&self, program: &str) -> anyhow::Result<Command> {
        let modules = clients::kafkajs(self.work())?;
        let mut node = Command::new("node");
        node.env("NODE_PATH", modules).arg(format!("{JS}/{program}.js"));
        Ok(node)
    }

    /// Lays out `bin/` and `config/` as Apache Kafka's archive has them, in `dir`.
    pub(crate) fn lay_out(&self, dir: &Path) -> anyhow::Result<()> {
        match self.subject {
            Whose::Kafka => clients::lay_out_kafka(&self.pair.kafka, dir),
            Whose::Ottla => {
                let laid = Command::new(&self.pair.ottla)
                    .arg("scripts")
                    .arg(dir)
                    .output()
                    .context("cannot start ottla")?;
                ensure!(
                    laid.status.success(),
                    "ottla scripts failed: {}",
                    String::from_utf8_lossy(&laid.stderr)
                );
                ensure!(fs::exists(dir.join("bin"))?, "ottla scripts laid out no bin/ in {}", dir.display());
                Ok(())
            }
        }
    }
}
