//! Reading a log file from front to back.

use crc_fast::{CrcAlgorithm, Digest};
use ottla_record::{Batch, BatchHeader, HEADER_SIZE, LEGACY_V0_OVERHEAD, Magic, crc32c};

use super::log_file::LogFile;
use crate::error::{CorruptBatchError, DiskError, SegmentError};

/// Bytes read at once: large enough for the disk's own speed, small enough that the checksum finds them in cache.
const BUFFER_LEN: usize = 256 << 10;
/// First byte that a batch's checksum covers.
const CRC_FROM: usize = 21;
/// First byte that a legacy message's checksum covers.
const LEGACY_CRC_FROM: usize = 16;

/// A batch read from a log file.
#[derive(Debug, Clone, Copy)]
pub struct ScannedBatch<'a> {
    /// Its first byte in the log file.
    pub position: u32,
    /// Its header.
    pub header: BatchHeader,
    /// All of it; `None` where it is longer than the scan's buffer of 256 KiB, unless the scan holds all batches whole.
    pub batch: Option<Batch<'a>>,
}

/// Why a scan ended before the end of the file.
#[derive(Debug)]
pub enum ScanEnd {
    /// It did not: the last byte belongs to the last batch.
    Clean,
    /// The last batch is not all there, as a crash leaves it.
    Torn(CorruptBatchError),
    /// What follows is no batch that was written.
    Corrupt(CorruptBatchError),
}

/// Reads the batches of a log file, in memory bounded by one buffer whatever the batches' lengths say.
#[derive(Debug)]
pub struct BatchScanner<'a> {
    log: &'a LogFile,
    verifies: bool,
    /// Bytes read at once.
    buffer_len: usize,
    /// Whether the buffer grows to a batch that is longer. Its length is held against the file's before.
    holds_whole: bool,
    position: u32,
    buffer: Vec<u8>,
    buffer_start: u32,
    end: ScanEnd,
}

impl<'a> BatchScanner<'a> {
    /// A scan from `position`, where a batch begins, that takes headers as they are.
    pub(super) fn new(log: &'a LogFile, position: u32) -> Self {
        Self {
            log,
            verifies: false,
            buffer_len: BUFFER_LEN,
            holds_whole: false,
            position,
            buffer: Vec::new(),
            buffer_start: position,
            end: ScanEnd::Clean,
        }
    }

    /// A scan that compares every checksum.
    pub(super) fn verifying(log: &'a LogFile, position: u32) -> Self {
        Self { verifies: true, ..Self::new(log, position) }
    }

    /// A scan that compares every checksum and returns every batch whole, reading `buffer_len` bytes at once.
    pub(super) fn whole(log: &'a LogFile, position: u32, buffer_len: usize) -> Self {
        Self { holds_whole: true, buffer_len, ..Self::verifying(log, position) }
    }

    /// Where the next batch begins: behind all that were returned.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// Why the scan ended, once [`BatchScanner::next`] has returned `None`.
    pub fn into_end(self) -> ScanEnd {
        self.end
    }

    /// The next batch; `None` at the end, however it looks.
    ///
    /// # Errors
    ///
    /// Only if the disk fails.
    #[expect(
        clippy::should_implement_trait,
        reason = "a batch borrows the buffer, which an iterator's items cannot"
    )]
    pub fn next(&mut self) -> Result<Option<ScannedBatch<'_>>, DiskError> {
        let left = self.log.size() - self.position;
        if left == 0 {
            return Ok(None);
        }
        let position = self.position;
        let header = match self.header(left as usize)? {
            Ok(header) => header,
            Err(end) => {
                self.end = end;
                return Ok(None);
            }
        };
        let size = header.size_in_bytes();
        let whole = self.holds_whole || size <= self.buffer_len;
        if whole {
            self.fill(size, left as usize)?;
        }
        if self.verifies {
            let computed = if whole { self.crc(&header) } else { self.crc_in_parts(&header)? };
            if computed != header.crc {
                let what = format!("stored crc is {}, computed crc is {computed}", header.crc);
                self.end = ScanEnd::Corrupt(self.log.corrupt(position, what));
                return Ok(None);
            }
        }
        let start = (position - self.buffer_start) as usize;
        self.position += size as u32;
        let batch = if whole { Batch::parse(&self.buffer[start..start + size]).ok() } else { None };
        Ok(Some(ScannedBatch { position, header, batch }))
    }

    /// The header of the next batch, which is all there, of `left` bytes that the file has.
    fn header(&mut self, left: usize) -> Result<Result<BatchHeader, ScanEnd>, DiskError> {
        let position = self.position;
        let torn = |what| ScanEnd::Torn(self.log.corrupt(position, what));
        if left < LEGACY_V0_OVERHEAD {
            return Ok(Err(torn(format!("{left} bytes are too few for a batch"))));
        }
        self.fill(left.min(HEADER_SIZE), left)?;
        let start = (position - self.buffer_start) as usize;
        Ok(match BatchHeader::parse(&self.buffer[start..]) {
            Ok(header) if header.size_in_bytes() <= left => Ok(header),
            Ok(header) => {
                let what = format!("the batch has {} bytes, {left} are there", header.size_in_bytes());
                Err(ScanEnd::Torn(self.log.corrupt(position, what)))
            }
            Err(cause) if cause.is_truncated() => {
                Err(ScanEnd::Torn(self.log.corrupt(position, cause.to_string())))
            }
            Err(cause) => Err(ScanEnd::Corrupt(self.log.corrupt(position, cause.to_string()))),
        })
    }

    /// Brings the next `len` bytes, of `left` that the file has, into the buffer.
    fn fill(&mut self, len: usize, left: usize) -> Result<(), DiskError> {
        let start = (self.position - self.buffer_start) as usize;
        if start + len <= self.buffer.len() {
            return Ok(());
        }
        let old_len = self.buffer.len();
        let have = old_len.saturating_sub(start);
        self.buffer.copy_within(old_len - have.., 0);
        let wanted = left.min(self.buffer_len.max(len));
        self.buffer.resize(wanted.max(have), 0);
        self.buffer_start = self.position;
        let behind = self.position + have as u32;
        self.log.read(&mut self.buffer[have..], behind)
    }

    /// The checksum of a batch that is in the buffer.
    fn crc(&self, header: &BatchHeader) -> u32 {
        let start = (self.position - self.buffer_start) as usize;
        let bytes = &self.buffer[start..start + header.size_in_bytes()];
        match header.magic {
            Magic::V2 => crc32c(&bytes[CRC_FROM..]),
            Magic::V0 | Magic::V1 => crc_fast::crc32_iso_hdlc(&bytes[LEGACY_CRC_FROM..]),
        }
    }

    /// The checksum of a batch longer than the buffer; leaves the buffer empty.
    fn crc_in_parts(&mut self, header: &BatchHeader) -> Result<u32, DiskError> {
        let (algorithm, from) = match header.magic {
            Magic::V2 => (CrcAlgorithm::Crc32Iscsi, CRC_FROM),
            Magic::V0 | Magic::V1 => (CrcAlgorithm::Crc32IsoHdlc, LEGACY_CRC_FROM),
        };
        let mut digest = Digest::new(algorithm);
        let end = self.position + header.size_in_bytes() as u32;
        let mut position = self.position + from as u32;
        self.buffer.resize(BUFFER_LEN, 0);
        while position < end {
            let part = ((end - position) as usize).min(BUFFER_LEN);
            self.log.read(&mut self.buffer[..part], position)?;
            digest.update(&self.buffer[..part]);
            position += part as u32;
        }
        self.buffer.clear();
        self.buffer_start = self.position;
        Ok(digest.finalize() as u32)
    }
}

/// The rest of a log file that is no batch.
impl From<ScanEnd> for Option<CorruptBatchError> {
    fn from(end: ScanEnd) -> Self {
        match end {
            ScanEnd::Clean => None,
            ScanEnd::Torn(error) | ScanEnd::Corrupt(error) => Some(error),
        }
    }
}

/// Reads one batch whole. Its length was held against the file's before.
pub(super) fn read_batch(
    log: &LogFile,
    position: u32,
    size: usize,
    bytes: &mut Vec<u8>,
) -> Result<(), SegmentError> {
    bytes.resize(size, 0);
    Ok(log.read(bytes, position)?)
}
