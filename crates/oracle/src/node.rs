//! One node of Apache Kafka.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::kafka::{Kafka, renew, run};

/// How long a node may take to open its port, and to close its logs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node with a directory of its own. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    kafka: &'a Kafka,
    data: PathBuf,
    ports: [u16; 3],
    running: Option<Child>,
}

impl<'a> Node<'a> {
    /// Formats an empty directory.
    pub(crate) fn format(kafka: &'a Kafka) -> anyhow::Result<Self> {
        let data = kafka.work.join("node");
        renew(&data)?;
        let node = Self { kafka, data, ports: free_ports()?, running: None };
        node.prepare()?;

        let mut format = kafka.java(256);
        format.args(["kafka.tools.StorageTool", "format", "--standalone", "-t", "AAAAAAAAAAAAAAAAAAAAAQ"]);
        format.args(["-S", "SCRAM-SHA-256=[name=admin,password=secret]", "-c"]).arg(node.properties());
        run(format.stdout(File::create(kafka.work.join("format.log"))?))?;
        Ok(node)
    }

    /// A node on a directory that another has written.
    pub(crate) fn on(kafka: &'a Kafka, data: &Path) -> anyhow::Result<Self> {
        let node = Self { kafka, data: data.to_owned(), ports: free_ports()?, running: None };
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
        let log = File::options().append(true).open(self.log())?;
        let mut java = self.kafka.java(512);
        java.arg("kafka.Kafka").arg(self.properties()).stdout(log.try_clone()?).stderr(log);
        // In a group of its own, so that Ctrl-C ends us first and we end it.
        let mut child = java.process_group(0).spawn().context("cannot start java; is it installed?")?;
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.ports[0])).is_err() {
            let ended = child.try_wait()?;
            if ended.is_some() || Instant::now() > end {
                child.kill()?;
                bail!("the node of Apache Kafka did not start, see {}", self.log().display());
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.running = Some(child);
        Ok(())
    }

    /// Asks the node to stop and waits until its logs are closed.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.running.take() else { return Ok(()) };
        run(Command::new("kill").arg(child.id().to_string()))?;
        let end = Instant::now() + PATIENCE;
        while child.try_wait()?.is_none() {
            if Instant::now() > end {
                child.kill()?;
                bail!("the node of Apache Kafka did not stop, see {}", self.log().display());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends the node as a power switch would end its process: no file is closed, none flushed.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.running.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
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
            Kafka::server_properties()?,
            self.data.display()
        ))
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        if let Some(child) = &mut self.running {
            // The process may have ended by itself; either way it is gone now.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Three ports that nobody listens on, below those the kernel gives to outgoing connections.
fn free_ports() -> anyhow::Result<[u16; 3]> {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000)?;
    let mut free = (first..32_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let mut next = || free.next().context("no free port below 32000");
    Ok([next()?, next()?, next()?])
}
