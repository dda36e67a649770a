//! Batches of the metadata log and its snapshots: metadata records in their frame, or control records of the quorum.

use bytes::{Bytes, BytesMut};
use ottla_controller::VersionedRecord;
use ottla_record::{
    Batch, BatchBuilder, BatchSettings, Batches, BatchesError, Compressor, CrcMismatch, Decompressor,
    LeaderEpoch, NewRecord, Offset, RecordsError, Timestamp, control_record,
};
use ottla_wire::control::{ControlRecord, ControlRecordType};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::{DecodeError, EncodeError};
use thiserror::Error;

/// Largest batch, as Kafka's `KafkaRaftClient` has it.
pub(crate) const BATCH_BYTES_MAX: usize = 8 << 20;
/// Most bytes a compressed batch may expand to. Kafka writes none, but reads them.
const UNCOMPRESSED_BYTES_MAX: usize = 64 << 20;
/// Most bytes of a record that are not its value: length, attributes, deltas, key and number of headers.
const RECORD_OVERHEAD_MAX: usize = 5 + 1 + 10 + 5 + 1 + 5 + 1;

/// Where a batch stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchPlace {
    pub(crate) base_offset: Offset,
    pub(crate) epoch: LeaderEpoch,
    pub(crate) timestamp: Timestamp,
}

impl BatchPlace {
    fn settings(self, is_control: bool) -> BatchSettings {
        BatchSettings {
            base_offset: self.base_offset,
            partition_leader_epoch: self.epoch,
            is_control,
            ..BatchSettings::default()
        }
    }
}

/// What a batch of the metadata log holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RecordRun {
    /// Records of the quorum; those of later releases are left out.
    Control(Vec<ControlRecord>),
    /// Records of the cluster.
    Metadata(Vec<VersionedRecord>),
}

/// Bytes that are no batches of metadata.
#[derive(Debug, Error)]
pub(crate) enum FramingError {
    #[error(transparent)]
    Batches(#[from] BatchesError),
    #[error("batch at offset {offset}: {cause}")]
    Crc { offset: Offset, cause: CrcMismatch },
    #[error("batch at offset {offset}: {cause}")]
    Records { offset: Offset, cause: RecordsError },
    #[error("record at offset {offset}: {cause}")]
    Record { offset: Offset, cause: DecodeError },
    #[error("record at offset {offset} has no {part}")]
    Missing { offset: Offset, part: &'static str },
}

impl RecordRun {
    /// What each batch in `bytes` holds.
    pub(crate) fn all_of(bytes: &[u8]) -> impl Iterator<Item = Result<Self, FramingError>> {
        Batches::new(bytes).map(|batch| Self::of(&batch?))
    }

    /// What a batch holds, after its checksum was found right.
    pub(crate) fn of(batch: &Batch<'_>) -> Result<Self, FramingError> {
        let offset = batch.base_offset;
        batch.verify().map_err(|cause| FramingError::Crc { offset, cause })?;
        let mut decompressor = Decompressor::with_limit(UNCOMPRESSED_BYTES_MAX);
        let records =
            batch.records(&mut decompressor).map_err(|cause| FramingError::Records { offset, cause })?;
        let (mut control, mut metadata) = (Vec::new(), Vec::new());
        for record in records {
            let record = record.map_err(|cause| FramingError::Records { offset, cause: cause.into() })?;
            let offset = record.offset;
            let value = record.value.ok_or(FramingError::Missing { offset, part: "value" })?;
            let value = Bytes::copy_from_slice(value);
            let malformed = |cause| FramingError::Record { offset, cause };
            if batch.attributes.is_control() {
                let key = record.key.ok_or(FramingError::Missing { offset, part: "key" })?;
                let record_type =
                    ControlRecordType::from_key(Bytes::copy_from_slice(key)).map_err(malformed)?;
                let Some(record_type) = record_type else { continue };
                control.push(ControlRecord::decode(record_type, value).map_err(malformed)?);
            } else {
                let (record, version) = MetadataRecord::decode(value).map_err(malformed)?;
                metadata.push(VersionedRecord { record, version });
            }
        }
        let is_control = batch.attributes.is_control();
        Ok(if is_control { Self::Control(control) } else { Self::Metadata(metadata) })
    }
}

/// Appends a batch of control records; answers the offset behind it.
///
/// # Panics
///
/// If a record cannot be written: all fields of control records exist in the versions that this crate writes.
pub(crate) fn append_control(out: &mut Vec<u8>, place: BatchPlace, records: &[ControlRecord]) -> Offset {
    let mut builder = BatchBuilder::new(place.settings(true));
    for record in records {
        let mut value = BytesMut::new();
        record.encode(&mut value).expect("a control record of a known version");
        let key = record.record_type().to_key();
        builder.append(&control_record(&key, &value, place.timestamp)).expect("a small record");
    }
    builder.build_into(&mut Compressor::new(), out).expect("an uncompressed batch without a producer");
    builder.next_offset()
}

/// Collects metadata records into batches of at most [`BATCH_BYTES_MAX`]; what is pushed together stays together in one.
#[derive(Debug)]
pub(crate) struct MetadataBatches {
    place: BatchPlace,
    builder: BatchBuilder,
    bytes: Vec<u8>,
    values: BytesMut,
}

/// Records that cannot be written.
#[derive(Debug, Error)]
pub(crate) enum PushError {
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error("the records take {size} bytes, a batch of the metadata log at most {BATCH_BYTES_MAX}")]
    TooLarge { size: usize },
}

impl MetadataBatches {
    pub(crate) fn new(place: BatchPlace) -> Self {
        Self {
            place,
            builder: BatchBuilder::new(place.settings(false)),
            bytes: Vec::new(),
            values: BytesMut::new(),
        }
    }

    /// Offset that the next record gets.
    pub(crate) fn next_offset(&self) -> Offset {
        self.builder.next_offset()
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.builder.is_empty()
    }

    /// Bytes gathered so far.
    pub(crate) fn uncompressed_size(&self) -> usize {
        self.bytes.len() + self.builder.uncompressed_size()
    }

    /// Adds records, all to one batch. On error none was added.
    pub(crate) fn push(&mut self, records: &[VersionedRecord]) -> Result<(), PushError> {
        self.values.clear();
        let mut ends = Vec::with_capacity(records.len());
        for VersionedRecord { record, version } in records {
            record.encode(*version, &mut self.values)?;
            ends.push(self.values.len());
        }
        let size = self.values.len() + records.len() * RECORD_OVERHEAD_MAX;
        if ottla_record::HEADER_SIZE + size > BATCH_BYTES_MAX {
            return Err(PushError::TooLarge { size });
        }
        if self.builder.uncompressed_size() + size > BATCH_BYTES_MAX {
            self.finish_batch();
        }
        let mut start = 0;
        for end in ends {
            let value = Some(&self.values[start..end]);
            let record = NewRecord { timestamp: self.place.timestamp, value, ..NewRecord::default() };
            self.builder.append(&record).expect("a batch with room for the record");
            start = end;
        }
        Ok(())
    }

    fn finish_batch(&mut self) {
        self.builder
            .build_into(&mut Compressor::new(), &mut self.bytes)
            .expect("an uncompressed batch without a producer");
        self.place.base_offset = self.builder.next_offset();
        self.builder.restart(self.place.settings(false));
    }

    /// Takes the bytes of all batches so far.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        if !self.builder.is_empty() {
            self.finish_batch();
        }
        std::mem::take(&mut self.bytes)
    }
}
