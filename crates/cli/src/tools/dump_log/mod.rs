//! `dump-log`: prints the files of a partition, as Kafka's `DumpLogSegments` does.
//!
//! Batches and records of `.log` and `.checkpoint` files, entries of the three kinds of index, producers of a `.snapshot`.
//! What disagrees between an index and its log is told on standard error when all files are done. Files are read from front
//! to back in pieces, so that their size does not matter; a batch must fit into memory.

mod batch_line;
mod batches;
mod control;
mod decoder;
mod findings;
mod index_file;
mod legacy;
mod log;
mod offset_index;
mod options;
mod producer_snapshot;
mod record_line;
mod records;
mod time_index;
mod transaction_index;
mod window;

use self::findings::Findings;
use self::options::Options;
use crate::frame::{Arguments, Console, Run, Stop, Syntax, Tool};
use crate::java::JavaFile;

pub(super) const TOOL: Tool = Tool {
    name: "dump-log",
    script: Some("kafka-dump-log"),
    summary: "Print what the files of a partition hold: logs, indexes, snapshots.",
    description: "This tool parses log, index and snapshot files and prints what is in them, to look into a segment that \
                  seems corrupt.",
    syntax: Syntax::Options(options::ALL),
    runs_bare: false,
    run: Run::Plain(run),
};

fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let options = Options::new(arguments);
    let mut findings = Findings::default();
    for file in options.files()? {
        dump(&JavaFile::new(file), &options, &mut findings, console)?;
    }
    Ok(findings.write(console.err()?)?)
}

fn dump(
    file: &JavaFile,
    options: &Options<'_>,
    findings: &mut Findings,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    writeln!(console.out(), "Dumping {file}")?;
    match file.suffix() {
        Some(".log" | ".checkpoint") => log::dump(file, options, findings, console.out()),
        Some(".index") => offset_index::dump(file, options, findings, console.out()),
        Some(".timeindex") => time_index::dump(file, options, findings, console.out()),
        Some(".txnindex") => transaction_index::dump(file, console.out()),
        Some(".snapshot") => producer_snapshot::dump(file, console),
        _ => Ok(writeln!(console.err()?, "Ignoring unknown file {file}")?),
    }
}

/// The offset that the name of a segment's file begins with.
fn base_offset(file: &JavaFile) -> anyhow::Result<i64> {
    let stem = file.stem();
    stem.parse()
        .map_err(|_| anyhow::anyhow!("the name of {file} begins with {stem:?}, an offset would be right"))
}
