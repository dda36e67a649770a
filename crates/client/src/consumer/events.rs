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

use super::error::ConsumerError;
use super::fetch::{FetchAnswer, FetchCall};
use super::group::{Commit, Rebalance};
use super::membership::Generation;
use super::offset_reset::OffsetReset;
use super::position::{Leader, Position};
use super::records::ConsumerRecords;
use super::requests::{OffsetAndTimestamp, Offsets, PartitionResult};
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

/// The time so long after `now`; what is too far away to be a time is some decades.
pub(super) fn later(now: Instant, wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
    now + wait.min(FAR)
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
        let deadline = later(Instant::now(), timeout);
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
