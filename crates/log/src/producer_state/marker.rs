//! Batches as producer state sees them.

use ottla_record::{Batch, BatchHeader, Decompressor};

use super::append_info::{ProducerBatch, ProducerMarker};
use crate::offsets::LogOffsetMetadata;

/// Control record types that end a transaction.
const ABORT: i16 = 0;
const COMMIT: i16 = 1;

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
    ///
    /// | bytes | field |
    /// | --- | --- |
    /// | key: 2 | version, 0 or above |
    /// | 2 | type: 0 aborts, 1 commits |
    /// | value: 2 | version, 0 or above |
    /// | 4 | coordinator epoch |
    pub fn of(
        batch: &Batch<'_>,
        transaction_version: Option<i16>,
        decompressor: &mut Decompressor,
    ) -> Option<Self> {
        let record = batch.records(decompressor).ok()?.next()?.ok()?;
        let aborts = match control_type(record.key?)? {
            ABORT => true,
            COMMIT => false,
            _ => return None,
        };
        Some(Self {
            producer_epoch: batch.producer_epoch,
            coordinator_epoch: coordinator_epoch(record.value?)?,
            aborts,
            offset: batch.base_offset,
            timestamp: record.timestamp,
            transaction_version,
        })
    }
}

fn control_type(key: &[u8]) -> Option<i16> {
    let (version, rest) = key.split_first_chunk()?;
    let (control_type, _) = rest.split_first_chunk()?;
    (i16::from_be_bytes(*version) >= 0).then(|| i16::from_be_bytes(*control_type))
}

fn coordinator_epoch(value: &[u8]) -> Option<i32> {
    let (version, rest) = value.split_first_chunk()?;
    let (epoch, _) = rest.split_first_chunk()?;
    (i16::from_be_bytes(*version) >= 0).then(|| i32::from_be_bytes(*epoch))
}
