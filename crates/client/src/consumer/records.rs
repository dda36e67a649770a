//! What a poll returns: records that share the bytes they came in.

use std::ops::Range;

use bytes::Bytes;
use ottla_record::{LeaderEpoch, Offset, Timestamp, TimestampType};

use super::TopicPartition;

/// The records that one poll returns, by partition.
#[derive(Clone, Debug, Default)]
pub struct ConsumerRecords {
    partitions: Vec<PartitionRecords>,
}

impl ConsumerRecords {
    pub(crate) fn push(&mut self, records: PartitionRecords) {
        self.partitions.push(records);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.partitions.iter().all(PartitionRecords::is_empty)
    }

    /// Number of records.
    pub fn count(&self) -> usize {
        self.partitions.iter().map(PartitionRecords::len).sum()
    }

    /// The records partition by partition; one partition may come more than once.
    pub fn partitions(&self) -> &[PartitionRecords] {
        &self.partitions
    }

    /// All records, each partition's in order.
    pub fn iter(&self) -> impl Iterator<Item = ConsumerRecord<'_>> {
        self.partitions.iter().flat_map(PartitionRecords::iter)
    }
}

/// Records of one partition, in order.
#[derive(Clone, Debug)]
pub struct PartitionRecords {
    partition: TopicPartition,
    batches: Vec<BatchData>,
    records: Vec<RecordData>,
    headers: Vec<HeaderData>,
}

/// What the records of a batch have in common.
#[derive(Clone, Debug)]
pub(crate) struct BatchData {
    /// Holds keys, values and headers.
    pub(crate) bytes: Bytes,
    pub(crate) leader_epoch: Option<LeaderEpoch>,
    pub(crate) timestamp_type: TimestampType,
}

/// Where some bytes are within those of their batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    /// `u32::MAX` for null.
    len: u32,
}

impl Span {
    pub(crate) const NULL: Self = Self { start: 0, len: u32::MAX };

    pub(crate) const fn new(start: u32, len: u32) -> Self {
        Self { start, len }
    }

    fn range(self) -> Option<Range<usize>> {
        (self.len != u32::MAX).then(|| self.start as usize..self.start as usize + self.len as usize)
    }
}

/// A record by where its parts are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordData {
    pub(crate) offset: Offset,
    pub(crate) timestamp: Timestamp,
    pub(crate) key: Span,
    pub(crate) value: Span,
    /// The first of its headers in the table of headers, and their number.
    pub(crate) headers: (u32, u32),
    /// Its batch's place in the table of batches.
    pub(crate) batch: u32,
}

/// A header by where its parts are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderData {
    pub(crate) key: Span,
    pub(crate) value: Span,
}

impl PartitionRecords {
    pub(crate) fn new(partition: TopicPartition) -> Self {
        Self { partition, batches: Vec::new(), records: Vec::new(), headers: Vec::new() }
    }

    /// Takes some records of a batch, with the headers that they refer to.
    pub(crate) fn extend(&mut self, batch: BatchData, records: &[RecordData], headers: &[HeaderData]) {
        let batch_index = self.batches.len() as u32;
        self.batches.push(batch);
        self.records.reserve(records.len());
        for record in records {
            let (first, count) = record.headers;
            let of_record = &headers[first as usize..(first + count) as usize];
            let first = self.headers.len() as u32;
            self.headers.extend_from_slice(of_record);
            self.records.push(RecordData { headers: (first, count), batch: batch_index, ..*record });
        }
    }

    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ConsumerRecord<'_>> {
        self.records.iter().map(|data| ConsumerRecord { partition: self, data })
    }

    /// The last of the records.
    pub fn last(&self) -> Option<ConsumerRecord<'_>> {
        self.records.last().map(|data| ConsumerRecord { partition: self, data })
    }
}

/// A record, within the bytes that it came in.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerRecord<'a> {
    partition: &'a PartitionRecords,
    data: &'a RecordData,
}

impl<'a> ConsumerRecord<'a> {
    fn batch(&self) -> &'a BatchData {
        &self.partition.batches[self.data.batch as usize]
    }

    fn bytes(&self, span: Span) -> Option<&'a [u8]> {
        span.range().map(|range| &self.batch().bytes[range])
    }

    fn shared(&self, span: Span) -> Option<Bytes> {
        span.range().map(|range| self.batch().bytes.slice(range))
    }

    /// Its topic.
    pub fn topic(&self) -> &'a str {
        &self.partition.partition.topic
    }

    /// Its partition within the topic.
    pub fn partition(&self) -> i32 {
        self.partition.partition.partition
    }

    /// Its place in the partition.
    pub fn offset(&self) -> Offset {
        self.data.offset
    }

    /// The leader that wrote it, if known.
    pub fn leader_epoch(&self) -> Option<LeaderEpoch> {
        self.batch().leader_epoch
    }

    /// Its time, of the kind that [`timestamp_type`](Self::timestamp_type) tells.
    pub fn timestamp(&self) -> Timestamp {
        self.data.timestamp
    }

    /// Whether the time is that of the producer or that of the broker.
    pub fn timestamp_type(&self) -> TimestampType {
        self.batch().timestamp_type
    }

    /// Its key; `None` is null.
    pub fn key(&self) -> Option<&'a [u8]> {
        self.bytes(self.data.key)
    }

    /// Its value; `None` is null.
    pub fn value(&self) -> Option<&'a [u8]> {
        self.bytes(self.data.value)
    }

    /// Its key, to be kept without a copy: that keeps all that came with it in memory, too.
    pub fn key_bytes(&self) -> Option<Bytes> {
        self.shared(self.data.key)
    }

    /// Its value, to be kept without a copy: that keeps all that came with it in memory, too.
    pub fn value_bytes(&self) -> Option<Bytes> {
        self.shared(self.data.value)
    }

    /// Number of its headers.
    pub fn headers_len(&self) -> usize {
        self.data.headers.1 as usize
    }

    /// Its headers in order: key, and value or null. One key may come more than once. Keys are UTF-8 by
    /// contract only.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        let (first, count) = self.data.headers;
        let record = *self;
        let headers = &self.partition.headers[first as usize..(first + count) as usize];
        headers
            .iter()
            .map(move |header| (record.bytes(header.key).unwrap_or_default(), record.bytes(header.value)))
    }
}
