//! What a consumer with a group keeps beside its membership: assignors, the rebalance under way, commits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use ottla_wire::api::join_group::JoinGroupResponseMember;
use ottla_wire::{ErrorCode, KafkaString};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};

use super::TopicPartition;
use super::assignor::{
    AssignableTopics, GroupSubscription, MemberSubscription, PartitionAssignor, RebalanceProtocol,
};
use super::config::ConsumerConfig;
use super::error::ConsumerError;
use super::handle::CommitCallback;
use super::heartbeat::{self, SharedMembership};
use super::membership::{MemberSettings, Membership};
use super::protocol::{decode_subscription, encode_assignment, encode_subscription};
use super::requests::Offsets;
use super::subscription::SubscriptionState;
use crate::client::Client;
use crate::metadata::Cluster;

/// How far a rebalance is.
#[derive(Debug)]
pub(super) enum Rebalance {
    None,
    /// What was read is being committed before partitions are given up; not for longer than this.
    Committing {
        until: Instant,
    },
    /// That is done.
    Committed,
    /// JoinGroup is on its way.
    Joining,
    /// This member leads, and waits for the metadata of all topics of the group.
    Leading(Vec<JoinGroupResponseMember>, bool),
    /// SyncGroup is on its way.
    Syncing,
    /// It failed and begins again then.
    Waiting(Instant),
}

/// A commit that waits for those before it.
pub(super) struct Commit {
    pub(super) offsets: Offsets,
    pub(super) callback: Option<CommitCallback>,
    /// Part of the consumer's own work: no partition is given up before it is done.
    pub(super) before_rebalance: bool,
}

/// When what was read is committed by itself.
#[derive(Debug)]
pub(super) struct AutoCommit {
    pub(super) interval: Duration,
    pub(super) next: Instant,
}

/// A consumer's part in its group.
pub(super) struct Group {
    pub(super) id: KafkaString,
    pub(super) instance_id: Option<KafkaString>,
    pub(super) membership: Arc<SharedMembership>,
    heartbeats: JoinHandle<()>,
    pub(super) assignors: Vec<Box<dyn PartitionAssignor>>,
    /// `None` if there are no assignors.
    pub(super) protocol: Option<RebalanceProtocol>,
    rack: Option<KafkaString>,
    pub(super) rebalance: Rebalance,
    /// Topics that this member told when it joined last.
    pub(super) joined_topics: Option<BTreeSet<KafkaString>>,
    /// The partitions as they were when this member, as the leader, shared them out.
    pub(super) assigned_by: Option<AssignableTopics>,
    pub(super) commits: VecDeque<Commit>,
    pub(super) commit_in_flight: bool,
    pub(super) auto_commit: Option<AutoCommit>,
}

impl Group {
    pub(super) fn new(id: KafkaString, config: &mut ConsumerConfig, client: &Client, now: Instant) -> Self {
        let protocol = config.rebalance_protocol();
        let settings = MemberSettings {
            group_id: id.clone(),
            instance_id: config.group_instance_id.clone(),
            session_timeout: config.session_timeout,
            heartbeat_interval: config.heartbeat_interval,
            max_poll_interval: config.max_poll_interval,
            retry_backoff: config.client.retry_backoff,
        };
        let membership = Arc::new(SharedMembership::new(Membership::new(settings, now)));
        let heartbeats = tokio::spawn(heartbeat::run(Arc::clone(&membership), client.clone()));
        let auto_commit =
            config.auto_commit_interval.map(|interval| AutoCommit { interval, next: now + interval });
        Self {
            id,
            instance_id: config.group_instance_id.clone(),
            membership,
            heartbeats,
            assignors: std::mem::take(&mut config.assignors),
            protocol,
            rack: Some(config.fetch.rack.clone()).filter(|rack| !rack.is_empty()),
            rebalance: Rebalance::None,
            joined_topics: None,
            assigned_by: None,
            commits: VecDeque::new(),
            commit_in_flight: false,
            auto_commit,
        }
    }

    fn assignor(&mut self, name: &str) -> Result<&mut Box<dyn PartitionAssignor>, ConsumerError> {
        let unknown = || {
            ConsumerError::Protocol(format!(
                "the coordinator selected an assignment protocol that was not offered: {name}"
            ))
        };
        self.assignors.iter_mut().find(|assignor| assignor.name() == name).ok_or_else(unknown)
    }

    /// The subscription in the words of each assignor.
    pub(super) fn protocols(
        &mut self,
        subscription: &SubscriptionState,
    ) -> Result<Vec<(KafkaString, Bytes)>, ConsumerError> {
        self.joined_topics = Some(subscription.topics().clone());
        let generation = self.membership.look(|membership| membership.generation().id);
        let mut protocols = Vec::with_capacity(self.assignors.len());
        for assignor in &self.assignors {
            let member = MemberSubscription {
                topics: subscription.topics().iter().cloned().collect(),
                user_data: assignor.subscription_user_data(),
                owned_partitions: subscription.assigned().cloned().collect(),
                generation_id: Some(generation).filter(|generation| *generation >= 0),
                rack_id: self.rack.clone(),
                group_instance_id: None,
            };
            let bytes = encode_subscription(&member).map_err(|error| {
                ConsumerError::Protocol(format!("cannot write the subscription: {error}"))
            })?;
            protocols.push((assignor.name().into(), bytes));
        }
        Ok(protocols)
    }

    /// Shares out the partitions among the members: the bytes for each.
    pub(super) fn share_out(
        &mut self,
        members: &GroupSubscription,
        cluster: &Cluster,
    ) -> Result<Vec<(KafkaString, Bytes)>, ConsumerError> {
        let topics = members.values().flat_map(|member| member.topics.iter());
        let assignable = assignable_topics(topics, cluster);
        let protocol = self.membership.look(|membership| membership.generation().protocol.clone());
        let assignor = self.assignor(protocol.as_deref().unwrap_or_default())?;
        let assignment = assignor.assign(&assignable, members);
        let encode = |(member, partitions): (KafkaString, Vec<TopicPartition>)| {
            tracing::debug!(%member, partitions = partitions.len(), "shared out");
            let bytes = encode_assignment(&partitions)
                .map_err(|error| ConsumerError::Protocol(format!("cannot write an assignment: {error}")))?;
            Ok((member, bytes))
        };
        assignment.into_iter().map(encode).collect()
    }

    /// Tells the assignor what it was given.
    pub(super) fn on_assignment(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        let generation = self.membership.look(|membership| membership.generation().clone());
        self.assignor(generation.protocol.as_deref().unwrap_or_default())?
            .on_assignment(partitions, generation.id);
        Ok(())
    }

    /// What the leader must look out for: topics of the group whose partitions change. Racks count only for a
    /// consumer that has one.
    pub(super) fn snapshot(&self, subscription: &SubscriptionState, cluster: &Cluster) -> AssignableTopics {
        let needed = subscription.group_topics();
        let mut snapshot = assignable_topics(needed.iter(), cluster);
        if self.rack.is_none() {
            for racks in snapshot.values_mut().flatten() {
                racks.clear();
            }
        }
        snapshot
    }

    /// Whether the heartbeats, or what the user did, call for a new rebalance.
    pub(super) fn is_rejoin_needed(&self) -> bool {
        self.membership.look(Membership::is_rejoin_needed)
    }

    pub(super) fn request_rejoin(&self, reason: &str) {
        self.membership.with(|membership| {
            if !membership.is_rejoin_needed() {
                membership.request_rejoin(reason);
            }
        });
    }

    /// What a commit's error means for the membership, and for the user.
    pub(super) fn commit_error(&self, code: ErrorCode, by_group: bool) -> ConsumerError {
        match code {
            ErrorCode::RebalanceInProgress => {
                self.request_rejoin("offset commit failed since group is already rebalancing");
                ConsumerError::RebalanceInProgress
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration if by_group => {
                self.membership.with(|membership| membership.reset_after(code));
                ConsumerError::CommitFailed
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => ConsumerError::CommitFailed,
            other => other.into(),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.heartbeats.abort();
    }
}

/// The members as their leader learns them.
pub(super) fn members_of(members: Vec<JoinGroupResponseMember>) -> Result<GroupSubscription, ConsumerError> {
    let member = |member: JoinGroupResponseMember| {
        let id = member.member_id.detach();
        let malformed =
            |error| ConsumerError::Protocol(format!("the subscription of member {id} is malformed: {error}"));
        let mut subscription = decode_subscription(member.metadata).map_err(malformed)?;
        subscription.group_instance_id = member.group_instance_id;
        Ok((id, subscription))
    };
    members.into_iter().map(member).collect()
}

fn assignable_topics<'a>(
    topics: impl Iterator<Item = &'a KafkaString>,
    cluster: &Cluster,
) -> AssignableTopics {
    let mut assignable = BTreeMap::new();
    for name in topics {
        if assignable.contains_key(name) {
            continue;
        }
        let Some(topic) = cluster.topic(name).filter(|topic| !topic.partitions.is_empty()) else { continue };
        let racks = topic.partitions.iter().map(|partition| {
            let racks = partition.replicas.iter().filter_map(|id| cluster.brokers.get(id)?.rack.as_deref());
            racks.map(KafkaString::from).collect()
        });
        assignable.insert(name.detach(), racks.collect());
    }
    assignable
}
