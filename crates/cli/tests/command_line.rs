//! How tools are found, and what is said of a command line.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use expect_test::{Expect, expect};
use ottla_cli::{Console, run};

/// Runs a command line and compares status, output and errors with what is expected.
fn check(program: &str, arguments: &[&str], expected: Expect) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = arguments.iter().map(OsString::from);
    let status = run(OsStr::new(program), arguments, &mut Console::new(&mut out, &mut err));
    let status = if status == ExitCode::SUCCESS { 0 } else { 1 };
    let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    expected.assert_eq(&format!("exit {status}\n{out}--\n{err}"));
}

/// Runs a wrong command line: what is said first of it, the usage coming after.
fn check_usage(arguments: &[&str], message: &str) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = arguments.iter().map(OsString::from);
    let status = run(OsStr::new("ottla"), arguments, &mut Console::new(&mut out, &mut err));
    assert_eq!((status, out), (ExitCode::FAILURE, Vec::new()));
    let err = String::from_utf8(err).expect("text");
    assert!(err.starts_with(&format!("{message}\nOption ")), "{err}");
}

#[test]
fn overview() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = run(OsStr::new("ottla"), ["--help".into()], &mut Console::new(&mut out, &mut err));
    assert_eq!((status, err), (ExitCode::SUCCESS, Vec::new()));
    let out = String::from_utf8(out).expect("text");
    assert!(out.starts_with("Ottla 0.1.0, with the tools of Apache Kafka 4.3.1.\n"), "{out}");
    assert!(out.contains("\n  dump-log "), "{out}");
    check(
        "ottla",
        &["--version"],
        expect![[r#"
        exit 0
        ottla 0.1.0 (Apache Kafka 4.3.1)
        --
    "#]],
    );
    check(
        "ottla",
        &["no-such-tool"],
        expect![[r#"
        exit 1
        --
        ottla: there is no tool "no-such-tool"; ottla --help lists them
    "#]],
    );
}

#[test]
fn usage_derives_from_the_options() {
    check(
        "ottla",
        &["help", "dump-log"],
        expect![[r#"
            exit 0
            This tool parses log, index and snapshot files and prints what is in them, to look into a segment that seems corrupt.
            Option                              Description
            ------                              -----------
            --cluster-metadata-decoder          Print the records as those of the cluster's
                                                  metadata.
            --deep-iteration                    Print a line for each record, not only for
                                                  each batch. Implied by --print-data-log.
            --files <file1,file2,...>           REQUIRED: The files to print, separated by
                                                  commas: .log, .checkpoint, .index,
                                                  .timeindex, .txnindex, .snapshot.
            --help                              Print usage information.
            --index-sanity-check                Of an index, only do the check by which a
                                                  broker decides at its start whether to
                                                  rebuild it.
            --key-decoder-class [class]         Print keys as a decoder class of Kafka's
                                                  would: StringDecoder, IntegerDecoder,
                                                  LongDecoder or DefaultDecoder of
                                                  org.apache.kafka.tools.api. (default:
                                                  org.apache.kafka.tools.api.StringDecoder)
            --max-bytes <Integer: size>         Read at most so many bytes from the front of
                                                  each log, in whole batches. (default:
                                                  2147483647)
            --max-message-size <Integer: size>  Size of the largest batch, for comparing an
                                                  index with its log. (default: 5242880)
            --offsets-decoder                   Print the records as those of the topic
                                                  __consumer_offsets.
            --print-data-log                    Print keys and values of the records.
                                                  Implied by any decoder.
            --remote-log-metadata-decoder       Print the records as those of the topic
                                                  __remote_log_metadata.
            --share-group-state-decoder         Print the records as those of the topic
                                                  __share_group_state.
            --skip-record-metadata              Leave out all of a record but its key and
                                                  value, and control records altogether.
            --transaction-log-decoder           Print the records as those of the topic
                                                  __transaction_state.
            --value-decoder-class [class]       Print values as a decoder class of Kafka's
                                                  would, like --key-decoder-class. (default:
                                                  org.apache.kafka.tools.api.StringDecoder)
            --verify-index-only                 Compare an index with its log without
                                                  printing its entries.
            --version                           Print the version.
            --
        "#]],
    );
}

#[test]
fn tools_run_under_the_names_of_kafkas_scripts() {
    check(
        "kafka-dump-log.sh",
        &["--version"],
        expect![[r#"
        exit 0
        4.3.1 (ottla 0.1.0)
        --
    "#]],
    );
    check(
        "/usr/bin/kafka-dump-log",
        &["--version"],
        expect![[r#"
        exit 0
        4.3.1 (ottla 0.1.0)
        --
    "#]],
    );
    check(
        "ottla",
        &["kafka-dump-log.sh", "--version"],
        expect![[r#"
        exit 0
        4.3.1 (ottla 0.1.0)
        --
    "#]],
    );
}

#[test]
fn wrong_options() {
    check_usage(&["dump-log", "--foo"], "foo is not a recognized option");
    check_usage(&["dump-log", "--files"], "Option files requires an argument");
    check_usage(&["dump-log", "--deep-iteration"], "Missing required argument \"[files]\"");
    check(
        "ottla",
        &["dump-log", "--files", "a", "--files", "b"],
        expect![[r#"
        exit 1
        --
        ottla dump-log: Found multiple arguments for option files, but you asked for only one
    "#]],
    );
    check(
        "ottla",
        &["dump-log", "--files", "1.log", "--max-bytes", "many"],
        expect![[r#"
        exit 1
        Dumping 1.log
        --
        ottla dump-log: Cannot parse argument 'many' of option max-bytes
    "#]],
    );
    check(
        "ottla",
        &["dump-log", "--files", "1.log", "--key-decoder-class", "com.example.Own"],
        expect![[r#"
            exit 1
            Dumping 1.log
            --
            ottla dump-log: --key-decoder-class: there is no decoder class com.example.Own; org.apache.kafka.tools.api.StringDecoder, org.apache.kafka.tools.api.IntegerDecoder, org.apache.kafka.tools.api.LongDecoder, org.apache.kafka.tools.api.DefaultDecoder would be right
        "#]],
    );
    check(
        "ottla",
        &["dump-log", "--files", "1.log"],
        expect![[r#"
        exit 1
        Dumping 1.log
        Log starting offset: 1
        --
        ottla dump-log: cannot open 1.log: No such file or directory (os error 2)
    "#]],
    );
}
