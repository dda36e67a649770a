//! Going from header to header through a log file, without reading what is between.

use ottla_record::{BatchHeader, HEADER_SIZE, LEGACY_V0_OVERHEAD};

use super::log_file::LogFile;
use crate::error::SegmentError;

/// Bytes read at once: about what lies between two index entries.
const WINDOW_LEN: usize = 4096;

/// Walks over the batches of a log file from a position on. Allocates nothing.
///
/// It ends cleanly at the last whole batch, be it followed by a torn one or not; only what cannot be a header is an
/// error.
pub(super) struct HeaderWalk<'a> {
    log: &'a LogFile,
    position: u32,
    window: [u8; WINDOW_LEN],
    window_start: u32,
    window_len: usize,
}

/// A batch and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) position: u32,
    pub(super) header: BatchHeader,
}

impl<'a> HeaderWalk<'a> {
    pub(super) fn new(log: &'a LogFile, position: u32) -> Self {
        Self { log, position, window: [0; WINDOW_LEN], window_start: 0, window_len: 0 }
    }

    /// The next batch, and goes on to the one behind it.
    pub(super) fn next(&mut self) -> Result<Option<Found>, SegmentError> {
        let found = self.peek()?;
        if let Some(found) = &found {
            self.position += found.header.size_in_bytes() as u32;
        }
        Ok(found)
    }

    /// The next batch.
    pub(super) fn peek(&mut self) -> Result<Option<Found>, SegmentError> {
        let left = self.log.size().saturating_sub(self.position) as usize;
        if left < LEGACY_V0_OVERHEAD {
            return Ok(None);
        }
        let position = self.position;
        let header = match BatchHeader::parse(self.bytes(left.min(HEADER_SIZE), left)?) {
            Ok(header) => header,
            Err(cause) if cause.is_truncated() => return Ok(None),
            Err(cause) => return Err(self.log.corrupt(position, cause.to_string()).into()),
        };
        if header.size_in_bytes() > left {
            return Ok(None);
        }
        Ok(Some(Found { position, header }))
    }

    /// The next `len` bytes, of `left` that the file has.
    fn bytes(&mut self, len: usize, left: usize) -> Result<&[u8], SegmentError> {
        let in_window = self.position.wrapping_sub(self.window_start) as usize;
        if self.position >= self.window_start && in_window + len <= self.window_len {
            return Ok(&self.window[in_window..in_window + len]);
        }
        self.window_len = left.min(WINDOW_LEN);
        self.window_start = self.position;
        self.log.read(&mut self.window[..self.window_len], self.position)?;
        Ok(&self.window[..len])
    }
}
