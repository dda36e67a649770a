//! `kill -9` in the middle of cleaning, over and over: the last value of each key is there, and old ones are not.

use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::Scenario;
use crate::bed::Bed;
use crate::process::{follow, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "compaction",
    about: "kill -9 while a compacted topic under load is cleaned, and a restart, over and over",
    is_of_our_tools: false,
    run,
};

const TOPIC: &str = "compaction";

/// How long all rounds may take.
const PATIENCE: Duration = Duration::from_secs(1200);

/// Rest of the cleaner between two looks at what is dirty.
const BACKOFF: &str = "log.cleaner.backoff.ms=20";

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let mut node = bed.fresh("compaction")?;
    report.check("the cleaner is told to hurry", || {
        let mut configs = bed.tool(bed.subject, "configs")?;
        configs.args(["--bootstrap-server", &node.bootstrap(), "--alter", "--entity-type", "brokers"]);
        configs.args(["--entity-default", "--add-config", BACKOFF]);
        talk_ok(configs, "").map(drop)
    });
    let (acknowledged, stop) = (node.dir().join("acknowledged"), node.dir().join("stop"));
    let mut load = bed.java("Compaction");
    load.arg("load").arg(node.bootstrap()).arg(TOPIC).arg(&acknowledged).arg(&stop);
    let rounds = bed.pick(100, 4);
    report.check(&format!("{rounds} rounds under load"), || {
        let mut load = follow(&load, PATIENCE, &node.dir().join("load.log"))?;
        for round in 0..rounds {
            // Half a segment acknowledged, and then not always at the same moment.
            load.lines.next().context("the load ended, see load.log")??;
            thread::sleep(Duration::from_millis(round * 13 % 90));
            node.kill()?;
            node.start()?;
        }
        load.lines.next().context("the load ended, see load.log")??;
        fs::write(&stop, "")?;
        while load.lines.next().transpose()?.is_some() {}
        load.finish()
    });
    report.check("the last acknowledged value of each key is there, at its offset", || {
        let mut verify = bed.java("Compaction");
        verify.arg("verify").arg(node.bootstrap()).arg(TOPIC).arg(&acknowledged);
        let said = talk_ok(verify, "")?.stdout;
        ensure!(said.contains("records left"), "it verified nothing: {said}");
        eprintln!("      {}", said.trim());
        Ok(())
    });
    Ok(())
}
