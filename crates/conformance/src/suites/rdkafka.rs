//! The integration tests of the crate rdkafka, which is librdkafka for Rust.

use super::crate_tests::CrateTests;
use super::{judge, kept};
use crate::bed::Bed;
use crate::report::Report;
use crate::scenarios::Scenario;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "rdkafka",
    about: "the tests of librdkafka's crate: consumers, producers, administration, transactions",
    is_of_our_tools: false,
    run: run_suite,
};

const LIST: &str = include_str!("../../suites/rdkafka/tests.tsv");

const VERSION: &str = "0.39.0";

/// Tests ask for broker 0, and expect three partitions of a topic that they have not made.
const SETTINGS: &[(&str, &str)] = &[("node.id", "0"), ("num.partitions", "3")];

fn run_suite(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    judge(bed, report, LIST, |tests| {
        let of_crate = CrateTests::build(&kept(bed, SCENARIO.name)?, "rdkafka", VERSION, "", |_| Ok(()))?;
        let node = bed.fresh_with(SCENARIO.name, SETTINGS)?;
        let environment = [("KAFKA_HOST", &*node.bootstrap()), ("KAFKA_VERSION", "4.3.0")];
        tests.iter().map(|test| of_crate.run(test, &environment, node.dir())).collect()
    })
}
