//! Decisions that share one append.

use ottla_controller::image::Provenance;
use ottla_controller::{Controller, VersionedRecord};
use ottla_record::{LeaderEpoch, Offset, Timestamp};

use super::MetadataFailure;
use super::handle::Decision;
use crate::metadata::framing::{BATCH_BYTES_MAX, BatchPlace, MetadataBatches};

/// Most records of a decision that need not stay together which share a batch.
const SPLIT_RECORDS: usize = 1000;

/// Decisions that share one append, already replayed in the controller.
pub(super) struct Round {
    epoch: LeaderEpoch,
    timestamp: Timestamp,
    batches: MetadataBatches,
    records: Vec<(Provenance, VersionedRecord)>,
    answers: Vec<Box<dyn FnOnce() + Send>>,
}

impl Round {
    pub(super) fn new(place: BatchPlace) -> Self {
        let BatchPlace { epoch, timestamp, .. } = place;
        let batches = MetadataBatches::new(place);
        Self { epoch, timestamp, batches, records: Vec::new(), answers: Vec::new() }
    }

    /// Offset that the next record gets.
    pub(super) fn next_offset(&self) -> Offset {
        self.batches.next_offset()
    }

    /// Whether there is nothing to append.
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Whether it is time to append.
    pub(super) fn is_full(&self) -> bool {
        self.batches.uncompressed_size() >= BATCH_BYTES_MAX
    }

    /// Adds a decision and lets the controller go on from there. One that cannot be written changes nothing, and whoever
    /// asked is told that the controller is not available.
    pub(super) fn add(
        &mut self,
        decision: Decision,
        controller: &mut Controller,
    ) -> Result<(), MetadataFailure> {
        let Decision { records, atomic, answer } = decision;
        let together = if atomic { records.len().max(1) } else { SPLIT_RECORDS };
        let first = self.next_offset();
        let pushed = records.chunks(together).try_for_each(|chunk| self.batches.push(chunk));
        let count = usize::try_from(self.next_offset() - first).unwrap_or(0);
        for (offset, record) in (first.0..).zip(records).take(count) {
            let provenance =
                Provenance { offset: Offset(offset), epoch: self.epoch, timestamp: self.timestamp };
            controller
                .replay(provenance, &record.record)
                .map_err(|source| MetadataFailure::Replay { offset: provenance.offset, source })?;
            self.records.push((provenance, record));
        }
        match pushed {
            Ok(()) => self.answers.push(answer),
            Err(error) => tracing::error!(%error, "a decision of the controller cannot be written"),
        }
        Ok(())
    }

    /// The batches, to be appended.
    pub(super) fn take_bytes(&mut self) -> Vec<u8> {
        self.batches.take_bytes()
    }

    /// Each record with where it stands.
    pub(super) fn records(&self) -> &[(Provenance, VersionedRecord)] {
        &self.records
    }

    /// Answers the requests.
    pub(super) fn answer(self) {
        for answer in self.answers {
            answer();
        }
    }
}
