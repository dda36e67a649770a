//! kafka-python: each check is a function of `python/checks.py`, in a process of its own.

use super::Scenario;
use crate::bed::Bed;
use crate::process::talk_ok;
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "python",
    about: "kafka-python: producers, groups, offsets, times, administration",
    is_of_our_tools: false,
    run,
};

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let node = bed.fresh("python")?;
    let mut list = bed.python("checks");
    list.arg("--list");
    for check in talk_ok(list, "")?.stdout.lines() {
        report.check(check, || {
            let mut python = bed.python("checks");
            python.arg(node.bootstrap()).arg(check);
            talk_ok(python, "").map(drop)
        });
    }
    Ok(())
}
