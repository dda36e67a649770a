//! Suites that others wrote for their own clients, or for Apache Kafka itself, as scenarios.
//!
//! The tests come from their registries and stay below the work directory. What is ours of a suite is its [`List`]: each
//! test that passes on Apache Kafka by its name, whether it holds on our node, and what the node lacks when it does not. A
//! listed test that fails, is skipped or does not run at all is a failure.

mod crate_tests;
mod franz_go;
mod java;
mod kafka_python;
mod list;
mod outcome;
mod rdkafka;
mod rskafka;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ottla_rival::Whose;

pub(crate) use franz_go::SCENARIO as FRANZ_GO;
pub(crate) use java::SCENARIO as JAVA;
pub(crate) use kafka_python::SCENARIO as KAFKA_PYTHON;
pub(crate) use rdkafka::SCENARIO as RDKAFKA;
pub(crate) use rskafka::SCENARIO as RSKAFKA;

use crate::bed::Bed;
use crate::report::Report;
use list::{List, Standing, Test};
use outcome::Outcome;

/// The folder of what is ours of each suite.
const SUITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suites");

/// Runs those tests of a suite that are asked for, and takes down how each of them went.
fn judge(
    bed: &Bed,
    report: &mut Report,
    list: &str,
    run: impl FnOnce(&[&Test<'_>]) -> anyhow::Result<Vec<Outcome>>,
) -> anyhow::Result<()> {
    let list = List::parse(list)?;
    let wanted: Vec<&Test<'_>> = list.tests.iter().filter(|test| is_wanted(bed, test)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let outcomes = run(&wanted)?;
    for test in wanted {
        let absent = match test.standing {
            Standing::Holds { .. } => None,
            Standing::Absent(missing) | Standing::Uncounted(missing) => Some(missing),
        };
        let outcome = outcome::of(test.name, &outcomes);
        report.test(test.name, outcome.took, absent, outcome.into_result());
    }
    Ok(())
}

/// What holds, or when it must be quick what is marked so; and what does not, when that is asked for or Kafka is judged.
fn is_wanted(bed: &Bed, test: &Test<'_>) -> bool {
    let is_counted = match test.standing {
        Standing::Holds { quick } => quick || !bed.quick,
        Standing::Absent(_) => !bed.quick && (bed.absent || bed.subject == Whose::Kafka),
        Standing::Uncounted(_) => false,
    };
    is_counted && bed.only.as_ref().is_none_or(|part| test.name.contains(part.as_str()))
}

/// Where a suite keeps what it fetched and built.
fn kept(bed: &Bed, suite: &str) -> anyhow::Result<PathBuf> {
    let dir = bed.work().join("suites").join(suite);
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

/// What is ours of a suite.
fn ours(suite: &str) -> PathBuf {
    Path::new(SUITES).join(suite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_can_be_read_and_holds_something() {
        for suite in fs::read_dir(SUITES).unwrap() {
            let path = suite.unwrap().path().join("tests.tsv");
            let text = fs::read_to_string(&path).unwrap();
            let list = List::parse(&text).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
            let holds = list.tests.iter().filter(|test| matches!(test.standing, Standing::Holds { .. }));
            assert!(holds.count() > 0, "{}", path.display());
        }
    }
}
