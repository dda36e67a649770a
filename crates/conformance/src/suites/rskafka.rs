//! The integration tests of the crate rskafka, which hold its clients, librdkafka's and Java's against each other.

use std::fs;
use std::path::Path;
use std::process::Command;

use ottla_rival::run;

use super::crate_tests::{CrateTests, cargo};
use super::{judge, kept};
use crate::bed::Bed;
use crate::report::Report;
use crate::scenarios::Scenario;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "rskafka",
    about: "rskafka's own tests: each of three clients reads what each writes, in every codec",
    is_of_our_tools: false,
    run: run_suite,
};

const LIST: &str = include_str!("../../suites/rskafka/tests.tsv");

const VERSION: &str = "0.6.0";

/// What the helper in Java would fetch by itself in the middle of a test.
const JARS: &[&str] = &[
    "org.apache.kafka:kafka-clients:3.5.0",
    "org.apache.commons:commons-lang3:3.12.0",
    "org.lz4:lz4-java:1.8.0",
    "org.xerial.snappy:snappy-java:1.1.10.2",
    "com.github.luben:zstd-jni:1.5.5-5",
    "org.slf4j:slf4j-api:2.0.7",
];

/// Tests make their topics themselves, and one asks for a topic that nobody has made.
const SETTINGS: &[(&str, &str)] = &[("auto.create.topics.enable", "false")];

fn run_suite(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    judge(bed, report, LIST, |tests| {
        let of_crate = CrateTests::build(&kept(bed, SCENARIO.name)?, "rskafka", VERSION, "full", finish)?;
        let node = bed.fresh_with(SCENARIO.name, SETTINGS)?;
        let bootstrap = node.bootstrap();
        let environment = [
            ("TEST_INTEGRATION", "1"),
            ("TEST_BROKER_IMPL", "kafka"),
            ("TEST_JAVA_INTEROPT", "1"),
            ("KAFKA_CONNECT", &bootstrap),
        ];
        tests.iter().map(|test| of_crate.run(test, &environment, node.dir())).collect()
    })
}

fn finish(source: &Path) -> anyhow::Result<()> {
    // It asks for a compiler of its own, and its lock file for a package that compiles no more.
    fs::remove_file(source.join("rust-toolchain.toml"))?;
    run(cargo(source).args(["update", "--quiet", "--package", "rsasl"]))?;
    let jars = source.join("target/debug/jassets");
    for jar in JARS {
        run(Command::new("mvn")
            .args(["-q", "-B", "dependency:copy", &format!("-Dartifact={jar}")])
            .arg(format!("-DoutputDirectory={}", jars.display())))?;
    }
    Ok(())
}
