//! What a user asks about offsets: positions, commits, committed ones, those at a time.

use std::collections::BTreeMap;

use ottla_record::Offset;
use ottla_wire::KafkaString;
use ottla_wire::api::ApiKey;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{Duration, Instant};

use super::error::ConsumerError;
use super::events;
use super::group::Commit;
use super::handle::CommitCallback;
use super::offset_reset::OffsetReset;
use super::position::Position;
use super::requests::{self, OffsetAndTimestamp, Offsets};
use super::{Consumer, TopicPartition};
use crate::error::ClientError;
use crate::offset_and_metadata::OffsetAndMetadata;

/// Each commit ends by its own deadline; this only bounds one wait for news of it.
const COMMIT_WAIT: Duration = Duration::from_secs(3600);

impl Consumer {
    /// The next offset that will be read of a partition; waits until that is known.
    ///
    /// # Errors
    ///
    /// The partition is not assigned, there is no offset to begin at, or none was known in
    /// `default.api.timeout.ms`.
    pub async fn position(&mut self, partition: &TopicPartition) -> Result<Offset, ConsumerError> {
        self.check_open()?;
        let deadline = self.client.deadline();
        loop {
            if let Some(position) = self.subscription.assigned_mut(partition)?.position() {
                return Ok(position.offset);
            }
            self.update_positions(Instant::now())?;
            self.wait_outside_poll(deadline).await?;
        }
    }

    /// Commits what the polls so far returned.
    ///
    /// # Errors
    ///
    /// As for [`commit_offsets`](Self::commit_offsets).
    pub async fn commit_sync(&mut self) -> Result<(), ConsumerError> {
        let offsets = self.consumed();
        self.commit_offsets(offsets).await
    }

    /// Commits offsets: the next ones to read. Tries again until it is done or `default.api.timeout.ms` is over.
    /// Commits made before are done before.
    ///
    /// # Errors
    ///
    /// The consumer has no group, is no longer a member of it, or the coordinator refused.
    pub async fn commit_offsets(&mut self, offsets: Offsets) -> Result<(), ConsumerError> {
        self.check_group()?;
        let (done, told) = oneshot::channel();
        let tell = move |result: Result<&Offsets, &ConsumerError>| {
            // Whoever asked may have gone.
            let _ = done.send(result.map(drop).map_err(Clone::clone));
        };
        self.enqueue_commit(offsets, Some(Box::new(tell)));
        let mut told = told;
        loop {
            match told.try_recv() {
                Ok(result) => return result,
                Err(TryRecvError::Closed) => return Err(ConsumerError::Closed),
                Err(TryRecvError::Empty) => {}
            }
            self.wait_outside_poll(Instant::now() + COMMIT_WAIT).await?;
        }
    }

    /// Commits what the polls so far returned, without waiting for it.
    ///
    /// # Errors
    ///
    /// The consumer has no group.
    pub fn commit_async(&mut self, callback: Option<CommitCallback>) -> Result<(), ConsumerError> {
        let offsets = self.consumed();
        self.commit_offsets_async(offsets, callback)
    }

    /// Commits offsets without waiting for it. The callback runs within a later call of this consumer.
    ///
    /// # Errors
    ///
    /// The consumer has no group.
    pub fn commit_offsets_async(
        &mut self,
        offsets: Offsets,
        callback: Option<CommitCallback>,
    ) -> Result<(), ConsumerError> {
        self.check_group()?;
        self.enqueue_commit(offsets, callback);
        Ok(())
    }

    fn enqueue_commit(&mut self, offsets: Offsets, callback: Option<CommitCallback>) {
        if let Some(group) = &mut self.group {
            group.commits.push_back(Commit { offsets, callback, before_rebalance: false });
        }
        self.send_commit();
    }

    pub(super) fn consumed(&self) -> Offsets {
        let committed = |(partition, position): (TopicPartition, Position)| {
            let (offset, leader_epoch) = (position.offset, position.offset_epoch);
            (partition, OffsetAndMetadata { offset, leader_epoch, metadata: KafkaString::EMPTY })
        };
        self.subscription.consumed().into_iter().map(committed).collect()
    }

    /// The group's committed offsets of these partitions; those without one are left out.
    ///
    /// # Errors
    ///
    /// The consumer has no group, or no coordinator answered in `default.api.timeout.ms`.
    pub async fn committed(&self, partitions: &[TopicPartition]) -> Result<Offsets, ConsumerError> {
        let group = self.check_group()?;
        let fetched =
            requests::fetch_committed(&self.client, &group.id, partitions, self.client.deadline()).await?;
        Ok(fetched)
    }

    /// The first offset that is still there, of each of these partitions.
    ///
    /// # Errors
    ///
    /// A leader did not tell it in `default.api.timeout.ms`.
    pub async fn beginning_offsets(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Offset>, ConsumerError> {
        self.edge_offsets(partitions, OffsetReset::Earliest).await
    }

    /// The offset behind the last record that may be read, of each of these partitions.
    ///
    /// # Errors
    ///
    /// A leader did not tell it in `default.api.timeout.ms`.
    pub async fn end_offsets(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Offset>, ConsumerError> {
        self.edge_offsets(partitions, OffsetReset::Latest).await
    }

    async fn edge_offsets(
        &self,
        partitions: &[TopicPartition],
        edge: OffsetReset,
    ) -> Result<BTreeMap<TopicPartition, Offset>, ConsumerError> {
        let timestamp = edge.timestamp(events::wall_clock()).unwrap_or_default();
        let times = partitions.iter().map(|partition| (partition.clone(), timestamp)).collect();
        let found = self.list_offsets(times).await?;
        Ok(found.into_iter().filter_map(|(partition, found)| Some((partition, found?.offset))).collect())
    }

    /// The first record at or after a time (in milliseconds since the epoch), of each of these partitions;
    /// `None` where there is none.
    ///
    /// # Errors
    ///
    /// A time is negative, or a leader did not tell it in `default.api.timeout.ms`.
    pub async fn offsets_for_times(
        &self,
        times: BTreeMap<TopicPartition, i64>,
    ) -> Result<BTreeMap<TopicPartition, Option<OffsetAndTimestamp>>, ConsumerError> {
        if let Some((partition, time)) = times.iter().find(|(_, time)| **time < 0) {
            let error =
                format!("the target time for partition {partition} is {time}, it must not be negative");
            return Err(ClientError::Invalid(error).into());
        }
        self.list_offsets(times).await
    }

    /// Asks until every leader has answered.
    async fn list_offsets(
        &self,
        mut left: BTreeMap<TopicPartition, i64>,
    ) -> Result<BTreeMap<TopicPartition, Option<OffsetAndTimestamp>>, ConsumerError> {
        self.check_open()?;
        let start = Instant::now();
        let deadline = self.client.deadline();
        let metadata = self.client.metadata();
        let mut found = BTreeMap::new();
        for partition in left.keys() {
            metadata.topic(&partition.topic, deadline).await?;
        }
        loop {
            let asked: Vec<_> = left.iter().map(|(partition, time)| (partition.clone(), *time)).collect();
            let mut last = None;
            let read_committed = self.fetcher.is_read_committed();
            for (partition, result) in
                requests::list_offsets(&self.client, &asked, read_committed, deadline).await
            {
                match result {
                    Ok(offset) => {
                        left.remove(&partition);
                        found.insert(partition, offset);
                    }
                    Err(error) if error.is_retriable() => last = Some(Box::new(error)),
                    Err(error) => return Err(error.into()),
                }
            }
            if left.is_empty() {
                return Ok(found);
            }
            let pause = Instant::now() + self.config.client.retry_backoff;
            if pause >= deadline {
                let api = Some(ApiKey::ListOffsets);
                return Err(ClientError::TimedOut { api, after: deadline - start, last }.into());
            }
            tokio::time::sleep_until(pause).await;
            metadata.refresh(deadline).await?;
        }
    }
}
