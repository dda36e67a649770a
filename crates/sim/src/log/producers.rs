//! The truth about producers and transactions, told by the batches.
//!
//! Written from Kafka's rules and sharing nothing with the log's own producer state, so that a mistake there is not
//! repeated here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::{Batch, Content};

/// What a log must know of one producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProducerTruth {
    pub(super) epoch: i16,
    pub(super) last_sequence: i32,
    pub(super) last_offset: i64,
    pub(super) timestamp: i64,
    pub(super) coordinator_epoch: i32,
    pub(super) transaction_start: Option<i64>,
}

/// An aborted transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AbortTruth {
    pub(super) producer_id: i64,
    pub(super) first: i64,
    pub(super) marker: i64,
    pub(super) last_stable: i64,
}

/// What the batches say about their producers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Producers {
    pub(super) known: BTreeMap<i64, ProducerTruth>,
    pub(super) aborted: Vec<AbortTruth>,
}

impl Producers {
    /// What the batches say that end above `from`.
    pub(super) fn replay(batches: &[Arc<Batch>], from: i64) -> Self {
        let mut producers = Self::default();
        let first = batches.partition_point(|batch| batch.next() <= from);
        batches[first..].iter().for_each(|batch| producers.apply(batch));
        producers
    }

    /// Takes up the next batch.
    pub(super) fn apply(&mut self, batch: &Batch) {
        let Some(producer) = batch.producer else { return };
        let entry = self.known.entry(producer.id).or_insert(ProducerTruth {
            epoch: producer.epoch,
            last_sequence: -1,
            last_offset: -1,
            timestamp: -1,
            coordinator_epoch: -1,
            transaction_start: None,
        });
        if entry.epoch != producer.epoch {
            entry.epoch = producer.epoch;
            (entry.last_sequence, entry.last_offset) = (-1, -1);
        }
        entry.timestamp = batch.max_timestamp();
        match batch.content {
            Content::Data { transactional } => {
                (entry.last_sequence, entry.last_offset) = (batch.last_sequence(), batch.last());
                if transactional {
                    entry.transaction_start.get_or_insert(batch.base);
                }
            }
            Content::Marker { aborts, coordinator_epoch } => {
                entry.coordinator_epoch = coordinator_epoch;
                if let Some(first) = entry.transaction_start.take()
                    && aborts
                {
                    let last_stable = self.first_open().unwrap_or(batch.base + 1);
                    let producer_id = producer.id;
                    self.aborted.push(AbortTruth { producer_id, first, marker: batch.base, last_stable });
                }
            }
        }
    }

    /// Where the oldest open transaction begins.
    pub(super) fn first_open(&self) -> Option<i64> {
        self.known.values().filter_map(|producer| producer.transaction_start).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Producer;
    use super::*;

    fn batch(base: i64, id: i64, epoch: i16, content: Content) -> Batch {
        let producer = Some(Producer { id, epoch, sequence: if base == 0 { 0 } else { 3 } });
        Batch { base, leader_epoch: 0, timestamps: vec![base], producer, content, bytes: Vec::new() }
    }

    #[test]
    fn an_abort_ends_at_the_next_open_transaction() {
        let data = Content::Data { transactional: true };
        let abort = Content::Marker { aborts: true, coordinator_epoch: 4 };
        let batches =
            [batch(0, 1, 0, data), batch(1, 2, 0, data), batch(2, 1, 1, abort), batch(3, 2, 0, abort)];
        let batches = batches.map(Arc::new);
        let producers = Producers::replay(&batches, 0);
        let told: Vec<_> = producers.aborted.iter().map(|a| (a.first, a.marker, a.last_stable)).collect();
        assert_eq!(told, [(0, 2, 1), (1, 3, 4)]);
        let first = &producers.known[&1];
        assert_eq!((first.epoch, first.last_sequence, first.coordinator_epoch), (1, -1, 4));
        assert_eq!(producers.first_open(), None);
        assert!(Producers::replay(&batches, 3).aborted.is_empty(), "its beginning is not told");
    }
}
