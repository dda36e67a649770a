//! What the tool prints, as Apache Kafka 4.3.1's does for the same command lines.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use expect_test::{Expect, expect};

use crate::{Console, run};

fn storage(arguments: &[&str]) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["storage"].iter().chain(arguments).map(OsString::from);
    let status = run(OsStr::new("ottla"), arguments, &mut Console::new(&mut out, &mut err));
    let status = if status == ExitCode::SUCCESS { 0 } else { 1 };
    format!("exit {status}\n{}--\n{}", String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn check(arguments: &[&str], expected: Expect) {
    expected.assert_eq(&storage(arguments));
}

/// A configuration file in a directory, its logs below.
fn write_config(directory: &Path, more: &str) -> String {
    let file = directory.join("server.properties");
    let logs = directory.join("logs");
    let text = format!(
        "process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\n\
         advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
         controller.listener.names=CONTROLLER\nlog.dirs={}\n{more}\n",
        logs.display()
    );
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

const DYNAMIC: &str = "controller.quorum.bootstrap.servers=localhost:9093";
const STATIC: &str = "controller.quorum.voters=1@localhost:9093";
const CLUSTER_ID: &str = "5L6g3nShT-eMCtK--X86sw";

#[test]
fn mapping_of_versions() {
    check(
        &["version-mapping"],
        expect![[r#"
            exit 0
            metadata.version=30 (4.3-IV0)
            kraft.version=1
            transaction.version=2
            group.version=1
            eligible.leader.replicas.version=1
            share.version=1
            streams.version=1
            --
        "#]],
    );
    check(
        &["version-mapping", "-r", "3.9"],
        expect![[r#"
            exit 0
            metadata.version=21 (3.9)
            kraft.version=1
            transaction.version=0
            group.version=0
            eligible.leader.replicas.version=0
            share.version=0
            streams.version=0
            --
        "#]],
    );
    check(
        &["version-mapping", "--release-version", "9.9"],
        expect![[r#"
            exit 1
            --
            Unknown metadata.version '9.9'. Supported metadata.version are: 3.3-IV3, 3.4-IV0, 3.5-IV0, 3.5-IV1, 3.5-IV2, 3.6-IV0, 3.6-IV1, 3.6-IV2, 3.7-IV0, 3.7-IV1, 3.7-IV2, 3.7-IV3, 3.7-IV4, 3.8-IV0, 3.9-IV0, 4.0-IV0, 4.0-IV1, 4.0-IV2, 4.0-IV3, 4.1-IV0, 4.1-IV1, 4.2-IV0, 4.2-IV1, 4.3-IV0, 4.4-IV0
        "#]],
    );
}

#[test]
fn dependencies_of_features() {
    check(
        &[
            "feature-dependencies",
            "-f",
            "metadata.version=29",
            "-f",
            "group.version=1",
            "--feature=eligible.leader.replicas.version=1",
        ],
        expect![[r#"
            exit 0
            metadata.version=29 (4.2-IV1) has no dependencies.
            group.version=1 has no dependencies.
            eligible.leader.replicas.version=1 requires:
                metadata.version=23 (4.0-IV1)
            --
        "#]],
    );
    for (feature, message) in [
        ("x", "Invalid feature format: x. Expected format: 'feature=version' (e.g. 'group.version=1')"),
        ("group.version=9", "Feature level 9 is not supported for feature group.version"),
        ("foo=1", "Unknown feature: foo"),
        ("metadata.version=99", "Unknown metadata.version 99"),
        ("group.version=a", "Invalid version format: a for feature group.version"),
    ] {
        assert_eq!(storage(&["feature-dependencies", "-f", feature]), format!("exit 1\n--\n{message}\n"));
    }
}

#[test]
fn random_ids_are_never_flags() {
    let said = storage(&["random-uuid"]);
    let id = said.strip_prefix("exit 0\n").and_then(|rest| rest.strip_suffix("\n--\n")).unwrap();
    assert_eq!(id.len(), 22, "{id}");
    assert!(!id.starts_with('-'), "{id}");
}

#[test]
fn formats_once_and_tells_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let (config, logs) = (write_config(directory.path(), DYNAMIC), directory.path().join("logs"));
    let logs = logs.to_str().unwrap();
    let format = ["format", "--standalone", "-t", CLUSTER_ID, "-c", &config];

    let said = storage(&["info", "-c", &config]);
    assert_eq!(said, format!("exit 1\nFound problem:\n  {logs} does not exist\n\n--\n"));

    let said = storage(&format);
    let last =
        format!("Formatting dynamic metadata voter directory {logs} with metadata.version 4.3-IV0.\n--\n");
    assert!(
        said.starts_with("exit 0\nBootstrap metadata: BootstrapMetadata(") && said.ends_with(&last),
        "{said}"
    );

    let said = storage(&["info", "-c", &config]);
    let (before, after) = (
        format!(
            "exit 0\nFound log directory:\n  {logs}\n\nFound metadata: {{cluster.id={CLUSTER_ID}, directory.id="
        ),
        ", node.id=1, version=1}\n\n--\n",
    );
    assert!(said.starts_with(&before) && said.ends_with(after), "{said}");

    assert_eq!(
        storage(&format),
        format!(
            "exit 1\n--\nLog directory {logs} is already formatted. Use --ignore-formatted to ignore this directory and \
             format the others.\n"
        )
    );
    let again = ["format", "-gs", "-t", CLUSTER_ID, "-c", &config];
    assert_eq!(storage(&again), "exit 0\nAll of the log directories are already formatted.\n--\n");
}

#[test]
fn static_voters_need_no_flag_and_allow_none() {
    let directory = tempfile::tempdir().unwrap();
    let config = write_config(directory.path(), STATIC);
    check(
        &["format", "-t", CLUSTER_ID, "-c", &config, "--standalone"],
        expect![[r#"
            exit 1
            --
            You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. If you want to use dynamic quorum, please remove controller.quorum.voters and specify controller.quorum.bootstrap.servers instead.
        "#]],
    );
    let said = storage(&["format", "-t", CLUSTER_ID, "-c", &config, "-r", "3.9"]);
    assert!(said.starts_with("exit 0\n") && said.contains("\nFormatting metadata directory "), "{said}");
    assert!(said.ends_with(" with metadata.version 3.9-IV0.\n--\n"), "{said}");
}

#[test]
fn wrong_command_lines_write_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let config = write_config(directory.path(), DYNAMIC);
    for (more, message) in [
        (
            &[] as &[&str],
            "Because controller.quorum.voters is not set on this controller, you must specify one of the following: \
             --standalone, --initial-controllers, or --no-initial-controllers.",
        ),
        (
            &["-s", "-f", "group.version"],
            "Can't parse feature=level string group.version: equals sign not found.",
        ),
        (
            &["-s", "-f", "group.version=x"],
            "Can't parse feature=level string group.version=x: unable to parse x as a short.",
        ),
        (&["-I", "1-localhost"], "No @ found in dynamic voter string."),
        (
            &["-s", "-f", "no.such=1"],
            "Unsupported feature: no.such. Supported features are: eligible.leader.replicas.version, group.version, \
             kraft.version, share.version, streams.version, transaction.version",
        ),
    ] {
        let arguments = [&["format", "-t", CLUSTER_ID, "-c", &config], more].concat();
        assert_eq!(storage(&arguments), format!("exit 1\n--\n{message}\n"));
    }
    assert!(!directory.path().join("logs").exists());
    check(
        &["format", "-s"],
        expect![[r#"
            exit 1
            --
            usage: kafka-storage format [-h] --config CONFIG --cluster-id CLUSTER_ID
                                        [--add-scram ADD_SCRAM] [--ignore-formatted]
                                        [--release-version RELEASE_VERSION]
                                        [--feature FEATURE]
                                        [--standalone | --no-initial-controllers | --initial-controllers INITIAL_CONTROLLERS]
            kafka-storage: error: argument --config/-c is required
        "#]],
    );
}
