//! What a leader demands of a batch before it appends it: Kafka's `LogValidator`.
//!
//! Everything here depends on the batch, the configuration and the time alone, so it runs before the log's lock is
//! taken. What depends on the log (offsets, producers' sequences) comes after.

mod error;
mod rebuild;
mod records;

use ottla_record::{
    Batch, BatchMut, Batches, Codec, Compressor, Decompressor, LeaderEpoch, Magic, Offset, Timestamp,
    TimestampType,
};

pub use error::{
    CorruptBatch, InvalidBatch, RecordError, RecordErrorCause, RecordTooLargeError, RejectedRecordsError,
    ValidationError,
};

use crate::config::{CompressionPolicy, LogConfig};
use crate::producer_state::AppendOrigin;
use records::{Walk, walk_records};

/// Most bytes a compressed batch may expand to while its records are looked at, a block of the codec at a time. Kafka has
/// no limit here; this one bounds the time a batch may take.
const SKIMMED_BYTES_MAX: usize = 1 << 30;

/// Most bytes a compressed batch may expand to where it must be built anew, and so be held whole. The largest request
/// Kafka reads by default is 100 MiB.
const DECOMPRESSED_BYTES_MAX: usize = 128 << 20;

/// Buffers and codec contexts that validation needs, kept from batch to batch; one for each thread that appends.
#[derive(Debug)]
pub struct ValidationScratch {
    skimmer: Decompressor,
    decompressor: Decompressor,
    compressor: Compressor,
    rebuilt: Vec<u8>,
}

impl ValidationScratch {
    /// Buffers that grow with their use.
    pub fn new() -> Self {
        Self {
            skimmer: Decompressor::with_limit(SKIMMED_BYTES_MAX),
            decompressor: Decompressor::with_limit(DECOMPRESSED_BYTES_MAX),
            compressor: Compressor::new(),
            rebuilt: Vec::new(),
        }
    }

    /// Gives back what exceeds `bytes` of each buffer, after an unusually large batch.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.skimmer.shrink_to(bytes);
        self.decompressor.shrink_to(bytes);
        self.rebuilt.clear();
        self.rebuilt.shrink_to(bytes);
    }
}

impl Default for ValidationScratch {
    fn default() -> Self {
        Self::new()
    }
}

/// What validation is told besides the batch and the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ValidationOptions {
    /// Who appends.
    pub origin: AppendOrigin,
    /// The leader's time.
    pub now: Timestamp,
}

/// A batch that may be appended: it lacks only its offset and epoch, which cost no checksum.
#[derive(Debug)]
pub struct ValidatedBatch<'a> {
    batch: BatchMut<'a>,
    log_append_time: Option<Timestamp>,
}

impl ValidatedBatch<'_> {
    /// The batch as it will be stored.
    pub fn batch(&self) -> Batch<'_> {
        self.batch.as_batch()
    }

    /// The time all its records got, if the topic is one of `LogAppendTime`.
    pub const fn log_append_time(&self) -> Option<Timestamp> {
        self.log_append_time
    }

    /// Gives the batch its place in the log.
    pub(crate) fn assign(&mut self, base_offset: Offset, leader_epoch: LeaderEpoch) {
        self.batch.set_base_offset(base_offset);
        self.batch.set_partition_leader_epoch(leader_epoch);
    }
}

/// Checks the one batch in `records` and makes of it what the topic stores.
///
/// It is changed in place where that is enough; a batch of another codec than the topic's, or whose records do not
/// count their offsets from 0, is built anew in `scratch`. Bytes after the last whole batch are left out, as Kafka does.
///
/// # Errors
///
/// If the batch, or any of its records, may not be appended; then nothing is.
pub fn validate<'a>(
    records: &'a mut [u8],
    config: &LogConfig,
    options: &ValidationOptions,
    scratch: &'a mut ValidationScratch,
) -> Result<ValidatedBatch<'a>, ValidationError> {
    let batch = single_batch(records)?;
    check_batch(&batch, config, options)?;

    let size = batch.size_in_bytes();
    let source = batch.attributes.codec().map_err(ottla_record::RecordsError::from)?;
    let target = match config.compression_type {
        CompressionPolicy::Topic(target) if !(source == Codec::None && batch.attributes.is_control()) => {
            target
        }
        _ => source.into(),
    };
    let walked = {
        let records = batch.skim(&mut scratch.skimmer)?;
        walk_records(&batch, records, config, options)?
    };
    let Walk { max_timestamp, offsets_in_order } = walked;

    let log_append_time =
        (config.message_timestamp_type == TimestampType::LogAppendTime).then_some(options.now);
    let bytes = if source == target.codec() && offsets_in_order {
        &mut records[..size]
    } else {
        rebuild::rebuild(&batch, target, log_append_time, scratch)?;
        check_size(scratch.rebuilt.len(), config)?;
        &mut scratch.rebuilt[..]
    };
    let mut batch = BatchMut::parse(bytes).map_err(CorruptBatch::from).map_err(ValidationError::Corrupt)?;
    batch.set_max_timestamp(config.message_timestamp_type, log_append_time.unwrap_or(max_timestamp));
    Ok(ValidatedBatch { batch, log_append_time })
}

/// The batch in `records`, which must be one alone and of magic 2.
fn single_batch(records: &[u8]) -> Result<Batch<'_>, ValidationError> {
    let mut batches = Batches::new(records);
    let batch = match batches.next() {
        None => return Err(InvalidBatch::NoBatch.into()),
        Some(Err(error)) if error.is_truncated() => return Err(InvalidBatch::NoBatch.into()),
        Some(Err(error)) => return Err(ValidationError::Corrupt(error.cause.into())),
        Some(Ok(batch)) => batch,
    };
    if batch.magic != Magic::V2 {
        return Err(InvalidBatch::Magic(batch.magic as i8).into());
    }
    match batches.next() {
        Some(Ok(_)) => Err(InvalidBatch::MoreThanOne.into()),
        Some(Err(error)) if !error.is_truncated() => Err(ValidationError::Corrupt(error.cause.into())),
        _ => Ok(batch),
    }
}

/// The rules for the batch as a whole, in Kafka's order, which decides what a client is told.
fn check_batch(
    batch: &Batch<'_>,
    config: &LogConfig,
    options: &ValidationOptions,
) -> Result<(), ValidationError> {
    let is_client = options.origin == AppendOrigin::Client;
    if is_client && batch.base_offset != Offset(0) {
        return Err(InvalidBatch::BaseOffset(batch.base_offset).into());
    }
    check_size(batch.size_in_bytes(), config)?;
    batch.verify().map_err(CorruptBatch::from).map_err(ValidationError::Corrupt)?;

    let (count, last_offset_delta) = (batch.records_count, batch.last_offset_delta);
    let range = InvalidBatch::OffsetRange { last_offset_delta, count };
    if last_offset_delta < 0 {
        return Err(range.into());
    }
    if count <= 0 {
        return Err(InvalidBatch::Count(count).into());
    }
    if batch.offset_count() != i64::from(count) {
        return Err(range.into());
    }
    if is_client && batch.attributes.is_control() {
        return Err(InvalidBatch::Control.into());
    }
    if is_client && batch.has_producer_id() && batch.base_sequence < 0 {
        return Err(InvalidBatch::Sequence(batch.base_sequence).into());
    }
    Ok(())
}

fn check_size(size: usize, config: &LogConfig) -> Result<(), RecordTooLargeError> {
    let size_max = config.max_message_bytes;
    if size > size_max as usize { Err(RecordTooLargeError { size, size_max }) } else { Ok(()) }
}
