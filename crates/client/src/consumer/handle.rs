//! The consumer as its user sees it.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ottla_record::Offset;
use ottla_wire::KafkaString;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, timeout_at};

use super::config::ConsumerConfig;
use super::error::ConsumerError;
use super::events::Event;
use super::fetch::Fetcher;
use super::group::Group;
use super::heartbeat::call_coordinator;
use super::listener::RebalanceListener;
use super::offset_reset::OffsetReset;
use super::position::{Leader, Position};
use super::requests::Offsets;
use super::subscription::SubscriptionState;
use super::{TopicPartition, events};
use crate::client::Client;
use crate::error::ClientError;
use crate::metadata::{MetadataOptions, TopicMetadata};
use crate::net::Connector;
use crate::offset_and_metadata::OffsetAndMetadata;

/// Told what came of a commit.
pub type CommitCallback = Box<dyn FnOnce(Result<&Offsets, &ConsumerError>) + Send>;

/// Reads records: from partitions of its choice, or from those that its group gives it.
///
/// One task uses it, and polls it often: all but heartbeats and reading ahead happens within its calls. Only a
/// [`Waker`] may be used by others meanwhile. A call that is dropped before its end leaves the consumer usable;
/// what was under way goes on with the next one.
///
/// [`close`](Self::close) it at the end: a consumer that is only dropped stays in its group until the session
/// times out.
pub struct Consumer {
    pub(super) client: Client,
    pub(super) config: ConsumerConfig,
    pub(super) subscription: SubscriptionState,
    pub(super) fetcher: Fetcher,
    pub(super) group: Option<Group>,
    pub(super) listener: Option<Box<dyn RebalanceListener>>,
    pub(super) tasks: JoinSet<Event>,
    /// Came while something else was waited for, and belongs into a poll.
    pub(super) deferred: VecDeque<Event>,
    /// Happened meanwhile; the next poll tells.
    pub(super) failure: Option<ConsumerError>,
    /// The view of the cluster that was taken note of.
    pub(super) cluster_version: u64,
    /// The assignment that the client's metadata and the fetcher know of.
    pub(super) assignment_version: u64,
    wake: Arc<Wake>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Wake {
    is_woken: AtomicBool,
    notify: Notify,
}

/// Ends a poll, or another call that waits, from elsewhere.
#[derive(Clone, Debug)]
pub struct Waker {
    wake: Arc<Wake>,
}

impl Waker {
    /// Lets the call that waits, or else the next one, fail with [`ConsumerError::Woken`].
    pub fn wake(&self) {
        self.wake.is_woken.store(true, Ordering::Release);
        self.wake.notify.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.wake.notify.notified().await;
    }
}

/// A consumer's membership, for producers that commit for it (KIP-447).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupMetadata {
    /// The group.
    pub group_id: KafkaString,
    /// The generation; -1 if it is in none.
    pub generation_id: i32,
    /// The member; empty if it is none.
    pub member_id: KafkaString,
    /// Its name across restarts.
    pub group_instance_id: Option<KafkaString>,
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("config", &self.config)
            .field("subscription", &self.subscription)
            .finish_non_exhaustive()
    }
}

impl Consumer {
    /// A consumer that reads nothing yet. Connects when first used.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(config: ConsumerConfig) -> Self {
        let options = Self::metadata_options(&config);
        let client = Client::start(config.client.clone(), options);
        Self::over(client, config)
    }

    /// A consumer whose nodes are reached otherwise.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests reach nodes otherwise"))]
    pub(crate) fn with_connector(config: ConsumerConfig, connector: Box<dyn Connector>) -> Self {
        let options = Self::metadata_options(&config);
        let client = Client::with_connector(config.client.clone(), options, connector);
        Self::over(client, config)
    }

    fn metadata_options(config: &ConsumerConfig) -> MetadataOptions {
        MetadataOptions { allow_auto_create: config.allow_auto_create_topics, topic_idle: None }
    }

    fn over(client: Client, mut config: ConsumerConfig) -> Self {
        let now = Instant::now();
        let group = config.group_id.clone().map(|id| Group::new(id, &mut config, &client, now));
        Self {
            subscription: SubscriptionState::new(config.offset_reset),
            fetcher: Fetcher::new(config.fetch.clone(), &config.client),
            client,
            config,
            group,
            listener: None,
            tasks: JoinSet::new(),
            deferred: VecDeque::new(),
            failure: None,
            cluster_version: 0,
            assignment_version: 0,
            wake: Arc::new(Wake::default()),
            closed: false,
        }
    }

    /// The client beneath, for requests of other kinds.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Ends calls from elsewhere.
    pub fn waker(&self) -> Waker {
        Waker { wake: Arc::clone(&self.wake) }
    }

    pub(super) fn check_woken(&self) -> Result<(), ConsumerError> {
        if self.wake.is_woken.swap(false, Ordering::AcqRel) { Err(ConsumerError::Woken) } else { Ok(()) }
    }

    pub(super) fn check_open(&self) -> Result<(), ConsumerError> {
        if self.closed { Err(ConsumerError::Closed) } else { Ok(()) }
    }

    pub(super) fn check_group(&self) -> Result<&Group, ConsumerError> {
        self.check_open()?;
        self.group.as_ref().ok_or(ConsumerError::NoGroup)
    }

    /// Reads these topics, sharing their partitions with the group. Replaces the topics before; none at all is
    /// the same as to [`unsubscribe`](Self::unsubscribe).
    ///
    /// # Errors
    ///
    /// The consumer has no group, or reads by pattern or partitions of its own.
    pub async fn subscribe<T: Into<KafkaString>>(
        &mut self,
        topics: impl IntoIterator<Item = T>,
    ) -> Result<(), ConsumerError> {
        self.check_group()?;
        let topics: BTreeSet<KafkaString> = topics.into_iter().map(Into::into).collect();
        if topics.is_empty() {
            return self.unsubscribe().await;
        }
        if self.subscription.subscribe(topics)? {
            self.want_metadata();
        }
        Ok(())
    }

    /// Reads all topics whose whole name matches a regular expression, those to come as well.
    ///
    /// # Errors
    ///
    /// The consumer has no group, reads otherwise already, or the pattern is malformed.
    pub fn subscribe_pattern(&mut self, pattern: &str) -> Result<(), ConsumerError> {
        self.check_group()?;
        self.subscription.subscribe_pattern(pattern)?;
        self.cluster_version = 0;
        self.want_metadata();
        Ok(())
    }

    /// Tells this listener of rebalances from now on.
    pub fn set_listener(&mut self, listener: impl RebalanceListener + 'static) {
        self.listener = Some(Box::new(listener));
    }

    /// Reads these partitions, without sharing them. Replaces those before; none at all is the same as to
    /// [`unsubscribe`](Self::unsubscribe).
    ///
    /// # Errors
    ///
    /// The consumer reads topics with its group.
    pub async fn assign(
        &mut self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Result<(), ConsumerError> {
        self.check_open()?;
        let partitions: BTreeSet<TopicPartition> = partitions.into_iter().collect();
        if partitions.is_empty() {
            return self.unsubscribe().await;
        }
        self.subscription.assign_manually(partitions)?;
        self.want_metadata();
        Ok(())
    }

    /// Reads nothing any more, and leaves the group.
    ///
    /// # Errors
    ///
    /// The consumer is closed.
    pub async fn unsubscribe(&mut self) -> Result<(), ConsumerError> {
        self.check_open()?;
        self.leave("the consumer unsubscribed from all topics").await;
        self.subscription.unsubscribe();
        self.want_metadata();
        Ok(())
    }

    /// Topics subscribed to, by name or by pattern.
    pub fn subscription(&self) -> &BTreeSet<KafkaString> {
        self.subscription.topics()
    }

    /// Partitions that are read.
    pub fn assignment(&self) -> BTreeSet<TopicPartition> {
        self.subscription.assigned().cloned().collect()
    }

    /// Goes on at `offset` with the next poll, whether there is such a record or not.
    ///
    /// # Errors
    ///
    /// The partition is not assigned, or the offset is negative.
    pub fn seek(&mut self, partition: &TopicPartition, offset: Offset) -> Result<(), ConsumerError> {
        self.seek_to(partition, &OffsetAndMetadata::new(offset))
    }

    /// Goes on at an offset with its leader epoch, which lets a cut log be noticed.
    ///
    /// # Errors
    ///
    /// The partition is not assigned, or the offset is negative.
    pub fn seek_to(
        &mut self,
        partition: &TopicPartition,
        to: &OffsetAndMetadata,
    ) -> Result<(), ConsumerError> {
        if !to.offset.is_some() {
            let error = format!("seek offset must not be a negative number, {} is", to.offset);
            return Err(ClientError::Invalid(error).into());
        }
        let leader = self.leader(partition);
        let state = self.subscription.assigned_mut(partition)?;
        state.seek_unvalidated(Position { offset: to.offset, offset_epoch: to.leader_epoch, leader });
        self.fetcher.forget(partition);
        Ok(())
    }

    /// Goes on at the first record that is still there; of all partitions if none is named.
    ///
    /// # Errors
    ///
    /// A partition is not assigned.
    pub fn seek_to_beginning(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        self.seek_by(partitions, OffsetReset::Earliest)
    }

    /// Goes on behind the last record; of all partitions if none is named.
    ///
    /// # Errors
    ///
    /// A partition is not assigned.
    pub fn seek_to_end(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        self.seek_by(partitions, OffsetReset::Latest)
    }

    fn seek_by(&mut self, partitions: &[TopicPartition], to: OffsetReset) -> Result<(), ConsumerError> {
        let all: Vec<TopicPartition>;
        let partitions = if partitions.is_empty() {
            all = self.subscription.assigned().cloned().collect();
            &all
        } else {
            partitions
        };
        for partition in partitions {
            self.subscription.assigned_mut(partition)?.reset(to);
            self.fetcher.forget(partition);
        }
        Ok(())
    }

    pub(super) fn leader(&self, partition: &TopicPartition) -> Leader {
        let cluster = self.client.metadata().cluster();
        events::leader_of(&cluster, partition).unwrap_or_default()
    }

    /// Reads nothing of these partitions until they are resumed; they stay assigned.
    ///
    /// # Errors
    ///
    /// A partition is not assigned.
    pub fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        self.set_paused(partitions, true)
    }

    /// Reads these partitions again.
    ///
    /// # Errors
    ///
    /// A partition is not assigned.
    pub fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        self.set_paused(partitions, false)
    }

    fn set_paused(&mut self, partitions: &[TopicPartition], paused: bool) -> Result<(), ConsumerError> {
        for partition in partitions {
            self.subscription.assigned_mut(partition)?.paused = paused;
        }
        Ok(())
    }

    /// Partitions that are paused.
    pub fn paused(&self) -> BTreeSet<TopicPartition> {
        let paused = self.subscription.partitions().filter(|(_, state)| state.paused);
        paused.map(|(partition, _)| partition.clone()).collect()
    }

    /// Records of a partition that are left to read, as far as the last answer of its broker tells.
    pub fn current_lag(&self, partition: &TopicPartition) -> Option<i64> {
        self.subscription.lag(partition, self.fetcher.is_read_committed())
    }

    /// A topic's partitions, asked for if they are not known.
    ///
    /// # Errors
    ///
    /// The topic does not exist, or no node answered in `default.api.timeout.ms`.
    pub async fn partitions_for(&self, topic: &str) -> Result<Arc<TopicMetadata>, ConsumerError> {
        self.check_open()?;
        Ok(self.client.metadata().topic(&topic.into(), self.client.deadline()).await?)
    }

    /// The membership, for producers that commit for it.
    ///
    /// # Errors
    ///
    /// The consumer has no group.
    pub fn group_metadata(&self) -> Result<ConsumerGroupMetadata, ConsumerError> {
        let group = self.check_group()?;
        let generation = group.membership.look(|membership| membership.generation().clone());
        Ok(ConsumerGroupMetadata {
            group_id: group.id.clone(),
            generation_id: generation.id,
            member_id: generation.member_id,
            group_instance_id: group.instance_id.clone(),
        })
    }

    /// Joins the group again with the next poll, although nothing seems to have changed.
    ///
    /// # Errors
    ///
    /// The consumer has no group.
    pub fn enforce_rebalance(&mut self, reason: &str) -> Result<(), ConsumerError> {
        self.check_group()?.request_rejoin(reason);
        Ok(())
    }

    /// Commits what was read (if that is automatic), leaves the group (unless the member is static) and closes
    /// all connections, within `limit`.
    ///
    /// # Errors
    ///
    /// The last commit failed; the consumer is closed all the same.
    pub async fn close(mut self, limit: Duration) -> Result<(), ConsumerError> {
        let deadline = events::later(Instant::now(), limit);
        let mut result = Ok(());
        if self.group.as_ref().is_some_and(|group| group.auto_commit.is_some())
            && !self.subscription.is_empty()
        {
            let offsets = self.consumed();
            if !offsets.is_empty() && self.may_commit() {
                result = timeout_at(deadline, self.commit_offsets(offsets)).await.unwrap_or(Ok(()));
            }
        }
        // Commits of the user that are still under way are given the time, too.
        while self.group.as_ref().is_some_and(|group| group.commit_in_flight) && Instant::now() < deadline {
            if self.wait_outside_poll(deadline).await.is_err() {
                break;
            }
        }
        let _ = timeout_at(deadline, self.leave("the consumer is being closed")).await;
        let _ = timeout_at(deadline, self.close_sessions()).await;
        self.closed = true;
        self.tasks.abort_all();
        self.client.close();
        result
    }

    async fn close_sessions(&mut self) {
        for call in self.fetcher.close() {
            let Some(connection) = self.client.open_connection(call.node, crate::net::Purpose::General)
            else {
                continue;
            };
            let _ = connection.call(&call.request, call.versions, self.config.client.request_timeout).await;
        }
    }

    /// Gives up what the group gave, and tells the coordinator.
    async fn leave(&mut self, reason: &str) {
        if !self.subscription.is_by_group() {
            return;
        }
        self.give_up_all().await;
        let Some(group) = &mut self.group else { return };
        let request = group.membership.with(|membership| membership.leave(reason));
        group.rebalance = super::group::Rebalance::None;
        (group.joined_topics, group.assigned_by) = (None, None);
        let Some(request) = request else { return };
        let limit = self.config.client.request_timeout;
        if let Err(error) = call_coordinator(&self.client, &group.id, &request, limit).await {
            tracing::debug!(%error, "could not leave the group");
        }
    }
}
