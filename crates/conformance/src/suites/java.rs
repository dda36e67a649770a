//! Apache Kafka's own integration tests, from the jars that it publishes, against nodes that are processes.
//!
//! `suites/java/shim` stands in front of what starts a cluster inside the tests' virtual machine: for each test it formats
//! and starts a node of its own. Every cluster is one node here, whatever the test asks for, on whoever's side.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use ottla_rival::files::renew;
use ottla_rival::{LOGGING, Whose, fetch_jars, run};

use super::outcome::{self, Outcome};
use super::{Test, judge, kept, ours};
use crate::bed::Bed;
use crate::process::log_to;
use crate::report::Report;
use crate::scenarios::Scenario;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "java",
    about: "Apache Kafka's own integration tests: consumers, producer, administration, requests, tools",
    is_of_our_tools: false,
    run: run_suite,
};

const LIST: &str = include_str!("../../suites/java/tests.tsv");

/// Virtual machines at a time, each with the tests of one class.
const MACHINES: usize = 2;

/// For one test, its nodes' start included.
const TEST_SECONDS: u64 = 120;

/// For the tests of one class.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Memory for the tests of a class, and for a node of Apache Kafka.
const HEAP: &str = "-Xmx768m";
const NODE_HEAP: &str = "-Xmx384m";

/// Quick to start rather than quick to run.
const MACHINE: [&str; 2] = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

fn run_suite(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    judge(bed, report, LIST, |tests| {
        let dir = kept(bed, SCENARIO.name)?;
        let libs = dir.join("libs");
        fetch_jars(&ours(SCENARIO.name).join("pom.xml"), &libs)?;
        let class_path = format!("{}:{}/*", compiled(&dir, &libs)?.display(), libs.display());
        let runner = Runner { bed, class_path, work: bed.work().join("nodes").join(SCENARIO.name) };
        renew(&runner.work)?;
        let classes: Vec<(&str, Vec<&str>)> = by_class(tests).into_iter().collect();
        let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            let machines: Vec<_> = (0..MACHINES)
                .map(|_| {
                    scope.spawn(|| -> anyhow::Result<()> {
                        while let Some((class, tests)) = classes.get(next.fetch_add(1, Ordering::Relaxed)) {
                            let of_class = runner.run(class, tests)?;
                            outcomes.lock().unwrap_or_else(|broken| broken.into_inner()).extend(of_class);
                        }
                        Ok(())
                    })
                })
                .collect();
            for machine in machines {
                machine.join().ok().context("a thread that ran tests has panicked")??;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        Ok(outcomes.into_inner()?)
    })
}

/// The shim, compiled once for each of its states.
fn compiled(dir: &Path, libs: &Path) -> anyhow::Result<PathBuf> {
    let sources: Vec<PathBuf> = ottla_rival::files::files(&ours(SCENARIO.name).join("shim"))?;
    let text = sources.iter().map(fs::read_to_string).collect::<Result<String, _>>()?;
    let (classes, was) = (dir.join("classes"), dir.join("classes/sources"));
    if fs::read_to_string(&was).is_ok_and(|was| was == text) {
        return Ok(classes);
    }
    renew(&classes)?;
    let mut javac = Command::new("javac");
    javac
        .args(["-nowarn", "-Xlint:none", "-proc:none", "-XDsuppressNotes", "-XDignore.symbol.file", "-d"])
        .arg(&classes);
    run(javac.arg("-cp").arg(format!("{}/*", libs.display())).args(sources))?;
    fs::write(was, text)?;
    Ok(classes)
}

/// The tests, `CLASS#METHOD`, by their classes.
fn by_class<'a>(tests: &[&Test<'a>]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in tests {
        let class = test.name.split('#').next().unwrap_or_default();
        classes.entry(class).or_default().push(test.name);
    }
    classes
}

struct Runner<'a> {
    bed: &'a Bed,
    class_path: String,
    /// Where nodes live, and what they and the tests said.
    work: PathBuf,
}

impl Runner<'_> {
    /// Runs tests of one class in one virtual machine.
    fn run(&self, class: &str, tests: &[&str]) -> anyhow::Result<Vec<Outcome>> {
        let name = class.rsplit('.').next().unwrap_or(class);
        let outcomes = self.work.join(format!("{name}.tsv"));
        File::create(&outcomes)?;
        let mut java = Command::new("java");
        java.arg(HEAP).args(MACHINE).arg(format!("-Dlog4j2.configurationFile={LOGGING}"));
        java.arg("-cp").arg(&self.class_path).arg("judge.Run").arg(&outcomes).args(tests);
        java.env("SHIM_ONE_NODE", "1")
            .env("SHIM_WORK", &self.work)
            .env("SHIM_TEST_TIMEOUT", format!("{TEST_SECONDS} s"))
            .env("SERVER_START_CMD", self.start());
        if let Some(format) = self.format() {
            java.env("SERVER_FORMAT_CMD", format);
        }
        log_to(java, &self.work.join(format!("{name}.log")), PATIENCE)?;
        outcome::parse(&fs::read_to_string(outcomes)?)
    }

    /// The command that formats a node's directory; without one the shim does it with Apache Kafka's classes.
    fn format(&self) -> Option<String> {
        (self.bed.subject == Whose::Ottla).then(|| {
            format!(
                "'{}' storage format -t {{clusterid}} -c {{config}} {{args}}",
                self.bed.pair.ottla.display()
            )
        })
    }

    /// The command that starts a node.
    fn start(&self) -> String {
        match self.bed.subject {
            Whose::Ottla => format!("'{}' server {{config}}", self.bed.pair.ottla.display()),
            Whose::Kafka => format!(
                "java {NODE_HEAP} {} -Dlog4j2.configurationFile={LOGGING} -cp '{}' kafka.Kafka {{config}}",
                MACHINE.join(" "),
                self.class_path
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::list::Standing;

    #[test]
    fn tests_are_grouped_by_their_classes() {
        let test = |name| Test { name, standing: Standing::Holds { quick: false } };
        let tests = [test("a.B#one"), test("a.B#two"), test("a.C#one")];
        let classes = by_class(&tests.iter().collect::<Vec<_>>());
        assert_eq!(classes, BTreeMap::from([("a.B", vec!["a.B#one", "a.B#two"]), ("a.C", vec!["a.C#one"])]));
    }
}
