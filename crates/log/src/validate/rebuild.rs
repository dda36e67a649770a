//! A batch built anew: in another codec, or with offsets that count from 0.

use ottla_record::{Batch, BatchBuilder, BatchSettings, Compression, Offset, Timestamp};

use super::ValidationScratch;
use super::error::{InvalidBatch, ValidationError};

/// Builds the batch's records into `scratch.rebuilt`. They were walked before, so what fails now is what the walk does
/// not look at: timestamps that no batch can hold, and the codec's library.
pub(super) fn rebuild(
    batch: &Batch<'_>,
    target: Compression,
    log_append_time: Option<Timestamp>,
    scratch: &mut ValidationScratch,
) -> Result<(), ValidationError> {
    let ValidationScratch { decompressor, compressor, rebuilt, .. } = scratch;
    let mut builder = BatchBuilder::new(BatchSettings {
        base_offset: Offset(0),
        compression: target,
        log_append_time,
        producer_id: batch.producer_id,
        producer_epoch: batch.producer_epoch,
        base_sequence: batch.base_sequence,
        is_transactional: batch.attributes.is_transactional(),
        is_control: batch.attributes.is_control(),
        ..BatchSettings::default()
    });
    for (offset, record) in (0..).zip(batch.records(decompressor)?) {
        let record = record.map_err(InvalidBatch::from)?;
        builder.append_record_at(Offset(offset), &record).map_err(InvalidBatch::from)?;
    }
    rebuilt.clear();
    builder.build_into(compressor, rebuilt).map_err(InvalidBatch::from)?;
    Ok(())
}
