//! What the cleaner needs of segments: to read one without the log's lock, and to finish the one it writes.

use ottla_record::{Offset, Timestamp};

use super::log_file::LogFile;
use super::{BatchScanner, Segment};
use crate::error::{CorruptIndexError, DiskError, SegmentError};
use crate::index::AbortedTransaction;

/// The batches of a segment as they were at one moment. It stays readable whatever becomes of the segment.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    log: LogFile,
}

impl SegmentReader {
    /// Reads batches, each whole and with its checksum compared, from `position`, where one begins.
    pub(crate) fn scan(&self, position: u32, buffer_len: usize) -> BatchScanner<'_> {
        BatchScanner::whole(&self.log, position.min(self.log.size()), buffer_len)
    }

    /// The error of a batch at `position` that cannot be.
    pub(crate) fn corrupt(&self, position: u32, what: String) -> SegmentError {
        self.log.corrupt(position, what).into()
    }
}

impl Segment {
    /// The batches it holds now, to be read without the log's lock.
    pub(crate) fn reader(&self) -> Result<SegmentReader, DiskError> {
        Ok(SegmentReader { log: self.log.share()? })
    }

    /// Bytes that the entries of the offset and of the time index take.
    pub(crate) fn index_bytes(&self) -> Result<(u64, u64), SegmentError> {
        Ok((u64::from(self.offset_index.len()?) * 8, u64::from(self.time_index.len()?) * 12))
    }

    /// When the log file was last written.
    pub(crate) fn modified(&self) -> Timestamp {
        self.modified
    }

    /// Lets the log file look as if last written then, as the ones that it takes the place of.
    pub(crate) fn set_modified(&mut self, modified: Timestamp) -> Result<(), DiskError> {
        let set = self.log.file()?.set_modified_ms(modified.0);
        set.map_err(|source| self.log.place().failed("set the time of", source))?;
        self.modified = modified;
        Ok(())
    }

    /// Puts an aborted transaction of another segment's index in this one's.
    ///
    /// # Errors
    ///
    /// If its marker is not behind the last entry's: then the other index lied.
    pub(crate) fn append_aborted(&mut self, transaction: &AbortedTransaction) -> Result<(), SegmentError> {
        let last = self.transaction_index.last()?.map_or(Offset::NONE, |last| last.last_offset);
        if last >= transaction.last_offset {
            let what = format!("the marker of {transaction:?} would stand behind that at {last}");
            let path = self.transaction_index.place().path();
            return Err(SegmentError::Index(CorruptIndexError { path, position: 0, what }));
        }
        Ok(self.transaction_index.append(transaction)?)
    }
}
