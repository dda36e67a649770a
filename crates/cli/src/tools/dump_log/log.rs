//! Dumps a `.log` file or a snapshot of the metadata log, a `.checkpoint` file.

use std::io::Write;

use anyhow::{Context, anyhow};
use ottla_record::{Batch, BatchHeader, Decompressor, Record};

use super::base_offset;
use super::batches::{BatchReader, Frame, parseable};
use super::decoder::Decoder;
use super::findings::Findings;
use super::options::Options;
use super::window::{OpenFile, Window};
use super::{batch_line, record_line};
use crate::frame::Stop;
use crate::java::JavaFile;

const BOOTSTRAP_SNAPSHOT: &str = "bootstrap.checkpoint";
/// Most bytes that a batch may decompress to: as many as an array of Java's can hold.
const DECOMPRESSED_BYTES_MAX: usize = i32::MAX as usize;
/// What is kept of the decompressor's buffer between batches.
const DECOMPRESSOR_KEEPS_BYTES: usize = 1 << 20;

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
    let mut records = RecordDumper {
        file,
        decoder,
        prints_contents: options.prints_contents(),
        skips_metadata: options.skips_record_metadata(),
        last_offset: -1,
        decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX),
    };
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

/// Prints the records of one file.
struct RecordDumper<'a> {
    file: &'a JavaFile,
    decoder: Box<dyn Decoder>,
    prints_contents: bool,
    skips_metadata: bool,
    last_offset: i64,
    decompressor: Decompressor,
}

impl RecordDumper<'_> {
    fn dump(
        &mut self,
        reader: &mut BatchReader,
        frame: &Frame,
        header: &BatchHeader,
        findings: &mut Findings,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let place = reader.corrupt(frame, "its records cannot be read");
        let bytes = parseable(frame, reader.bytes(frame)?);
        let mut decompressor =
            std::mem::replace(&mut self.decompressor, Decompressor::with_limit(DECOMPRESSED_BYTES_MAX));
        let batch = Batch::parse(&bytes).with_context(|| place.clone())?;
        let records = batch.records(&mut decompressor).with_context(|| place.clone())?;
        if header.attributes.is_compressed() {
            // Kafka reads all records of a compressed batch before it prints the first.
            if let Some(Err(error)) = records.clone().find(Result::is_err) {
                return Err(anyhow::Error::new(error).context(place).into());
            }
        }
        for record in records {
            let record = record.with_context(|| place.clone())?;
            self.write_record(frame, header, &record, findings, out)?;
        }
        decompressor.shrink_to(DECOMPRESSOR_KEEPS_BYTES);
        self.decompressor = decompressor;
        Ok(())
    }

    fn write_record(
        &mut self,
        frame: &Frame,
        header: &BatchHeader,
        record: &Record<'_>,
        findings: &mut Findings,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        if record.offset.0 != self.last_offset.wrapping_add(1) {
            findings.non_consecutive(self.file, self.last_offset, record.offset.0);
        }
        self.last_offset = record.offset.0;
        if !self.skips_metadata {
            record_line::write_metadata(out, frame, header, record)?;
        }
        if self.prints_contents && !header.attributes.is_control() {
            let prefix = if self.skips_metadata { "| " } else { " " };
            let decoded = self.decoder.decode(record);
            let decoded =
                decoded.with_context(|| format!("record at offset {} of {}", record.offset, self.file))?;
            record_line::write_contents(out, prefix, &decoded)?;
        }
        Ok(writeln!(out)?)
    }
}
