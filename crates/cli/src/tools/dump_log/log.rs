//! Dumps a `.log` file or a snapshot of the metadata log, a `.checkpoint` file.

use std::io::Write;

use anyhow::anyhow;

use super::batches::BatchReader;
use super::findings::Findings;
use super::options::Options;
use super::records::RecordDumper;
use super::window::{OpenFile, Window};
use super::{base_offset, batch_line};
use crate::frame::Stop;
use crate::java::JavaFile;

const BOOTSTRAP_SNAPSHOT: &str = "bootstrap.checkpoint";

pub(super) fn dump(
    file: &JavaFile,
    options: &Options<'_>,
    findings: &mut Findings,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let decoder = options.decoder()?;
    let bytes_max = options.bytes_max()?;
    write_title(out, file)?;
    let mut reader = BatchReader::new(Window::sequential(OpenFile::open(file)?), 0, bytes_max)?;
    let mut records = RecordDumper::new(file, options, decoder);
    while let Some(frame) = reader.next_frame()? {
        let header = batch_line::write(out, &mut reader, &frame)?;
        if options.iterates_deeply() {
            records.dump(&mut reader, &frame, &header, findings, out)?;
        }
    }
    let trailing = reader.end() - reader.position();
    if trailing > 0 && bytes_max == i32::MAX {
        writeln!(out, "Found {trailing} invalid bytes at the end of {}", file.name())?;
    }
    Ok(())
}

fn write_title(out: &mut dyn Write, file: &JavaFile) -> Result<(), Stop> {
    if file.name().ends_with(".log") {
        writeln!(out, "Log starting offset: {}", base_offset(file)?)?;
    } else if file.name() == BOOTSTRAP_SNAPSHOT {
        writeln!(out, "KRaft bootstrap snapshot")?;
    } else {
        let (offset, epoch) = snapshot_id(file.name()).ok_or_else(|| {
            anyhow!("the name of {file} is none of a snapshot: 20 digits of an offset, a dash, 10 digits of an epoch")
        })?;
        writeln!(out, "Snapshot end offset: {offset}, epoch: {epoch}")?;
    }
    Ok(())
}

/// Offset and epoch in the name of a snapshot; what stands between and behind them does not matter.
fn snapshot_id(name: &str) -> Option<(i64, i32)> {
    Some((name.get(..20)?.parse().ok()?, name.get(21..31)?.parse().ok()?))
}
