//! The integration tests of the crate rskafka, which hold its clients, librdkafka's and Java's against each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use ottla_rival::files::{copy, renew};
use ottla_rival::run;
use serde_json::Value;

use super::outcome::{How, Outcome};
use super::{Test, judge, kept};
use crate::bed::Bed;
use crate::process::log_to;
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

/// For one test.
const PATIENCE: Duration = Duration::from_secs(120);

/// Tests make their topics themselves, and one asks for a topic that nobody has made.
const SETTINGS: &[(&str, &str)] = &[("auto.create.topics.enable", "false")];

fn run_suite(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    judge(bed, report, LIST, |tests| {
        let dir = kept(bed, SCENARIO.name)?;
        let source = source(&dir)?;
        let programs = build(&source)?;
        let node = bed.fresh_with(SCENARIO.name, SETTINGS)?;
        tests.iter().map(|test| run_test(test, &source, &programs, &node.bootstrap(), node.dir())).collect()
    })
}

/// The crate as it was published, with the jars that it wants.
fn source(dir: &Path) -> anyhow::Result<PathBuf> {
    let source = dir.join(format!("rskafka-{VERSION}"));
    if source.exists() {
        return Ok(source);
    }
    eprintln!("fetching rskafka's tests");
    let fetch = dir.join("fetch");
    renew(&fetch.join("src"))?;
    fs::write(fetch.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"fetch\"\nedition = \"2024\"\n[dependencies]\nrskafka = \"={VERSION}\"\n[workspace]\n"
    );
    fs::write(fetch.join("Cargo.toml"), manifest)?;
    let metadata = said(cargo(&fetch).args(["metadata", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.into_iter().find(|package| package["name"] == "rskafka");
    let manifest =
        package.and_then(|package| package["manifest_path"].as_str()).context("no rskafka came")?;

    let part = source.with_added_extension("part");
    copy(Path::new(manifest).parent().context("a manifest without a folder")?, &part)?;
    // It asks for a compiler of its own, and its lock file for a package that compiles no more.
    fs::remove_file(part.join("rust-toolchain.toml"))?;
    run(cargo(&part).args(["update", "--quiet", "--package", "rsasl"]))?;
    for jar in JARS {
        run(Command::new("mvn")
            .args(["-q", "-B", "dependency:copy", &format!("-Dartifact={jar}")])
            .arg(format!("-DoutputDirectory={}", part.join("target/debug/jassets").display())))?;
    }
    fs::rename(&part, &source)?;
    Ok(source)
}

/// The programs of its tests by their names.
fn build(source: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let messages = said(cargo(source).args([
        "test",
        "--quiet",
        "--no-run",
        "--features",
        "full",
        "--message-format",
        "json",
    ]))?;
    let mut programs = BTreeMap::new();
    for message in messages.lines() {
        let message: Value = serde_json::from_str(message)?;
        let kinds = message["target"]["kind"].as_array().into_iter().flatten();
        if kinds.into_iter().any(|kind| kind == "test")
            && let (Some(name), Some(program)) =
                (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            programs.insert(name.to_owned(), PathBuf::from(program));
        }
    }
    Ok(programs)
}

fn run_test(
    test: &Test<'_>,
    source: &Path,
    programs: &BTreeMap<String, PathBuf>,
    bootstrap: &str,
    dir: &Path,
) -> anyhow::Result<Outcome> {
    let (program, name) = test.name.split_once("::").context("a test without its program")?;
    let program = programs.get(program).with_context(|| format!("rskafka has no tests called {program}"))?;
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture"]);
    command
        .env("TEST_INTEGRATION", "1")
        .env("TEST_BROKER_IMPL", "kafka")
        .env("TEST_JAVA_INTEROPT", "1")
        .env("KAFKA_CONNECT", bootstrap)
        .current_dir(source);
    let log = dir.join(format!("{}.log", test.name.replace("::", "-")));
    let start = Instant::now();
    let status = log_to(command, &log, PATIENCE)?;
    let ran = String::from_utf8_lossy(&fs::read(&log)?).contains("test result: ok. 1 passed");
    let how = match status {
        Some(0) if ran => How::Passed,
        Some(0) => How::Failed("there is no such test".to_owned()),
        Some(status) => How::Failed(format!("it ended with {status}, see {}", log.display())),
        None => How::Failed(format!("it did not end within {PATIENCE:?}, see {}", log.display())),
    };
    Ok(Outcome::new(test.name, start.elapsed(), how))
}

/// Cargo in another workspace, with its own target folder.
fn cargo(dir: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(dir).env_remove("CARGO_TARGET_DIR").env("CARGO_INCREMENTAL", "0");
    cargo
}

/// What a command writes to its standard output.
fn said(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(std::process::Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
