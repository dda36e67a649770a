//! Writing the markers that end transactions, to partitions that this node leads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ottla_coordinator::TransactionEnd;
use ottla_group::Response;
use ottla_io::Clock;
use ottla_log::log::AppendError;
use ottla_log::validate::ValidationScratch;
use ottla_record::Timestamp;
use ottla_wire::ErrorCode;

use crate::coordinator::CONSUMER_OFFSETS;
use crate::coordinator::group::GroupCoordinators;
use crate::partitions::{AppendFailure, Partition, Partitions};

/// Writes markers to partitions that this node leads.
pub(crate) struct MarkerWriter {
    partitions: Arc<Partitions>,
    groups: Arc<GroupCoordinators>,
    clock: Arc<dyn Clock>,
    /// How long replicas may take.
    timeout: Duration,
}

impl fmt::Debug for MarkerWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MarkerWriter").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl MarkerWriter {
    pub(crate) fn new(
        partitions: Arc<Partitions>,
        groups: Arc<GroupCoordinators>,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Self {
        Self { partitions, groups, clock, timeout }
    }

    /// Writes the marker to a partition, and waits until it is safe. Where offsets of groups are kept, their coordinator
    /// writes it, so that it knows which offsets count from then on.
    pub(crate) async fn write(&self, end: TransactionEnd, topic: &str, index: i32) -> ErrorCode {
        let Ok(partition) = self.partitions.partition(topic, index) else {
            return ErrorCode::UnknownTopicOrPartition;
        };
        if topic == CONSUMER_OFFSETS {
            return self.write_as_group_coordinator(end, index).await;
        }
        match self.append(&partition, &end).await {
            Ok(()) => ErrorCode::None,
            Err(error) => error,
        }
    }

    async fn write_as_group_coordinator(&self, end: TransactionEnd, index: i32) -> ErrorCode {
        let ended = self
            .groups
            .call_partition(index, move |groups, _, token| groups.handle_transaction_end(end, token));
        let error = match ended.await {
            Ok(Response::EndTransaction(error)) => error,
            Ok(_) => ErrorCode::UnknownServerError,
            Err(error) => error,
        };
        match error {
            // Coordinators of transactions know these of leaders only.
            ErrorCode::CoordinatorNotAvailable
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::NotCoordinator => ErrorCode::NotLeaderOrFollower,
            other => other,
        }
    }

    async fn append(&self, partition: &Arc<Partition>, end: &TransactionEnd) -> Result<(), ErrorCode> {
        let now = Timestamp(self.clock.now_ms());
        let info = partition
            .append_marker(end, None, now, &mut ValidationScratch::new())
            .map_err(|failure| failure.code())?;
        let end_offset = info.last_offset + 1;
        if info.must_flush {
            let partition = Arc::clone(partition);
            let flushed = tokio::task::spawn_blocking(move || partition.flush(end_offset, now)).await;
            let flushed = flushed.map_err(|_| ErrorCode::KafkaStorageError)?;
            flushed.map_err(|error| AppendFailure::from(AppendError::from(error)).code())?;
        }
        match partition.wait_for_high_watermark(end_offset, self.timeout).await {
            true if partition.has_enough_replicas() => Ok(()),
            true => Err(ErrorCode::NotEnoughReplicasAfterAppend),
            false if partition.is_leader() => Err(ErrorCode::RequestTimedOut),
            false => Err(ErrorCode::NotLeaderOrFollower),
        }
    }
}
