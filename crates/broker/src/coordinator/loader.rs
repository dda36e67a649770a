//! Reads a partition into the core that coordinates what it holds.

use ottla_coordinator::Now;
use ottla_record::{
    Batch, Batches, BatchesError, Decompressor, EndTxnMarker, InvalidControlRecord, InvalidRecord, Offset,
    ProducerId, RecordsError, TransactionResult,
};
use ottla_wire::DecodeError;

use super::core::{Core, Origin};
use crate::partitions::{Partition, ReadFailure};

/// What the records of a batch may come to. Kafka has no limit here.
const DECOMPRESSED_BYTES_MAX: usize = 1 << 30;

/// Why a partition cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadFailure {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadFailure),
    /// What the log holds is no batch.
    #[error("no batch: {0}")]
    Batches(#[from] BatchesError),
    /// The records of a batch cannot be read.
    #[error("no records in the batch at offset {offset}: {source}")]
    Records {
        /// First offset of the batch.
        offset: Offset,
        /// Why not.
        source: RecordsError,
    },
    /// A record of a batch is malformed.
    #[error("in the batch at offset {offset}: {source}")]
    Invalid {
        /// First offset of the batch.
        offset: Offset,
        /// What is wrong.
        source: InvalidRecord,
    },
    /// The end of a transaction cannot be read.
    #[error("no transaction marker at offset {offset}: {source}")]
    Marker {
        /// Its offset.
        offset: Offset,
        /// Why not.
        source: InvalidControlRecord,
    },
    /// A record is none that a coordinator writes.
    #[error("no record of a coordinator at offset {offset}: {source}")]
    Record {
        /// Its offset.
        offset: Offset,
        /// Why not.
        source: DecodeError,
    },
}

/// Reads the partition up to its high watermark. Blocks for as long as the disk takes.
pub(super) fn load<C: Core>(
    partition: &Partition,
    core: C,
    bytes_max: u32,
    now: Now,
) -> Result<C, LoadFailure> {
    let mut loader = Loader { core, decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX), now };
    let mut offset = partition.log_start_offset();
    while let Some(bytes) = partition.read_batches(offset, bytes_max)? {
        let start = offset;
        for batch in Batches::new(&bytes) {
            let batch = match batch {
                Ok(batch) => batch,
                // The read ends within a batch, which the next one begins with.
                Err(error) if error.is_truncated() && offset > start => break,
                Err(error) => return Err(error.into()),
            };
            loader.batch(&batch, offset)?;
            offset = batch.last_offset() + 1;
        }
        if offset == start {
            break;
        }
    }
    Ok(loader.core)
}

struct Loader<C> {
    core: C,
    decompressor: Decompressor,
    now: Now,
}

impl<C: Core> Loader<C> {
    /// Takes in the records of a batch from an offset on.
    fn batch(&mut self, batch: &Batch<'_>, from: Offset) -> Result<(), LoadFailure> {
        let attributes = batch.attributes;
        let producer_id = match attributes.is_transactional() {
            true => batch.producer_id,
            false => ProducerId::NONE,
        };
        for record in batch
            .records(&mut self.decompressor)
            .map_err(|source| LoadFailure::Records { offset: batch.base_offset, source })?
        {
            let record =
                record.map_err(|source| LoadFailure::Invalid { offset: batch.base_offset, source })?;
            if record.offset < from {
                continue;
            }
            if attributes.is_control() {
                let marker = EndTxnMarker::of(&record)
                    .map_err(|source| LoadFailure::Marker { offset: record.offset, source })?;
                let committed = marker.result == TransactionResult::Commit;
                self.core.load_transaction_end(batch.producer_id, committed);
                continue;
            }
            let Some(key) = record.key else {
                tracing::warn!(offset = %record.offset, "a record of {} has no key", C::WHAT);
                continue;
            };
            let origin = Origin { offset: record.offset, producer_id };
            self.core
                .load(self.now, origin, key, record.value)
                .map_err(|source| LoadFailure::Record { offset: record.offset, source })?;
        }
        Ok(())
    }
}
