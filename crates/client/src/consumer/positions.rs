//! Finding out where to read: committed offsets, resets, and the word of new leaders.

use ottla_wire::ErrorCode;
use tokio::time::Instant;

use super::error::ConsumerError;
use super::events::{Event, leader_of, wall_clock};
use super::offset_reset::OffsetReset;
use super::position::{PartitionPhase, Position};
use super::requests::{self, OffsetAndTimestamp, Offsets, PartitionResult};
use super::subscription::Validation;
use super::{Consumer, TopicPartition};
use crate::error::ClientError;

impl Consumer {
    /// Lets the client know which topics matter now.
    pub(super) fn want_metadata(&mut self) {
        if self.subscription.has_pattern() {
            self.client.metadata().want_all();
        } else {
            self.client.metadata().want_only(self.subscription.needed_topics());
        }
    }

    /// Finds out where partitions begin, and whether they may go on where they are.
    pub(super) fn update_positions(&mut self, now: Instant) -> Result<(), ConsumerError> {
        self.take_note_of_assignment();
        self.take_note_of_cluster();
        self.fetch_missing_offsets(now)?;
        self.reset_positions(now);
        self.validate_positions(now);
        Ok(())
    }

    fn take_note_of_assignment(&mut self) {
        let version = self.subscription.version();
        if version != self.assignment_version {
            self.assignment_version = version;
            self.fetcher.retain(&self.subscription);
            self.want_metadata();
            // New partitions have yet to learn their leaders.
            self.cluster_version = 0;
        }
    }

    pub(super) fn take_note_of_cluster(&mut self) {
        let cluster = self.client.metadata().cluster();
        if cluster.version == self.cluster_version {
            return;
        }
        self.cluster_version = cluster.version;
        self.subscription.update_leaders(|partition| leader_of(&cluster, partition));
        if self.subscription.has_pattern() {
            let exclude_internal = self.config.exclude_internal_topics;
            let visible = cluster.topics().filter(|topic| !(exclude_internal && topic.is_internal));
            self.subscription.match_topics(visible.map(|topic| &topic.name));
        }
        if let Some(group) = &self.group
            && group
                .assigned_by
                .as_ref()
                .is_some_and(|before| *before != group.snapshot(&self.subscription, &cluster))
        {
            group.request_rejoin("cached metadata has changed");
        }
    }

    fn fetch_missing_offsets(&mut self, now: Instant) -> Result<(), ConsumerError> {
        let missing = self.subscription.due(now, |phase| *phase == PartitionPhase::Initializing);
        if missing.is_empty() {
            return Ok(());
        }
        let Some(group) = &self.group else { return self.subscription.reset_uncommitted(&missing) };
        let (client, id) = (self.client.clone(), group.id.clone());
        let deadline = client.deadline();
        self.subscription.retry_later(&missing, deadline + self.config.client.retry_backoff);
        self.tasks.spawn(async move {
            // Topics go by their ids from some version on, so that these should be known first.
            let result = match client.metadata().known(deadline).await {
                Ok(_) => requests::fetch_committed(&client, &id, &missing, deadline).await,
                Err(error) => Err(error),
            };
            Event::CommittedFetched { asked: missing, result }
        });
        Ok(())
    }

    pub(super) fn handle_committed_fetched(
        &mut self,
        asked: &[TopicPartition],
        result: Result<Offsets, ClientError>,
    ) -> Result<(), ConsumerError> {
        let committed = match result {
            Ok(committed) => committed,
            Err(error) => {
                self.subscription.retry_later(asked, Instant::now() + self.config.client.retry_backoff);
                return if error.is_retriable() { Ok(()) } else { Err(error.into()) };
            }
        };
        let cluster = self.client.metadata().cluster();
        let mut uncommitted = Vec::new();
        for partition in asked {
            let Some(state) = self.subscription.state_mut(partition) else { continue };
            match committed.get(partition) {
                None => uncommitted.push(partition.clone()),
                Some(found) if state.phase == PartitionPhase::Initializing => {
                    let leader = leader_of(&cluster, partition).unwrap_or_default();
                    tracing::info!(%partition, offset = found.offset.0, "beginning at the committed offset");
                    let (offset, offset_epoch) = (found.offset, found.leader_epoch);
                    state.seek_unvalidated(Position { offset, offset_epoch, leader });
                }
                Some(_) => {}
            }
        }
        self.subscription.reset_uncommitted(&uncommitted)
    }

    fn reset_positions(&mut self, now: Instant) {
        let due = self.subscription.due(now, |phase| matches!(phase, PartitionPhase::AwaitingReset(_)));
        if due.is_empty() {
            return;
        }
        let clock = wall_clock();
        let mut asked = Vec::with_capacity(due.len());
        let mut times = Vec::with_capacity(due.len());
        for partition in &due {
            let Some(PartitionPhase::AwaitingReset(to)) =
                self.subscription.state(partition).map(|state| state.phase)
            else {
                continue;
            };
            let Some(time) = to.timestamp(clock) else { continue };
            asked.push((partition.clone(), to));
            times.push((partition.clone(), time));
        }
        let deadline = now + self.config.client.request_timeout;
        self.subscription.retry_later(&due, deadline + self.config.client.retry_backoff);
        let (client, read_committed) = (self.client.clone(), self.fetcher.is_read_committed());
        self.tasks.spawn(async move {
            let results = match client.metadata().known(deadline).await {
                Ok(_) => requests::list_offsets(&client, &times, read_committed, deadline).await,
                Err(error) => {
                    times.into_iter().map(|(partition, _)| (partition, Err(error.clone()))).collect()
                }
            };
            Event::Listed { asked, results }
        });
    }

    pub(super) fn handle_listed(
        &mut self,
        asked: &[(TopicPartition, OffsetReset)],
        results: Vec<PartitionResult<Option<OffsetAndTimestamp>>>,
    ) -> Result<(), ConsumerError> {
        let cluster = self.client.metadata().cluster();
        let mut failed = None;
        for (partition, result) in results {
            let Some((_, to)) = asked.iter().find(|(other, _)| *other == partition) else { continue };
            match result {
                Ok(Some(found)) => {
                    let leader = leader_of(&cluster, &partition).unwrap_or_default();
                    tracing::info!(%partition, offset = found.offset.0, "resetting the offset");
                    let position =
                        Position { offset: found.offset, offset_epoch: found.leader_epoch, leader };
                    self.subscription.complete_reset(&partition, *to, position);
                }
                // Nothing is as young as that yet: go on at the end.
                Ok(None) => {
                    if let Some(state) = self.subscription.state_mut(&partition)
                        && state.phase == PartitionPhase::AwaitingReset(*to)
                    {
                        state.reset(OffsetReset::Latest);
                    }
                }
                Err(error) => failed = self.position_failed(partition, error).or(failed),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Tries again a little later, unless that is of no use.
    fn position_failed(&mut self, partition: TopicPartition, error: ClientError) -> Option<ConsumerError> {
        tracing::debug!(%partition, %error, "could not find out where to go on");
        self.client.metadata().request_update();
        let retry_at = Instant::now() + self.config.client.retry_backoff;
        self.subscription.retry_later(&[partition], retry_at);
        let passes = error.is_retriable() || error.code() == ErrorCode::UnknownServerError;
        (!passes).then(|| error.into())
    }

    fn validate_positions(&mut self, now: Instant) {
        let due = self.subscription.due(now, |phase| matches!(phase, PartitionPhase::AwaitingValidation(_)));
        if due.is_empty() {
            return;
        }
        let position = |partition: &TopicPartition| self.subscription.state(partition)?.position();
        let asked: Vec<_> =
            due.iter().filter_map(|partition| Some((partition.clone(), position(partition)?))).collect();
        let deadline = now + self.config.client.request_timeout;
        self.subscription.retry_later(&due, deadline + self.config.client.retry_backoff);
        let client = self.client.clone();
        self.tasks.spawn(async move {
            let results = requests::epoch_ends(&client, &asked, deadline).await;
            Event::Ended { asked, results }
        });
    }

    pub(super) fn handle_ended(
        &mut self,
        asked: &[(TopicPartition, Position)],
        results: Vec<PartitionResult<Option<Position>>>,
    ) -> Result<(), ConsumerError> {
        let mut failed = None;
        for (partition, result) in results {
            let Some((_, position)) = asked.iter().find(|(other, _)| *other == partition) else { continue };
            let end = match result {
                Ok(end) => end,
                Err(error) => {
                    failed = self.position_failed(partition, error).or(failed);
                    continue;
                }
            };
            let validation = self.subscription.complete_validation(&partition, *position, end);
            let now_at = self.subscription.state(&partition).and_then(|state| state.position());
            if now_at.map(|now_at| now_at.offset) != Some(position.offset) {
                tracing::warn!(%partition, offset = position.offset.0, "the log was truncated below the position");
                self.fetcher.forget(&partition);
            }
            if let Validation::Truncated { position, diverging } = validation {
                let diverging = diverging.map(|end| (end.offset, end.offset_epoch));
                self.subscription.retry_later(
                    std::slice::from_ref(&partition),
                    Instant::now() + self.config.client.retry_backoff,
                );
                failed = Some(ConsumerError::Truncated { partition, offset: position.offset, diverging });
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
