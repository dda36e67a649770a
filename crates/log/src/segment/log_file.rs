//! The log file of a segment.

use std::io::IoSlice;
use std::sync::{Arc, OnceLock};

use ottla_io::{DiskFile, OpenMode};

use crate::error::{CorruptBatchError, DiskError};
use crate::place::Place;

/// Batches one behind the other.
///
/// The file may be longer than its batches: where it was preallocated, and after a failed append.
#[derive(Debug)]
pub(super) struct LogFile {
    place: Place,
    file: OnceLock<Arc<dyn DiskFile>>,
    /// Bytes of batches.
    size: u32,
    /// Bytes of the file.
    file_len: u64,
    /// Whether the file has changed since it was last synced.
    dirty: bool,
}

impl LogFile {
    pub(super) fn create(place: Place, preallocate: Option<u32>) -> Result<Self, DiskError> {
        let file = place.open(OpenMode::Truncate)?;
        let file_len = preallocate.map_or(0, u64::from);
        if file_len > 0 {
            file.set_len(file_len).map_err(|source| place.failed("preallocate", source))?;
        }
        Ok(Self { place, file: OnceLock::from(file), size: 0, file_len, dirty: true })
    }

    /// Takes up a file found; positions have four bytes, so what is beyond 2 GiB is not looked at.
    pub(super) fn found(place: Place, file_len: u64) -> Self {
        let size = file_len.min(i32::MAX as u64) as u32;
        Self { place, file: OnceLock::new(), size, file_len, dirty: false }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn place_mut(&mut self) -> &mut Place {
        &mut self.place
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    pub(super) fn file_len(&self) -> u64 {
        self.file_len
    }

    pub(super) fn file(&self) -> Result<&Arc<dyn DiskFile>, DiskError> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = self.place.open(OpenMode::Write)?;
        Ok(self.file.get_or_init(|| file))
    }

    /// The same file as it is now, for a reader that does not see it grow, move or go.
    pub(super) fn share(&self) -> Result<Self, DiskError> {
        let file = OnceLock::from(Arc::clone(self.file()?));
        Ok(Self { place: self.place.clone(), file, size: self.size, file_len: self.file_len, dirty: false })
    }

    /// Fills `bytes` from `position` on.
    pub(super) fn read(&self, bytes: &mut [u8], position: u32) -> Result<(), DiskError> {
        let read = self.file()?.read_exact_at(bytes, u64::from(position));
        read.map_err(|source| self.place.failed("read", source))
    }

    /// Writes `bytes` behind the batches; `len` is their number in all.
    pub(super) fn append(&mut self, mut bytes: &mut [IoSlice<'_>], len: u32) -> Result<(), DiskError> {
        let file = Arc::clone(self.file()?);
        self.dirty = true;
        let mut position = u64::from(self.size);
        let end = position + u64::from(len);
        self.file_len = self.file_len.max(end);
        while position < end {
            let written = match file.write_vectored_at(bytes, position) {
                Ok(0) => return Err(self.place.failed("append to", std::io::ErrorKind::WriteZero.into())),
                Ok(written) => written,
                Err(source) => return Err(self.place.failed("append to", source)),
            };
            IoSlice::advance_slices(&mut bytes, written);
            position += written as u64;
        }
        self.size += len;
        Ok(())
    }

    /// Keeps the first `size` bytes; how many were dropped.
    pub(super) fn truncate(&mut self, size: u32) -> Result<u64, DiskError> {
        assert!(size <= self.size, "truncating {} bytes to {size}", self.size);
        let dropped = self.file_len - u64::from(size);
        self.size = size;
        self.trim()?;
        Ok(dropped)
    }

    /// Cuts what is behind the batches.
    pub(super) fn trim(&mut self) -> Result<(), DiskError> {
        if self.file_len == u64::from(self.size) {
            return Ok(());
        }
        self.dirty = true;
        let cut = self.file()?.set_len(u64::from(self.size));
        cut.map_err(|source| self.place.failed("cut", source))?;
        self.file_len = u64::from(self.size);
        Ok(())
    }

    /// Lets the next flush sync the file though nothing was written to it here: a process that died may have left bytes
    /// that the kernel has yet to write.
    pub(super) fn assume_unsynced(&mut self) {
        self.dirty = true;
    }

    /// The file, if it must be synced.
    pub(super) fn take_unsynced(&mut self) -> Result<Option<Arc<dyn DiskFile>>, DiskError> {
        if !self.dirty {
            return Ok(None);
        }
        let file = Arc::clone(self.file()?);
        self.dirty = false;
        Ok(Some(file))
    }

    /// Closes the file until it is needed again.
    pub(super) fn release(&mut self) {
        self.file.take();
    }

    pub(super) fn corrupt(&self, position: u32, what: String) -> CorruptBatchError {
        CorruptBatchError { path: self.place.path(), position: u64::from(position), what }
    }
}
