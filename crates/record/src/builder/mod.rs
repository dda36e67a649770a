//! Building batches.

mod encode;
mod error;
mod settings;
mod write;

pub use encode::NewRecord;
pub use error::{AppendError, BuildError};
pub use settings::BatchSettings;
pub use write::write_empty_batch;

use encode::{Deltas, Fields};
use error::MAX_SIZE;

use crate::compression::{Codec, Compressor};
use crate::header::{BatchHeader, HEADER_SIZE, LOG_OVERHEAD, Magic};
use crate::ids::{Offset, ProducerId, Timestamp};
use crate::record::Record;

/// Collects records and makes a batch of magic 2 of them.
///
/// ```
/// use ottla_record::{BatchBuilder, BatchSettings, Compressor, NewRecord, Timestamp};
///
/// let mut builder = BatchBuilder::new(BatchSettings::default());
/// builder.append(&NewRecord { timestamp: Timestamp(1000), value: Some(b"v"), ..NewRecord::default() })?;
/// let bytes = builder.build(&mut Compressor::new())?;
/// assert_eq!(bytes.len(), 61 + 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    settings: BatchSettings,
    records: Vec<u8>,
    count: i32,
    last_offset: Option<Offset>,
    base_timestamp: Option<Timestamp>,
    max_timestamp: Timestamp,
}

impl BatchBuilder {
    /// A batch without records yet.
    pub fn new(settings: BatchSettings) -> Self {
        Self {
            settings,
            records: Vec::new(),
            count: 0,
            last_offset: None,
            base_timestamp: settings.delete_horizon,
            max_timestamp: Timestamp::NONE,
        }
    }

    /// Begins another batch and keeps the memory.
    pub fn restart(&mut self, settings: BatchSettings) {
        let mut records = std::mem::take(&mut self.records);
        records.clear();
        *self = Self { records, ..Self::new(settings) };
    }

    /// Gives the batch its producer, which a client knows only when it sends.
    pub const fn set_producer(&mut self, producer_id: ProducerId, producer_epoch: i16, base_sequence: i32) {
        self.settings.producer_id = producer_id;
        self.settings.producer_epoch = producer_epoch;
        self.settings.base_sequence = base_sequence;
    }

    /// Lets the batch end at `offset` even if its last record does not, as compaction keeps a batch's
    /// offsets.
    pub const fn set_last_offset(&mut self, offset: Offset) {
        self.last_offset = Some(offset);
    }

    /// Number of records so far.
    pub const fn records_count(&self) -> i32 {
        self.count
    }

    /// Whether there are no records yet.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Highest timestamp of the records so far, -1 if none has one.
    pub const fn max_timestamp(&self) -> Timestamp {
        self.max_timestamp
    }

    /// Offset that the next record gets.
    pub fn next_offset(&self) -> Offset {
        match self.last_offset {
            None => self.settings.base_offset,
            Some(last) => Offset(last.0.saturating_add(1)),
        }
    }

    /// Bytes of the batch as it is, before compression. Without compression, exactly what [`Self::build`]
    /// makes.
    pub const fn uncompressed_size(&self) -> usize {
        HEADER_SIZE + self.records.len()
    }

    /// Bytes of the batch before compression if `record` were appended.
    pub fn uncompressed_size_with(&self, record: &NewRecord<'_>) -> usize {
        let last = self.next_offset().0.saturating_sub(self.settings.base_offset.0);
        let deltas = Deltas {
            offset: i32::try_from(last).unwrap_or(i32::MAX),
            timestamp: self.timestamp_delta(record.timestamp),
        };
        self.uncompressed_size() + record.fields().size(deltas)
    }

    /// Appends a record at the next offset.
    ///
    /// # Errors
    /// If the timestamp is negative and not -1, or the batch is full.
    pub fn append(&mut self, record: &NewRecord<'_>) -> Result<(), AppendError> {
        self.append_at(self.next_offset(), record)
    }

    /// Appends a record at an offset of its own.
    ///
    /// # Errors
    /// If the offset is not above the last one, or as for [`Self::append`].
    pub fn append_at(&mut self, offset: Offset, record: &NewRecord<'_>) -> Result<(), AppendError> {
        self.append_fields(offset, record.timestamp, record.fields())
    }

    /// Appends a record of another batch, at an offset of its own choice: the record's, to keep it.
    ///
    /// # Errors
    /// As for [`Self::append_at`].
    pub fn append_record_at(&mut self, offset: Offset, record: &Record<'_>) -> Result<(), AppendError> {
        self.append_fields(offset, record.timestamp, Fields::from(record))
    }

    fn append_fields(
        &mut self,
        offset: Offset,
        timestamp: Timestamp,
        fields: Fields<'_>,
    ) -> Result<(), AppendError> {
        if let Some(last) = self.last_offset
            && offset <= last
        {
            return Err(AppendError::OffsetNotAbove { offset, last });
        }
        if timestamp < Timestamp::NONE {
            return Err(AppendError::NegativeTimestamp(timestamp));
        }
        let deltas =
            Deltas { offset: self.offset_delta(offset)?, timestamp: self.timestamp_delta(timestamp) };
        let size = self.uncompressed_size().saturating_add(fields.size(deltas));
        if size > MAX_SIZE {
            return Err(AppendError::TooLarge { size });
        }
        fields.put(deltas, &mut self.records);
        self.base_timestamp.get_or_insert(timestamp);
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.last_offset = Some(offset);
        self.count += 1;
        Ok(())
    }

    fn offset_delta(&self, offset: Offset) -> Result<i32, AppendError> {
        let base = self.settings.base_offset;
        let delta = offset.0.checked_sub(base.0).and_then(|delta| i32::try_from(delta).ok());
        delta.filter(|delta| *delta >= 0).ok_or(AppendError::OffsetOutOfReach { offset, base })
    }

    /// Deltas wrap, and wrap back when read.
    fn timestamp_delta(&self, timestamp: Timestamp) -> i64 {
        timestamp.0.wrapping_sub(self.base_timestamp.unwrap_or(timestamp).0)
    }

    /// The batch as bytes; none if there are no records.
    ///
    /// # Errors
    /// If the settings contradict themselves, the codec fails, or compression made the batch longer than a
    /// length can say.
    pub fn build(&self, compressor: &mut Compressor) -> Result<Vec<u8>, BuildError> {
        let mut out = Vec::new();
        self.build_into(compressor, &mut out)?;
        Ok(out)
    }

    /// Like [`Self::build`], appending to `out`, which is left as it was on error.
    ///
    /// # Errors
    /// As for [`Self::build`].
    pub fn build_into(&self, compressor: &mut Compressor, out: &mut Vec<u8>) -> Result<(), BuildError> {
        self.settings.check_producer()?;
        if self.is_empty() {
            return Ok(());
        }
        let start = out.len();
        let result = self.write(compressor, out, start);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn write(&self, compressor: &mut Compressor, out: &mut Vec<u8>, start: usize) -> Result<(), BuildError> {
        if self.settings.compression.codec() == Codec::None {
            out.reserve(self.uncompressed_size());
        }
        out.resize(start + HEADER_SIZE, 0);
        compressor.compress(self.settings.compression, &self.records, out)?;
        let batch = &mut out[start..];
        let size = batch.len();
        if size > MAX_SIZE {
            return Err(BuildError::TooLarge { size });
        }
        self.header(size).write(batch);
        Ok(())
    }

    fn header(&self, size: usize) -> BatchHeader {
        let settings = &self.settings;
        let base_offset = settings.base_offset;
        let last_offset = self.last_offset.unwrap_or(base_offset);
        BatchHeader {
            base_offset,
            batch_length: (size - LOG_OVERHEAD) as i32,
            partition_leader_epoch: settings.partition_leader_epoch,
            magic: Magic::V2,
            crc: 0,
            attributes: settings.attributes(),
            last_offset_delta: last_offset.0.wrapping_sub(base_offset.0) as i32,
            base_timestamp: self.base_timestamp.unwrap_or(Timestamp::NONE),
            max_timestamp: settings.log_append_time.unwrap_or(self.max_timestamp),
            producer_id: settings.producer_id,
            producer_epoch: settings.producer_epoch,
            base_sequence: settings.base_sequence,
            records_count: self.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::TimestampType;
    use crate::batch::Batch;
    use crate::compression::{Compression, Decompressor};
    use crate::golden;
    use crate::ids::LeaderEpoch;
    use crate::record::Header;

    fn plain<'a>(timestamp: i64, value: &'a [u8]) -> NewRecord<'a> {
        NewRecord { timestamp: Timestamp(timestamp), value: Some(value), ..NewRecord::default() }
    }

    fn built(builder: &BatchBuilder) -> Vec<u8> {
        builder.build(&mut Compressor::new()).expect("valid settings")
    }

    #[test]
    fn builds_the_batch_of_kafka() {
        let mut builder = BatchBuilder::new(BatchSettings {
            base_offset: Offset(100),
            partition_leader_epoch: LeaderEpoch(9),
            is_transactional: true,
            ..BatchSettings::default()
        });
        builder.set_producer(ProducerId(7), 3, 5);
        let headers = [Header { key: b"h", value: Some(b"x") }];
        let first = NewRecord { key: Some(b"k1"), headers: &headers, ..plain(1000, b"v1") };
        assert_eq!(builder.uncompressed_size_with(&first), 61 + 15);
        builder.append(&first).expect("valid");
        builder.append(&plain(1002, b"v2")).expect("valid");
        assert_eq!((builder.next_offset(), builder.records_count()), (Offset(102), 2));
        assert_eq!(builder.uncompressed_size(), 85);
        assert_eq!(built(&builder), golden::transactional_batch());
    }

    #[test]
    fn copies_records_of_another_batch() {
        let bytes = golden::transactional_batch();
        let batch = Batch::parse(&bytes).expect("a batch");
        let mut builder = BatchBuilder::new(BatchSettings::like(&batch).expect("known codec"));
        for record in batch.records(&mut Decompressor::with_limit(0)).expect("readable") {
            let record = record.expect("valid");
            builder.append_record_at(record.offset, &record).expect("rising");
        }
        assert_eq!(built(&builder), bytes);
    }

    #[test]
    fn codecs_agree_on_the_records() {
        let value = [b'v'; 300];
        for codec in Codec::ALL {
            let compression = Compression::of(codec);
            let mut builder = BatchBuilder::new(BatchSettings { compression, ..BatchSettings::default() });
            (0..500).for_each(|n| builder.append(&plain(n, &value)).expect("valid"));
            let bytes = built(&builder);
            let batch = Batch::parse(&bytes).expect("a batch");
            assert_eq!(batch.verify(), Ok(()));
            assert_eq!(batch.attributes.codec(), Ok(codec));
            assert!(codec == Codec::None || bytes.len() < builder.uncompressed_size() / 4);
            let mut decompressor = Decompressor::with_limit(builder.uncompressed_size());
            let records = batch.records(&mut decompressor).expect("readable");
            let read =
                records.map(|record| record.expect("valid")).filter(|r| r.value == Some(&value)).count();
            assert_eq!(read, 500, "{codec}");
        }
    }

    #[test]
    fn append_time_and_delete_horizon() {
        let mut builder = BatchBuilder::new(BatchSettings {
            log_append_time: Some(Timestamp(77)),
            delete_horizon: Some(Timestamp(5000)),
            ..BatchSettings::default()
        });
        builder.append(&plain(1000, b"v")).expect("valid");
        let bytes = built(&builder);
        let batch = Batch::parse(&bytes).expect("a batch");
        assert_eq!(batch.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!((batch.max_timestamp, batch.delete_horizon()), (Timestamp(77), Some(Timestamp(5000))));
        let mut decompressor = Decompressor::with_limit(0);
        let first = batch.records(&mut decompressor).expect("readable").next().expect("one").expect("valid");
        assert_eq!(first.timestamp, Timestamp(77));
    }

    #[test]
    fn refuses_what_a_batch_cannot_hold() {
        let mut builder =
            BatchBuilder::new(BatchSettings { base_offset: Offset(10), ..BatchSettings::default() });
        let record = plain(0, b"v");
        let out_of_reach = |offset| AppendError::OffsetOutOfReach { offset, base: Offset(10) };
        assert_eq!(builder.append_at(Offset(9), &record), Err(out_of_reach(Offset(9))));
        assert_eq!(builder.append_at(Offset(i64::MAX), &record), Err(out_of_reach(Offset(i64::MAX))));
        builder.append_at(Offset(12), &record).expect("valid");
        let error = AppendError::OffsetNotAbove { offset: Offset(12), last: Offset(12) };
        assert_eq!(builder.append_at(Offset(12), &record), Err(error));
        assert_eq!(builder.append(&plain(-2, b"")), Err(AppendError::NegativeTimestamp(Timestamp(-2))));
        assert_eq!(builder.records_count(), 1);
    }

    #[test]
    fn refuses_half_a_producer() {
        let build = |settings| BatchBuilder::new(settings).build(&mut Compressor::new());
        let plain = BatchSettings::default();
        assert_eq!(build(plain), Ok(Vec::new()));
        let transactional = BatchSettings { is_transactional: true, ..plain };
        assert_eq!(build(transactional), Err(BuildError::TransactionWithoutProducer));
        let producer = BatchSettings { producer_id: ProducerId(1), ..transactional };
        assert_eq!(build(producer), Err(BuildError::NoProducerEpoch));
        assert_eq!(
            build(BatchSettings { producer_epoch: 0, ..producer }),
            Err(BuildError::NegativeSequence(-1))
        );
    }

    #[test]
    fn an_empty_batch_keeps_offsets_producer_and_flags() {
        let bytes = golden::transactional_batch();
        let full = Batch::parse(&bytes).expect("a batch");
        let mut out = Vec::new();
        write_empty_batch(full.header(), &mut out);
        assert_eq!(out.len(), HEADER_SIZE);
        let empty = Batch::parse(&out).expect("a batch");
        assert_eq!(empty.verify(), Ok(()));
        assert_eq!((empty.base_offset, empty.last_offset()), (full.base_offset, full.last_offset()));
        assert_eq!((empty.producer_id, empty.last_sequence()), (full.producer_id, full.last_sequence()));
        assert_eq!((empty.base_timestamp, empty.max_timestamp), (Timestamp::NONE, full.max_timestamp));
        assert!(empty.attributes.is_transactional());
        assert_eq!(empty.records(&mut Decompressor::with_limit(0)).expect("readable").count(), 0);
    }

    #[test]
    fn restarts_without_leftovers() {
        let mut builder = BatchBuilder::new(BatchSettings::default());
        builder.append(&plain(1, b"one")).expect("valid");
        let first = built(&builder);
        builder.append(&plain(2, b"two")).expect("valid");
        builder.restart(BatchSettings::default());
        assert!(builder.is_empty());
        builder.append(&plain(1, b"one")).expect("valid");
        assert_eq!(built(&builder), first);
    }
}
