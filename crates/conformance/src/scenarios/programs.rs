//! Clients of other languages: each check is a function of a program of ours, in a process of its own.

use std::process::Command;

use super::Scenario;
use crate::bed::Bed;
use crate::process::talk_ok;
use crate::report::Report;

pub(super) const KAFKA_PYTHON: Scenario = Scenario {
    name: "python",
    about: "kafka-python: producers, groups, offsets, times, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "python", &[], || Ok(bed.python("checks"))),
};

pub(super) const CONFLUENT: Scenario = Scenario {
    name: "confluent",
    about: "confluent-kafka, which is librdkafka for Python: producers, groups, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "confluent", &[], || Ok(bed.python("confluent"))),
};

pub(super) const AIOKAFKA: Scenario = Scenario {
    name: "aiokafka",
    about: "aiokafka: producers, groups, times, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "aiokafka", &[], || Ok(bed.python("aio"))),
};

pub(super) const KAFKAJS: Scenario = Scenario {
    name: "kafkajs",
    about: "kafkajs: producers, groups, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "kafkajs", KAFKAJS_SLOW, || bed.node_js("kafkajs")),
};

/// Checks that take kafkajs tens of seconds on whoever's node, as it waits out its own intervals.
const KAFKAJS_SLOW: &[&str] =
    &["aGroupGoesOnWhereItLeft", "membersShareAndHandOver", "offsetsAreAdministered"];

fn run(
    bed: &Bed,
    report: &mut Report,
    name: &str,
    slow: &[&str],
    program: impl Fn() -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    let mut list = program()?;
    list.arg("--list");
    let checks = talk_ok(list, "")?.stdout;
    let node = bed.fresh(name)?;
    for check in checks.lines().filter(|check| !bed.quick || !slow.contains(check)) {
        report.check(check, || {
            let mut program = program()?;
            program.arg(node.bootstrap()).arg(check);
            talk_ok(program, "").map(drop)
        });
    }
    Ok(())
}
