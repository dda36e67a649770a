//! Part `takeover`: our log manager recovers the directory of the killed node and closes it; then the node itself starts
//! on it, and a client reads every record.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use ottla_io::{Clock, RealDisk, SystemClock};
use ottla_log::clean_shutdown::Shutdown;
use ottla_log::manager::{CloseOptions, LogKind, LogManager, ManagerOptions, lock};
use ottla_record::Timestamp;
use ottla_rival::files::copy;
use ottla_rival::{Kafka, run};

use crate::compare::{Case, compare_findings, print_findings};
use crate::data::KILLED;
use crate::load::config;
use crate::node::Node;

const TAKEOVER: &str = "takeover";

/// Threads that load and close.
const THREADS: usize = 2;

pub(crate) fn compare(kafka: &Kafka) -> anyhow::Result<()> {
    let dir = kafka.work.join(TAKEOVER);
    copy(&kafka.work.join(KILLED), &dir)?;
    let ours = recover(&dir)?;

    eprintln!("Apache Kafka takes over what we recovered");
    let mut node = Node::on(kafka, &dir)?;
    node.start()?;
    let ends = kafka.work.join("takeover.txt");
    run(node.client("Check").arg(&ends))?;
    node.stop()?;
    let trusted = fs::read_to_string(node.log())?.contains("Skipping recovery of");
    ensure!(trusted, "Apache Kafka recovered again what we had closed, see {}", node.log().display());

    let mut findings = Vec::new();
    let theirs = fs::read_to_string(&ends)?;
    let partitions = compare_findings(&Case::new(TAKEOVER, &dir, &dir), &ours, &theirs, &mut findings);
    // Once it runs, the node ends transactions that were left open and writes to topics of its own.
    findings.retain(|finding| !finding.place.starts_with("__") && !finding.place.contains("transactions"));
    print_findings(TAKEOVER, &format!("{partitions} partitions"), &findings)
}

/// Recovers all logs and closes them; the end of each.
fn recover(dir: &Path) -> anyhow::Result<String> {
    let now = Timestamp(SystemClock::new().now_ms());
    let options = ManagerOptions {
        default_config: config(),
        topic_configs: BTreeMap::new(),
        threads: THREADS,
        now,
        progress: &|_| {},
    };
    let (manager, summary) = LogManager::open(Arc::new(RealDisk), dir, &options)?;
    ensure!(
        summary.shutdown == Shutdown::Unclean,
        "the killed node left its directory as if it had been stopped"
    );
    let mut ends = String::new();
    for (partition, handle) in manager.logs(LogKind::Current) {
        let _ = writeln!(ends, "[{partition}]\nlog_end_offset {}", lock(handle).log_end_offset());
    }
    manager.close(&CloseOptions { broker_epoch: -1, threads: THREADS, now })?;
    Ok(ends)
}
