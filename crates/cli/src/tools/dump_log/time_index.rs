//! Dumps a `.timeindex` file and compares it with its log.

use std::io::Write;

use anyhow::{Context, bail};
use ottla_record::{Batch, Decompressor, Timestamp};

use super::batches::{BatchReader, Frame, parseable};
use super::findings::Findings;
use super::index_file::IndexFile;
use super::offset_index::OffsetIndexFile;
use super::options::Options;
use super::records::DECOMPRESSED_BYTES_MAX;
use super::window::{OpenFile, Window};
use super::{base_offset, legacy};
use crate::frame::Stop;
use crate::java::JavaFile;

const ENTRY_LEN: usize = 12;

#[derive(Clone, Copy, Debug)]
struct TimeEntry {
    timestamp: i64,
    offset: i64,
}

fn parse(base_offset: i64, entry: &[u8; ENTRY_LEN]) -> TimeEntry {
    let (timestamp, relative) = entry.split_first_chunk().expect("the entry begins with it");
    let relative = relative.first_chunk().expect("the entry ends with it");
    TimeEntry {
        timestamp: i64::from_be_bytes(*timestamp),
        offset: base_offset.wrapping_add(i64::from(i32::from_be_bytes(*relative))),
    }
}

pub(super) fn dump(
    file: &JavaFile,
    options: &Options<'_>,
    findings: &mut Findings,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let base_offset = base_offset(file)?;
    let log = OpenFile::open(&file.sibling(&format!("{}.log", file.stem())))?;
    let offset_index = IndexFile::open_for_lookup(&file.sibling(&format!("{}.index", file.stem())))?;
    let mut index = IndexFile::<ENTRY_LEN>::open(file)?;
    if options.only_checks_sanity() {
        check_sanity(&mut index, base_offset, file)?;
        return Ok(writeln!(out, "{file} passed sanity check.")?);
    }
    let mut comparison = Comparison {
        file,
        offset_index: OffsetIndexFile::new(base_offset, offset_index),
        reader: BatchReader::new(Window::scattered(log.clone()), 0, i32::MAX)?,
        rest: RestOfLog::new(log)?,
        decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX),
        previous_timestamp: Timestamp::NONE.0,
    };
    for slot in 0..index.len() {
        let entry = parse(base_offset, &index.entry(slot)?);
        // Zeros: the index of a live segment is longer than its entries.
        if entry.offset == base_offset && slot > 0 {
            return Ok(());
        }
        comparison.compare(entry, findings)?;
        if !options.only_verifies_index() {
            writeln!(out, "timestamp: {} offset: {}", entry.timestamp, entry.offset)?;
        }
    }
    Ok(())
}

fn check_sanity(index: &mut IndexFile<ENTRY_LEN>, base_offset: i64, name: &JavaFile) -> anyhow::Result<()> {
    if index.len() > 0 {
        let first = parse(base_offset, &index.entry(0)?);
        let last = parse(base_offset, &index.entry(index.len() - 1)?);
        if last.timestamp < first.timestamp {
            let (last, first) = (last.timestamp, first.timestamp);
            bail!("{name} is corrupt: its last timestamp {last} is below its first {first}");
        }
        if last.offset < base_offset {
            let last = last.offset;
            bail!("{name} is corrupt: its last offset {last} is below the base offset {base_offset}");
        }
    }
    if !index.file_len().is_multiple_of(ENTRY_LEN as u64) {
        bail!("{name} is corrupt: {} bytes are no multiple of {ENTRY_LEN}", index.file_len());
    }
    Ok(())
}

/// Compares a time index, entry after entry, with its log.
struct Comparison<'a> {
    file: &'a JavaFile,
    offset_index: OffsetIndexFile,
    reader: BatchReader,
    rest: RestOfLog,
    decompressor: Decompressor,
    previous_timestamp: i64,
}

impl Comparison<'_> {
    fn compare(&mut self, entry: TimeEntry, findings: &mut Findings) -> anyhow::Result<()> {
        let position = self.offset_index.lookup(entry.offset)?.position;
        self.reader.seek(position, i32::MAX)?;
        self.rest.check_from(position)?;
        match self.first_batch_reaching(entry.offset)? {
            None => findings.offset_not_found(self.file, entry.offset, -1),
            Some((_, last_offset)) if last_offset != entry.offset => {
                findings.offset_not_found(self.file, entry.offset, last_offset);
            }
            Some((frame, _)) => {
                let timestamp = self.timestamp_max(&frame)?;
                if timestamp != entry.timestamp {
                    findings.timestamp_mismatch(self.file, entry.timestamp, timestamp);
                }
                if self.previous_timestamp >= entry.timestamp {
                    findings.timestamp_out_of_order(self.file, entry.timestamp, self.previous_timestamp);
                }
            }
        }
        self.previous_timestamp = entry.timestamp;
        Ok(())
    }

    fn first_batch_reaching(&mut self, offset: i64) -> anyhow::Result<Option<(Frame, i64)>> {
        while let Some(frame) = self.reader.next_frame()? {
            let last_offset = self.reader.last_offset(&frame)?;
            if last_offset >= offset {
                return Ok(Some((frame, last_offset)));
            }
        }
        Ok(None)
    }

    fn timestamp_max(&mut self, frame: &Frame) -> anyhow::Result<i64> {
        let header = self.reader.header(frame)?;
        let highest = match frame.is_current() {
            true => highest_timestamp(frame, self.reader.bytes(frame)?, &mut self.decompressor),
            false => legacy::messages(frame, &header, self.reader.bytes(frame)?, &mut self.decompressor)
                .and_then(|messages| {
                    messages
                        .iter()
                        .try_fold(Timestamp::NONE, |highest, message| Ok(highest.max(message.timestamp()?)))
                }),
        };
        let highest = highest.with_context(|| self.reader.corrupt(frame, "its records cannot be read"))?;
        Ok(highest.0)
    }
}

fn highest_timestamp(
    frame: &Frame,
    bytes: &[u8],
    decompressor: &mut Decompressor,
) -> anyhow::Result<Timestamp> {
    let bytes = parseable(frame, bytes);
    let mut records = Batch::parse(&bytes)?.records(decompressor)?;
    records.try_fold(Timestamp::NONE, |highest, record| Ok(highest.max(record?.timestamp)))
}

/// Makes sure that a log is well formed from a position to its end, which Kafka finds out for each entry anew.
struct RestOfLog {
    reader: BatchReader,
    /// The batch that begins at the reader's position and all that follow it are known to be well formed.
    is_known: bool,
}

impl RestOfLog {
    fn new(log: OpenFile) -> anyhow::Result<Self> {
        Ok(Self { reader: BatchReader::new(Window::scattered(log), 0, i32::MAX)?, is_known: false })
    }

    fn check_from(&mut self, position: i32) -> anyhow::Result<()> {
        let wanted = position as u64;
        if self.is_known && self.reader.position() <= wanted {
            while self.reader.position() < wanted && self.reader.next_frame()?.is_some() {}
            if self.reader.position() == wanted {
                return Ok(());
            }
        }
        self.reader.seek(position, i32::MAX)?;
        while self.reader.next_frame()?.is_some() {}
        self.reader.seek(position, i32::MAX)?;
        self.is_known = true;
        Ok(())
    }
}
