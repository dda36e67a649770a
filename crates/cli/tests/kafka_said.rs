//! `dump-log` on files of Apache Kafka, whole and damaged, beside what Kafka's own tool said of them.
//!
//! A line of `cases.txt` is a name, Kafka's exit status and the arguments, `@` standing for the directory of the files. What
//! Kafka wrote to standard output and, where it did not fail, to standard error is in `said`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::process::ExitCode;

use ottla_cli::{Console, run};

const FIXTURES: &str = "tests/fixtures/dump_log";

struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
    status: ExitCode,
}

fn dump_log<'a>(arguments: impl Iterator<Item = &'a str>) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["dump-log"].into_iter().chain(arguments).map(Into::into);
    let status = run(OsStr::new("ottla"), arguments, &mut Console::new(&mut out, &mut err));
    Said { out, err, status }
}

fn kafka_said(name: &str, stream: &str) -> Vec<u8> {
    fs::read(format!("{FIXTURES}/said/{name}.{stream}")).unwrap_or_default()
}

/// The text of a stream, cut to its first line that differs from the other's.
fn first_difference(ours: &[u8], kafkas: &[u8]) -> Option<String> {
    let differ =
        ours.split(|byte| *byte == b'\n').zip(kafkas.split(|byte| *byte == b'\n')).find(|(a, b)| a != b);
    match differ {
        Some((ours, kafkas)) => {
            Some(format!("ours  {}\nkafka {}", ours.escape_ascii(), kafkas.escape_ascii()))
        }
        None if ours == kafkas => None,
        None => Some(format!("ours has {} bytes, Kafka's {}", ours.len(), kafkas.len())),
    }
}

#[test]
fn says_what_kafka_says() {
    let cases = fs::read_to_string(format!("{FIXTURES}/cases.txt")).expect("cases are there");
    let directory = env::current_dir().expect("there is one");
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let arguments = case.replace('@', &format!("{FIXTURES}/data/"));
        let mut words = arguments.split(' ');
        let (name, status) = (words.next().expect("a name"), words.next().expect("a status"));
        let ours = dump_log(words);

        let kafka_failed = status != "0";
        let expected = if kafka_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        if ours.status != expected {
            wrong.push(format!("{name}: ended otherwise, saying {}", ours.err.escape_ascii()));
        }
        if let Some(difference) = first_difference(&ours.out, &kafka_said(name, "out")) {
            wrong.push(format!("{name}:\n{difference}"));
        }
        if kafka_failed {
            // In place of a trace of Java's stack we say in one line what is wrong.
            let err = String::from_utf8_lossy(&ours.err);
            let last = err.lines().last().unwrap_or_default();
            assert!(last.starts_with("ottla dump-log: "), "{name}: {err}");
            continue;
        }
        let err = String::from_utf8(kafka_said(name, "err")).expect("text");
        let err = err.replace("{directory}", &directory.display().to_string());
        if let Some(difference) = first_difference(&ours.err, err.as_bytes()) {
            wrong.push(format!("{name}, standard error:\n{difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
