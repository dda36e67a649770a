//! The markers that end transactions on their partitions.

use ottla_record::{LeaderEpoch, ProducerId, TransactionResult};
use ottla_wire::{ErrorCode, KafkaString};

use crate::partitions::Partitions;
use crate::version::TransactionVersion;

/// Number of [`MarkersToWrite`]; later ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarkersId(pub u64);

/// Markers to write that end one transaction, in the terms of WriteTxnMarkers.
///
/// Each partition is answered exactly once, alone or with others, by
/// [`handle_markers_written`](crate::TransactionCoordinator::handle_markers_written).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkersToWrite {
    /// Number to speak of them by.
    pub id: MarkersId,
    /// Whose transaction it is.
    pub transactional_id: KafkaString,
    /// The producer that the transaction runs under.
    pub producer_id: ProducerId,
    /// Epoch to write into the marker.
    pub producer_epoch: i16,
    /// The coordinator's term, which fences its predecessors.
    pub coordinator_epoch: LeaderEpoch,
    /// What the producer's client goes by.
    pub transaction_version: TransactionVersion,
    /// How it ends.
    pub result: TransactionResult,
    /// Where; at least one.
    pub partitions: Partitions,
}

/// What became of the marker on one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerOutcome {
    /// The leader has answered; [`ErrorCode::None`] if the marker is written.
    Answered(ErrorCode),
    /// Nobody knows: there is no leader at the moment, or it did not answer. To be tried again.
    Unreachable,
    /// By the metadata there is no such partition any more, so it needs no marker.
    Deleted,
}

/// What became of the marker on which partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkerResult {
    /// Topic of the partition.
    pub topic: KafkaString,
    /// Number of the partition within the topic.
    pub partition: i32,
    /// What became of it.
    pub outcome: MarkerOutcome,
}

/// What follows for a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkerVerdict {
    /// It needs no marker any more.
    Done,
    /// The marker is to be written again later.
    Retry,
    /// There is a newer coordinator or producer: this coordinator may not end the transaction.
    Fenced,
}

impl MarkerOutcome {
    pub(crate) const fn verdict(self) -> MarkerVerdict {
        match self {
            Self::Deleted => MarkerVerdict::Done,
            Self::Unreachable => MarkerVerdict::Retry,
            Self::Answered(error) => match error {
                ErrorCode::None
                // Whoever cannot hold a marker holds no record of the transaction either.
                | ErrorCode::UnsupportedForMessageFormat
                | ErrorCode::UnsupportedVersion => MarkerVerdict::Done,
                ErrorCode::InvalidProducerEpoch | ErrorCode::TransactionCoordinatorFenced => {
                    MarkerVerdict::Fenced
                }
                _ => MarkerVerdict::Retry,
            },
        }
    }
}
