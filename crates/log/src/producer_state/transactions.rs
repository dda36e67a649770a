//! The transactions that hold back the last stable offset.

use std::collections::BTreeMap;

use ottla_record::{Offset, ProducerId};

use crate::index::AbortedTransaction;
use crate::offsets::LogOffsetMetadata;

/// A transaction that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletedTransaction {
    /// Its producer.
    pub producer_id: ProducerId,
    /// Its first record.
    pub first_offset: Offset,
    /// Its marker.
    pub last_offset: Offset,
    /// Whether it was aborted.
    pub aborted: bool,
}

impl CompletedTransaction {
    /// The transaction index's entry for it, if it was aborted.
    pub const fn index_entry(&self, last_stable_offset: Offset) -> AbortedTransaction {
        AbortedTransaction {
            producer_id: self.producer_id,
            first_offset: self.first_offset,
            last_offset: self.last_offset,
            last_stable_offset,
        }
    }
}

/// A transaction without a marker yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OngoingTransaction {
    pub(super) producer_id: ProducerId,
    pub(super) first_offset: LogOffsetMetadata,
}

/// A transaction whose marker is not yet below the high watermark.
#[derive(Debug, Clone, Copy)]
struct UnreplicatedTransaction {
    first_offset: LogOffsetMetadata,
    last_offset: Offset,
}

/// Both kinds, by first offset.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    ongoing: BTreeMap<Offset, OngoingTransaction>,
    unreplicated: BTreeMap<Offset, UnreplicatedTransaction>,
}

impl Transactions {
    pub(super) fn start(&mut self, transaction: OngoingTransaction) {
        self.ongoing.insert(transaction.first_offset.offset, transaction);
    }

    pub(super) fn complete(&mut self, completed: &CompletedTransaction) {
        // A snapshot that lies may name transactions that never began; they end all the same.
        let first_offset = match self.ongoing.remove(&completed.first_offset) {
            Some(transaction) => transaction.first_offset,
            None => LogOffsetMetadata::offset_only(completed.first_offset),
        };
        let last_offset = completed.last_offset;
        self.unreplicated
            .insert(completed.first_offset, UnreplicatedTransaction { first_offset, last_offset });
    }

    /// Lets go of transactions whose markers are below `offset`.
    pub(super) fn replicated_to(&mut self, offset: Offset) {
        // Markers are not in the order of first offsets, so all are looked at; there are few.
        self.unreplicated.retain(|_, transaction| transaction.last_offset >= offset);
    }

    pub(super) fn first_unstable(&self) -> Option<LogOffsetMetadata> {
        let undecided = self.ongoing.first_key_value().map(|(_, transaction)| transaction.first_offset);
        let unreplicated =
            self.unreplicated.first_key_value().map(|(_, transaction)| transaction.first_offset);
        match (undecided, unreplicated) {
            (Some(undecided), Some(unreplicated)) if undecided.offset < unreplicated.offset => {
                Some(undecided)
            }
            (undecided, unreplicated) => unreplicated.or(undecided),
        }
    }

    pub(super) fn oldest_ongoing(&self) -> Option<&OngoingTransaction> {
        self.ongoing.first_key_value().map(|(_, transaction)| transaction)
    }

    /// The oldest open transaction of another producer.
    pub(super) fn oldest_ongoing_besides(&self, producer_id: ProducerId) -> Option<&OngoingTransaction> {
        self.ongoing.values().find(|transaction| transaction.producer_id != producer_id)
    }

    pub(super) fn has_unreplicated(&self) -> bool {
        !self.unreplicated.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.ongoing.clear();
        self.unreplicated.clear();
    }
}
