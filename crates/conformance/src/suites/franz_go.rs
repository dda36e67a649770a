//! The tests of franz-go's package kgo that need a broker.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ottla_rival::files::renew;
use ottla_rival::run;
use regex::Regex;

use super::list::Standing;
use super::outcome::{How, Outcome};
use super::{Test, judge, kept};
use crate::bed::Bed;
use crate::process::log_to;
use crate::report::Report;
use crate::scenarios::Scenario;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "franz-go",
    about: "franz-go's own tests: chains of groups, regular expressions, exactly once",
    is_of_our_tools: false,
    run: run_suite,
};

const LIST: &str = include_str!("../../suites/franz-go/tests.tsv");

const PACKAGE: &str = "github.com/twmb/franz-go/pkg/kgo";

const VERSION: &str = "v1.22.0";

/// Records that each chain of groups moves.
const RECORDS: &str = "10000";

/// For the tests that hold together, and for each of the others.
const PATIENCE: [Duration; 2] = [Duration::from_secs(10 * 60), Duration::from_secs(2 * 60)];

const SETTINGS: &[(&str, &str)] = &[
    ("auto.create.topics.enable", "true"),
    ("group.coordinator.rebalance.protocols", "classic,consumer,share,streams"),
    ("group.consumer.min.heartbeat.interval.ms", "500"),
    ("group.consumer.heartbeat.interval.ms", "1000"),
];

fn run_suite(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    judge(bed, report, LIST, |tests| {
        let program = program(&kept(bed, SCENARIO.name)?)?;
        let (together, alone) = grouped(tests);
        let mut outcomes = run_tests(bed, &program, &together, PATIENCE[0])?;
        for name in alone {
            outcomes.extend(run_tests(bed, &program, &BTreeSet::from([name]), PATIENCE[1])?);
        }
        Ok(outcomes)
    })
}

/// The functions of the tests: those that hold together, as they are written to run side by side, and one by one those that
/// would keep the others waiting.
fn grouped<'a>(tests: &[&Test<'a>]) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let function = |test: &&Test<'a>| test.name.split('/').next().unwrap_or(test.name);
    let (held, others): (Vec<_>, Vec<_>) =
        tests.iter().copied().partition(|test| matches!(test.standing, Standing::Holds { .. }));
    let together: BTreeSet<&str> = held.iter().map(function).collect();
    let alone = others.iter().map(function).filter(|name| !together.contains(name)).collect();
    (together, alone)
}

/// The tests as one program.
fn program(dir: &Path) -> anyhow::Result<PathBuf> {
    let program = dir.join(format!("kgo-{VERSION}.test"));
    if program.exists() {
        return Ok(program);
    }
    eprintln!("fetching and building franz-go's tests");
    let module = dir.join("module");
    renew(&module)?;
    let go = || {
        let mut go = Command::new("go");
        go.current_dir(&module).env("GOFLAGS", "-mod=mod -modcacherw").env("GOMODCACHE", dir.join("modules"));
        go
    };
    run(go().args(["mod", "init", "judge"]))?;
    run(go().args(["get", "-t", &format!("{PACKAGE}@{VERSION}")]))?;
    run(go().args(["test", "-c", "-o"]).arg(&program).arg(PACKAGE))?;
    Ok(program)
}

fn run_tests(
    bed: &Bed,
    program: &Path,
    functions: &BTreeSet<&str>,
    patience: Duration,
) -> anyhow::Result<Vec<Outcome>> {
    if functions.is_empty() {
        return Ok(Vec::new());
    }
    let node = bed.fresh_with(SCENARIO.name, SETTINGS)?;
    let pattern = functions.iter().copied().collect::<Vec<_>>().join("|");
    let mut test = Command::new(program);
    test.args(["-test.v", "-test.count=1", "-test.run", &format!("^({pattern})$")]);
    test.arg(format!("-test.timeout={}s", patience.as_secs()))
        .env("KGO_SEEDS", node.bootstrap())
        .env("KGO_TEST_RF", "1")
        .env("KGO_TEST_RECORDS", RECORDS)
        .env("KGO_LOG_LEVEL", "none")
        .current_dir(node.dir());
    let log = node.dir().join("tests.log");
    log_to(test, &log, patience + Duration::from_secs(30))?;
    outcomes(&String::from_utf8_lossy(&fs::read(log)?))
}

/// What `go test -v` says of each test and of each test in a test.
fn outcomes(said: &str) -> anyhow::Result<Vec<Outcome>> {
    let line = Regex::new(r"(?m)^ *--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)$")?;
    line.captures_iter(said)
        .map(|found| {
            let how = match &found[1] {
                "PASS" => How::Passed,
                "SKIP" => How::Skipped("its log says why".to_owned()),
                _ => How::Failed("its log says why".to_owned()),
            };
            Ok(Outcome::new(&found[2], Duration::try_from_secs_f64(found[3].parse()?)?, how))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_says_of_tests_and_of_tests_in_them() {
        let said = "\
=== RUN   TestGroup
    --- PASS: TestGroup/range (6.11s)
    --- SKIP: TestGroup/848 (0.00s)
--- PASS: TestGroup (23.59s)
--- FAIL: TestPing (0.10s)
    --- a line of a test's own
panic: test timed out after 8m0s
";
        let all = outcomes(said).unwrap();
        let short: Vec<_> =
            all.iter().map(|outcome| (outcome.name.as_str(), outcome.how == How::Passed)).collect();
        let expected =
            [("TestGroup/range", true), ("TestGroup/848", false), ("TestGroup", true), ("TestPing", false)];
        assert_eq!(short, expected);
        assert_eq!(all[0].took, Duration::from_millis(6110));
    }

    #[test]
    fn tests_that_do_not_hold_run_by_themselves() {
        let test = |name, standing| Test { name, standing };
        let tests = [
            test("A/one", Standing::Holds { quick: false }),
            test("A/two", Standing::Absent("no such thing")),
            test("B", Standing::Absent("no such thing")),
        ];
        let (together, alone) = grouped(&tests.iter().collect::<Vec<_>>());
        assert_eq!((together, alone), (BTreeSet::from(["A"]), BTreeSet::from(["B"])));
    }
}
