//! The table of scenarios.

mod compaction;
mod crash;
mod directory;
mod flights;
mod hostile;
mod kcat;
mod programs;
mod seeds;
mod streams;
mod tools;
mod transactions;
mod verifiable;

use crate::bed::Bed;
use crate::report::Report;
use crate::suites;

/// One scenario.
pub(crate) struct Scenario {
    /// The name to call it by.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) about: &'static str,
    /// Whether tools of ours are judged, on whoever's node.
    pub(crate) is_of_our_tools: bool,
    /// Runs it; what goes wrong in a check is told to the report, and an error is what keeps it from going on.
    pub(crate) run: fn(&Bed, &mut Report) -> anyhow::Result<()>,
}

/// All scenarios, in the order in which they run.
pub(crate) const SCENARIOS: &[Scenario] = &[
    seeds::SCENARIO,
    tools::APACHE,
    tools::OWN,
    programs::KAFKA_PYTHON,
    programs::CONFLUENT,
    programs::AIOKAFKA,
    programs::KAFKAJS,
    kcat::SCENARIO,
    verifiable::SCENARIO,
    hostile::SCENARIO,
    directory::SCENARIO,
    crash::SCENARIO,
    transactions::SCENARIO,
    streams::SCENARIO,
    compaction::SCENARIO,
    flights::SCENARIO,
    suites::KAFKA_PYTHON,
    suites::FRANZ_GO,
    suites::RSKAFKA,
    suites::RDKAFKA,
    suites::JAVA,
];
