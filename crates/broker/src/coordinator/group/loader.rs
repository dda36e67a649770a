//! Reads a partition of `__consumer_offsets` into a coordinator.

use bytes::Bytes;
use ottla_group::{GroupCoordinator, GroupCoordinatorConfig, Now, RecordOrigin};
use ottla_record::{
    Batch, Batches, BatchesError, Decompressor, EndTxnMarker, InvalidControlRecord, InvalidRecord, Offset,
    ProducerId, RecordsError, TransactionResult,
};
use ottla_wire::DecodeError;
use ottla_wire::error::DecodeFailure;
use ottla_wire::group::GroupKey;

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
    #[error("no record of a group at offset {offset}: {source}")]
    Record {
        /// Its offset.
        offset: Offset,
        /// Why not.
        source: DecodeError,
    },
}

/// Reads the partition up to its high watermark. Blocks for as long as the disk takes.
pub(super) fn load(
    partition: &Partition,
    config: GroupCoordinatorConfig,
    bytes_max: u32,
    now: Now,
) -> Result<GroupCoordinator, LoadFailure> {
    let mut loader = Loader {
        core: GroupCoordinator::new(config),
        decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX),
        now,
    };
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

struct Loader {
    core: GroupCoordinator,
    decompressor: Decompressor,
    now: Now,
}

impl Loader {
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
                self.core.replay_end_transaction(batch.producer_id, committed);
                continue;
            }
            let origin = RecordOrigin { offset: record.offset, producer_id };
            replay(&mut self.core, self.now, origin, record.key, record.value)
                .map_err(|source| LoadFailure::Record { offset: record.offset, source })?;
        }
        Ok(())
    }
}

/// Takes in a record; one of a type that a later release writes is read past, as in Kafka.
fn replay(
    core: &mut GroupCoordinator,
    now: Now,
    origin: RecordOrigin,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Result<(), DecodeError> {
    let Some(key) = key else {
        tracing::warn!(offset = %origin.offset, "a record of groups has no key");
        return Ok(());
    };
    let key = match GroupKey::decode(Bytes::copy_from_slice(key)) {
        Ok(key) => key,
        Err(error) if matches!(error.failure(), DecodeFailure::UnknownType { .. }) => {
            tracing::warn!(offset = %origin.offset, %error, "a record of groups is of an unknown type");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let value = value.map(|value| key.decode_value(Bytes::copy_from_slice(value))).transpose()?;
    core.replay(now, origin, key, value.map(|(value, _)| value));
    Ok(())
}
