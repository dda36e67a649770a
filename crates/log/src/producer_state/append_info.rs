//! The checks an append of an idempotent or transactional producer must pass.

use ottla_record::{NO_PRODUCER_EPOCH, NO_SEQUENCE, Offset, ProducerId, Timestamp};

use super::entry::{BatchMetadata, ProducerStateEntry};
use super::transactions::{CompletedTransaction, OngoingTransaction};
use super::verification::VerificationState;
use crate::offsets::LogOffsetMetadata;

/// First version of the transaction protocol in which each transaction has an epoch of its own (KIP-890).
const EPOCH_PER_TRANSACTION: i16 = 2;

/// Where an append comes from, which decides what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOrigin {
    /// From the leader, or read back from our own log: checked when it was first appended.
    Replication,
    /// From a coordinator of this node: epochs are checked.
    Coordinator,
    /// From a client: epochs and sequences are checked.
    Client,
    /// From the quorum's leader.
    RaftLeader,
}

/// Why an append of an idempotent or transactional producer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProducerStateError {
    /// The producer was fenced by a newer one: INVALID_PRODUCER_EPOCH.
    #[error(
        "epoch {epoch} of producer {producer_id} at offset {offset} is {} the last seen epoch {current}",
        if *must_be_above { "not above" } else { "below" }
    )]
    InvalidProducerEpoch {
        /// The producer.
        producer_id: ProducerId,
        /// Offset the batch would have had.
        offset: Offset,
        /// Its epoch.
        epoch: i16,
        /// The newest epoch seen.
        current: i16,
        /// Whether equal is not enough, as for a marker of a transaction with an epoch of its own.
        must_be_above: bool,
    },
    /// Sequences do not follow one another: OUT_OF_ORDER_SEQUENCE_NUMBER.
    #[error(
        "sequence {sequence} of producer {producer_id}, epoch {epoch}, at offset {offset} does not follow {last}: {why}"
    )]
    OutOfOrderSequence {
        /// The producer.
        producer_id: ProducerId,
        /// Offset the batch would have had.
        offset: Offset,
        /// Epoch of the batch.
        epoch: i16,
        /// First sequence of the batch.
        sequence: i32,
        /// The sequence it was held against, -1 for none.
        last: i32,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A plain batch within a transaction: INVALID_TXN_STATE.
    #[error(
        "producer {producer_id} has had a transaction open since offset {first_offset}, and the batch at offset \
         {offset} does not belong to it"
    )]
    InvalidTransactionState {
        /// The producer.
        producer_id: ProducerId,
        /// Offset the batch would have had.
        offset: Offset,
        /// Where the open transaction begins.
        first_offset: Offset,
    },
    /// A batch of a transaction that nobody has vouched for: INVALID_TXN_STATE (KIP-890).
    #[error(
        "the batch of producer {producer_id} at offset {offset} is part of no open transaction that is known here"
    )]
    UnverifiedTransaction {
        /// The producer.
        producer_id: ProducerId,
        /// Offset the batch would have had.
        offset: Offset,
    },
    /// A marker of a coordinator that was replaced: TRANSACTION_COORDINATOR_FENCED.
    #[error(
        "coordinator epoch {epoch} of the marker of producer {producer_id} at offset {offset} is below the last \
         seen, {current}"
    )]
    CoordinatorFenced {
        /// The producer.
        producer_id: ProducerId,
        /// Offset the marker would have had.
        offset: Offset,
        /// Epoch of the coordinator that sent it.
        epoch: i32,
        /// The newest coordinator epoch seen.
        current: i32,
    },
}

/// A data batch of an idempotent producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerBatch {
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// Sequence of the first record.
    pub first_sequence: i32,
    /// Sequence of the last record.
    pub last_sequence: i32,
    /// Largest timestamp.
    pub max_timestamp: Timestamp,
    /// First offset, with its place if known.
    pub first_offset: LogOffsetMetadata,
    /// Last offset.
    pub last_offset: Offset,
    /// Whether it belongs to a transaction.
    pub transactional: bool,
}

/// A transaction marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerMarker {
    /// The producer's epoch in the marker's batch.
    pub producer_epoch: i16,
    /// Epoch of the coordinator that wrote it.
    pub coordinator_epoch: i32,
    /// Whether it aborts.
    pub aborts: bool,
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Version of the transaction protocol, which the log does not keep: `None` in replication and recovery, where the
    /// leader has checked already and the most lenient rule holds.
    pub transaction_version: Option<i16>,
}

/// The changes of one append to one producer, checked before any is made.
#[derive(Debug)]
pub struct ProducerAppendInfo {
    origin: AppendOrigin,
    /// State before the append.
    current: ProducerStateEntry,
    verification: Option<VerificationState>,
    /// State after it, with the append's own batches only.
    pub(super) updated: ProducerStateEntry,
    /// Transactions that begin in it; several only where replication brings many batches at once.
    pub(super) started: Vec<OngoingTransaction>,
}

impl ProducerAppendInfo {
    pub(super) fn new(
        current: ProducerStateEntry,
        origin: AppendOrigin,
        verification: Option<VerificationState>,
    ) -> Self {
        let updated = current.without_batches();
        Self { origin, current, verification, updated, started: Vec::new() }
    }

    /// The producer.
    pub const fn producer_id(&self) -> ProducerId {
        self.updated.producer_id
    }

    /// State after the append, with its own batches only.
    pub const fn updated(&self) -> &ProducerStateEntry {
        &self.updated
    }

    /// Checks and notes a data batch.
    pub fn append_data(&mut self, batch: &ProducerBatch) -> Result<(), ProducerStateError> {
        let offset = batch.first_offset.offset;
        self.check_epoch(batch.producer_epoch, offset, None)?;
        if self.origin == AppendOrigin::Client {
            self.check_sequence(batch.producer_epoch, batch.first_sequence, offset)?;
        }
        if !batch.transactional {
            self.check_outside_transaction(offset)?;
        }
        let metadata = BatchMetadata {
            last_sequence: batch.last_sequence,
            last_offset: batch.last_offset,
            offset_delta: batch.last_offset.0.wrapping_sub(offset.0) as i32,
            timestamp: batch.max_timestamp,
        };
        self.updated.add_batch(batch.producer_epoch, metadata);
        if batch.transactional && self.updated.current_transaction_first_offset.is_none() {
            self.updated.current_transaction_first_offset = Some(offset);
            self.started.push(OngoingTransaction {
                producer_id: self.producer_id(),
                first_offset: batch.first_offset,
            });
        }
        Ok(())
    }

    /// Checks and notes a marker; the transaction it ends, unless that had no records.
    ///
    /// # Panics
    ///
    /// If the marker does not say its transaction version although this is its first append.
    pub fn append_marker(
        &mut self,
        marker: &ProducerMarker,
    ) -> Result<Option<CompletedTransaction>, ProducerStateError> {
        assert!(
            marker.transaction_version.is_some() || self.origin == AppendOrigin::Replication,
            "a marker's first append knows its transaction version"
        );
        self.check_epoch(marker.producer_epoch, marker.offset, marker.transaction_version)?;
        self.check_coordinator_epoch(marker)?;
        let first_offset = self.updated.current_transaction_first_offset;
        self.updated.end_transaction(marker.producer_epoch, marker.coordinator_epoch, marker.timestamp);
        Ok(first_offset.map(|first_offset| CompletedTransaction {
            producer_id: self.producer_id(),
            first_offset,
            last_offset: marker.offset,
            aborted: marker.aborts,
        }))
    }

    fn check_epoch(
        &self,
        epoch: i16,
        offset: Offset,
        transaction_version: Option<i16>,
    ) -> Result<(), ProducerStateError> {
        let current = self.updated.producer_epoch;
        let must_be_above = transaction_version.is_some_and(|version| version >= EPOCH_PER_TRANSACTION);
        if epoch > current
            || (epoch == current && !must_be_above)
            || self.is_marker_retry(epoch, must_be_above)
        {
            return Ok(());
        }
        let producer_id = self.producer_id();
        if self.origin == AppendOrigin::Replication {
            tracing::warn!(%producer_id, %offset, epoch, current, "replicated batch with an old producer epoch");
            return Ok(());
        }
        Err(ProducerStateError::InvalidProducerEpoch { producer_id, offset, epoch, current, must_be_above })
    }

    /// A marker that is written a second time, after its answer was lost or its coordinator moved, ends nothing and is
    /// let through; so is one of a producer whose epochs are used up (KAFKA-19999).
    fn is_marker_retry(&self, epoch: i16, must_be_above: bool) -> bool {
        let ended = self.updated.current_transaction_first_offset.is_none();
        must_be_above && epoch == self.updated.producer_epoch && (ended || epoch == i16::MAX)
    }

    fn check_sequence(&self, epoch: i16, sequence: i32, offset: Offset) -> Result<(), ProducerStateError> {
        let refuse = |last, why| {
            let producer_id = self.producer_id();
            Err(ProducerStateError::OutOfOrderSequence { producer_id, offset, epoch, sequence, last, why })
        };
        if let Some(verification) = &self.verification {
            if verification.supports_epoch_bump && sequence != 0 && self.current.batches().is_empty() {
                return refuse(NO_SEQUENCE, "a transaction's producer without state begins with 0");
            }
            if sequence > verification.lowest_sequence {
                return refuse(verification.lowest_sequence, "a lower sequence has yet to be verified");
            }
        }
        if epoch != self.updated.producer_epoch {
            if sequence != 0 && self.updated.producer_epoch != NO_PRODUCER_EPOCH {
                return refuse(NO_SEQUENCE, "a new epoch begins with 0");
            }
            return Ok(());
        }
        // A producer whose records retention has all deleted goes on with any sequence.
        if self.current.producer_epoch == NO_PRODUCER_EPOCH {
            return Ok(());
        }
        let last = self.last_sequence_of(epoch);
        let follows = i64::from(sequence) == i64::from(last) + 1 || (sequence == 0 && last == i32::MAX);
        if follows { Ok(()) } else { refuse(last, "sequences are gapless") }
    }

    fn last_sequence_of(&self, epoch: i16) -> i32 {
        if !self.updated.batches().is_empty() {
            self.updated.last_sequence()
        } else if epoch == self.current.producer_epoch {
            self.current.last_sequence()
        } else {
            NO_SEQUENCE
        }
    }

    fn check_outside_transaction(&self, offset: Offset) -> Result<(), ProducerStateError> {
        let Some(first_offset) = self.updated.current_transaction_first_offset else { return Ok(()) };
        let producer_id = self.producer_id();
        if self.origin == AppendOrigin::Replication {
            // What the leader let in is in the log for good; refusing to read it would cost the partition.
            tracing::warn!(%producer_id, %offset, %first_offset, "plain batch within a transaction");
            return Ok(());
        }
        Err(ProducerStateError::InvalidTransactionState { producer_id, offset, first_offset })
    }

    fn check_coordinator_epoch(&self, marker: &ProducerMarker) -> Result<(), ProducerStateError> {
        let current = self.updated.coordinator_epoch;
        let (producer_id, offset, epoch) = (self.producer_id(), marker.offset, marker.coordinator_epoch);
        if epoch >= current {
            return Ok(());
        }
        if self.origin == AppendOrigin::Replication {
            tracing::info!(%producer_id, %offset, epoch, current, "replicated marker of an old coordinator");
            return Ok(());
        }
        Err(ProducerStateError::CoordinatorFenced { producer_id, offset, epoch, current })
    }
}
