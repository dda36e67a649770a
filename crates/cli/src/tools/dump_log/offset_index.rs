//! Dumps an `.index` file and compares it with its log.

use std::io::Write;

use anyhow::{anyhow, bail};

use super::base_offset;
use super::batches::BatchReader;
use super::findings::Findings;
use super::index_file::IndexFile;
use super::options::Options;
use super::window::{OpenFile, Window};
use crate::frame::Stop;
use crate::java::JavaFile;

const ENTRY_LEN: usize = 8;

/// The entries of an offset index.
#[derive(Debug)]
pub(super) struct OffsetIndexFile {
    base_offset: i64,
    file: IndexFile<ENTRY_LEN>,
}

/// An offset and where its batch should stand; garbage may make both negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct OffsetEntry {
    pub(super) offset: i64,
    pub(super) position: i32,
}

impl OffsetIndexFile {
    pub(super) const fn new(base_offset: i64, file: IndexFile<ENTRY_LEN>) -> Self {
        Self { base_offset, file }
    }

    fn entry(&mut self, slot: i64) -> anyhow::Result<OffsetEntry> {
        Ok(parse(self.base_offset, &self.file.entry(slot)?))
    }

    /// The last entry at or below `offset`, the log's start if there is none.
    pub(super) fn lookup(&mut self, offset: i64) -> anyhow::Result<OffsetEntry> {
        let base_offset = self.base_offset;
        match self.file.lower_bound(offset, |entry| parse(base_offset, entry).offset)? {
            Some(slot) => self.entry(slot),
            None => Ok(OffsetEntry { offset: base_offset, position: 0 }),
        }
    }

    fn check_sanity(&mut self, name: &JavaFile) -> anyhow::Result<()> {
        let last = self.entry(self.file.len() - 1)?.offset;
        if last < self.base_offset {
            bail!("{name} is corrupt: its last offset {last} is below the base offset {}", self.base_offset);
        }
        if !self.file.file_len().is_multiple_of(ENTRY_LEN as u64) {
            bail!("{name} is corrupt: {} bytes are no multiple of {ENTRY_LEN}", self.file.file_len());
        }
        Ok(())
    }
}

fn parse(base_offset: i64, entry: &[u8; ENTRY_LEN]) -> OffsetEntry {
    let [a, b, c, d, e, f, g, h] = *entry;
    let relative = i32::from_be_bytes([a, b, c, d]);
    let position = i32::from_be_bytes([e, f, g, h]);
    OffsetEntry { offset: base_offset.wrapping_add(i64::from(relative)), position }
}

pub(super) fn dump(
    file: &JavaFile,
    options: &Options<'_>,
    findings: &mut Findings,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let message_size_max = options.message_size_max()?;
    let base_offset = base_offset(file)?;
    let log = OpenFile::open(&file.sibling(&format!("{}.log", file.stem())))?;
    let mut index = OffsetIndexFile::new(base_offset, IndexFile::open(file)?);
    if index.file.len() == 0 {
        return Ok(writeln!(out, "{file} is empty.")?);
    }
    if options.only_checks_sanity() {
        index.check_sanity(file)?;
        return Ok(writeln!(out, "{file} passed sanity check.")?);
    }
    let mut reader = BatchReader::new(Window::scattered(log), 0, i32::MAX)?;
    for slot in 0..index.file.len() {
        let entry = index.entry(slot)?;
        // Zeros: the index of a live segment is longer than its entries.
        if entry.offset == base_offset && slot > 0 {
            return Ok(());
        }
        reader.seek(entry.position, message_size_max)?;
        let frame = reader.next_frame()?.ok_or_else(|| {
            anyhow!(
                "no batch of at most {message_size_max} bytes at position {} of the log of {file}, where offset {} should be",
                entry.position,
                entry.offset
            )
        })?;
        let log_offset = reader.last_offset(&frame)?;
        if log_offset != entry.offset {
            findings.index_mismatch(file, entry.offset, log_offset);
        }
        if !options.only_verifies_index() {
            writeln!(out, "offset: {} position: {}", entry.offset, entry.position)?;
        }
    }
    Ok(())
}
