//! Part `data`: a node of Apache Kafka writes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use ottla_rival::files::copy;
use ottla_rival::{Kafka, run};

use crate::node::Node;

/// The directory of a node that was stopped.
pub(crate) const CLEAN: &str = "clean";

/// The directory of the same node, later, killed under load.
pub(crate) const KILLED: &str = "killed";

/// Writes both directories anew. Each start of the node is a new leader epoch.
pub(crate) fn write(kafka: &Kafka) -> anyhow::Result<()> {
    let mut node = Node::format(kafka)?;
    for phase in ["1", "2"] {
        node.start()?;
        eprintln!("Apache Kafka writes, phase {phase}");
        let log = File::create(kafka.work.join(format!("workload-{phase}.log")))?;
        let mut workload = node.workload(phase);
        run(workload.stdout(log.try_clone()?).stderr(log))
            .with_context(|| format!("see {}/workload-{phase}.log", kafka.work.display()))?;
        node.stop()?;
    }
    copy(node.data(), &kafka.work.join(CLEAN))?;

    node.start()?;
    eprintln!("Apache Kafka writes until it is killed");
    let mut load = node.workload("load").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let said = load.stdout.take().context("the load has no output")?;
    let under_load = BufReader::new(said).lines().any(|line| line.is_ok_and(|line| line == "under load"));
    node.kill()?;
    load.kill()?;
    load.wait()?;
    ensure!(under_load, "the load on the node ended before it had begun");
    copy(node.data(), &kafka.work.join(KILLED))
}

/// Directories in a data directory, sorted.
pub(crate) fn partition_dirs(data_dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut dirs = Vec::new();
    for entry in fs::read_dir(data_dir).with_context(|| format!("cannot list {}", data_dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            dirs.push(path);
        }
    }
    dirs.sort();
    Ok(dirs)
}
