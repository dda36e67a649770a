//! `kill -9` under load, over and over: what an idempotent producer was told is there, in order, and once.

use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::Scenario;
use crate::bed::Bed;
use crate::process::{follow, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "crash",
    about: "kill -9 under load from an idempotent producer, and a restart, over and over",
    is_of_our_tools: false,
    run,
};

const TOPIC: &str = "crash";

const PARTITIONS: &str = "4";

/// Whoever verifies holds the place of every record, of which a whole run acknowledges millions.
const VERIFY_HEAP_MIB: u32 = 3072;

/// How long all rounds may take.
const PATIENCE: Duration = Duration::from_secs(900);

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let mut node = bed.fresh("crash")?;
    let (acknowledged, stop) = (node.dir().join("acknowledged"), node.dir().join("stop"));
    let mut load = bed.java("Crash");
    load.arg("load").arg(node.bootstrap()).args([TOPIC, PARTITIONS]).arg(&acknowledged).arg(&stop);
    let rounds = bed.pick(200, 4);
    report.check(&format!("{rounds} rounds under load"), || {
        let mut load = follow(&load, PATIENCE, &node.dir().join("load.log"))?;
        for round in 0..rounds {
            // A thousand acknowledgements, and then not always at the same moment: in some rounds the load has just found
            // the node again, in others it is well under way.
            load.lines.next().context("the load ended, see load.log")??;
            thread::sleep(Duration::from_millis(round * 397 % 2000));
            node.kill()?;
            node.start()?;
        }
        load.lines.next().context("the load ended, see load.log")??;
        fs::write(&stop, "")?;
        while load.lines.next().transpose()?.is_some() {}
        load.finish()
    });
    report.check("every acknowledged record is there, in order, once", || {
        let mut verify = bed.pair.kafka.java(VERIFY_HEAP_MIB);
        verify.args(["Crash", "verify"]).arg(node.bootstrap()).args([TOPIC, PARTITIONS]).arg(&acknowledged);
        let said = talk_ok(verify, "")?.stdout;
        ensure!(said.contains("records"), "it verified nothing: {said}");
        eprintln!("      {}", said.trim());
        Ok(())
    });
    Ok(())
}
