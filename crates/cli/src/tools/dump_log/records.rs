//! Dumps the records of batches.

use std::io::Write;

use anyhow::Context;
use ottla_record::{Batch, BatchHeader, Decompressor, Record};

use super::batches::{BatchReader, Frame, parseable};
use super::decoder::Decoder;
use super::findings::Findings;
use super::options::Options;
use super::{legacy, record_line};
use crate::frame::Stop;
use crate::java::JavaFile;

/// Most bytes that a batch may decompress to: as many as an array of Java's can hold.
pub(super) const DECOMPRESSED_BYTES_MAX: usize = i32::MAX as usize;
/// What is kept of the decompressor's buffer between batches.
const DECOMPRESSOR_KEEPS_BYTES: usize = 1 << 20;

/// Dumps the records of one file, batch after batch.
pub(super) struct RecordDumper<'a> {
    printer: Printer<'a>,
    decompressor: Decompressor,
}

impl<'a> RecordDumper<'a> {
    pub(super) fn new(file: &'a JavaFile, options: &Options<'_>, decoder: Box<dyn Decoder>) -> Self {
        let printer = Printer {
            file,
            decoder,
            prints_contents: options.prints_contents(),
            skips_metadata: options.skips_record_metadata(),
            last_offset: -1,
        };
        Self { printer, decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX) }
    }

    pub(super) fn dump(
        &mut self,
        reader: &mut BatchReader,
        frame: &Frame,
        header: &BatchHeader,
        findings: &mut Findings,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let bytes = reader.bytes(frame)?;
        let dumped = if frame.is_current() {
            self.dump_current(bytes, frame, header, findings, out)
        } else {
            self.dump_legacy(bytes, frame, header, findings, out)
        };
        self.decompressor.shrink_to(DECOMPRESSOR_KEEPS_BYTES);
        dumped.map_err(|stop| match stop {
            Stop::Failed(error) => {
                Stop::Failed(error.context(reader.corrupt(frame, "its records cannot be read")))
            }
            other => other,
        })
    }

    fn dump_current(
        &mut self,
        bytes: &[u8],
        frame: &Frame,
        header: &BatchHeader,
        findings: &mut Findings,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let bytes = parseable(frame, bytes);
        let batch = Batch::parse(&bytes).map_err(anyhow::Error::new)?;
        let records = batch.records(&mut self.decompressor).map_err(anyhow::Error::new)?;
        if header.attributes.is_compressed() {
            // Kafka reads all records of a compressed batch before it prints the first.
            records.clone().try_for_each(|record| record.map(drop)).map_err(anyhow::Error::new)?;
        }
        for record in records {
            let record = record.map_err(anyhow::Error::new)?;
            self.printer.note_offset(record.offset.0, findings);
            if !self.printer.skips_metadata {
                record_line::write_metadata(out, frame, header, &record)?;
            }
            if self.printer.prints_contents && !header.attributes.is_control() {
                self.printer.write_contents(out, &record)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn dump_legacy(
        &mut self,
        bytes: &[u8],
        frame: &Frame,
        header: &BatchHeader,
        findings: &mut Findings,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let messages = legacy::messages(frame, header, bytes, &mut self.decompressor)?;
        let is_wrapped = header.attributes.is_compressed();
        for message in messages {
            if is_wrapped && message.is_compressed() {
                let why = "a message within a compressed one is itself compressed";
                return Err(anyhow::anyhow!(why).into());
            }
            self.printer.note_offset(message.offset(), findings);
            if !self.printer.skips_metadata {
                record_line::write_legacy_metadata(out, frame, header, &message)?;
            }
            if self.printer.prints_contents {
                self.printer.write_contents(out, &message.record()?)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// What does not depend on the format of batches.
struct Printer<'a> {
    file: &'a JavaFile,
    decoder: Box<dyn Decoder>,
    prints_contents: bool,
    skips_metadata: bool,
    last_offset: i64,
}

impl Printer<'_> {
    fn note_offset(&mut self, offset: i64, findings: &mut Findings) {
        if offset != self.last_offset.wrapping_add(1) {
            findings.non_consecutive(self.file, self.last_offset, offset);
        }
        self.last_offset = offset;
    }

    fn write_contents(&self, out: &mut dyn Write, record: &Record<'_>) -> Result<(), Stop> {
        let prefix = if self.skips_metadata { "| " } else { " " };
        let decoded = self.decoder.decode(record);
        let decoded =
            decoded.with_context(|| format!("the record at offset {} cannot be decoded", record.offset))?;
        Ok(record_line::write_contents(out, prefix, &decoded)?)
    }
}
