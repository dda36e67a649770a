//! What is known of a transactional id, and what becomes of it.

use ottla_record::{NO_PRODUCER_EPOCH, ProducerId, Timestamp, TransactionResult};
use ottla_wire::ErrorCode;
use ottla_wire::transaction::transaction_log::{PartitionsSchema, TransactionLogValue};

use crate::partitions::Partitions;
use crate::state::TransactionState;
use crate::version::TransactionVersion;

/// The highest epoch that a producer ever gets. The one above it fences that producer, and is the last there is.
pub(crate) const LAST_EPOCH: i16 = i16::MAX - 1;
/// Timeout of transactions that never time out (KIP-939).
pub(crate) const NO_TIMEOUT_MS: i32 = i32::MAX;

/// What is known of a transactional id: what its records carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionMetadata {
    /// How far its transaction is.
    pub state: TransactionState,
    /// The producer that holds it.
    pub producer_id: ProducerId,
    /// Epoch of that producer. [`NO_PRODUCER_EPOCH`] while the transactional id is written for the first time.
    pub producer_epoch: i16,
    /// The producer before the last change: another one only if that change took a new id.
    pub previous_producer_id: ProducerId,
    /// The producer to go on with once the transaction has ended, when the present one has no epoch left. Only in the
    /// prepared states.
    pub next_producer_id: ProducerId,
    /// Epoch before the last raise, if whoever asked for that knew it; such a one may ask again (KIP-360). No record
    /// carries it.
    pub last_producer_epoch: i16,
    /// Milliseconds after which a transaction is aborted.
    pub timeout_ms: i32,
    /// Partitions of the transaction. Of a prepared one those that have no marker yet; none when there is no transaction.
    pub partitions: Partitions,
    /// When the last transaction began; none if there was no transaction since the producer came.
    pub start_timestamp: Timestamp,
    /// When its state last changed.
    pub last_update_timestamp: Timestamp,
    /// What the client went by that last changed its transaction.
    pub client_version: TransactionVersion,
}

/// A record's value that says nothing which could be true of a transactional id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// Of a state that is not known, or never written.
    #[error("state {0} is never written")]
    State(i8),
    /// Of no producer.
    #[error("producer id {0} is negative")]
    ProducerId(i64),
    /// Of a producer without an epoch.
    #[error("producer epoch {0} is negative")]
    ProducerEpoch(i16),
}

impl TransactionMetadata {
    /// A transactional id that has never been heard of.
    pub(crate) fn new(producer_id: ProducerId, now: Timestamp) -> Self {
        Self {
            state: TransactionState::Empty,
            producer_id,
            producer_epoch: NO_PRODUCER_EPOCH,
            previous_producer_id: ProducerId::NONE,
            next_producer_id: ProducerId::NONE,
            last_producer_epoch: NO_PRODUCER_EPOCH,
            timeout_ms: 0,
            partitions: Partitions::default(),
            start_timestamp: Timestamp::NONE,
            last_update_timestamp: now,
            client_version: TransactionVersion::V0,
        }
    }

    /// Reads a record's value.
    ///
    /// # Errors
    /// It says what cannot be true.
    pub(crate) fn from_value(value: &TransactionLogValue) -> Result<Self, InvalidTransaction> {
        let state = TransactionState::from_id(value.transaction_status)
            .ok_or(InvalidTransaction::State(value.transaction_status))?;
        if value.producer_id < 0 {
            return Err(InvalidTransaction::ProducerId(value.producer_id));
        }
        if value.producer_epoch < 0 {
            return Err(InvalidTransaction::ProducerEpoch(value.producer_epoch));
        }
        let topics = value.transaction_partitions.as_deref().filter(|_| !state.is_idle());
        let partitions = topics.unwrap_or_default().iter();
        let next = ProducerId(value.next_producer_id);
        Ok(Self {
            state,
            producer_id: ProducerId(value.producer_id),
            producer_epoch: value.producer_epoch,
            previous_producer_id: ProducerId(value.previous_producer_id),
            next_producer_id: if state.prepared().is_some() && next.is_some() {
                next
            } else {
                ProducerId::NONE
            },
            last_producer_epoch: NO_PRODUCER_EPOCH,
            timeout_ms: value.transaction_timeout_ms,
            partitions: partitions
                .flat_map(|topic| topic.partition_ids.iter().map(move |&partition| (&topic.topic, partition)))
                .collect(),
            start_timestamp: Timestamp(value.transaction_start_timestamp_ms),
            last_update_timestamp: Timestamp(value.transaction_last_update_timestamp_ms),
            client_version: TransactionVersion::from_feature_level(value.client_transaction_version),
        })
    }

    /// The value of a record of this version.
    pub(crate) fn to_value(&self, version: i16) -> TransactionLogValue {
        let topics = self.partitions.topics().map(|(topic, partitions)| PartitionsSchema {
            topic: topic.clone(),
            partition_ids: partitions.iter().copied().collect(),
            ..PartitionsSchema::default()
        });
        let mut value = TransactionLogValue {
            producer_id: self.producer_id.0,
            producer_epoch: self.producer_epoch,
            transaction_timeout_ms: self.timeout_ms,
            transaction_status: self.state.id(),
            transaction_partitions: (self.state != TransactionState::Empty).then(|| topics.collect()),
            transaction_last_update_timestamp_ms: self.last_update_timestamp.0,
            transaction_start_timestamp_ms: self.start_timestamp.0,
            ..TransactionLogValue::default()
        };
        if version >= 1 {
            value.previous_producer_id = self.previous_producer_id.0;
            value.next_producer_id = self.next_producer_id.0;
            value.client_transaction_version = self.client_version.feature_level();
        }
        value
    }

    /// Whether the producer cannot get another epoch: it needs another id.
    pub(crate) fn is_epoch_exhausted(&self) -> bool {
        self.producer_epoch >= LAST_EPOCH
    }

    /// Whether its transactions are aborted when they take too long.
    pub(crate) fn may_time_out(&self) -> bool {
        self.timeout_ms != NO_TIMEOUT_MS
    }

    /// Whether the transaction has taken too long.
    pub(crate) fn is_timed_out(&self, now: Timestamp) -> bool {
        let end = self.start_timestamp.0.saturating_add(self.timeout_ms.into());
        self.state == TransactionState::Ongoing && self.may_time_out() && end < now.0
    }

    /// Whether a producer that asks to go on is the present one, or the former one whose epochs ran out and which did not
    /// hear of it.
    pub(crate) fn is_continued_by(&self, id: ProducerId, epoch: i16) -> bool {
        self.producer_epoch == NO_PRODUCER_EPOCH
            || id == self.producer_id
            || id == self.previous_producer_id && epoch >= LAST_EPOCH
    }

    /// A new producer takes over, or the one that was expected goes on.
    ///
    /// # Errors
    /// `PRODUCER_FENCED` if another one was expected than there is.
    pub(crate) fn initialized(
        &self,
        timeout_ms: i32,
        expected_epoch: Option<i16>,
        now: Timestamp,
    ) -> Result<Self, ErrorCode> {
        let is_new = self.producer_epoch == NO_PRODUCER_EPOCH;
        let (producer_epoch, last_producer_epoch) = match expected_epoch {
            None => (self.raised_epoch(), NO_PRODUCER_EPOCH),
            Some(epoch) if is_new || epoch == self.producer_epoch => {
                (self.raised_epoch(), self.producer_epoch)
            }
            // It asked before and did not hear the answer. Another producer in between would have left no last epoch.
            Some(epoch) if epoch == self.last_producer_epoch => {
                (self.producer_epoch, self.last_producer_epoch)
            }
            Some(_) => return Err(ErrorCode::ProducerFenced),
        };
        Ok(Self { producer_epoch, last_producer_epoch, ..self.without_transaction(timeout_ms, now) })
    }

    /// A new producer takes over under another id, because there is no epoch left.
    pub(crate) fn rotated(
        &self,
        producer_id: ProducerId,
        timeout_ms: i32,
        is_expected: bool,
        now: Timestamp,
    ) -> Self {
        let last_producer_epoch = if is_expected { self.producer_epoch } else { NO_PRODUCER_EPOCH };
        Self {
            producer_id,
            producer_epoch: 0,
            last_producer_epoch,
            ..self.without_transaction(timeout_ms, now)
        }
    }

    fn without_transaction(&self, timeout_ms: i32, now: Timestamp) -> Self {
        Self {
            timeout_ms,
            partitions: Partitions::default(),
            start_timestamp: Timestamp::NONE,
            last_update_timestamp: now,
            ..self.changed(TransactionState::Empty)
        }
    }

    /// Partitions join the transaction, which begins if there is none.
    pub(crate) fn with_partitions(
        &self,
        added: &Partitions,
        client_version: TransactionVersion,
        now: Timestamp,
    ) -> Self {
        let mut changed = self.changed(TransactionState::Ongoing);
        if self.state.is_idle() {
            changed.start_timestamp = now;
        }
        for (topic, partition) in added.iter() {
            changed.partitions.insert(topic, partition);
        }
        changed.last_update_timestamp = now;
        changed.client_version = client_version;
        changed
    }

    /// The transaction is about to end, as its producer wishes. One that had no partitions may be aborted all the same.
    ///
    /// `next_producer_id` is the one to go on with if there is no epoch left.
    pub(crate) fn ending(
        &self,
        result: TransactionResult,
        client_version: TransactionVersion,
        next_producer_id: ProducerId,
        now: Timestamp,
    ) -> Self {
        let mut changed = self.changed(TransactionState::preparing(result));
        if client_version.raises_epoch() {
            changed.producer_epoch = self.raised_epoch();
            changed.last_producer_epoch = self.producer_epoch;
        }
        if self.state.is_idle() {
            // When it began nobody knows, but a time there must be.
            changed.start_timestamp = now;
        }
        changed.next_producer_id = next_producer_id;
        changed.last_update_timestamp = now;
        changed.client_version = client_version;
        changed
    }

    /// The transaction is about to be aborted against its producer's will, which is fenced.
    pub(crate) fn fenced(
        &self,
        server_version: TransactionVersion,
        next_producer_id: ProducerId,
        now: Timestamp,
    ) -> Self {
        if server_version.raises_epoch() {
            return self.ending(TransactionResult::Abort, server_version, next_producer_id, now);
        }
        Self {
            producer_epoch: self.raised_epoch(),
            last_producer_epoch: NO_PRODUCER_EPOCH,
            ..self.ending(TransactionResult::Abort, TransactionVersion::V0, ProducerId::NONE, now)
        }
    }

    /// The prepared transaction has all its markers.
    pub(crate) fn completed(&self, result: TransactionResult, now: Timestamp) -> Self {
        let mut changed = Self {
            next_producer_id: ProducerId::NONE,
            partitions: Partitions::default(),
            last_update_timestamp: now,
            ..self.changed(TransactionState::completing(result))
        };
        // Its last epoch stays the one that the client last saw.
        if self.client_version.raises_epoch() && self.next_producer_id.is_some() {
            changed.producer_id = self.next_producer_id;
            changed.producer_epoch = 0;
        }
        changed
    }

    /// In another state, else the same.
    ///
    /// # Panics
    /// The state may not follow.
    fn changed(&self, state: TransactionState) -> Self {
        assert!(state.may_follow(self.state), "{state:?} may not follow {:?}", self.state);
        Self { state, previous_producer_id: self.producer_id, ..self.clone() }
    }

    /// The next epoch; the highest one stays, which no producer ever has.
    fn raised_epoch(&self) -> i16 {
        self.producer_epoch.saturating_add(1)
    }
}
