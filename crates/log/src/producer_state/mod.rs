//! What a partition knows of its idempotent and transactional producers.

#![expect(clippy::todo, reason = "signatures first, so that the log can be written against them")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::{DirEntry, Disk};
use ottla_record::{Offset, ProducerId, Timestamp};

use crate::error::{DiskError, SnapshotError};
use crate::offsets::LogOffsetMetadata;

/// Where an append comes from, which decides what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOrigin {
    /// From the leader: already checked there.
    Replication,
    /// From a coordinator of this node: epochs are checked.
    Coordinator,
    /// From a client: epochs and sequences are checked.
    Client,
    /// From the quorum's leader.
    RaftLeader,
}

/// What producer state takes from the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerStateConfig {
    /// Idle time after which a producer without an open transaction is forgotten, `producer.id.expiration.ms`.
    pub producer_id_expiration_ms: i64,
    /// Longest transaction, `transaction.max.timeout.ms`; later ones count as hanging.
    pub max_transaction_timeout_ms: i64,
}

/// One of the last batches of a producer, for telling duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchMetadata {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Its last offset.
    pub last_offset: Offset,
    /// Last offset less first offset.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: Timestamp,
}

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

/// State of one producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerStateEntry {}

#[expect(unused_variables, reason = "signatures first")]
impl ProducerStateEntry {
    /// The producer.
    pub fn producer_id(&self) -> ProducerId {
        todo!()
    }

    /// Its epoch, -1 for none.
    pub fn producer_epoch(&self) -> i16 {
        todo!()
    }

    /// Epoch of the coordinator that wrote its last marker, -1 for none.
    pub fn coordinator_epoch(&self) -> i32 {
        todo!()
    }

    /// Timestamp of its last batch or marker.
    pub fn last_timestamp(&self) -> Timestamp {
        todo!()
    }

    /// First offset of its open transaction.
    pub fn current_transaction_first_offset(&self) -> Option<Offset> {
        todo!()
    }

    /// Sequence of its last record, -1 for none.
    pub fn last_sequence(&self) -> i32 {
        todo!()
    }

    /// Offset of its last record, -1 for none.
    pub fn last_data_offset(&self) -> Offset {
        todo!()
    }

    /// Its last batches, oldest first, at most five.
    pub fn batches(&self) -> &[BatchMetadata] {
        todo!()
    }

    /// The kept batch of this epoch and these sequences, if it is a duplicate.
    pub fn find_duplicate(
        &self,
        producer_epoch: i16,
        first_sequence: i32,
        last_sequence: i32,
    ) -> Option<&BatchMetadata> {
        todo!()
    }
}

/// Why an append of an idempotent or transactional producer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProducerStateError {
    /// INVALID_PRODUCER_EPOCH.
    #[error(
        "epoch {epoch} of producer {producer_id} at offset {offset} is not above the last seen epoch {current}"
    )]
    #[expect(missing_docs, reason = "named by the message")]
    InvalidProducerEpoch { producer_id: ProducerId, offset: Offset, epoch: i16, current: i16 },
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
    /// Version of the transaction protocol it was written for; `None` where that is not known, which only
    /// replication and recovery may say.
    pub transaction_version: Option<i16>,
}

/// The changes of one append to one producer, checked before they are made.
#[derive(Debug)]
pub struct ProducerAppendInfo {}

#[expect(unused_variables, reason = "signatures first")]
impl ProducerAppendInfo {
    /// Checks and notes a data batch.
    pub fn append_data(&mut self, batch: &ProducerBatch) -> Result<(), ProducerStateError> {
        todo!()
    }

    /// Checks and notes a marker; the transaction it ends, unless that was empty.
    pub fn append_marker(
        &mut self,
        marker: &ProducerMarker,
    ) -> Result<Option<CompletedTransaction>, ProducerStateError> {
        todo!()
    }
}

/// The producers of one partition.
#[derive(Debug)]
pub struct ProducerStateManager {
    snapshots: BTreeSet<Offset>,
}

#[expect(unused_variables, reason = "signatures first")]
impl ProducerStateManager {
    /// No producers; the snapshots are those in `listing`, the listing of the partition's directory.
    pub fn new(
        disk: Arc<dyn Disk>,
        dir: Arc<Path>,
        config: ProducerStateConfig,
        listing: &[DirEntry],
    ) -> Self {
        todo!()
    }

    /// Checks begin with this; [`ProducerStateManager::update`] makes the changes.
    pub fn prepare_update(&self, producer_id: ProducerId, origin: AppendOrigin) -> ProducerAppendInfo {
        todo!()
    }

    /// Makes checked changes.
    pub fn update(&mut self, append: ProducerAppendInfo) {
        todo!()
    }

    /// Moves the offset up to which the state counts; each append ends with it.
    pub fn update_map_end_offset(&mut self, end_offset: Offset) {
        todo!()
    }

    /// Offset up to which the state counts.
    pub fn map_end_offset(&self) -> Offset {
        todo!()
    }

    /// State of a producer.
    pub fn entry(&self, producer_id: ProducerId) -> Option<&ProducerStateEntry> {
        todo!()
    }

    /// All producers, by id.
    pub fn active_producers(&self) -> impl Iterator<Item = &ProducerStateEntry> {
        std::iter::empty()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        todo!()
    }

    /// The last stable offset once this transaction is complete.
    pub fn last_stable_offset(&self, completed: &CompletedTransaction) -> Offset {
        todo!()
    }

    /// Ends a transaction; it stays unreplicated until the high watermark passes its marker.
    pub fn complete_transaction(&mut self, completed: &CompletedTransaction) {
        todo!()
    }

    /// First offset of the oldest transaction that is undecided or whose marker is not yet replicated.
    pub fn first_unstable_offset(&self) -> Option<LogOffsetMetadata> {
        todo!()
    }

    /// First offset of the oldest open transaction.
    pub fn first_undecided_offset(&self) -> Option<Offset> {
        todo!()
    }

    /// Lets go of transactions whose markers are below the high watermark.
    pub fn on_high_watermark_updated(&mut self, high_watermark: Offset) {
        todo!()
    }

    /// Follows a log start that moved up.
    pub fn on_log_start_offset_incremented(&mut self, log_start_offset: Offset) {
        todo!()
    }

    /// Whether a transaction has been open for longer than any may.
    pub fn has_late_transaction(&self, now: Timestamp) -> bool {
        todo!()
    }

    /// Forgets idle producers.
    pub fn remove_expired_producers(&mut self, now: Timestamp) {
        todo!()
    }

    /// Drops snapshots outside the log and, unless the state counts to `log_end_offset` already, loads the newest one
    /// that is left; the log must then be replayed from [`ProducerStateManager::map_end_offset`].
    pub fn truncate_and_reload(
        &mut self,
        log_start_offset: Offset,
        log_end_offset: Offset,
        now: Timestamp,
    ) -> Result<(), DiskError> {
        todo!()
    }

    /// Forgets all and removes all snapshots; the state counts to `offset`.
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset) -> Result<(), DiskError> {
        todo!()
    }

    /// Writes a snapshot named by the end offset if it moved since the last one; its path.
    pub fn take_snapshot(&mut self) -> Result<Option<PathBuf>, DiskError> {
        todo!()
    }

    /// Removes the snapshots below `offset`.
    pub fn delete_snapshots_before(&mut self, offset: Offset) -> Result<(), DiskError> {
        todo!()
    }

    /// Renames the snapshot at `offset` to be removed later; its new path.
    pub fn mark_snapshot_deleted(&mut self, offset: Offset) -> Result<Option<PathBuf>, DiskError> {
        todo!()
    }

    /// Removes snapshots that belong to no segment, but the newest if it is above all segments.
    pub fn remove_stray_snapshots(&mut self, base_offsets: &[Offset]) -> Result<(), DiskError> {
        todo!()
    }

    /// Offsets of the snapshots, ascending.
    pub fn snapshots(&self) -> impl Iterator<Item = Offset> {
        self.snapshots.iter().copied()
    }

    /// Offset of the newest snapshot.
    pub fn latest_snapshot_offset(&self) -> Option<Offset> {
        todo!()
    }

    /// Offset of the oldest snapshot.
    pub fn oldest_snapshot_offset(&self) -> Option<Offset> {
        todo!()
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: Arc<Path>) {
        todo!()
    }
}

/// Reads a snapshot's entries.
#[expect(unused_variables, reason = "signatures first")]
pub fn read_snapshot(disk: &dyn Disk, path: &Path) -> Result<Vec<ProducerStateEntry>, SnapshotError> {
    todo!()
}
