//! Both, side by side.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Kafka, Whose};

/// Memory for a tool's virtual machine.
const TOOL_HEAP_MIB: u32 = 256;

/// Memory for a node's virtual machine that is started quickly.
const NODE_HEAP_MIB: u32 = 512;

/// How Apache Kafka's virtual machines are told to run. Ours have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// Quick to start, small and slow: for what is right.
    Quick,
    /// As Kafka's own scripts say: for what is fast.
    AsShipped,
}

/// Apache Kafka and our binary.
#[derive(Debug)]
pub struct Pair {
    /// The jars.
    pub kafka: Kafka,
    /// Our binary.
    pub ottla: PathBuf,
    /// How Kafka's nodes run.
    pub machine: Machine,
}

impl Pair {
    /// A tool by the middle of its script's name, as `topics` of `kafka-topics.sh`.
    pub fn tool(&self, whose: Whose, name: &str) -> anyhow::Result<Command> {
        match whose {
            Whose::Kafka => self.kafka.tool(name, TOOL_HEAP_MIB),
            Whose::Ottla => {
                let mut ottla = Command::new(&self.ottla);
                ottla.arg(name);
                Ok(ottla)
            }
        }
    }

    /// A node on the settings in this file.
    pub(crate) fn server(&self, whose: Whose, properties: &Path) -> Command {
        let mut server = match (whose, self.machine) {
            (Whose::Kafka, Machine::Quick) => self.kafka.java(NODE_HEAP_MIB),
            (Whose::Kafka, Machine::AsShipped) => self.kafka.java_as_shipped("1G"),
            (Whose::Ottla, _) => Command::new(&self.ottla),
        };
        server.arg(match whose {
            Whose::Kafka => "kafka.Kafka",
            Whose::Ottla => "server",
        });
        server.arg(properties);
        server
    }
}
