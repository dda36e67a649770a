//! What happens to a consumer while it waits, and what it does next.
//!
//! Requests run as tasks of their own and come back as [`Event`]s, which only calls of the consumer take in: so
//! that nothing changes behind the user's back.

use std::time::SystemTime;

use ottla_record::Timestamp;
use ottla_wire::ErrorCode;
use ottla_wire::api::join_group::JoinGroupResponse;
use ottla_wire::api::sync_group::SyncGroupResponse;
use tokio::time::{Duration, Instant, sleep_until};

use super::consumer::CommitCallback;
use super::error::ConsumerError;
use super::fetch::{FetchAnswer, FetchCall};
use super::group::{Commit, Rebalance};
use super::membership::{Generation, MemberState};
use super::offset_reset::OffsetReset;
use super::position::{Leader, PartitionPhase, Position};
use super::records::ConsumerRecords;
use super::requests::{self, OffsetAndTimestamp, Offsets, PartitionResult};
use super::subscription::Validation;
use super::{Consumer, TopicPartition};
use crate::client::{Client, Target};
use crate::error::ClientError;
use crate::metadata::Cluster;

/// Something that came to its end.
pub(super) enum Event {
    Fetched(FetchAnswer),
    Joined {
        sent: Generation,
        result: Result<JoinGroupResponse, ClientError>,
    },
    /// A leader's metadata is fresh, or cannot be had.
    LeaderReady(Result<(), ClientError>),
    Synced {
        sent: Generation,
        result: Result<SyncGroupResponse, ClientError>,
    },
    Committed {
        commit: Commit,
        result: Result<Vec<(TopicPartition, ErrorCode)>, ClientError>,
    },
    CommittedFetched {
        asked: Vec<TopicPartition>,
        result: Result<Offsets, ClientError>,
    },
    Listed {
        asked: Vec<(TopicPartition, OffsetReset)>,
        results: Vec<PartitionResult<Option<OffsetAndTimestamp>>>,
    },
    Ended {
        asked: Vec<(TopicPartition, Position)>,
        results: Vec<PartitionResult<Option<Position>>>,
    },
}

impl Event {
    /// Whether it may lead to calls of the user's listener, which belong into a poll.
    fn belongs_into_poll(&self) -> bool {
        matches!(self, Self::Joined { .. } | Self::LeaderReady(_) | Self::Synced { .. })
    }
}

/// The time of day, for what brokers compare with the times of records.
pub(super) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Who leads a partition, as far as the cluster is known.
pub(super) fn leader_of(cluster: &Cluster, partition: &TopicPartition) -> Option<Leader> {
    let known = cluster.partition(&partition.topic, partition.partition)?;
    let id = known.leader.filter(|id| cluster.brokers.contains_key(id));
    Some(Leader { id, epoch: Some(known.leader_epoch).filter(|epoch| epoch.is_some()) })
}

impl Consumer {
    /// Waits at most `timeout` for records and returns those that are there, at most `max.poll.records`. Also
    /// does whatever is due: joins the group, finds out where to begin, commits.
    ///
    /// # Errors
    ///
    /// The consumer reads nothing, was woken up, or something went wrong that does not go away by itself. The
    /// next poll goes on from there.
    pub async fn poll(&mut self, timeout: Duration) -> Result<ConsumerRecords, ConsumerError> {
        self.check_open()?;
        if self.subscription.is_empty() {
            return Err(ConsumerError::NothingSubscribed);
        }
        // Lets connections and heartbeats go on, also under a user who never waits.
        tokio::task::yield_now().await;
        let deadline = Instant::now() + timeout;
        loop {
            self.check_woken()?;
            let now = Instant::now();
            if let Some(group) = self.group.as_ref().filter(|_| self.subscription.is_by_group()) {
                group.membership.with(|membership| membership.polled(now))?;
            }
            while let Some(event) = self.deferred.pop_front().or_else(|| self.ready_event()) {
                self.handle(event).await?;
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.advance_group(now).await?;
            self.update_positions(now)?;
            let records = self.fetcher.collect(self.config.max_poll_records, &mut self.subscription)?;
            self.send_fetches(now);
            if !records.is_empty() || now >= deadline {
                return Ok(records);
            }
            let until = self.next_timer(now).map_or(deadline, |timer| timer.min(deadline));
            if let Some(event) = self.wait(until).await {
                self.handle(event).await?;
            }
        }
    }

    fn ready_event(&mut self) -> Option<Event> {
        self.tasks.try_join_next().map(joined)
    }

    /// Waits for something to happen, not beyond `until`.
    async fn wait(&mut self, until: Instant) -> Option<Event> {
        let version = self.cluster_version;
        let news = self.group.as_ref().map(|group| std::sync::Arc::clone(&group.membership));
        let news = async {
            match &news {
                Some(membership) => membership.news.notified().await,
                None => std::future::pending().await,
            }
        };
        let client = self.client.clone();
        let wake = self.waker();
        tokio::select! {
            Some(event) = self.tasks.join_next() => Some(joined(event)),
            () = wake.woken() => None,
            () = news => None,
            _ = client.metadata().changed(version) => None,
            () = sleep_until(until) => None,
        }
    }

    fn next_timer(&self, now: Instant) -> Option<Instant> {
        let group = self.group.as_ref().filter(|_| self.subscription.is_by_group());
        let rebalance = group.and_then(|group| match group.rebalance {
            Rebalance::Waiting(at) => Some(at),
            Rebalance::Committing { until } => Some(until),
            _ => None,
        });
        let auto_commit =
            self.group.as_ref().and_then(|group| group.auto_commit.as_ref()).map(|auto| auto.next);
        let timers = [rebalance, auto_commit, self.subscription.next_retry(now), self.fetcher.next_retry()];
        timers.into_iter().flatten().filter(|timer| *timer > now).min()
    }

    /// Waits for something while the user waits for something else than a poll.
    pub(super) async fn wait_outside_poll(&mut self, deadline: Instant) -> Result<(), ConsumerError> {
        self.check_woken()?;
        let start = Instant::now();
        if start >= deadline {
            return Err(ClientError::TimedOut { api: None, after: Duration::ZERO, last: None }.into());
        }
        self.take_note_of_cluster();
        let until = self.subscription.next_retry(start).map_or(deadline, |timer| timer.min(deadline));
        match self.wait(until).await {
            Some(event) if event.belongs_into_poll() => self.deferred.push_back(event),
            Some(event) => self.handle(event).await?,
            None => {}
        }
        Ok(())
    }

    async fn handle(&mut self, event: Event) -> Result<(), ConsumerError> {
        match event {
            Event::Fetched(answer) => self.handle_fetched(answer),
            Event::Joined { sent, result } => self.handle_joined(&sent, result),
            Event::LeaderReady(result) => self.handle_leader_ready(result),
            Event::Synced { sent, result } => Box::pin(self.handle_synced(sent, result)).await,
            Event::Committed { commit, result } => {
                self.handle_committed(commit, result);
                Ok(())
            }
            Event::CommittedFetched { asked, result } => self.handle_committed_fetched(&asked, result),
            Event::Listed { asked, results } => self.handle_listed(&asked, results),
            Event::Ended { asked, results } => self.handle_ended(&asked, results),
        }
    }

    // Fetching

    fn send_fetches(&mut self, now: Instant) {
        let cluster = self.client.metadata().cluster();
        for call in self.fetcher.calls(now, &self.subscription, &cluster) {
            self.tasks.spawn(fetch(self.client.clone(), call));
        }
    }

    fn handle_fetched(&mut self, answer: FetchAnswer) -> Result<(), ConsumerError> {
        let now = Instant::now();
        let retry_at = now + self.config.client.retry_backoff;
        let (news, result) = self.fetcher.handle(now, retry_at, answer, &mut self.subscription);
        let metadata = self.client.metadata();
        if !news.leaders.is_empty() {
            metadata.update_leaders(&news.leaders, &news.brokers);
        }
        if news.is_stale {
            metadata.request_update();
        }
        result
    }

    // Positions

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

    fn take_note_of_cluster(&mut self) {
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

    fn handle_committed_fetched(
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

    fn handle_listed(
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

    fn handle_ended(
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
                self.subscription
                    .retry_later(&[partition.clone()], Instant::now() + self.config.client.retry_backoff);
                failed = Some(ConsumerError::Truncated { partition, offset: position.offset, diverging });
            }
        }
        failed.map_or(Ok(()), Err)
    }

    // Commits

    /// Whether the coordinator would take a commit of this consumer.
    pub(super) fn may_commit(&self) -> bool {
        let Some(group) = &self.group else { return false };
        !self.subscription.is_by_group()
            || group.membership.look(|membership| {
                membership.state() == MemberState::Stable && !membership.generation().is_none()
            })
    }

    /// Sends the commit whose turn it is. Commits go one after the other, so that the last one made counts.
    pub(super) fn send_commit(&mut self) {
        let by_group = self.subscription.is_by_group();
        let may_commit = self.may_commit();
        let Some(group) = &mut self.group else { return };
        while !group.commit_in_flight {
            let Some(commit) = group.commits.pop_front() else { return };
            let (state, generation) =
                group.membership.look(|membership| (membership.state(), membership.generation().clone()));
            if commit.offsets.is_empty() {
                finish_commit(commit.callback, &commit.offsets, Ok(()));
                continue;
            }
            if !may_commit {
                let error = match state {
                    MemberState::Preparing | MemberState::Completing => ConsumerError::RebalanceInProgress,
                    MemberState::Unjoined | MemberState::Stable => ConsumerError::CommitFailed,
                };
                finish_commit(commit.callback, &commit.offsets, Err(error));
                continue;
            }
            group.commit_in_flight = true;
            let none = Generation { id: -1, member_id: Default::default(), protocol: None };
            let (generation, instance_id) =
                if by_group { (generation, group.instance_id.clone()) } else { (none, None) };
            let (client, id) = (self.client.clone(), group.id.clone());
            self.tasks.spawn(async move {
                let deadline = client.deadline();
                let result = requests::commit(
                    &client,
                    &id,
                    &generation,
                    instance_id.as_ref(),
                    &commit.offsets,
                    deadline,
                )
                .await;
                Event::Committed { commit, result }
            });
        }
    }

    fn handle_committed(
        &mut self,
        commit: Commit,
        result: Result<Vec<(TopicPartition, ErrorCode)>, ClientError>,
    ) {
        let by_group = self.subscription.is_by_group();
        let Some(group) = &mut self.group else { return };
        group.commit_in_flight = false;
        let result = match result {
            Err(error) => Err(ConsumerError::from(error)),
            Ok(partitions) => match partitions.iter().find(|(_, code)| *code != ErrorCode::None) {
                None => Ok(()),
                Some((partition, code)) => {
                    tracing::debug!(%partition, code = code.name(), "offset commit failed");
                    Err(group.commit_error(*code, by_group))
                }
            },
        };
        if commit.before_rebalance && matches!(group.rebalance, Rebalance::Committing { .. }) {
            if let Err(error) = &result {
                tracing::warn!(%error, "offset commit before a rebalance failed");
            }
            group.rebalance = Rebalance::Committed;
        }
        finish_commit(commit.callback, &commit.offsets, result);
        self.send_commit();
    }

    /// Commits what was read, if it is time.
    pub(super) fn auto_commit(&mut self, now: Instant) {
        let may_commit = self.may_commit();
        let offsets = match self.group.as_ref().and_then(|group| group.auto_commit.as_ref()) {
            Some(auto) if auto.next <= now => self.consumed(),
            _ => return,
        };
        let Some(group) = &mut self.group else { return };
        let Some(auto) = &mut group.auto_commit else { return };
        auto.next = now + auto.interval;
        if !may_commit || offsets.is_empty() || group.commit_in_flight {
            return;
        }
        let log = |result: Result<&Offsets, &ConsumerError>| {
            if let Err(error) = result {
                tracing::warn!(%error, "automatic offset commit failed");
            }
        };
        group.commits.push_back(Commit { offsets, callback: Some(Box::new(log)), before_rebalance: false });
        self.send_commit();
    }
}

fn finish_commit(callback: Option<CommitCallback>, offsets: &Offsets, result: Result<(), ConsumerError>) {
    if let Some(callback) = callback {
        callback(result.as_ref().map(|()| offsets));
    }
}

/// The event of a task that ended; a panic goes on where the consumer is used.
fn joined(result: Result<Event, tokio::task::JoinError>) -> Event {
    match result {
        Ok(event) => event,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("a request of the consumer was cancelled while the consumer lives: {error}"),
        },
    }
}

async fn fetch(client: Client, call: FetchCall) -> Event {
    let answer = async {
        let deadline = client.deadline();
        let connection = client.connection(&Target::Broker(call.node), deadline).await?;
        let version = connection
            .versions()
            .choose(ottla_wire::api::ApiKey::Fetch, call.versions)
            .map_err(ClientError::from)?;
        let pending = connection.send(&call.request, version, client.config().request_timeout).await?;
        Ok::<_, ClientError>((pending.answer().await?, version))
    };
    let response =
        answer.await.inspect_err(|error| tracing::debug!(node = call.node, %error, "fetch failed")).ok();
    Event::Fetched(FetchAnswer { node: call.node, response })
}
