//! Batches as producer state sees them.

use ottla_record::{Batch, BatchHeader, Decompressor, EndTxnMarker, TransactionResult};

use super::append_info::{ProducerBatch, ProducerMarker};
use crate::offsets::LogOffsetMetadata;

impl ProducerBatch {
    /// A data batch by its header; its place is not known.
    pub fn of(header: &BatchHeader) -> Self {
        Self {
            producer_epoch: header.producer_epoch,
            first_sequence: header.base_sequence,
            last_sequence: header.last_sequence(),
            max_timestamp: header.max_timestamp,
            first_offset: LogOffsetMetadata::offset_only(header.base_offset),
            last_offset: header.last_offset(),
            transactional: header.attributes.is_transactional(),
        }
    }
}

impl ProducerMarker {
    /// The marker in a control batch: `None` where compaction has emptied the batch, where its first record is of
    /// another type than commit and abort, or is no control record at all.
    pub fn of(
        batch: &Batch<'_>,
        transaction_version: Option<i16>,
        decompressor: &mut Decompressor,
    ) -> Option<Self> {
        let record = batch.records(decompressor).ok()?.next()?.ok()?;
        let marker = EndTxnMarker::of(&record).ok()?;
        Some(Self {
            producer_epoch: batch.producer_epoch,
            coordinator_epoch: marker.coordinator_epoch,
            aborts: marker.result == TransactionResult::Abort,
            offset: batch.base_offset,
            timestamp: record.timestamp,
            transaction_version,
        })
    }
}
