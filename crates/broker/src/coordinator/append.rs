//! Appends a coordinator's records to its partition.

use std::sync::Arc;

use bytes::BytesMut;
use ottla_coordinator::{CoordinatorRecord, TransactionEnd, Write, WriteTransaction};
use ottla_log::log::AppendInfo;
use ottla_log::producer_state::{AppendOrigin, VerificationGuard};
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compression, Compressor, LeaderEpoch, NewRecord, Offset, Timestamp,
};
use ottla_wire::ErrorCode;

use crate::partitions::{Append, AppendFailure, Partition};

/// What the coordinator's thread needs to append: buffers that are used again.
pub(super) struct Appender {
    partition: Arc<Partition>,
    leader_epoch: LeaderEpoch,
    settings: BatchSettings,
    builder: BatchBuilder,
    compressor: Compressor,
    scratch: ValidationScratch,
    record: BytesMut,
    batch: Vec<u8>,
}

/// Records that are in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appended {
    /// Offset of the first.
    pub(super) base_offset: Offset,
    /// How many of the write's records they are.
    pub(super) records: usize,
    /// The high watermark from which on they are safe.
    pub(super) end_offset: Offset,
}

impl Appender {
    pub(super) fn new(partition: Arc<Partition>, leader_epoch: LeaderEpoch, codec: i32) -> Self {
        let settings = BatchSettings { compression: compression(codec), ..BatchSettings::default() };
        Self {
            partition,
            leader_epoch,
            settings,
            builder: BatchBuilder::new(settings),
            compressor: Compressor::new(),
            scratch: ValidationScratch::default(),
            record: BytesMut::new(),
            batch: Vec::new(),
        }
    }

    /// Appends the records of a write: as one batch, or as several if it may be split. Of those, the first ones may be
    /// in the log when a later one fails. The first batch of a transaction shows the guard of the question that the
    /// transaction's coordinator was asked.
    pub(super) fn append<R: CoordinatorRecord>(
        &mut self,
        write: &Write<R>,
        guard: Option<VerificationGuard>,
        now: Timestamp,
    ) -> Result<Appended, ErrorCode> {
        let settings = match write.transaction {
            None => self.settings,
            Some(WriteTransaction::Within(producer)) => BatchSettings {
                producer_id: producer.id,
                producer_epoch: producer.epoch,
                // Nobody counts what coordinators send.
                base_sequence: 0,
                is_transactional: true,
                ..self.settings
            },
            Some(WriteTransaction::Ends(end)) => return self.append_end(&end, now),
        };
        let bytes_max = match write.atomic {
            true => usize::MAX,
            false => self.partition.topic().settings().log.max_message_bytes as usize,
        };
        let mut appended: Option<Appended> = None;
        let mut rest = write.records.as_slice();
        while !rest.is_empty() {
            let taken = self.fill(settings, rest, bytes_max, now)?;
            match self.append_batch(guard, now) {
                Ok((first, end_offset)) => {
                    let base_offset = appended.map_or(first, |appended| appended.base_offset);
                    let records = appended.map_or(0, |appended| appended.records) + taken;
                    appended = Some(Appended { base_offset, records, end_offset });
                }
                Err(failure) => {
                    self.warn(rest.len(), &failure);
                    return appended.ok_or_else(|| failure.code());
                }
            }
            rest = &rest[taken..];
        }
        appended.ok_or(ErrorCode::UnknownServerError)
    }

    /// Puts as many records as fit into the builder, at least one; how many.
    fn fill<R: CoordinatorRecord>(
        &mut self,
        settings: BatchSettings,
        records: &[R],
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<usize, ErrorCode> {
        self.builder.restart(settings);
        for (index, record) in records.iter().enumerate() {
            let key_len = self.encode(record)?;
            let (key, value) = self.record.split_at(key_len);
            let value = (!record.is_tombstone()).then_some(value);
            let record = NewRecord { timestamp: now, key: Some(key), value, headers: &[] };
            if index > 0 && self.builder.uncompressed_size_with(&record) > bytes_max {
                return Ok(index);
            }
            self.builder.append(&record).map_err(|error| {
                tracing::error!(%error, "a record does not fit a batch");
                ErrorCode::RecordListTooLarge
            })?;
        }
        Ok(records.len())
    }

    /// Writes key and value one after the other; the length of the key.
    fn encode<R: CoordinatorRecord>(&mut self, record: &R) -> Result<usize, ErrorCode> {
        self.record.clear();
        record.encode(&mut self.record).map_err(|error| {
            tracing::error!(topic = %self.partition.topic().name, %error, "a record cannot be written");
            ErrorCode::UnknownServerError
        })
    }

    /// Appends the marker that ends a transaction.
    fn append_end(&mut self, end: &TransactionEnd, now: Timestamp) -> Result<Appended, ErrorCode> {
        let appended = self.partition.append_marker(end, Some(self.leader_epoch), now, &mut self.scratch);
        let appended = appended.and_then(|info| self.flushed(&info, now));
        match appended {
            Ok((base_offset, end_offset)) => Ok(Appended { base_offset, records: 0, end_offset }),
            Err(failure) => {
                self.warn(1, &failure);
                Err(failure.code())
            }
        }
    }

    fn warn(&self, records: usize, failure: &AppendFailure) {
        let (topic, partition) = (&self.partition.topic().name, self.partition.index());
        tracing::warn!(%topic, partition, records, error = %failure, "a coordinator cannot append");
    }

    /// Appends the batch in the builder; its first offset and the one behind its last.
    fn append_batch(
        &mut self,
        guard: Option<VerificationGuard>,
        now: Timestamp,
    ) -> Result<(Offset, Offset), AppendFailure> {
        self.batch.clear();
        if let Err(error) = self.builder.build_into(&mut self.compressor, &mut self.batch) {
            // Only the producer of a transaction can be wrong, which is what a client says it is.
            tracing::warn!(%error, "a batch of a transaction cannot be built");
            return Err(AppendFailure::NoProducer);
        }
        let append = Append {
            origin: AppendOrigin::Coordinator,
            needs_all_replicas: true,
            leader_epoch: Some(self.leader_epoch),
            verification: guard,
            transaction_version: None,
            now,
        };
        let info = self.partition.append(&mut self.batch, &append, &mut self.scratch)?;
        self.flushed(&info, now)
    }

    /// Has the log flushed if it asks for that; the first offset of what was appended and the one behind its last.
    fn flushed(&self, info: &AppendInfo, now: Timestamp) -> Result<(Offset, Offset), AppendFailure> {
        let end_offset = info.last_offset + 1;
        if info.must_flush {
            self.partition.flush(end_offset, now).map_err(ottla_log::log::AppendError::from)?;
        }
        Ok((info.first_offset, end_offset))
    }
}

/// The codec of a number in `offsets.topic.compression.codec`; an unknown one compresses nothing.
fn compression(codec: i32) -> Compression {
    let codec = u8::try_from(codec).ok().and_then(|id| Codec::from_id(id).ok());
    codec.map_or(Compression::NONE, Compression::of)
}
