//! The integration tests that kafka-python's source distribution holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use ottla_rival::{Whose, run};

use super::outcome::{self, Outcome};
use super::{Test, judge, kept, ours};
use crate::bed::Bed;
use crate::clients::virtual_environment;
use crate::process::log_to;
use crate::report::Report;
use crate::scenarios::Scenario;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "kafka-python",
    about: "kafka-python's own integration tests",
    is_of_our_tools: false,
    run: run_suite,
};

const LIST: &str = include_str!("../../suites/kafka-python/tests.tsv");

const VERSION: &str = "3.0.12";

/// For one test.
const TEST_SECONDS: u64 = 120;

/// For all of them.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A test assigns replicas to broker 0, another asks for a session of three seconds.
const SETTINGS: &[(&str, &str)] =
    &[("node.id", "0"), ("num.partitions", "4"), ("group.min.session.timeout.ms", "1000")];

/// Rules of access, which our node does not have.
const ACCESS: &[(&str, &str)] = &[
    ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
    ("allow.everyone.if.no.acl.found", "true"),
    ("super.users", "User:ANONYMOUS"),
];

fn run_suite(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    judge(bed, report, LIST, |tests| {
        let dir = kept(bed, SCENARIO.name)?;
        let python = virtual_environment(
            &dir.join("venv"),
            &ours(SCENARIO.name).join("requirements.txt"),
            &[&format!("kafka-python[crc32c,lz4,snappy,zstd]=={VERSION}")],
        )?;
        let source = source(&dir, &python)?;
        run_tests(bed, &source, &python, tests)
    })
}

/// The source distribution, and the two modules that it lacks.
fn source(dir: &Path, python: &Path) -> anyhow::Result<PathBuf> {
    let name = format!("kafka_python-{VERSION}");
    let source = dir.join(&name);
    if !source.exists() {
        eprintln!("fetching kafka-python's tests");
        run(Command::new(python)
            .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"])
            .args(["--no-deps", "--no-binary", ":all:"])
            .arg(format!("kafka-python=={VERSION}"))
            .current_dir(dir))?;
        run(Command::new("tar").arg("xzf").arg(format!("{name}.tar.gz")).current_dir(dir))?;
    }
    let test = source.join("test");
    fs::write(test.join("__init__.py"), "")?;
    fs::copy(ours(SCENARIO.name).join("service.py"), test.join("service.py"))?;
    Ok(source)
}

fn run_tests(bed: &Bed, source: &Path, python: &Path, tests: &[&Test<'_>]) -> anyhow::Result<Vec<Outcome>> {
    let mut settings = SETTINGS.to_vec();
    if bed.subject == Whose::Kafka {
        settings.extend(ACCESS);
    }
    let node = bed.fresh_with(SCENARIO.name, &settings)?;
    let outcomes = node.dir().join("outcomes.tsv");
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "--tb=short", "-p", "no:cacheprovider", "-p", "outcomes"]);
    pytest.arg(format!("--timeout={TEST_SECONDS}")).args(tests.iter().map(|test| test.name));
    pytest
        .env("PYTHONPATH", ours(SCENARIO.name))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("OUTCOMES", &outcomes)
        .env("KAFKA_ROOT", node.dir())
        .env("KAFKA_URI", format!("kafka://{}", node.bootstrap()))
        .env("KAFKA_VERSION", "4.3")
        .current_dir(source);
    let log = node.dir().join("tests.log");
    log_to(pytest, &log, PATIENCE)?;
    outcome::parse(
        &fs::read_to_string(&outcomes).with_context(|| format!("no outcomes, see {}", log.display()))?,
    )
}
