//! One node, of Apache Kafka or ours, on the same settings.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{copy, renew};
use crate::{Pair, Server, Whose, ports};
use anyhow::{Context, ensure};

/// The id of every cluster here.
const CLUSTER_ID: &str = "AAAAAAAAAAAAAAAAAAAAAQ";

/// What differs from Kafka's defaults: one node has no replicas, and little to wait for.
const SETTINGS: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
";

/// A node with a directory of its own. Dropping it kills it.
#[derive(Debug)]
pub struct Node<'a> {
    pair: &'a Pair,
    whose: Whose,
    dir: PathBuf,
    ports: [u16; 2],
    server: Option<Server>,
}

impl<'a> Node<'a> {
    /// A formatted node that is not started.
    pub fn formatted(pair: &'a Pair, whose: Whose, name: &str) -> anyhow::Result<Self> {
        Self::formatted_with(pair, whose, name, &[])
    }

    /// A formatted node that is not started, with settings of its own in place of those that all nodes here have.
    pub fn formatted_with(
        pair: &'a Pair,
        whose: Whose,
        name: &str,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let node = Self::laid_out(pair, whose, name, settings, ports::free()?)?;
        renew(&node.data())?;
        let mut format = pair.tool(whose, "storage")?;
        format.args(["format", "--standalone", "-t", CLUSTER_ID, "-c"]).arg(node.properties());
        let said = format.output().with_context(|| format!("cannot start the storage tool of {whose}"))?;
        ensure!(
            said.status.success(),
            "format ended with {}: {}",
            said.status,
            String::from_utf8_lossy(&said.stderr)
        );
        Ok(node)
    }

    /// A node of `whose` on a copy of this one's directory, at the same addresses; neither runs.
    pub fn successor(&self, whose: Whose, name: &str) -> anyhow::Result<Self> {
        let node = Self::laid_out(self.pair, whose, name, &[], self.ports)?;
        copy(&self.data(), &node.data())?;
        Ok(node)
    }

    fn laid_out(
        pair: &'a Pair,
        whose: Whose,
        name: &str,
        settings: &[(&str, &str)],
        ports: [u16; 2],
    ) -> anyhow::Result<Self> {
        let dir = pair.kafka.work.join("nodes").join(name);
        renew(&dir)?;
        let node = Self { pair, whose, dir, ports, server: None };
        let [port, controller] = ports;
        let own = format!(
            "listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             log.dirs={}\n",
            node.data().display()
        );
        fs::write(node.properties(), format!("{}{own}", merged(settings)))?;
        Ok(node)
    }

    /// Starts the node and returns when it listens.
    pub fn start(&mut self) -> anyhow::Result<()> {
        let command = self.pair.server(self.whose, &self.properties());
        self.server = Some(Server::start(command, self.ports[0], &self.log())?);
        Ok(())
    }

    /// Asks the node to stop and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let server = self.server.take().context("the node does not run")?;
        let status = server.stop()?;
        // Java ends with 128 + 15 after a SIGTERM that it has obeyed.
        ensure!(matches!(status.code(), Some(0 | 143)), "the node stopped with {status}");
        Ok(())
    }

    /// Ends its process without a word.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.server.take().context("the node does not run")?.kill()
    }

    /// An error if it has ended.
    pub fn must_run(&mut self) -> anyhow::Result<()> {
        let log = self.log();
        let server = self.server.as_mut().context("the node does not run")?;
        ensure!(server.is_running()?, "the node has ended, see {}", log.display());
        Ok(())
    }

    /// Its process.
    pub fn server(&self) -> anyhow::Result<&Server> {
        self.server.as_ref().context("the node does not run")
    }

    /// Where clients begin.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.ports[0])
    }

    /// Where its clients connect to.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    /// Where its controller listens.
    pub fn controller_port(&self) -> u16 {
        self.ports[1]
    }

    /// Its log directory.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Where else to write what belongs to it.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn properties(&self) -> PathBuf {
        self.dir.join("server.properties")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("server.log")
    }
}

/// [`SETTINGS`] with others in place of or beside them.
fn merged(others: &[(&str, &str)]) -> String {
    let is_replaced = |line: &&str| {
        others.iter().any(|(key, _)| line.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')))
    };
    let mut merged: String =
        SETTINGS.lines().filter(|line| !is_replaced(line)).map(|line| format!("{line}\n")).collect();
    merged.extend(others.iter().map(|(key, value)| format!("{key}={value}\n")));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_its_own_replace_those_of_the_same_name() {
        let merged = merged(&[("node.id", "0"), ("num.partitions", "4")]);
        let lines: Vec<&str> = merged.lines().filter(|line| line.starts_with('n')).collect();
        assert_eq!(lines, ["node.id=0", "num.partitions=4"]);
        assert!(merged.contains("process.roles=broker,controller\n"));
    }
}
