//! What scenarios stand on: the jars, the clients, the binary, and where to write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use ottla_rival::Kafka;

use crate::Options;
use crate::clients::{self, Kcat};
use crate::subject::Subject;

/// The folder of our Java sources.
const JAVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/java");

/// The folder of our Python programs.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

/// Memory for a tool's virtual machine.
const TOOL_HEAP_MIB: u32 = 256;

/// Memory for a node's virtual machine.
const NODE_HEAP_MIB: u32 = 512;

#[derive(Debug)]
pub(crate) struct Bed {
    pub(crate) kafka: Kafka,
    pub(crate) subject: Subject,
    /// Write transcripts anew.
    pub(crate) record: bool,
    pub(crate) kcat: Kcat,
    quick: bool,
    ottla: PathBuf,
    python: PathBuf,
}

impl Bed {
    pub(crate) fn prepare(options: &Options) -> anyhow::Result<Self> {
        let kafka = Kafka::prepare(&options.work, options.libs.as_deref(), Some(Path::new(JAVA)))?;
        let python = clients::python(&kafka.work)?;
        let kcat = Kcat::prepare(&kafka.work)?;
        let ottla = match options.against {
            Subject::Kafka => options.ottla.clone(),
            Subject::Ottla => options
                .ottla
                .canonicalize()
                .with_context(|| format!("there is no binary {}", options.ottla.display()))?,
        };
        let Options { quick, record, against: subject, .. } = *options;
        Ok(Self { kafka, subject, record, kcat, quick, ottla, python })
    }

    /// `full`, or `quick` when less was asked for.
    pub(crate) fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Where everything is written, absolute.
    pub(crate) fn work(&self) -> &Path {
        &self.kafka.work
    }

    /// A tool by the middle of its script's name, as `topics` of `kafka-topics.sh`.
    pub(crate) fn tool(&self, whose: Subject, name: &str) -> anyhow::Result<Command> {
        match whose {
            Subject::Kafka => self.kafka.tool(name, TOOL_HEAP_MIB),
            Subject::Ottla => {
                let mut ottla = self.ottla();
                ottla.arg(name);
                Ok(ottla)
            }
        }
    }

    /// A node on the settings in this file.
    pub(crate) fn server(&self, whose: Subject, properties: &Path) -> Command {
        let mut server = match whose {
            Subject::Kafka => {
                let mut java = self.kafka.java(NODE_HEAP_MIB);
                java.arg("kafka.Kafka");
                java
            }
            Subject::Ottla => {
                let mut ottla = self.ottla();
                ottla.arg("server");
                ottla
            }
        };
        server.arg(properties);
        server
    }

    /// Our binary.
    pub(crate) fn ottla(&self) -> Command {
        Command::new(&self.ottla)
    }

    /// A Java class of ours.
    pub(crate) fn java(&self, class: &str) -> Command {
        let mut java = self.kafka.java(TOOL_HEAP_MIB);
        java.arg(class);
        java
    }

    /// A Python program of ours.
    pub(crate) fn python(&self, program: &str) -> Command {
        let mut python = Command::new(&self.python);
        python.arg("-u").arg(format!("{PYTHON}/{program}.py"));
        python
    }

    /// Lays out `bin/` and `config/` as Apache Kafka's archive has them, in `dir`.
    pub(crate) fn lay_out(&self, dir: &Path) -> anyhow::Result<()> {
        match self.subject {
            Subject::Kafka => clients::lay_out_kafka(&self.kafka, dir),
            Subject::Ottla => {
                let laid = self.ottla().arg("scripts").arg(dir).output().context("cannot start ottla")?;
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
