//! What is said of command lines, as Apache Kafka 4.3.1's tool says it.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use crate::{Console, run};

/// The first line of what is said of a wrong command line, and whether the usage follows.
fn said(line: &str) -> (String, bool) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["topics"].into_iter().chain(line.split_whitespace()).map(OsString::from);
    let status = run(OsStr::new("ottla"), arguments, &mut Console::new(&mut out, &mut err));
    assert_eq!((status, String::from_utf8(out).unwrap().as_str()), (ExitCode::FAILURE, ""));
    let err = String::from_utf8(err).unwrap();
    let (first, rest) = err.split_once('\n').unwrap();
    (first.to_owned(), rest.starts_with("Option"))
}

#[test]
fn wrong_command_lines() {
    for (line, message) in [
        ("", "This tool helps to create, delete, describe, or change a topic."),
        (
            "--bootstrap-server x",
            "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
        ),
        (
            "--bootstrap-server x --list --create",
            "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
        ),
        ("--bootstrap-server x --create", "Missing required argument \"[topic]\""),
        ("--bootstrap-server x --alter --topic t", "Missing required argument \"[partitions]\""),
        (
            "--bootstrap-server x --alter --topic t --config a=b --partitions 2",
            "Option combination \"[[bootstrap-server], [config]]\" can't be used with option \"[alter]\" (To alter topic \
             configurations, the kafka-configs tool can be used.)",
        ),
        (
            "--bootstrap-server x --list --partitions 2",
            "Option \"[partitions]\" can't be used with option \"[list]\"",
        ),
        (
            "--bootstrap-server x --create --topic t --replica-assignment 1:2 --partitions 2",
            "Option \"[replica-assignment]\" can't be used with option \"[partitions]\"",
        ),
        (
            "--bootstrap-server x --describe --under-replicated-partitions --topics-with-overrides",
            "Option \"[under-replicated-partitions]\" can't be used with option \"[topics-with-overrides]\"",
        ),
        (
            "--bootstrap-server x --describe --if-exists",
            "--topic or --topic-id is required to describe a topic",
        ),
    ] {
        assert_eq!(said(line), (message.to_owned(), true), "{line}");
    }
    assert_eq!(said("--list"), ("--bootstrap-server must be specified".to_owned(), false));
}
