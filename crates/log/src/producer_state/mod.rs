//! What a partition knows of its idempotent and transactional producers.
//!
//! For each producer its epoch, its last batches and its open transaction, so that duplicates and gaps are told and
//! the last stable offset is known. It is a function of the log: a snapshot file saves replaying all of it.

mod append_info;
mod entry;
mod marker;
mod snapshot;
mod snapshots;
#[cfg(test)]
mod tests;
mod transactions;
mod verification;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::{DirEntry, Disk};
use ottla_record::{Batch, BatchHeader, Decompressor, Offset, ProducerId, Timestamp};

pub use append_info::{AppendOrigin, ProducerAppendInfo, ProducerBatch, ProducerMarker, ProducerStateError};
pub use entry::{BATCHES_RETAINED, BatchMetadata, ProducerStateEntry};
pub use snapshot::{decode_snapshot, encode_snapshot, read_snapshot};
pub use snapshots::UnsyncedSnapshot;
pub use transactions::CompletedTransaction;
pub use verification::{Verification, VerificationGuard, VerificationState};

use self::snapshots::Snapshots;
use self::transactions::Transactions;
use self::verification::Verifications;
use crate::error::{DiskError, SnapshotError};
use crate::offsets::LogOffsetMetadata;

/// Time a transaction may be over its limit before it counts as left hanging, in milliseconds.
const LATE_TRANSACTION_BUFFER_MS: i64 = 5 * 60 * 1000;

/// What producer state takes from the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerStateConfig {
    /// Idle time after which a producer without an open transaction is forgotten, `producer.id.expiration.ms`.
    pub producer_id_expiration_ms: i64,
    /// Longest transaction, `transaction.max.timeout.ms`.
    pub max_transaction_timeout_ms: i64,
}

/// The producers of one partition.
///
/// Memory is bounded by expiry alone, as in Kafka: some 200 bytes for each producer that wrote lately.
#[derive(Debug)]
pub struct ProducerStateManager {
    config: ProducerStateConfig,
    /// By id, so that a snapshot of the same state has the same bytes.
    producers: BTreeMap<ProducerId, ProducerStateEntry>,
    transactions: Transactions,
    verifications: Verifications,
    snapshots: Snapshots,
    map_end_offset: Offset,
    last_snapshot_offset: Offset,
}

impl ProducerStateManager {
    /// No producers; the snapshots are those in `listing`, the listing of the partition's directory.
    pub fn new(
        disk: Arc<dyn Disk>,
        dir: Arc<Path>,
        config: ProducerStateConfig,
        listing: &[DirEntry],
    ) -> Self {
        Self {
            config,
            producers: BTreeMap::new(),
            transactions: Transactions::default(),
            verifications: Verifications::default(),
            snapshots: Snapshots::new(disk, dir, listing),
            map_end_offset: Offset(0),
            last_snapshot_offset: Offset(0),
        }
    }

    /// Begins the checks of an append; [`ProducerStateManager::update`] makes the changes.
    pub fn prepare_update(&self, producer_id: ProducerId, origin: AppendOrigin) -> ProducerAppendInfo {
        let current = self.producers.get(&producer_id).cloned();
        let current = current.unwrap_or_else(|| ProducerStateEntry::empty(producer_id));
        ProducerAppendInfo::new(current, origin, self.verifications.state(producer_id).copied())
    }

    /// Makes checked changes.
    pub fn update(&mut self, append: ProducerAppendInfo) {
        let ProducerAppendInfo { updated, started, .. } = append;
        match self.producers.get_mut(&updated.producer_id) {
            Some(entry) => entry.update(&updated),
            None => drop(self.producers.insert(updated.producer_id, updated)),
        }
        for transaction in started {
            self.transactions.start(transaction);
        }
    }

    /// Takes in a batch of our own log, in recovery or when the state is rebuilt; the transaction that it ends, for
    /// the caller to [complete](ProducerStateManager::complete_transaction).
    ///
    /// `batch` must be there for control batches; of others the header is enough.
    pub fn replay(
        &mut self,
        header: &BatchHeader,
        batch: Option<&Batch<'_>>,
        decompressor: &mut Decompressor,
    ) -> Option<CompletedTransaction> {
        let mut completed = None;
        if header.has_producer_id() {
            let mut append = self.prepare_update(header.producer_id, AppendOrigin::Replication);
            let result = if header.attributes.is_control() {
                match batch.and_then(|batch| ProducerMarker::of(batch, None, decompressor)) {
                    Some(marker) => append.append_marker(&marker),
                    None => Ok(None),
                }
            } else {
                append.append_data(&ProducerBatch::of(header)).map(|()| None)
            };
            completed = result.expect("what is in the log is not refused");
            self.update(append);
            self.end_verification(header);
        }
        self.update_map_end_offset(header.next_offset());
        completed
    }

    /// Moves the offset up to which the state counts; each append ends with it.
    pub fn update_map_end_offset(&mut self, end_offset: Offset) {
        self.map_end_offset = end_offset;
    }

    /// Offset up to which the state counts.
    pub fn map_end_offset(&self) -> Offset {
        self.map_end_offset
    }

    /// State of a producer.
    pub fn entry(&self, producer_id: ProducerId) -> Option<&ProducerStateEntry> {
        self.producers.get(&producer_id)
    }

    /// All producers, by id.
    pub fn active_producers(&self) -> impl ExactSizeIterator<Item = &ProducerStateEntry> {
        self.producers.values()
    }

    /// Whether no producer is known and no transaction waits for replication.
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty() && !self.transactions.has_unreplicated()
    }

    /// The last stable offset once this transaction is complete and all of the log replicated.
    pub fn last_stable_offset(&self, completed: &CompletedTransaction) -> Offset {
        let next = self.transactions.oldest_ongoing_besides(completed.producer_id);
        let behind_marker = Offset(completed.last_offset.0.saturating_add(1));
        next.map_or(behind_marker, |transaction| transaction.first_offset.offset)
    }

    /// Ends a transaction; it holds back the last stable offset until the high watermark passes its marker.
    pub fn complete_transaction(&mut self, completed: &CompletedTransaction) {
        self.transactions.complete(completed);
    }

    /// First offset of the oldest transaction that is undecided or whose marker is not yet replicated.
    pub fn first_unstable_offset(&self) -> Option<LogOffsetMetadata> {
        self.transactions.first_unstable()
    }

    /// First offset of the oldest open transaction.
    pub fn first_undecided_offset(&self) -> Option<Offset> {
        self.transactions.oldest_ongoing().map(|transaction| transaction.first_offset.offset)
    }

    /// Lets go of transactions whose markers are below the high watermark.
    pub fn on_high_watermark_updated(&mut self, high_watermark: Offset) {
        self.transactions.replicated_to(high_watermark);
    }

    /// Follows a log start that moved up.
    pub fn on_log_start_offset_incremented(&mut self, log_start_offset: Offset) {
        self.transactions.replicated_to(log_start_offset);
        self.map_end_offset = self.map_end_offset.max(log_start_offset);
        self.last_snapshot_offset = self.latest_snapshot_offset().unwrap_or(log_start_offset);
    }

    /// Whether a transaction has been open for longer than any may.
    pub fn has_late_transaction(&self, now: Timestamp) -> bool {
        let Some(oldest) = self.transactions.oldest_ongoing() else { return false };
        let last_timestamp =
            self.entry(oldest.producer_id).map_or(Timestamp::NONE, |entry| entry.last_timestamp);
        let limit = self.config.max_transaction_timeout_ms.saturating_add(LATE_TRANSACTION_BUFFER_MS);
        last_timestamp.0 > 0 && now.0.saturating_sub(last_timestamp.0) > limit
    }

    /// Forgets idle producers and questions to coordinators without an answer.
    pub fn remove_expired_producers(&mut self, now: Timestamp) {
        let config = self.config;
        self.producers.retain(|_, entry| !is_expired(entry, &config, now));
        self.verifications.remove_older_than(config.producer_id_expiration_ms, now);
    }

    /// Takes up a changed config.
    pub fn set_config(&mut self, config: ProducerStateConfig) {
        self.config = config;
    }

    /// Notes that a producer's coordinator is asked whether its transaction is open.
    pub fn begin_verification(
        &mut self,
        producer_id: ProducerId,
        state: VerificationState,
    ) -> VerificationGuard {
        self.verifications.begin(producer_id, state)
    }

    /// What is asked of a producer's coordinator.
    pub fn verification(&self, producer_id: ProducerId) -> Option<&VerificationState> {
        self.verifications.state(producer_id)
    }

    /// Whether the guard is that of the question which is open about this producer.
    pub fn is_verified(&self, producer_id: ProducerId, guard: VerificationGuard) -> bool {
        self.verifications.guard(producer_id) == Some(guard)
    }

    /// Forgets the question about the producer of a transactional batch, which is appended, or a marker: the log knows
    /// the transaction now, or it is over.
    pub fn end_verification(&mut self, header: &BatchHeader) {
        let Some(state) = self.verifications.state(header.producer_id) else { return };
        // A marker has the epoch of the next transaction, whose first batch may be asked about already.
        let is_of_next = state.supports_epoch_bump
            && header.attributes.is_control()
            && header.producer_epoch == state.producer_epoch;
        if header.attributes.is_transactional() && !is_of_next {
            self.verifications.end(header.producer_id);
        }
    }

    /// Drops snapshots outside the log and, unless the state counts to `log_end_offset` already, loads the newest one
    /// left; the log must then be replayed from [`ProducerStateManager::map_end_offset`].
    pub fn truncate_and_reload(
        &mut self,
        log_start_offset: Offset,
        log_end_offset: Offset,
        now: Timestamp,
    ) -> Result<(), DiskError> {
        self.snapshots.remove_where(|offset| offset > log_end_offset || offset <= log_start_offset)?;
        if log_end_offset == self.map_end_offset {
            self.on_log_start_offset_incremented(log_start_offset);
            return Ok(());
        }
        // Nothing replicated is ever truncated, so transactions that wait for replication go too.
        self.producers.clear();
        self.transactions.clear();
        self.load_latest_snapshot(log_start_offset, now)
    }

    /// Forgets all and removes all snapshots; the state counts to `offset`.
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset) -> Result<(), DiskError> {
        self.producers.clear();
        self.transactions.clear();
        self.snapshots.remove_where(|_| true)?;
        self.last_snapshot_offset = Offset(0);
        self.map_end_offset = offset;
        Ok(())
    }

    /// Writes and syncs a snapshot named by the end offset, if that moved since the last one; its path.
    pub fn take_snapshot(&mut self) -> Result<Option<PathBuf>, DiskError> {
        let Some(snapshot) = self.write_snapshot()? else { return Ok(None) };
        snapshot.sync()?;
        Ok(Some(snapshot.path().to_owned()))
    }

    /// Writes a snapshot as [`ProducerStateManager::take_snapshot`] does, for the caller to sync.
    pub fn write_snapshot(&mut self) -> Result<Option<UnsyncedSnapshot>, DiskError> {
        if self.map_end_offset <= self.last_snapshot_offset {
            return Ok(None);
        }
        let snapshot = self.snapshots.write(self.map_end_offset, self.producers.values())?;
        self.last_snapshot_offset = self.map_end_offset;
        Ok(Some(snapshot))
    }

    /// Removes the snapshots below `offset`.
    pub fn delete_snapshots_before(&mut self, offset: Offset) -> Result<(), DiskError> {
        self.snapshots.remove_where(|snapshot| snapshot < offset)
    }

    /// Renames the snapshot at `offset` to be removed later; its new path.
    pub fn mark_snapshot_deleted(&mut self, offset: Offset) -> Result<Option<PathBuf>, DiskError> {
        self.snapshots.mark_deleted(offset)
    }

    /// Removes snapshots that belong to no segment, but the newest if it is above all segments, as a clean close
    /// leaves one.
    pub fn remove_stray_snapshots(&mut self, base_offsets: &[Offset]) -> Result<(), DiskError> {
        let newest_stray =
            self.snapshots.offsets().iter().rfind(|offset| !base_offsets.contains(offset)).copied();
        let newest_segment = base_offsets.iter().max().copied();
        let kept = newest_stray.filter(|stray| newest_segment.is_none_or(|segment| *stray >= segment));
        self.snapshots.remove_where(|offset| !base_offsets.contains(&offset) && Some(offset) != kept)
    }

    /// Offsets of the snapshots, ascending.
    pub fn snapshots(&self) -> impl DoubleEndedIterator<Item = Offset> {
        self.snapshots.offsets().iter().copied()
    }

    /// Offset of the newest snapshot.
    pub fn latest_snapshot_offset(&self) -> Option<Offset> {
        self.snapshots.offsets().last().copied()
    }

    /// Offset of the oldest snapshot.
    pub fn oldest_snapshot_offset(&self) -> Option<Offset> {
        self.snapshots.offsets().first().copied()
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: Arc<Path>) {
        self.snapshots.set_dir(dir);
    }

    fn load_latest_snapshot(&mut self, log_start_offset: Offset, now: Timestamp) -> Result<(), DiskError> {
        while let Some(offset) = self.latest_snapshot_offset() {
            match self.snapshots.read(offset) {
                Ok(entries) => {
                    self.load(entries, now);
                    self.last_snapshot_offset = offset;
                    self.map_end_offset = offset;
                    return Ok(());
                }
                Err(SnapshotError::Disk(error)) => return Err(error),
                Err(SnapshotError::Corrupt(error)) => {
                    tracing::warn!(%error, "removing a corrupt producer snapshot");
                    self.snapshots.remove(offset)?;
                }
            }
        }
        self.last_snapshot_offset = log_start_offset;
        self.map_end_offset = log_start_offset;
        Ok(())
    }

    fn load(&mut self, entries: Vec<ProducerStateEntry>, now: Timestamp) {
        for entry in entries {
            if is_expired(&entry, &self.config, now) {
                continue;
            }
            if let Some(first_offset) = entry.current_transaction_first_offset {
                self.transactions.start(transactions::OngoingTransaction {
                    producer_id: entry.producer_id,
                    first_offset: LogOffsetMetadata::offset_only(first_offset),
                });
            }
            self.producers.insert(entry.producer_id, entry);
        }
    }
}

fn is_expired(entry: &ProducerStateEntry, config: &ProducerStateConfig, now: Timestamp) -> bool {
    let idle_ms = now.0.saturating_sub(entry.last_timestamp.0);
    entry.current_transaction_first_offset.is_none() && idle_ms >= config.producer_id_expiration_ms
}
