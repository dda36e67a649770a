//! A batch on its way.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ottla_record::{BatchBuilder, BatchMut, ProducerId, increment_sequence};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::delivery::BatchResult;

/// Who produces: an id and its epoch (KIP-98).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) producer_id: ProducerId,
    pub(super) epoch: i16,
}

/// The place of a batch among all of its producer's for the partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) identity: Identity,
    pub(super) first: i32,
}

/// What a batch holds.
#[derive(Debug)]
pub(super) enum Contents {
    /// Records are still appended, or not compressed yet.
    Open(BatchBuilder),
    /// With the sender, who builds it.
    Lent,
    /// As it goes on the wire.
    Built(Bytes),
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Batch {
    /// Tells it from the others of the partition; rises from one to the next.
    pub(super) number: u64,
    pub(super) contents: Contents,
    pub(super) result: Arc<BatchResult>,
    pub(super) created: Instant,
    /// Bytes before compression beyond which it takes no further record.
    pub(super) limit: usize,
    pub(super) records: i32,
    pub(super) uncompressed: usize,
    pub(super) record_size_max: usize,
    /// Whether it takes no further record.
    pub(super) is_full: bool,
    /// Whether it is part of one that was too large.
    pub(super) is_split: bool,
    pub(super) attempts: u32,
    pub(super) retry_at: Option<Instant>,
    pub(super) sequence: Option<Sequence>,
    pub(super) is_on_wire: bool,
    /// The buffer memory that it holds until it is done.
    pub(super) memory: Option<OwnedSemaphorePermit>,
}

impl Batch {
    pub(super) fn is_expired(&self, now: Instant, delivery_timeout: Duration) -> bool {
        now.saturating_duration_since(self.created) >= delivery_timeout
    }

    /// Whether it may be sent now, be it full or not.
    pub(super) fn is_due(&self, now: Instant, linger: Duration) -> bool {
        match self.retry_at {
            Some(retry_at) => now >= retry_at,
            None => self.is_full || now.saturating_duration_since(self.created) >= linger,
        }
    }

    /// When it may be sent, be it full or not.
    pub(super) fn due(&self, linger: Duration) -> Instant {
        self.retry_at.unwrap_or(self.created + linger)
    }

    /// Gives it another place, on the bytes as well if there are any.
    pub(super) fn set_sequence(&mut self, sequence: Sequence) {
        self.sequence = Some(sequence);
        if let Contents::Built(bytes) = &mut self.contents {
            *bytes = with_sequence(bytes, sequence);
        }
    }

    /// The sequence of the batch behind it.
    pub(super) fn next_sequence(&self) -> Option<i32> {
        self.sequence.map(|sequence| increment_sequence(sequence.first, self.records))
    }
}

/// The batch with another producer and sequence in its header.
pub(super) fn with_sequence(bytes: &Bytes, sequence: Sequence) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Ok(mut batch) = BatchMut::parse(&mut bytes) {
        batch.set_producer(sequence.identity.producer_id, sequence.identity.epoch);
        batch.set_base_sequence(sequence.first);
    }
    bytes.into()
}
