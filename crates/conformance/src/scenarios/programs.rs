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
    run: |bed, report| run(bed, report, "python", || Ok(bed.python("checks"))),
};

pub(super) const CONFLUENT: Scenario = Scenario {
    name: "confluent",
    about: "confluent-kafka, which is librdkafka for Python: producers, groups, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "confluent", || Ok(bed.python("confluent"))),
};

pub(super) const AIOKAFKA: Scenario = Scenario {
    name: "aiokafka",
    about: "aiokafka: producers, groups, times, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "aiokafka", || Ok(bed.python("aio"))),
};

pub(super) const KAFKAJS: Scenario = Scenario {
    name: "kafkajs",
    about: "kafkajs: producers, groups, administration",
    is_of_our_tools: false,
    run: |bed, report| run(bed, report, "kafkajs", || bed.node_js("kafkajs")),
};

fn run(
    bed: &Bed,
    report: &mut Report,
    name: &str,
    program: impl Fn() -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    let mut list = program()?;
    list.arg("--list");
    let checks = talk_ok(list, "")?.stdout;
    let node = bed.fresh(name)?;
    for check in checks.lines() {
        report.check(check, || {
            let mut program = program()?;
            program.arg(node.bootstrap()).arg(check);
            talk_ok(program, "").map(drop)
        });
    }
    Ok(())
}
