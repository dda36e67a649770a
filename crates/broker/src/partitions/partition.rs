//! One partition of which this node has a replica.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use ottla_coordinator::{TransactionEnd, TransactionalProducer};
use ottla_log::config::LogConfig;
use ottla_log::leader_epoch::EpochEntry;
use ottla_log::log::{
    AppendError, AppendInfo, FetchIsolation, LeaderAppendOptions, Log, StorageError, TimestampQuery,
};
use ottla_log::manager::{LogHandle, flush_log, lock};
use ottla_log::offsets::{OffsetAndEpoch, TimestampAndOffset};
use ottla_log::paths::TopicPartition;
use ottla_log::producer_state::{
    AppendOrigin, ProducerStateEntry, Verification, VerificationGuard, VerificationState,
};
use ottla_log::validate::{ValidatedBatch, ValidationOptions, ValidationScratch, validate};
use ottla_record::{LeaderEpoch, MarkerSettings, Offset, Timestamp};
use parking_lot::Mutex;

use super::assignment::Assignment;
use super::directory::Directory;
use super::error::{AppendFailure, DeleteFailure, PartitionError, ReadFailure};
use super::topic::TopicState;
use super::waiters::{Registration, Waiters, Wanted};

/// In place of a leader epoch: this node does not lead the partition.
const NOT_LEADING: i32 = -1;

/// A partition of which this node has a replica.
///
/// Its log is reached through one short lock. What requests look at before that is in atomics, which change under the
/// same lock.
#[derive(Debug)]
pub(crate) struct Partition {
    topic: Arc<TopicState>,
    index: i32,
    log: LogHandle,
    directory: Arc<Directory>,
    /// Epoch in which this node leads, or [`NOT_LEADING`].
    leader_epoch: AtomicI32,
    /// Where the log ended when the epoch began.
    epoch_start_offset: AtomicI64,
    replicas: AtomicU32,
    in_sync: AtomicU32,
    /// Whether it was taken away: its log is out of use.
    retired: AtomicBool,
    /// Follows the log's high watermark, so that waiting requests need not take the lock.
    high_watermark: AtomicI64,
    waiters: Waiters,
    /// Held by the one who syncs; those who come meanwhile find their records synced.
    flushing: Mutex<()>,
}

/// How to append as the leader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Append {
    /// Who appends: a client or a coordinator.
    pub(crate) origin: AppendOrigin,
    /// Whether all replicas in sync must have the batch, so that there must be enough of them.
    pub(crate) needs_all_replicas: bool,
    /// The epoch in which the appender believes this node to lead; any without it.
    pub(crate) leader_epoch: Option<LeaderEpoch>,
    /// What [`Partition::start_verification`] gave, once the coordinator has vouched for the transaction.
    pub(crate) verification: Option<VerificationGuard>,
    /// For a marker, the version of the transaction protocol that it is written for.
    pub(crate) transaction_version: Option<i16>,
    /// Now.
    pub(crate) now: Timestamp,
}

#[cfg(test)]
impl Append {
    /// An append of a client that waits for all replicas, or in its place of another.
    pub(crate) fn as_client(origin: AppendOrigin, now: Timestamp) -> Self {
        Self {
            origin,
            needs_all_replicas: true,
            leader_epoch: None,
            verification: None,
            transaction_version: None,
            now,
        }
    }
}

impl Partition {
    pub(super) fn new(
        topic: Arc<TopicState>,
        index: i32,
        log: LogHandle,
        directory: Arc<Directory>,
    ) -> Arc<Self> {
        let high_watermark = lock(&log).high_watermark();
        Arc::new(Self {
            topic,
            index,
            log,
            directory,
            leader_epoch: AtomicI32::new(NOT_LEADING),
            epoch_start_offset: AtomicI64::new(0),
            replicas: AtomicU32::new(0),
            in_sync: AtomicU32::new(0),
            retired: AtomicBool::new(false),
            high_watermark: AtomicI64::new(high_watermark.0),
            waiters: Waiters::default(),
            flushing: Mutex::new(()),
        })
    }

    /// Its topic.
    pub(crate) fn topic(&self) -> &Arc<TopicState> {
        &self.topic
    }

    /// Its number within the topic.
    pub(crate) fn index(&self) -> i32 {
        self.index
    }

    /// Its name, as the log directories know it.
    pub(super) fn name(&self) -> TopicPartition {
        TopicPartition { topic: self.topic.name.to_string(), partition: self.index }
    }

    /// Its log directory.
    pub(crate) fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Its log.
    pub(crate) fn log(&self) -> &LogHandle {
        &self.log
    }

    /// The requests that wait for it.
    pub(crate) fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    /// Offset below which every record is replicated.
    pub(crate) fn high_watermark(&self) -> Offset {
        Offset(self.high_watermark.load(Ordering::SeqCst))
    }

    /// Whether this node leads it, and can.
    pub(crate) fn is_leader(&self) -> bool {
        self.leader_epoch().is_some() && !self.retired.load(Ordering::Acquire) && self.directory.is_online()
    }

    /// The epoch in which this node leads; none if another does.
    pub(crate) fn leader_epoch(&self) -> Option<LeaderEpoch> {
        Some(LeaderEpoch(self.leader_epoch.load(Ordering::Acquire))).filter(|epoch| epoch.is_some())
    }

    /// Takes up what the metadata says of it.
    pub(super) fn assign(&self, assignment: &Assignment, node_id: i32) {
        let count = |replicas: &[i32]| u32::try_from(replicas.len()).unwrap_or(u32::MAX);
        let mut log = lock(&self.log);
        self.replicas.store(count(&assignment.replicas), Ordering::Release);
        self.in_sync.store(count(&assignment.isr), Ordering::Release);
        let former = self.leader_epoch.load(Ordering::Acquire);
        let leads = assignment.leader == node_id;
        let epoch = if leads { assignment.leader_epoch.0 } else { NOT_LEADING };
        if leads && former != epoch && log.poison().is_none() {
            let start_offset = log.log_end_offset();
            self.epoch_start_offset.store(start_offset.0, Ordering::Release);
            // A log that was led in this epoch before a restart goes on in it.
            if log.latest_epoch().is_none_or(|latest| latest < assignment.leader_epoch) {
                log.assign_epoch_start_offset(EpochEntry { epoch: assignment.leader_epoch, start_offset });
            }
        }
        self.leader_epoch.store(epoch, Ordering::Release);
        if leads {
            self.advance_high_watermark(&mut log);
        }
        drop(log);
        if former != epoch {
            self.waiters.wake_all();
        }
        self.waiters.advance(self.high_watermark(), 0);
    }

    /// Takes up a changed configuration.
    pub(super) fn configure(&self, config: &Arc<LogConfig>) {
        lock(&self.log).set_config(Arc::clone(config));
    }

    /// Ends its use on this node: it was deleted or has moved away.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.leader_epoch.store(NOT_LEADING, Ordering::Release);
        self.waiters.wake_all();
    }

    fn check_leader(&self) -> Result<LeaderEpoch, PartitionError> {
        if self.retired.load(Ordering::Acquire) {
            return Err(PartitionError::NotLeader);
        }
        if !self.directory.is_online() {
            return Err(PartitionError::Offline);
        }
        self.leader_epoch().ok_or(PartitionError::NotLeader)
    }

    /// Checks the epoch that a client knows, and that this node leads.
    pub(super) fn check_epoch(&self, known: Option<LeaderEpoch>) -> Result<LeaderEpoch, PartitionError> {
        let current = self.check_leader()?;
        match known {
            Some(known) if known < current => Err(PartitionError::FencedLeaderEpoch),
            Some(known) if known > current => Err(PartitionError::UnknownLeaderEpoch),
            _ => Ok(current),
        }
    }

    /// Replicas in sync, and how many must be: no more than there are at all.
    fn replicas_in_sync(&self) -> (u32, u32) {
        let replicas = self.replicas.load(Ordering::Acquire);
        let needed = self.topic.settings().min_insync_replicas.min(replicas);
        (self.in_sync.load(Ordering::Acquire), needed)
    }

    /// Whether enough replicas are in sync for records to be promised.
    pub(crate) fn has_enough_replicas(&self) -> bool {
        let (in_sync, needed) = self.replicas_in_sync();
        in_sync >= needed
    }

    /// Whether there are just as many in sync as there must be.
    pub(crate) fn has_just_enough_replicas(&self) -> bool {
        let (in_sync, needed) = self.replicas_in_sync();
        in_sync == needed
    }

    /// Whether some replica is not in sync.
    pub(crate) fn is_under_replicated(&self) -> bool {
        self.in_sync.load(Ordering::Acquire) < self.replicas.load(Ordering::Acquire)
    }

    /// Appends the one batch in `records`, which it changes: the batch gets its offsets and the leader's epoch.
    ///
    /// If the answer says that the log must be flushed, that is the caller's to do, by [`Partition::flush`] on a thread
    /// that may block, before it answers.
    pub(crate) fn append(
        &self,
        records: &mut [u8],
        append: &Append,
        scratch: &mut ValidationScratch,
    ) -> Result<AppendInfo, AppendFailure> {
        self.check_leader()?;
        if append.needs_all_replicas {
            let (in_sync, needed) = self.replicas_in_sync();
            if in_sync < needed {
                return Err(AppendFailure::NotEnoughReplicas { in_sync, needed });
            }
        }
        let settings = self.topic.settings();
        let options = ValidationOptions { origin: append.origin, now: append.now };
        let batch = validate(records, &settings.log, &options, scratch).map_err(AppendError::from)?;
        let appended = self.append_validated(batch, append);
        if let Err(AppendFailure::Log(AppendError::Storage(error))) = &appended {
            self.directory.report_failure(error);
        }
        let info = appended?;
        if !info.is_duplicate {
            self.waiters.advance(self.high_watermark(), info.bytes);
        }
        Ok(info)
    }

    fn append_validated(
        &self,
        batch: ValidatedBatch<'_>,
        append: &Append,
    ) -> Result<AppendInfo, AppendFailure> {
        let mut log = lock(&self.log);
        let leader_epoch = self.check_leader()?;
        if append.leader_epoch.is_some_and(|epoch| epoch != leader_epoch) {
            return Err(PartitionError::NotLeader.into());
        }
        let options = LeaderAppendOptions {
            leader_epoch,
            origin: append.origin,
            transaction_version: append.transaction_version,
            now: append.now,
        };
        let verification = match self.topic.settings().verifies_transactions {
            true => Verification::Needed(append.verification),
            false => Verification::NotNeeded,
        };
        let info = log.append_verified(batch, &options, verification)?;
        self.advance_high_watermark(&mut log);
        Ok(info)
    }

    /// Appends the marker that ends a transaction.
    pub(crate) fn append_marker(
        &self,
        end: &TransactionEnd,
        leader_epoch: Option<LeaderEpoch>,
        now: Timestamp,
        scratch: &mut ValidationScratch,
    ) -> Result<AppendInfo, AppendFailure> {
        let TransactionalProducer { id, epoch } = end.producer;
        if id.0 < 0 || epoch < 0 {
            return Err(AppendFailure::NoProducer);
        }
        let mut batch = end.marker.to_batch(&MarkerSettings {
            offset: Offset(0),
            timestamp: now,
            partition_leader_epoch: LeaderEpoch::NONE,
            producer_id: id,
            producer_epoch: epoch,
        });
        let append = Append {
            origin: AppendOrigin::Coordinator,
            needs_all_replicas: true,
            leader_epoch,
            verification: None,
            transaction_version: Some(end.transaction_version),
            now,
        };
        self.append(&mut batch, &append, scratch)
    }

    /// Notes that a producer's coordinator is asked about its transaction, before the first batch of that; nothing is to
    /// be asked if the transaction is known here to be open.
    pub(crate) fn start_verification(
        &self,
        producer: TransactionalProducer,
        base_sequence: i32,
        supports_epoch_bump: bool,
        now: Timestamp,
    ) -> Result<Option<VerificationGuard>, AppendFailure> {
        let mut log = lock(&self.log);
        self.check_leader()?;
        let question = VerificationState {
            created: now,
            lowest_sequence: base_sequence,
            producer_epoch: producer.epoch,
            supports_epoch_bump,
        };
        Ok(log.start_verification(producer.id, question).map_err(AppendError::from)?)
    }

    /// Whether batches of transactions need their coordinator's word (`transaction.partition.verification.enable`).
    pub(crate) fn verifies_transactions(&self) -> bool {
        self.topic.settings().verifies_transactions
    }

    /// Lets the high watermark follow the end of the log where no other replica has a say.
    fn advance_high_watermark(&self, log: &mut Log) {
        let (in_sync, needed) = self.replicas_in_sync();
        if in_sync <= 1 && needed <= 1 {
            let end = log.log_end_offset_metadata();
            log.maybe_increment_high_watermark(end);
        }
        self.high_watermark.store(log.high_watermark().0, Ordering::SeqCst);
    }

    /// Brings the log to stable storage. Several callers at once cost one sync.
    ///
    /// Blocks for as long as the disk takes.
    pub(crate) fn flush(&self, up_to: Offset, now: Timestamp) -> Result<(), StorageError> {
        let _one_at_a_time = self.flushing.lock();
        if lock(&self.log).recovery_point() >= up_to {
            return Ok(());
        }
        flush_log(&self.log, now).inspect_err(|error| self.directory.report_failure(error))
    }

    /// First offset that may be read.
    pub(crate) fn log_start_offset(&self) -> Offset {
        lock(&self.log).log_start_offset()
    }

    /// The offset that a query by time stands for, bounded by what the asker may see. `isolation` is none for those who
    /// are no consumers.
    pub(crate) fn offset_for_timestamp(
        &self,
        query: TimestampQuery,
        isolation: Option<FetchIsolation>,
        current_leader_epoch: Option<LeaderEpoch>,
    ) -> Result<TimestampAnswer, ReadFailure> {
        let leader_epoch = self.check_epoch(current_leader_epoch)?;
        let mut log = lock(&self.log);
        let last_fetchable = match isolation {
            Some(FetchIsolation::TransactionCommitted) => log.last_stable_offset(),
            Some(FetchIsolation::HighWatermark) => log.high_watermark(),
            Some(FetchIsolation::LogEnd) | None => log.log_end_offset(),
        };
        let is_lagging =
            isolation.is_some() && self.epoch_start_offset.load(Ordering::Acquire) > log.high_watermark().0;
        let answer = match query {
            TimestampQuery::Latest if is_lagging => TimestampAnswer::NotAvailable,
            TimestampQuery::Latest => TimestampAnswer::Found(TimestampAndOffset {
                timestamp: Timestamp::NONE,
                offset: last_fetchable,
                leader_epoch: Some(leader_epoch),
            }),
            TimestampQuery::Earliest | TimestampQuery::EarliestLocal => {
                log.offset_for_timestamp(query)?.map_or(TimestampAnswer::Nothing, TimestampAnswer::Found)
            }
            _ => match log.offset_for_timestamp(query)? {
                Some(found) if found.offset < last_fetchable => TimestampAnswer::Found(found),
                _ if is_lagging => TimestampAnswer::NotAvailable,
                _ => TimestampAnswer::Nothing,
            },
        };
        Ok(answer)
    }

    /// Where an epoch, or the largest smaller one known, ends.
    pub(crate) fn end_offset_for_epoch(
        &self,
        epoch: LeaderEpoch,
        current_leader_epoch: Option<LeaderEpoch>,
    ) -> Result<Option<OffsetAndEpoch>, PartitionError> {
        self.check_epoch(current_leader_epoch)?;
        Ok(lock(&self.log).end_offset_for_epoch(epoch))
    }

    /// Deletes the records below an offset, or below the high watermark for -1. The log's first offset afterwards.
    pub(crate) fn delete_records_below(&self, offset: i64) -> Result<Offset, DeleteFailure> {
        const HIGH_WATERMARK: i64 = -1;
        self.check_leader()?;
        let policy = self.topic.settings().log.cleanup_policy;
        if policy.compact && !policy.delete {
            return Err(DeleteFailure::Policy);
        }
        let mut log = lock(&self.log);
        let offset = if offset == HIGH_WATERMARK { log.high_watermark().0 } else { offset };
        if offset < 0 {
            return Err(DeleteFailure::InvalidOffset(offset));
        }
        log.maybe_increment_log_start_offset(Offset(offset))?;
        Ok(log.log_start_offset())
    }

    /// What the partition knows of its producers.
    pub(crate) fn producers(&self) -> Result<Vec<ProducerStateEntry>, PartitionError> {
        self.check_leader()?;
        Ok(lock(&self.log).active_producers().cloned().collect())
    }

    /// Waits until the high watermark has reached an offset; whether it did in time, while this node led.
    pub(crate) async fn wait_for_high_watermark(self: &Arc<Self>, offset: Offset, timeout: Duration) -> bool {
        let reached = async {
            loop {
                let seen = self.high_watermark();
                if seen >= offset || !self.is_leader() {
                    return seen >= offset;
                }
                let mut registration = Registration::for_high_watermarks(1);
                registration.add(self, Wanted::HighWatermark(offset), seen);
                registration.done().await;
            }
        };
        tokio::time::timeout(timeout, reached).await.unwrap_or(false)
    }
}

/// What a query by time comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimestampAnswer {
    /// An offset.
    Found(TimestampAndOffset),
    /// No record answers it.
    Nothing,
    /// A new leader does not know yet.
    NotAvailable,
}
