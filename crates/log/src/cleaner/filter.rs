//! What is kept of a batch.

use std::collections::HashMap;

use ottla_record::{
    AppendError, Batch, BatchBuilder, BatchSettings, BuildError, Compressor, Decompressor, Magic, Offset,
    ProducerId, Record, RecordsError, Timestamp, UnknownCodec, write_empty_batch,
};

use super::offset_map::OffsetMap;
use super::stats::CleanStats;
use super::transactions::{CleanedTransactions, InvalidControlBatch, Marker};
use crate::index::AbortedTransaction;
use crate::segment::RECORDS_BYTES_MAX;

/// The last record of a producer that is known: its batch outlasts the cleaning, if need be without records, so that the
/// producer's epoch and sequence can be told from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastRecord {
    /// Its last record of data, if one is known.
    pub(crate) last_data_offset: Option<Offset>,
    /// The producer's epoch.
    pub(crate) producer_epoch: i16,
}

/// The rules of one cleaning.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) map: &'a OffsetMap,
    pub(super) now: Timestamp,
    pub(super) delete_retention_ms: i64,
    /// Offset after the last one of the cleaning; the batch that ends there stays, so that the offset is not lost.
    pub(super) round_end: Offset,
    pub(super) last_records: &'a HashMap<ProducerId, LastRecord>,
    /// Whether tombstones stay in messages too old to have a delete horizon of their own.
    pub(super) keeps_legacy_tombstones: bool,
}

/// Memory that is kept from batch to batch.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) decompressor: Decompressor,
    compressor: Compressor,
    builder: BatchBuilder,
    /// For each record of the batch, whether it is kept.
    keep: Vec<bool>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            decompressor: Decompressor::with_limit(RECORDS_BYTES_MAX),
            compressor: Compressor::new(),
            builder: BatchBuilder::new(BatchSettings::default()),
            keep: Vec::new(),
        }
    }

    /// Gives back what unusually large batches have left, beyond so many bytes of each kind.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        self.decompressor.shrink_to(bytes);
        self.builder = BatchBuilder::new(BatchSettings::default());
        self.keep.shrink_to(bytes);
    }
}

/// Why a batch cannot be filtered.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilterError {
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    Control(#[from] InvalidControlBatch),
    #[error("batch cannot be built anew: {0}")]
    Codec(#[from] UnknownCodec),
    #[error("batch cannot be built anew: {0}")]
    Append(#[from] AppendError),
    #[error("batch cannot be built anew: {0}")]
    Build(#[from] BuildError),
}

/// What the rules say of a batch as a whole.
struct BatchVerdict {
    /// Whether the batch stays though it has no record.
    keeps_empty: bool,
    /// Whether all its records go.
    drops_records: bool,
    marker: Option<Marker>,
}

/// What the rules say of a batch's records.
#[derive(Debug, Clone, Copy, Default)]
struct RecordsVerdict {
    read: u64,
    kept: u64,
    has_tombstone: bool,
    invalid: u64,
}

impl Rules<'_> {
    /// Appends to `out` what is kept of a batch, if anything is. If it is a marker that must stay because batches of its
    /// aborted transaction do, that transaction is returned.
    pub(super) fn filter(
        &self,
        batch: &Batch<'_>,
        transactions: &mut CleanedTransactions,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
        stats: &mut CleanStats,
    ) -> Result<Option<AbortedTransaction>, FilterError> {
        let verdict = self.judge_batch(batch, transactions, scratch)?;
        let aborted = verdict.marker.and_then(|marker| marker.aborted);
        if verdict.drops_records && !verdict.keeps_empty {
            return Ok(aborted);
        }
        let records = self.judge_records(batch, &verdict, scratch)?;
        stats.messages_read += records.read;
        stats.messages_written += records.kept;
        stats.invalid_messages_read += records.invalid;
        let is_of_empty = verdict.marker.is_some_and(|marker| marker.is_of_empty_transaction);
        if records.kept > 0 {
            let sets_horizon = (records.has_tombstone || is_of_empty) && batch.delete_horizon().is_none();
            let is_current = batch.magic == Magic::V2;
            if is_current && records.kept == records.read && !sets_horizon {
                out.extend_from_slice(batch.as_bytes());
            } else {
                self.rebuild(batch, sets_horizon, scratch, out)?;
            }
        } else if verdict.keeps_empty {
            write_empty_batch(batch.header(), out);
        }
        Ok(aborted)
    }

    fn judge_batch(
        &self,
        batch: &Batch<'_>,
        transactions: &mut CleanedTransactions,
        scratch: &mut Scratch,
    ) -> Result<BatchVerdict, FilterError> {
        let (drops_records, marker) = if batch.attributes.is_control() {
            let marker = transactions.on_control_batch(batch, &mut scratch.decompressor)?;
            let horizon_passed = batch.delete_horizon().is_some_and(|horizon| horizon <= self.now);
            (marker.is_of_empty_transaction && horizon_passed, Some(marker))
        } else {
            (transactions.on_batch(batch.header()), None)
        };
        // Messages of the old formats have nothing to keep but records.
        let keeps_empty = batch.magic == Magic::V2
            && (self.is_last_of_producer(batch) || batch.next_offset() == self.round_end);
        Ok(BatchVerdict { keeps_empty, drops_records, marker })
    }

    fn is_last_of_producer(&self, batch: &Batch<'_>) -> bool {
        if !batch.has_producer_id() {
            return false;
        }
        self.last_records.get(&batch.producer_id).is_some_and(|last| match last.last_data_offset {
            Some(offset) => batch.last_offset() == offset,
            None => batch.attributes.is_control() && batch.producer_epoch == last.producer_epoch,
        })
    }

    /// Judges each record; what is to be kept is noted in `scratch`.
    fn judge_records(
        &self,
        batch: &Batch<'_>,
        verdict: &BatchVerdict,
        scratch: &mut Scratch,
    ) -> Result<RecordsVerdict, FilterError> {
        let Scratch { decompressor, keep, .. } = scratch;
        keep.clear();
        if verdict.drops_records {
            let read = u64::try_from(batch.records_count).unwrap_or(0);
            return Ok(RecordsVerdict { read, ..RecordsVerdict::default() });
        }
        let mut judged = RecordsVerdict::default();
        for record in batch.records(decompressor)? {
            let record = record.map_err(RecordsError::Record)?;
            let kept = batch.attributes.is_control() || self.keeps(batch, &record, &mut judged);
            judged.read += 1;
            judged.kept += u64::from(kept);
            judged.has_tombstone |= kept && record.value.is_none();
            keep.push(kept);
        }
        Ok(judged)
    }

    fn keeps(&self, batch: &Batch<'_>, record: &Record<'_>, judged: &mut RecordsVerdict) -> bool {
        if record.offset > self.map.latest_offset() {
            return true;
        }
        let Some(key) = record.key else {
            judged.invalid += 1;
            return false;
        };
        if self.map.get(key).is_some_and(|latest| record.offset < latest) {
            return false;
        }
        record.value.is_some()
            || match batch.magic {
                Magic::V2 => batch.delete_horizon().is_none_or(|horizon| self.now < horizon),
                Magic::V0 | Magic::V1 => self.keeps_legacy_tombstones,
            }
    }

    /// Builds a batch of the records that are kept, with all else as it was.
    fn rebuild(
        &self,
        batch: &Batch<'_>,
        sets_horizon: bool,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> Result<(), FilterError> {
        let Scratch { decompressor, compressor, builder, keep } = scratch;
        let records = batch.records(decompressor)?.zip(keep.iter()).filter(|(_, keep)| **keep);
        let mut records = records.map(|(record, _)| record).peekable();
        let mut settings = BatchSettings::like(batch.header())?;
        if batch.magic != Magic::V2
            && let Some(Ok(first)) = records.peek()
        {
            settings.base_offset = first.offset;
        }
        if sets_horizon {
            settings.delete_horizon = Some(Timestamp(self.now.0.saturating_add(self.delete_retention_ms)));
        }
        builder.restart(settings);
        for record in records {
            let record = record.map_err(RecordsError::Record)?;
            builder.append_record_at(record.offset, &record)?;
        }
        if batch.magic == Magic::V2 {
            // The last sequence follows from the last offset, so it must stay even if the last record goes.
            builder.set_last_offset(batch.last_offset());
        }
        Ok(builder.build_into(compressor, out)?)
    }
}
