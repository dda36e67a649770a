//! State of one producer.

use std::fmt;

use ottla_record::{NO_PRODUCER_EPOCH, NO_SEQUENCE, Offset, ProducerId, Timestamp, decrement_sequence};

/// Batches of a producer that are kept to recognise one sent twice; a producer has no more than five in flight.
pub const BATCHES_RETAINED: usize = 5;

/// One of the last batches of a producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchMetadata {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Its last offset.
    pub last_offset: Offset,
    /// Last offset less first offset.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: Timestamp,
}

impl BatchMetadata {
    const EMPTY: Self = Self {
        last_sequence: NO_SEQUENCE,
        last_offset: Offset::NONE,
        offset_delta: 0,
        timestamp: Timestamp::NONE,
    };

    /// Sequence of its first record.
    pub const fn first_sequence(&self) -> i32 {
        decrement_sequence(self.last_sequence, self.offset_delta)
    }

    /// Its first offset.
    pub const fn first_offset(&self) -> Offset {
        Offset(self.last_offset.0.wrapping_sub(self.offset_delta as i64))
    }
}

/// The last batches, oldest first, in place so that an append allocates nothing.
#[derive(Clone, Copy)]
pub(super) struct LastBatches {
    batches: [BatchMetadata; BATCHES_RETAINED],
    len: usize,
}

impl LastBatches {
    const fn new() -> Self {
        Self { batches: [BatchMetadata::EMPTY; BATCHES_RETAINED], len: 0 }
    }

    fn push(&mut self, batch: BatchMetadata) {
        if self.len == BATCHES_RETAINED {
            self.batches.rotate_left(1);
            self.len -= 1;
        }
        self.batches[self.len] = batch;
        self.len += 1;
    }

    fn as_slice(&self) -> &[BatchMetadata] {
        &self.batches[..self.len]
    }
}

impl fmt::Debug for LastBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl PartialEq for LastBatches {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for LastBatches {}

/// What a partition knows of one producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerStateEntry {
    pub(super) producer_id: ProducerId,
    pub(super) producer_epoch: i16,
    pub(super) coordinator_epoch: i32,
    pub(super) last_timestamp: Timestamp,
    pub(super) current_transaction_first_offset: Option<Offset>,
    /// All of the producer's present epoch.
    pub(super) batches: LastBatches,
}

impl ProducerStateEntry {
    /// A producer never seen.
    pub(super) const fn empty(producer_id: ProducerId) -> Self {
        Self {
            producer_id,
            producer_epoch: NO_PRODUCER_EPOCH,
            coordinator_epoch: -1,
            last_timestamp: Timestamp::NONE,
            current_transaction_first_offset: None,
            batches: LastBatches::new(),
        }
    }

    /// The same without its batches: what an append begins with, so that only its own are added in the end.
    pub(super) fn without_batches(&self) -> Self {
        Self { batches: LastBatches::new(), ..self.clone() }
    }

    /// The producer.
    pub const fn producer_id(&self) -> ProducerId {
        self.producer_id
    }

    /// Its epoch, -1 for none.
    pub const fn producer_epoch(&self) -> i16 {
        self.producer_epoch
    }

    /// Epoch of the coordinator that wrote its last marker, -1 for none.
    pub const fn coordinator_epoch(&self) -> i32 {
        self.coordinator_epoch
    }

    /// Timestamp of its last batch or marker.
    pub const fn last_timestamp(&self) -> Timestamp {
        self.last_timestamp
    }

    /// First offset of its open transaction.
    pub const fn current_transaction_first_offset(&self) -> Option<Offset> {
        self.current_transaction_first_offset
    }

    /// Its last batches, oldest first, at most [`BATCHES_RETAINED`].
    pub fn batches(&self) -> &[BatchMetadata] {
        self.batches.as_slice()
    }

    /// Sequence of its first record that is kept, -1 for none.
    pub fn first_sequence(&self) -> i32 {
        self.batches().first().map_or(NO_SEQUENCE, BatchMetadata::first_sequence)
    }

    /// Sequence of its last record, -1 for none.
    pub fn last_sequence(&self) -> i32 {
        self.batches().last().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// Offset of its first record that is kept, -1 for none.
    pub fn first_data_offset(&self) -> Offset {
        self.batches().first().map_or(Offset::NONE, BatchMetadata::first_offset)
    }

    /// Offset of its last record, -1 for none.
    pub fn last_data_offset(&self) -> Offset {
        self.batches().last().map_or(Offset::NONE, |batch| batch.last_offset)
    }

    /// Last offset less first offset of its last batch, 0 for none.
    pub fn last_offset_delta(&self) -> i32 {
        self.batches().last().map_or(0, |batch| batch.offset_delta)
    }

    /// The kept batch of this epoch and these sequences: then the one at hand was sent twice.
    pub fn find_duplicate(
        &self,
        producer_epoch: i16,
        first_sequence: i32,
        last_sequence: i32,
    ) -> Option<&BatchMetadata> {
        if producer_epoch != self.producer_epoch {
            return None;
        }
        let same = |batch: &&BatchMetadata| {
            batch.last_sequence == last_sequence && batch.first_sequence() == first_sequence
        };
        self.batches().iter().find(same)
    }

    pub(super) fn add_batch(&mut self, producer_epoch: i16, batch: BatchMetadata) {
        self.set_epoch(producer_epoch);
        self.batches.push(batch);
        self.last_timestamp = batch.timestamp;
    }

    pub(super) fn end_transaction(
        &mut self,
        producer_epoch: i16,
        coordinator_epoch: i32,
        timestamp: Timestamp,
    ) {
        self.set_epoch(producer_epoch);
        self.coordinator_epoch = coordinator_epoch;
        self.last_timestamp = timestamp;
        self.current_transaction_first_offset = None;
    }

    /// Takes over what an append has made of this entry.
    pub(super) fn update(&mut self, next: &Self) {
        self.set_epoch(next.producer_epoch);
        for batch in next.batches() {
            self.batches.push(*batch);
        }
        self.coordinator_epoch = next.coordinator_epoch;
        self.last_timestamp = next.last_timestamp;
        self.current_transaction_first_offset = next.current_transaction_first_offset;
    }

    fn set_epoch(&mut self, producer_epoch: i16) {
        if self.producer_epoch != producer_epoch {
            self.batches = LastBatches::new();
            self.producer_epoch = producer_epoch;
        }
    }
}
