//! One cleaning of one log.

use std::io::IoSlice;
use std::sync::Arc;

use ottla_record::{BatchHeader, Offset, Timestamp};

use super::candidate::between;
use super::error::{CleanError, UncleanableError};
use super::filter::{Rules, Scratch};
use super::grouping::{GroupLimits, Source, group};
use super::offset_map::OffsetMap;
use super::stats::CleanStats;
use super::transactions::CleanedTransactions;
use super::{Cleanable, Pace};
use crate::error::{CorruptBatchError, SegmentError};
use crate::log::{Log, SegmentBounds};
use crate::manager::{LogHandle, lock};
use crate::segment::{AppendedBatch, ScanEnd, Segment, SegmentReader};

pub(super) struct Round<'a> {
    pub(super) handle: &'a LogHandle,
    pub(super) cleanable: &'a Cleanable,
    pub(super) now: Timestamp,
    /// The segments' version that the round knows of.
    pub(super) version: u64,
    pub(super) map: &'a mut OffsetMap,
    pub(super) scratch: &'a mut Scratch,
    pub(super) io_buffer_bytes: usize,
    pub(super) pace: &'a mut Pace<'a>,
    pub(super) stats: CleanStats,
}

/// Whether the map of keys took all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Indexed {
    All,
    UntilFull,
}

impl Round<'_> {
    /// Cleans; where the dirty part begins then.
    pub(super) fn run(&mut self) -> Result<Offset, CleanError> {
        let end = self.cleanable.first_uncleanable_offset;
        let segments = self.unchanged(|log| Ok(log.segment_bounds()))?;
        self.index(between(&segments, self.cleanable.first_dirty_offset, end))?;
        self.stats.buffer_utilization = self.map.utilization();
        let clean_to = self.map.latest_offset() + 1;

        let sources = self.sources(between(&segments, Offset(0), clean_to))?;
        let keeps_tombstones_behind = self.legacy_horizon(&sources);
        let config = self.unchanged(|log| Ok(Arc::clone(log.config())))?;
        let limits = GroupLimits {
            segment_bytes: config.segment_bytes.into(),
            index_bytes: config.segment_index_bytes.into(),
            end,
        };
        let mut transactions = CleanedTransactions::default();
        for group in group(&sources, &limits) {
            self.clean_group(&group, &mut transactions, keeps_tombstones_behind)?;
        }
        Ok(clean_to)
    }

    /// Asks the log something, unless it is no longer as the round knows it.
    fn unchanged<T>(&self, ask: impl FnOnce(&mut Log) -> Result<T, CleanError>) -> Result<T, CleanError> {
        let mut log = lock(self.handle);
        if log.has_segments_of(self.version) { ask(&mut log) } else { Err(CleanError::Changed) }
    }

    /// Lets the pace be set, and notices a log that was changed before all of it is read in vain.
    fn pace(&mut self, bytes: u64) -> Result<(), CleanError> {
        if (self.pace)(bytes).is_break() {
            return Err(CleanError::Stopped);
        }
        self.unchanged(|_| Ok(()))
    }

    /// Notes the last offset of each key of the dirty part.
    fn index(&mut self, dirty: &[SegmentBounds]) -> Result<(), CleanError> {
        let (start, end) = (self.cleanable.first_dirty_offset, self.cleanable.first_uncleanable_offset);
        self.map.begin(u64::try_from(end.0.saturating_sub(start.0)).unwrap_or(0));
        let mut transactions = CleanedTransactions::default();
        transactions.add_aborted(self.unchanged(|log| Ok(log.aborted_transactions(start, end)?))?);
        for (index, segment) in dirty.iter().enumerate() {
            let next = dirty.get(index + 1).map_or(end, |next| next.base_offset);
            if self.index_segment(segment.base_offset, &mut transactions)? == Indexed::UntilFull {
                break;
            }
            // The offsets up to the next segment may be taken by nothing.
            self.map.set_latest_offset(Offset(next.0 - 1));
        }
        Ok(())
    }

    fn index_segment(
        &mut self,
        base_offset: Offset,
        transactions: &mut CleanedTransactions,
    ) -> Result<Indexed, CleanError> {
        let start = self.cleanable.first_dirty_offset;
        let (reader, position) = self.reader(base_offset, start)?;
        let mut scanner = reader.scan(position, self.io_buffer_bytes);
        let mut unpaced = 0;
        while let Some(scanned) = scanner.next()? {
            let corrupt = |what: String| reader.corrupt(scanned.position, what);
            let batch = scanned.batch.ok_or_else(|| corrupt("the batch was not read whole".to_owned()))?;
            let size = batch.size_in_bytes() as u64;
            self.stats.index_bytes_read += size;
            if batch.attributes.is_control() {
                let decompressor = &mut self.scratch.decompressor;
                transactions
                    .on_control_batch(&batch, decompressor)
                    .map_err(|error| corrupt(error.to_string()))?;
                self.stats.index_messages_read += 1;
            } else if transactions.on_batch(batch.header()) {
                self.stats.index_messages_read += u64::try_from(batch.records_count).unwrap_or(0);
            } else {
                let records = batch.records(&mut self.scratch.decompressor);
                for record in records.map_err(|error| corrupt(error.to_string()))? {
                    let record = record.map_err(|error| corrupt(error.to_string()))?;
                    if let Some(key) = record.key.filter(|_| record.offset >= start)
                        && !self.map.put(key, record.offset)
                    {
                        return Ok(Indexed::UntilFull);
                    }
                    self.stats.index_messages_read += 1;
                }
            }
            if batch.last_offset() >= start {
                self.map.set_latest_offset(batch.last_offset());
            }
            unpaced += size;
            if unpaced >= self.io_buffer_bytes as u64 {
                self.pace(std::mem::take(&mut unpaced))?;
            }
        }
        check_end(scanner.into_end())?;
        self.pace(unpaced)?;
        Ok(Indexed::All)
    }

    /// The batches of a segment, and where to begin for those from `from` on.
    fn reader(&self, base_offset: Offset, from: Offset) -> Result<(SegmentReader, u32), CleanError> {
        self.unchanged(|log| {
            let read = |segment: &Segment| {
                let first = segment.translate_offset(from)?;
                let position = first.map_or_else(|| segment.size(), |batch| batch.position);
                Ok((segment.reader()?, position))
            };
            log.ask_segment(base_offset, read)?.ok_or(CleanError::Changed)
        })
    }

    /// What grouping has to know of segments.
    fn sources(&self, segments: &[SegmentBounds]) -> Result<Vec<Source>, CleanError> {
        let source = |bounds: &SegmentBounds| {
            let ask = |segment: &Segment| Ok((segment.index_bytes()?, segment.modified()));
            let answer = self.unchanged(|log| Ok(log.ask_segment(bounds.base_offset, ask)?))?;
            let ((offset_index_bytes, time_index_bytes), modified) = answer.ok_or(CleanError::Changed)?;
            let (base_offset, size) = (bounds.base_offset, bounds.size.into());
            Ok(Source { base_offset, size, offset_index_bytes, time_index_bytes, modified })
        };
        segments.iter().map(source).collect()
    }

    /// For messages without a delete horizon: tombstones in segments last written after it stay.
    fn legacy_horizon(&self, sources: &[Source]) -> Timestamp {
        let clean = sources.partition_point(|source| source.base_offset < self.cleanable.first_dirty_offset);
        let Some(last_clean) = sources[..clean].last() else { return Timestamp(0) };
        Timestamp(last_clean.modified.0.saturating_sub(lock(self.handle).config().delete_retention_ms))
    }

    /// Writes what is kept of a group of segments into a new one, and puts it in their place.
    fn clean_group(
        &mut self,
        group: &[Source],
        transactions: &mut CleanedTransactions,
        legacy_horizon: Timestamp,
    ) -> Result<(), CleanError> {
        let (first, last) = (group[0], group[group.len() - 1]);
        let mut cleaned =
            self.unchanged(|log| Ok(log.create_cleaned_segment(first.base_offset, self.now)?))?;
        if let Err(error) = self.write_group(&mut cleaned, group, transactions, legacy_horizon) {
            cleaned.remove()?;
            return Err(error);
        }
        let mut log = lock(self.handle);
        if !log.has_segments_of(self.version) {
            drop(log);
            cleaned.remove()?;
            return Err(CleanError::Changed);
        }
        log.replace_segments(cleaned, last.base_offset, self.now).map_err(CleanError::Storage)?;
        self.version = log.segments_version();
        let sync = log.names_sync();
        drop(log);
        sync().map_err(|error| CleanError::Storage(error.into()))?;
        self.stats.segments_read += group.len() as u64;
        self.stats.segments_written += 1;
        Ok(())
    }

    fn write_group(
        &mut self,
        cleaned: &mut Segment,
        group: &[Source],
        transactions: &mut CleanedTransactions,
        legacy_horizon: Timestamp,
    ) -> Result<(), CleanError> {
        for (index, source) in group.iter().enumerate() {
            let upper_bound = match group.get(index + 1) {
                Some(next) => next.base_offset,
                None => self.next_offset_of(source.base_offset)?,
            };
            let aborted =
                self.unchanged(|log| Ok(log.aborted_transactions(source.base_offset, upper_bound)?))?;
            transactions.add_aborted(aborted);
            self.write_segment(cleaned, source, transactions, source.modified > legacy_horizon)?;
        }
        cleaned.become_inactive()?;
        cleaned.set_modified(group[group.len() - 1].modified)?;
        cleaned.flush()?;
        cleaned.release()?;
        let sync = self.unchanged(|log| Ok(log.names_sync()))?;
        Ok(sync()?)
    }

    fn next_offset_of(&self, base_offset: Offset) -> Result<Offset, CleanError> {
        self.unchanged(|log| {
            log.ask_segment(base_offset, Segment::read_next_offset)?.ok_or(CleanError::Changed)
        })
    }

    /// Appends what is kept of one segment to the cleaned one.
    fn write_segment(
        &mut self,
        cleaned: &mut Segment,
        source: &Source,
        transactions: &mut CleanedTransactions,
        keeps_legacy_tombstones: bool,
    ) -> Result<(), CleanError> {
        let (last_records, delete_retention_ms) =
            self.unchanged(|log| Ok((log.last_records_of_producers(), log.config().delete_retention_ms)))?;
        let (reader, _) = self.reader(source.base_offset, source.base_offset)?;
        let mut scanner = reader.scan(0, self.io_buffer_bytes);
        let mut output = Output::default();
        while let Some(scanned) = scanner.next()? {
            let corrupt = |what: String| reader.corrupt(scanned.position, what);
            let batch = scanned.batch.ok_or_else(|| corrupt("the batch was not read whole".to_owned()))?;
            let rules = Rules {
                map: self.map,
                now: self.now,
                delete_retention_ms,
                round_end: self.cleanable.first_uncleanable_offset,
                last_records: &last_records,
                keeps_legacy_tombstones,
            };
            let start = output.bytes.len();
            let filtered =
                rules.filter(&batch, transactions, self.scratch, &mut output.bytes, &mut self.stats);
            let aborted = filtered.map_err(|error| corrupt(error.to_string()))?;
            output.note_batch(start).map_err(corrupt)?;
            if let Some(aborted) = aborted {
                cleaned.append_aborted(&aborted)?;
            }
            output.read += batch.size_in_bytes() as u64;
            if output.read.max(output.bytes.len() as u64) >= self.io_buffer_bytes as u64 {
                self.write_out(&mut output, cleaned)?;
            }
        }
        check_end(scanner.into_end())?;
        self.write_out(&mut output, cleaned)
    }

    fn write_out(&mut self, output: &mut Output, cleaned: &mut Segment) -> Result<(), CleanError> {
        let len = output.bytes.len() as u64;
        if u64::from(cleaned.size()) + len > i32::MAX as u64 {
            return Err(UncleanableError::TooLarge { base_offset: cleaned.base_offset() }.into());
        }
        cleaned.append(&mut [IoSlice::new(&output.bytes)], &output.batches, self.now)?;
        self.stats.bytes_read += output.read;
        self.stats.bytes_written += len;
        let bytes = output.read + len;
        output.clear(self.io_buffer_bytes);
        self.pace(bytes)
    }
}

/// Batches that wait to be written.
#[derive(Debug, Default)]
struct Output {
    bytes: Vec<u8>,
    batches: Vec<AppendedBatch>,
    /// Bytes that were read since the last write.
    read: u64,
}

impl Output {
    /// Notes the batch that begins at `start`, if one does.
    fn note_batch(&mut self, start: usize) -> Result<(), String> {
        if start < self.bytes.len() {
            let header = BatchHeader::parse(&self.bytes[start..]).map_err(|error| error.to_string())?;
            self.batches.push(AppendedBatch::of(&header));
        }
        Ok(())
    }

    fn clear(&mut self, capacity: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(2 * capacity);
        self.batches.clear();
        self.read = 0;
    }
}

/// A segment that is not appended to ends with a whole batch.
fn check_end(end: ScanEnd) -> Result<(), CleanError> {
    match Option::<CorruptBatchError>::from(end) {
        None => Ok(()),
        Some(error) => Err(SegmentError::from(error).into()),
    }
}
