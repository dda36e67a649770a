//! A stretch of a file in memory.

use std::sync::Arc;

use anyhow::{Context, bail};
use ottla_io::{Disk, DiskFile, OpenMode, RealDisk};

use crate::java::JavaFile;

/// A file open for reading, of a length that does not change from here on.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    file: Arc<dyn DiskFile>,
    pub(super) name: JavaFile,
    pub(super) len: u64,
}

impl OpenFile {
    /// Opens a file of at most two GiB, more than which Kafka's positions cannot tell.
    pub(super) fn open(name: &JavaFile) -> anyhow::Result<Self> {
        let file =
            RealDisk.open(name.as_path(), OpenMode::Read).with_context(|| format!("cannot open {name}"))?;
        let len = file.len().with_context(|| format!("cannot take the length of {name}"))?;
        if len > i32::MAX as u64 {
            bail!("{name} has {len} bytes, at most {} are possible", i32::MAX);
        }
        Ok(Self { file, name: name.clone(), len })
    }
}

/// The bytes of a file last read and some that follow them, so that neighbours cost no further read.
#[derive(Debug)]
pub(super) struct Window {
    file: OpenFile,
    read_ahead: usize,
    start: u64,
    filled: usize,
    buffer: Vec<u8>,
}

impl Window {
    /// For reading from front to back.
    pub(super) fn sequential(file: OpenFile) -> Self {
        Self::new(file, 64 * 1024)
    }

    /// For reading here and there.
    pub(super) fn scattered(file: OpenFile) -> Self {
        Self::new(file, 4 * 1024)
    }

    fn new(file: OpenFile, read_ahead: usize) -> Self {
        Self { file, read_ahead, start: 0, filled: 0, buffer: Vec::new() }
    }

    pub(super) const fn file(&self) -> &OpenFile {
        &self.file
    }

    /// The `len` bytes at `position`. Memory grows to the longest that were there.
    pub(super) fn bytes(&mut self, position: u64, len: usize) -> anyhow::Result<&[u8]> {
        let left = self.file.len.saturating_sub(position);
        if len as u64 > left {
            bail!("{} ends at byte {}, within {len} bytes from {position} on", self.file.name, self.file.len);
        }
        let is_inside = position >= self.start && position + len as u64 <= self.start + self.filled as u64;
        if !is_inside {
            self.fill(position, len.max(self.read_ahead.min(left as usize)))?;
        }
        let from = (position - self.start) as usize;
        Ok(&self.buffer[from..from + len])
    }

    /// The `N` bytes at `position`.
    pub(super) fn array<const N: usize>(&mut self, position: u64) -> anyhow::Result<[u8; N]> {
        let bytes = self.bytes(position, N)?;
        Ok(bytes.try_into().expect("as long as asked for"))
    }

    fn fill(&mut self, position: u64, len: usize) -> anyhow::Result<()> {
        self.filled = 0;
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        self.file
            .file
            .read_exact_at(&mut self.buffer[..len], position)
            .with_context(|| format!("cannot read {len} bytes at {position} of {}", self.file.name))?;
        self.start = position;
        self.filled = len;
        Ok(())
    }
}
