//! One node of Apache Kafka.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use ottla_rival::files::renew;
use ottla_rival::{Kafka, Server, ports, run};

use crate::JAVA;

/// A node with a directory of its own. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    kafka: &'a Kafka,
    data: PathBuf,
    ports: [u16; 3],
    running: Option<Server>,
}

impl<'a> Node<'a> {
    /// Formats an empty directory.
    pub(crate) fn format(kafka: &'a Kafka) -> anyhow::Result<Self> {
        let data = kafka.work.join("node");
        renew(&data)?;
        let node = Self { kafka, data, ports: ports::free()?, running: None };
        node.prepare()?;

        let mut format = kafka.java(256);
        format.args(["kafka.tools.StorageTool", "format", "--standalone", "-t", "AAAAAAAAAAAAAAAAAAAAAQ"]);
        format.args(["-S", "SCRAM-SHA-256=[name=admin,password=secret]", "-c"]).arg(node.properties());
        run(format.stdout(File::create(kafka.work.join("format.log"))?))?;
        Ok(node)
    }

    /// A node on a directory that another has written.
    pub(crate) fn on(kafka: &'a Kafka, data: &Path) -> anyhow::Result<Self> {
        let node = Self { kafka, data: data.to_owned(), ports: ports::free()?, running: None };
        node.prepare()?;
        Ok(node)
    }

    fn prepare(&self) -> anyhow::Result<()> {
        fs::write(self.properties(), self.settings()?)?;
        File::create(self.log())?;
        Ok(())
    }

    /// Starts the node and returns when it listens.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        let mut java = self.kafka.java(512);
        java.arg("kafka.Kafka").arg(self.properties());
        self.running = Some(Server::start(java, self.ports[0], &self.log())?);
        Ok(())
    }

    /// Asks the node to stop and waits until its logs are closed.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(server) = self.running.take() {
            server.stop()?;
        }
        Ok(())
    }

    /// Ends the node as a power switch would end its process: no file is closed, none flushed.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.running.take().map_or(Ok(()), Server::kill)
    }

    /// Where it keeps its logs.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Our Java load on this node.
    pub(crate) fn workload(&self, phase: &str) -> Command {
        let [_, sasl, _] = self.ports;
        let mut java = self.client("Workload");
        java.arg(format!("127.0.0.1:{sasl}")).arg(phase);
        java
    }

    /// A class of ours that is told where the node listens.
    pub(crate) fn client(&self, class: &str) -> Command {
        let [plain, ..] = self.ports;
        let mut java = self.kafka.java(256);
        java.arg(class).arg(format!("127.0.0.1:{plain}"));
        java
    }

    /// What it says of itself.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    fn properties(&self) -> PathBuf {
        self.data.with_extension("properties")
    }

    fn settings(&self) -> anyhow::Result<String> {
        let [plain, sasl, controller] = self.ports;
        let brokers = format!("PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl}");
        Ok(format!(
            "{}controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listeners={brokers},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners={brokers}\n\
             log.dirs={}\n",
            fs::read_to_string(format!("{JAVA}/server.properties"))?,
            self.data.display()
        ))
    }
}
