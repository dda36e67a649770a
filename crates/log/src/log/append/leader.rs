//! A leader's append: one batch, checked and given its offsets.

use ottla_record::{Batch, Decompressor, LeaderEpoch, Offset, Timestamp};

use super::super::Log;
use super::super::roll::{Incoming, Placement};
use super::{AppendError, AppendInfo, Checked};
use crate::offsets::LogOffsetMetadata;
use crate::producer_state::{
    AppendOrigin, CompletedTransaction, ProducerAppendInfo, ProducerBatch, ProducerMarker, Verification,
};
use crate::segment::AppendedBatch;
use crate::validate::{ValidatedBatch, ValidationOptions, ValidationScratch, validate};

/// Most bytes a marker's batch may expand to; coordinators do not compress them.
const MARKER_BYTES_MAX: usize = 64 << 10;

/// How a leader appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaderAppendOptions {
    /// The leader's epoch, which the batch gets.
    pub leader_epoch: LeaderEpoch,
    /// Who appends.
    pub origin: AppendOrigin,
    /// Version of transactions a marker is written for; decides how strictly its epoch is checked (KIP-1228).
    pub transaction_version: Option<i16>,
    /// Now.
    pub now: Timestamp,
}

impl Log {
    /// Appends the one batch in `records`, which it changes: the batch gets the log's next offsets and the leader's
    /// epoch, and what [`validate`] makes of it.
    ///
    /// The quorum's leader gives the offsets itself: with [`AppendOrigin::RaftLeader`] there may be several batches,
    /// which must continue the log.
    ///
    /// A batch that its producer sent before is not appended again; the answer names the offsets it got then.
    ///
    /// # Errors
    ///
    /// See [`AppendError`]. Nothing of a refused batch is appended.
    pub fn append_as_leader(
        &mut self,
        records: &mut [u8],
        options: &LeaderAppendOptions,
        scratch: &mut ValidationScratch,
    ) -> Result<AppendInfo, AppendError> {
        if options.origin == AppendOrigin::RaftLeader {
            return self.append_as_raft_leader(records, options);
        }
        self.check_usable()?;
        let validation = ValidationOptions { origin: options.origin, now: options.now };
        let batch = validate(records, &self.config, &validation, scratch)?;
        self.append_validated(batch, options)
    }

    /// Appends a batch that [`validate`] has passed, with the same origin and the log's configuration: what
    /// [`Log::append_as_leader`] does, with less of it under the log's lock.
    pub fn append_validated(
        &mut self,
        batch: ValidatedBatch<'_>,
        options: &LeaderAppendOptions,
    ) -> Result<AppendInfo, AppendError> {
        self.append_verified(batch, options, Verification::NotNeeded)
    }

    /// Appends a batch as [`Log::append_validated`] does. One of a transaction that is not open here must show what
    /// [`Log::start_verification`] gave, after the coordinator has vouched for it (KIP-890).
    pub fn append_verified(
        &mut self,
        mut batch: ValidatedBatch<'_>,
        options: &LeaderAppendOptions,
        verification: Verification,
    ) -> Result<AppendInfo, AppendError> {
        self.check_usable()?;
        let first_offset = self.log_end_offset;
        batch.assign(first_offset, options.leader_epoch);
        let log_append_time = batch.log_append_time();
        let batch = batch.batch();
        let size = self.check_segment_size(batch.size_in_bytes())?;
        if let Some(duplicate) = self.find_duplicate(&batch, options) {
            return Ok(duplicate);
        }
        self.check_verified(batch.header(), verification)?;

        let last_offset = batch.last_offset();
        let incoming = Incoming { first_offset, last_offset, max_timestamp: batch.max_timestamp, size };
        let placement = self.placement(&incoming, options.now)?;
        let producer = self.check_producer(&batch, &placement, options)?;

        let checked = Checked {
            bytes: batch.as_bytes(),
            batches: &[AppendedBatch::of(&batch)],
            last_offset,
            placement,
        };
        self.assign_epoch(options.leader_epoch, first_offset);
        let written = self.write(&checked, options.now);
        self.poison_on_failure(written)?;
        if let Some((append, completed)) = producer {
            self.producers.update(append);
            self.producers.end_verification(batch.header());
            let completed = completed.map_or(Ok(()), |completed| self.complete_transaction(&completed));
            self.poison_on_failure(completed)?;
        }
        self.finish_append();
        Ok(AppendInfo {
            first_offset,
            last_offset,
            max_timestamp: batch.max_timestamp,
            log_append_time,
            log_start_offset: self.log_start_offset,
            last_leader_epoch: Some(options.leader_epoch).filter(|epoch| epoch.is_some()),
            bytes: size,
            is_duplicate: false,
            must_flush: self.reached_flush_messages(),
        })
    }

    /// What the batch's first append said, if it is still among the last of its producer.
    fn find_duplicate(&self, batch: &Batch<'_>, options: &LeaderAppendOptions) -> Option<AppendInfo> {
        if options.origin != AppendOrigin::Client || !batch.has_producer_id() {
            return None;
        }
        let producer = self.producers.entry(batch.producer_id)?;
        let first =
            producer.find_duplicate(batch.producer_epoch, batch.base_sequence, batch.last_sequence())?;
        Some(AppendInfo {
            first_offset: first.first_offset(),
            last_offset: first.last_offset,
            max_timestamp: batch.max_timestamp,
            log_append_time: Some(first.timestamp),
            log_start_offset: self.log_start_offset,
            last_leader_epoch: Some(options.leader_epoch).filter(|epoch| epoch.is_some()),
            bytes: 0,
            is_duplicate: true,
            must_flush: false,
        })
    }

    /// Checks epoch, sequence and transaction of the batch's producer, and notes what the batch will change.
    fn check_producer(
        &self,
        batch: &Batch<'_>,
        placement: &Placement,
        options: &LeaderAppendOptions,
    ) -> Result<Option<(ProducerAppendInfo, Option<CompletedTransaction>)>, AppendError> {
        if !batch.has_producer_id() {
            return Ok(None);
        }
        let mut append = self.producers.prepare_update(batch.producer_id, options.origin);
        let mut completed = None;
        if batch.attributes.is_control() {
            let mut decompressor = Decompressor::with_limit(MARKER_BYTES_MAX);
            if let Some(marker) = ProducerMarker::of(batch, options.transaction_version, &mut decompressor) {
                completed = append.append_marker(&marker)?;
            }
        } else {
            append.append_data(&placed(batch, batch.base_offset, placement))?;
        }
        Ok(Some((append, completed)))
    }
}

/// A data batch with the place it gets, so that the last stable offset needs no lookup.
fn placed(batch: &Batch<'_>, first_offset: Offset, placement: &Placement) -> ProducerBatch {
    let first_offset = LogOffsetMetadata { offset: first_offset, position: Some(placement.position) };
    ProducerBatch { first_offset, ..ProducerBatch::of(batch) }
}
