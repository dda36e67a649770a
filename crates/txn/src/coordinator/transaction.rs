//! A transactional id at its coordinator.

use ottla_record::ProducerId;
use ottla_wire::{ErrorCode, KafkaString};

use crate::metadata::TransactionMetadata;
use crate::partitions::Partitions;
use crate::state::TransactionState;

/// A transactional id: what is safe to know of it, and what it waits for.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: KafkaString,
    pub(super) metadata: TransactionMetadata,
    /// Nothing else may happen to it before that has.
    pub(super) pending: Option<Pending>,
}

/// What a transactional id waits for.
#[derive(Debug)]
pub(super) enum Pending {
    /// Its next state is being written.
    Writing(Box<TransactionMetadata>),
    /// It is prepared, and its markers are being written.
    Marking(Marking),
    /// Its deletion is being written.
    Expiring,
}

/// How far the markers of a prepared transaction are.
#[derive(Debug, Default)]
pub(super) struct Marking {
    /// Partitions whose marker is to be written again.
    pub(super) again: Partitions,
    /// Another coordinator or producer has come: the transaction is not ended here.
    pub(super) is_fenced: bool,
}

/// Why a request is not followed by a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is answered with an error.
    Error(ErrorCode),
    /// It cannot be decided without a producer id.
    NeedsProducerId,
}

impl From<ErrorCode> for Refusal {
    fn from(error: ErrorCode) -> Self {
        Self::Error(error)
    }
}

/// A producer, by its id and epoch, that asks for its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Producer {
    pub(super) id: ProducerId,
    pub(super) epoch: i16,
}

impl Transaction {
    pub(super) fn new(id: KafkaString, metadata: TransactionMetadata) -> Self {
        Self { id, metadata, pending: None }
    }

    pub(super) fn is_prepared(&self) -> bool {
        self.metadata.state.prepared().is_some()
    }

    /// The present epoch, or the one that fences it if that is being written and no end of a transaction raises it.
    pub(super) fn epoch_of_client(&self) -> i16 {
        match &self.pending {
            Some(Pending::Writing(next))
                if next.state == TransactionState::PrepareAbort && !next.client_version.raises_epoch() =>
            {
                next.producer_epoch
            }
            _ => self.metadata.producer_epoch,
        }
    }
}
