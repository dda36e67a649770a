//! What a broker sent of one partition, on its way to the user.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use bytes::{BufMut, Bytes, BytesMut};
use ottla_record::{Batch, Batches, ControlRecordType, Decompressor, Headers, LeaderEpoch, Offset, Record};
use ottla_wire::api::fetch::AbortedTransaction;

use crate::consumer::TopicPartition;
use crate::consumer::error::ConsumerError;
use crate::consumer::records::{BatchData, HeaderData, PartitionRecords, RecordData, Span};

/// Batches of one partition that are not yet handed out.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) partition: TopicPartition,
    /// The broker that sent them.
    pub(super) node: i32,
    bytes: Bytes,
    /// Where the next batch begins.
    at: usize,
    /// The next offset to hand out.
    next_offset: Offset,
    last_epoch: Option<LeaderEpoch>,
    /// Aborted transactions that are not yet reached, by their first offset.
    aborted: BinaryHeap<Reverse<(i64, i64)>>,
    /// Producers within an aborted transaction.
    aborted_producers: HashSet<i64>,
    /// The batch that is being handed out.
    open: Option<OpenBatch>,
}

/// A batch whose records are found.
#[derive(Debug)]
struct OpenBatch {
    data: BatchData,
    records: Vec<RecordData>,
    headers: Vec<HeaderData>,
    /// How many records are handed out.
    done: usize,
    next_offset: Offset,
}

/// How batches are read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) read_committed: bool,
    pub(super) check_crcs: bool,
    pub(super) decompressor: &'a mut Decompressor,
}

impl Fetched {
    pub(super) fn new(
        partition: TopicPartition,
        node: i32,
        offset: Offset,
        bytes: Bytes,
        aborted: Option<Vec<AbortedTransaction>>,
    ) -> Self {
        let aborted = aborted.unwrap_or_default().into_iter();
        Self {
            partition,
            node,
            bytes,
            at: 0,
            next_offset: offset,
            last_epoch: None,
            aborted: aborted.map(|aborted| Reverse((aborted.first_offset, aborted.producer_id))).collect(),
            aborted_producers: HashSet::new(),
            open: None,
        }
    }

    /// The offset behind the last whole batch; `None` if there is no whole batch.
    pub(super) fn end(&self) -> Option<Offset> {
        let whole = Batches::new(&self.bytes).map_while(Result::ok);
        whole.last().map(|batch| batch.next_offset())
    }

    pub(super) fn next_offset(&self) -> Offset {
        self.next_offset
    }

    pub(super) fn last_epoch(&self) -> Option<LeaderEpoch> {
        self.last_epoch
    }

    /// Bytes that wait.
    pub(super) fn bytes_left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Hands out at most `max` records. Returns whether there may be more.
    pub(super) fn take(
        &mut self,
        max: usize,
        reading: &mut Reading<'_>,
        records: &mut PartitionRecords,
    ) -> Result<bool, ConsumerError> {
        let limit = records.len() + max;
        loop {
            let room = limit - records.len();
            if let Some(open) = &mut self.open {
                let count = room.min(open.records.len() - open.done);
                let taken = &open.records[open.done..open.done + count];
                if let Some(last) = taken.last() {
                    self.next_offset = last.offset + 1;
                    records.extend(open.data.clone(), taken, &open.headers);
                    open.done += count;
                }
                if open.done < open.records.len() {
                    return Ok(true);
                }
                self.next_offset = self.next_offset.max(open.next_offset);
                self.open = None;
            }
            if records.len() == limit {
                return Ok(self.at < self.bytes.len());
            }
            if !self.open_next(reading)? {
                return Ok(false);
            }
        }
    }

    /// Opens the next batch with records to hand out; whether there is one.
    fn open_next(&mut self, reading: &mut Reading<'_>) -> Result<bool, ConsumerError> {
        // The batch borrows from its own handle of the bytes, not from `self`.
        let bytes = self.bytes.slice(self.at..);
        for batch in Batches::new(&bytes) {
            let batch = match batch {
                Ok(batch) => batch,
                // The broker cuts its answer where the limit is.
                Err(error) if error.is_truncated() && self.at > 0 => break,
                Err(error) => return Err(self.corrupt(self.next_offset, error)),
            };
            let offset = self.next_offset.max(batch.base_offset);
            if reading.check_crcs {
                batch.verify().map_err(|error| self.corrupt(offset, error))?;
            }
            let skip = self.is_skipped(&batch, reading)?;
            let open = if skip { None } else { Some(self.open(&batch, &bytes, reading)?) };
            self.at += batch.size_in_bytes();
            self.last_epoch = Some(batch.partition_leader_epoch).filter(|epoch| epoch.is_some());
            match open {
                Some(open) if !open.records.is_empty() => {
                    self.open = Some(open);
                    return Ok(true);
                }
                _ => self.next_offset = self.next_offset.max(batch.next_offset()),
            }
        }
        self.at = self.bytes.len();
        Ok(false)
    }

    /// Whether a batch holds nothing for the user: a control batch, or one of an aborted transaction.
    fn is_skipped(&mut self, batch: &Batch<'_>, reading: &mut Reading<'_>) -> Result<bool, ConsumerError> {
        let is_control = batch.attributes.is_control();
        if !reading.read_committed || !batch.has_producer_id() {
            return Ok(is_control);
        }
        let last_offset = batch.last_offset().0;
        while let Some(Reverse((_, producer))) = self.aborted.pop_if_before(last_offset) {
            self.aborted_producers.insert(producer);
        }
        let producer = batch.producer_id.0;
        if !is_control {
            return Ok(batch.attributes.is_transactional() && self.aborted_producers.contains(&producer));
        }
        let mut records =
            batch.records(reading.decompressor).map_err(|error| self.corrupt(batch.base_offset, error))?;
        if let Some(Ok(marker)) = records.next()
            && ControlRecordType::of(&marker).is_ok_and(|kind| kind == ControlRecordType::Abort)
        {
            self.aborted_producers.remove(&producer);
        }
        Ok(true)
    }

    fn open(
        &self,
        batch: &Batch<'_>,
        bytes: &Bytes,
        reading: &mut Reading<'_>,
    ) -> Result<OpenBatch, ConsumerError> {
        let mut places = Places::new(bytes, batch.attributes.is_compressed());
        let count = usize::try_from(batch.records_count).unwrap_or(0).min(batch.size_in_bytes());
        let mut found = Vec::with_capacity(count);
        let mut headers = Vec::new();
        let mut offset = self.next_offset.max(batch.base_offset);
        let records = batch.records(reading.decompressor).map_err(|error| self.corrupt(offset, error))?;
        for record in records {
            let record = record.map_err(|error| self.corrupt(offset, error))?;
            if record.offset >= self.next_offset {
                found.push(places.record(&record, &mut headers));
            }
            offset = offset.max(record.offset + 1);
        }
        let data = BatchData {
            bytes: places.finish(),
            leader_epoch: Some(batch.partition_leader_epoch).filter(|epoch| epoch.is_some()),
            timestamp_type: batch.timestamp_type(),
        };
        Ok(OpenBatch { data, records: found, headers, done: 0, next_offset: batch.next_offset() })
    }

    fn corrupt(&self, offset: Offset, reason: impl ToString) -> ConsumerError {
        ConsumerError::Corrupt { partition: self.partition.clone(), offset, reason: reason.to_string() }
    }
}

trait PopBefore {
    fn pop_if_before(&mut self, last_offset: i64) -> Option<Reverse<(i64, i64)>>;
}

impl PopBefore for BinaryHeap<Reverse<(i64, i64)>> {
    fn pop_if_before(&mut self, last_offset: i64) -> Option<Reverse<(i64, i64)>> {
        if self.peek()?.0.0 <= last_offset { self.pop() } else { None }
    }
}

/// Where the parts of records are: in the answer itself, or in a copy if they had to be decompressed.
struct Places<'a> {
    bytes: &'a Bytes,
    copy: Option<BytesMut>,
}

impl<'a> Places<'a> {
    fn new(bytes: &'a Bytes, is_compressed: bool) -> Self {
        Self { bytes, copy: is_compressed.then(BytesMut::new) }
    }

    fn record(&mut self, record: &Record<'_>, headers: &mut Vec<HeaderData>) -> RecordData {
        RecordData {
            offset: record.offset,
            timestamp: record.timestamp,
            key: self.span(record.key),
            value: self.span(record.value),
            headers: self.headers(record.headers, headers),
            batch: 0,
        }
    }

    fn headers(&mut self, of_record: Headers<'_>, headers: &mut Vec<HeaderData>) -> (u32, u32) {
        if of_record.is_empty() {
            return (0, 0);
        }
        let first = headers.len() as u32;
        for header in of_record {
            headers.push(HeaderData { key: self.span(Some(header.key)), value: self.span(header.value) });
        }
        (first, of_record.len() as u32)
    }

    fn span(&mut self, part: Option<&[u8]>) -> Span {
        let Some(part) = part else { return Span::NULL };
        let start = match &mut self.copy {
            None => part.as_ptr() as usize - self.bytes.as_ptr() as usize,
            Some(copy) => {
                copy.put_slice(part);
                copy.len() - part.len()
            }
        };
        // Answers and decompressed batches are limited to less.
        Span::new(start as u32, part.len() as u32)
    }

    fn finish(self) -> Bytes {
        match self.copy {
            None => self.bytes.clone(),
            Some(copy) => copy.freeze(),
        }
    }
}
