//! Reading: slices of log files, found by offset.

use std::sync::Arc;

use ottla_io::DiskFile;
use ottla_record::Offset;

use super::Log;
use super::error::{OffsetOutOfRangeError, ReadError, StorageError};
use super::options::{FetchIsolation, ReadOptions};
use crate::error::SegmentError;
use crate::index::AbortedTransaction;
use crate::offsets::{LogOffsetMetadata, SegmentPosition};
use crate::segment::{Segment, SegmentRead, SegmentSlice};

/// What a read found.
#[derive(Debug, Clone)]
pub struct LogRead {
    /// The offset the answer begins at, with its place: the base offset of its first batch, which may be below the
    /// offset asked for.
    pub fetch_offset: LogOffsetMetadata,
    /// The bytes; `None` where there are none to give.
    pub slice: Option<LogSlice>,
    /// Whether even the first batch is cut.
    pub first_batch_incomplete: bool,
    /// Aborted transactions that overlap the answer; only for [`FetchIsolation::TransactionCommitted`].
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
}

/// A part of a log file that begins with a batch; its last batch may be cut.
#[derive(Debug, Clone)]
pub struct LogSlice {
    /// The log file. It stays readable when the log removes its segment.
    pub file: Arc<dyn DiskFile>,
    /// Where the first batch begins.
    pub position: u32,
    /// How many bytes.
    pub len: u32,
}

impl Log {
    /// Finds the batches from an offset on, up to the end of their segment or of what may be seen.
    ///
    /// # Errors
    ///
    /// If the offset is below the log start offset or above the log end offset, or the files fail.
    pub fn read(&mut self, options: &ReadOptions) -> Result<LogRead, ReadError> {
        self.check_usable().map_err(StorageError::from)?;
        let ReadOptions { start_offset, isolation, .. } = *options;
        self.check_in_range(start_offset)?;
        let bound = match isolation {
            FetchIsolation::LogEnd => self.log_end_offset_metadata(),
            FetchIsolation::HighWatermark => self.high_watermark_metadata(),
            FetchIsolation::TransactionCommitted => self.last_stable_offset_metadata(),
        };
        if start_offset == bound.offset {
            return Ok(LogRead::nothing(bound, isolation));
        }
        if start_offset > bound.offset {
            return Ok(LogRead::nothing(self.with_position(start_offset), isolation));
        }
        self.read_below(options, &bound)
    }

    fn read_below(&mut self, options: &ReadOptions, bound: &LogOffsetMetadata) -> Result<LogRead, ReadError> {
        let ReadOptions { start_offset, isolation, .. } = *options;
        let first = self.segments.floor(start_offset).unwrap_or(0);
        for index in first..self.segments.as_slice().len() {
            let read = |segment: &Segment| read_segment(segment, options, bound);
            let Some(slice) = self.with_sound_indexes(index, read)? else { continue };
            let aborted_transactions = match isolation {
                FetchIsolation::TransactionCommitted => Some(self.aborted_in(index, start_offset, &slice)?),
                FetchIsolation::LogEnd | FetchIsolation::HighWatermark => None,
            };
            let segment_base_offset = self.segments.as_slice()[index].base_offset();
            let position = SegmentPosition { segment_base_offset, position: slice.position };
            return Ok(LogRead {
                fetch_offset: LogOffsetMetadata { offset: slice.base_offset, position: Some(position) },
                first_batch_incomplete: slice.first_batch_incomplete,
                slice: (slice.len > 0).then(|| LogSlice {
                    file: slice.file,
                    position: slice.position,
                    len: slice.len,
                }),
                aborted_transactions,
            });
        }
        Ok(LogRead::nothing(self.log_end_offset_metadata(), isolation))
    }

    /// The aborted transactions that overlap a slice; an index that only bounds the slice roughly may add some.
    fn aborted_in(
        &mut self,
        index: usize,
        start_offset: Offset,
        slice: &SegmentSlice,
    ) -> Result<Vec<AbortedTransaction>, ReadError> {
        let upper_bound = |segment: &Segment| segment.fetch_upper_bound_offset(slice.position, slice.len);
        let upper_bound = match self.with_sound_indexes(index, upper_bound)? {
            Some(offset) => offset,
            None => self.segments.base_offset_after(index).unwrap_or(self.log_end_offset),
        };
        self.aborted_between(index, start_offset, upper_bound)
    }

    /// The aborted transactions that overlap the offsets from `start_offset` to below `upper_bound`.
    pub fn aborted_transactions(
        &mut self,
        start_offset: Offset,
        upper_bound: Offset,
    ) -> Result<Vec<AbortedTransaction>, ReadError> {
        self.check_usable().map_err(StorageError::from)?;
        let first = self.segments.floor(start_offset).unwrap_or(0);
        self.aborted_between(first, start_offset, upper_bound)
    }

    fn aborted_between(
        &mut self,
        first: usize,
        start_offset: Offset,
        upper_bound: Offset,
    ) -> Result<Vec<AbortedTransaction>, ReadError> {
        let mut aborted = Vec::new();
        for index in first..self.segments.as_slice().len() {
            let collect = |segment: &Segment| segment.collect_aborted(start_offset, upper_bound);
            let found = self.with_sound_indexes(index, collect)?;
            aborted.extend(found.transactions);
            if found.complete {
                break;
            }
        }
        Ok(aborted)
    }

    fn check_in_range(&self, offset: Offset) -> Result<(), OffsetOutOfRangeError> {
        let (log_start_offset, log_end_offset) = (self.log_start_offset, self.log_end_offset);
        if (log_start_offset..=log_end_offset).contains(&offset) {
            Ok(())
        } else {
            Err(OffsetOutOfRangeError { offset, log_start_offset, log_end_offset })
        }
    }

    /// Asks a segment something that its indexes answer; if they cannot be right, they are rebuilt from the log file and
    /// asked once more.
    pub(super) fn with_sound_indexes<T>(
        &mut self,
        index: usize,
        ask: impl Fn(&Segment) -> Result<T, SegmentError>,
    ) -> Result<T, StorageError> {
        match ask(&self.segments.as_slice()[index]) {
            Err(SegmentError::Index(error)) => {
                tracing::warn!(partition = %self.partition, %error, "rebuilding the indexes of a segment");
                let rebuilt = self.rebuild_indexes(index);
                self.poison_on_failure(rebuilt)?;
                Ok(ask(&self.segments.as_slice()[index])?)
            }
            answer => Ok(answer?),
        }
    }
}

impl LogRead {
    fn nothing(fetch_offset: LogOffsetMetadata, isolation: FetchIsolation) -> Self {
        let wants_aborted = isolation == FetchIsolation::TransactionCommitted;
        let aborted_transactions = wants_aborted.then(Vec::new);
        Self { fetch_offset, slice: None, first_batch_incomplete: false, aborted_transactions }
    }
}

fn read_segment(
    segment: &Segment,
    options: &ReadOptions,
    bound: &LogOffsetMetadata,
) -> Result<Option<SegmentSlice>, SegmentError> {
    let position_max = match bound.position {
        Some(bound) if segment.base_offset() < bound.segment_base_offset => segment.size(),
        Some(bound) if segment.base_offset() == bound.segment_base_offset => bound.position,
        // Nobody knows how much of this segment may be seen.
        _ => 0,
    };
    segment.read(SegmentRead {
        start_offset: options.start_offset,
        bytes_max: options.bytes_max,
        position_max,
        min_one_message: options.min_one_message,
    })
}
