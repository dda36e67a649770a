//! Which transactional batches and markers a cleaning may drop.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use ottla_record::{Batch, BatchHeader, ControlRecordType, Decompressor, Offset, ProducerId, RecordsError};

use crate::index::AbortedTransaction;

/// The transactions that are open at the place where a cleaning is.
#[derive(Debug, Default)]
pub(super) struct CleanedTransactions {
    /// Producers with batches of a transaction that was committed, its marker still to come.
    committed: HashSet<ProducerId>,
    /// Aborted transactions that have begun, their markers still to come.
    aborted: HashMap<ProducerId, Aborted>,
    /// Aborted transactions that have yet to begin.
    pending: BinaryHeap<Reverse<Pending>>,
}

#[derive(Debug)]
struct Aborted {
    transaction: AbortedTransaction,
    /// Whether a batch of it was still there.
    has_batches: bool,
}

/// Ordered by first offset, so that the next to begin is the next to be taken out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    first_offset: Offset,
    last_offset: Offset,
    producer_id: ProducerId,
    last_stable_offset: Offset,
}

/// What to do with a control batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker {
    /// Whether nothing of its transaction is left, so that it may go once its delete horizon has passed.
    pub(super) is_of_empty_transaction: bool,
    /// The aborted transaction that it ends and that has batches left.
    pub(super) aborted: Option<AbortedTransaction>,
}

impl Marker {
    const KEPT: Self = Self { is_of_empty_transaction: false, aborted: None };
    const OF_EMPTY: Self = Self { is_of_empty_transaction: true, aborted: None };
}

impl CleanedTransactions {
    /// Tells of transactions that were aborted; one told of twice counts once.
    pub(super) fn add_aborted(&mut self, transactions: impl IntoIterator<Item = AbortedTransaction>) {
        self.pending.extend(transactions.into_iter().map(|transaction| {
            let AbortedTransaction { producer_id, first_offset, last_offset, last_stable_offset } =
                transaction;
            Reverse(Pending { first_offset, last_offset, producer_id, last_stable_offset })
        }));
    }

    /// Passes a batch of data; whether it belongs to an aborted transaction.
    pub(super) fn on_batch(&mut self, header: &BatchHeader) -> bool {
        self.begin_aborted_up_to(header.last_offset());
        if !header.attributes.is_transactional() {
            return false;
        }
        match self.aborted.get_mut(&header.producer_id) {
            Some(aborted) => {
                aborted.has_batches = true;
                true
            }
            None => {
                self.committed.insert(header.producer_id);
                false
            }
        }
    }

    /// Passes a control batch.
    ///
    /// # Errors
    ///
    /// If its record cannot be read.
    pub(super) fn on_control_batch(
        &mut self,
        batch: &Batch<'_>,
        decompressor: &mut Decompressor,
    ) -> Result<Marker, InvalidControlBatch> {
        self.begin_aborted_up_to(batch.last_offset());
        let Some(record) = batch.records(decompressor)?.next() else {
            // A cleaning has emptied it before.
            return Ok(Marker::OF_EMPTY);
        };
        let record = record.map_err(RecordsError::from)?;
        Ok(match ControlRecordType::of(&record).map_err(|error| InvalidControlBatch(error.to_string()))? {
            ControlRecordType::Abort => self.on_abort(batch.producer_id),
            ControlRecordType::Commit if !self.committed.remove(&batch.producer_id) => Marker::OF_EMPTY,
            _ => Marker::KEPT,
        })
    }

    fn on_abort(&mut self, producer_id: ProducerId) -> Marker {
        match self.aborted.remove(&producer_id) {
            Some(aborted) if aborted.has_batches => {
                Marker { is_of_empty_transaction: false, aborted: Some(aborted.transaction) }
            }
            _ => Marker::OF_EMPTY,
        }
    }

    fn begin_aborted_up_to(&mut self, offset: Offset) {
        while let Some(Reverse(next)) = self.pending.peek()
            && next.first_offset <= offset
        {
            let Some(Reverse(next)) = self.pending.pop() else { return };
            let Pending { first_offset, last_offset, producer_id, last_stable_offset } = next;
            let transaction =
                AbortedTransaction { producer_id, first_offset, last_offset, last_stable_offset };
            self.aborted.entry(producer_id).or_insert(Aborted { transaction, has_batches: false });
        }
    }
}

/// A control batch whose record cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("control batch: {0}")]
pub(super) struct InvalidControlBatch(String);

impl From<RecordsError> for InvalidControlBatch {
    fn from(error: RecordsError) -> Self {
        Self(error.to_string())
    }
}
