//! Joining the group: giving up partitions, sharing them out, taking new ones.

use std::collections::BTreeSet;

use ottla_wire::api::join_group::JoinGroupResponse;
use ottla_wire::api::sync_group::SyncGroupResponse;
use tokio::time::{Duration, Instant};

use super::assignor::RebalanceProtocol;
use super::error::ConsumerError;
use super::events::Event;
use super::group::{Commit, Rebalance, members_of};
use super::heartbeat::call_coordinator;
use super::membership::{Generation, GroupFailure, Joined, MemberState};
use super::protocol::decode_assignment;
use super::{Consumer, TopicPartition};
use crate::coordinator::CoordinatorKind;
use crate::error::ClientError;

/// How much longer than the rebalance itself the answer to JoinGroup may take.
const JOIN_LAPSE: Duration = Duration::from_secs(5);

/// What becomes of partitions that a listener is told of.
#[derive(Clone, Copy, Debug)]
enum Told {
    Assigned,
    Revoked,
    Lost,
}

impl Consumer {
    /// Does what is due for the group: begins or goes on with a rebalance, commits.
    pub(super) async fn advance_group(&mut self, now: Instant) -> Result<(), ConsumerError> {
        if self.group.is_none() {
            return Ok(());
        }
        if self.subscription.is_by_group() {
            self.advance_rebalance(now).await?;
        }
        self.auto_commit(now);
        Ok(())
    }

    async fn advance_rebalance(&mut self, now: Instant) -> Result<(), ConsumerError> {
        let Some(group) = &mut self.group else { return Ok(()) };
        if group.joined_topics.as_ref().is_some_and(|joined| joined != self.subscription.topics()) {
            group.request_rejoin("subscription has changed");
        }
        match group.rebalance {
            Rebalance::None if group.is_rejoin_needed() => {}
            Rebalance::Waiting(at) if at <= now => group.rebalance = Rebalance::None,
            Rebalance::Committing { until } if until <= now => group.rebalance = Rebalance::Committed,
            Rebalance::Committed => {}
            _ => return Ok(()),
        }
        if group.protocol.is_none() {
            let text =
                "partition.assignment.strategy names no assignor, or some that have no protocol in common";
            return Err(ConsumerError::Protocol(text.to_owned()));
        }
        if self.subscription.has_pattern() && self.client.metadata().cluster().version == 0 {
            // Which topics match is not known yet.
            return Ok(());
        }
        if group.membership.look(|membership| membership.needs_join_prepare) {
            if matches!(group.rebalance, Rebalance::None) && self.commit_before_rebalance(now) {
                return Ok(());
            }
            self.give_up_for_rebalance().await;
            if let Some(group) = &mut self.group {
                group.membership.with(|membership| membership.needs_join_prepare = false);
            }
        }
        self.send_join()
    }

    /// Begins to commit what was read; whether there is something to wait for.
    fn commit_before_rebalance(&mut self, now: Instant) -> bool {
        let may_commit = self.may_commit();
        let offsets = self.consumed();
        let Some(group) = &mut self.group else { return false };
        if group.auto_commit.is_none() {
            return false;
        }
        if group.protocol == Some(RebalanceProtocol::Eager) {
            self.subscription.mark_pending_revocation();
        }
        if !may_commit || offsets.is_empty() {
            return false;
        }
        let until = now + self.config.max_poll_interval;
        group.rebalance = Rebalance::Committing { until };
        group.commits.push_back(Commit { offsets, callback: None, before_rebalance: true });
        self.send_commit();
        true
    }

    /// Gives up what must not be held during a rebalance, and tells the listener.
    async fn give_up_for_rebalance(&mut self) {
        let Some(group) = &self.group else { return };
        let is_none = group.membership.look(|membership| membership.generation().is_none());
        let held: BTreeSet<TopicPartition> = self.subscription.assigned().cloned().collect();
        let (told, keep) = match group.protocol {
            _ if is_none => (Told::Lost, BTreeSet::new()),
            Some(RebalanceProtocol::Cooperative) => {
                let topics = self.subscription.topics();
                (Told::Revoked, held.iter().filter(|held| topics.contains(&held.topic)).cloned().collect())
            }
            _ => (Told::Revoked, BTreeSet::new()),
        };
        let gone: Vec<TopicPartition> = held.difference(&keep).cloned().collect();
        if !gone.is_empty() {
            self.tell(told, &gone).await;
            self.subscription.assign_from_group(keep);
        }
        if let Some(group) = &mut self.group {
            group.assigned_by = None;
        }
        self.subscription.reset_group_topics();
    }

    /// Gives up all that the group gave, since this consumer leaves it.
    pub(super) async fn give_up_all(&mut self) {
        let Some(group) = &self.group else { return };
        let is_lost = group.membership.look(|membership| {
            membership.generation().is_none()
                || matches!(membership.state(), MemberState::Preparing | MemberState::Completing)
        });
        let gone: Vec<TopicPartition> = self.subscription.assigned().cloned().collect();
        if gone.is_empty() {
            return;
        }
        self.tell(if is_lost { Told::Lost } else { Told::Revoked }, &gone).await;
        self.subscription.assign_from_group([]);
    }

    /// Tells the listener, which may use the consumer meanwhile.
    async fn tell(&mut self, told: Told, partitions: &[TopicPartition]) {
        let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
        tracing::info!(?told, partitions = names.join(","), "partitions of the group");
        let Some(mut listener) = self.listener.take() else { return };
        match told {
            Told::Assigned => listener.assigned(self, partitions).await,
            Told::Revoked => listener.revoked(self, partitions).await,
            Told::Lost => listener.lost(self, partitions).await,
        }
        // Unless it put another one in its place.
        self.listener.get_or_insert(listener);
    }

    fn send_join(&mut self) -> Result<(), ConsumerError> {
        let Some(group) = &mut self.group else { return Ok(()) };
        let protocols = group.protocols(&self.subscription)?;
        let (sent, request) = group
            .membership
            .with(|membership| (membership.generation().clone(), membership.join_request(protocols)));
        group.rebalance = Rebalance::Joining;
        let limit = self.config.client.request_timeout.max(self.config.max_poll_interval + JOIN_LAPSE);
        let (client, id) = (self.client.clone(), group.id.clone());
        self.tasks.spawn(async move {
            let result = call_coordinator(&client, &id, &request, limit).await;
            Event::Joined { sent, result }
        });
        Ok(())
    }

    pub(super) fn handle_joined(
        &mut self,
        sent: &Generation,
        result: Result<JoinGroupResponse, ClientError>,
    ) -> Result<(), ConsumerError> {
        let Some(group) = &mut self.group else { return Ok(()) };
        if !matches!(group.rebalance, Rebalance::Joining) {
            return Ok(());
        }
        let response = match result {
            Ok(response) => response,
            Err(error) => return self.rebalance_unanswered(error),
        };
        let now = Instant::now();
        match group.membership.with(|membership| membership.handle_join(now, sent, response)) {
            Ok(Joined::Follower) => {
                self.send_sync(Vec::new());
                Ok(())
            }
            Ok(Joined::Leader { members, skip_assignment }) => {
                group.rebalance = Rebalance::Leading(Vec::new(), skip_assignment);
                self.prepare_to_lead(members, skip_assignment)
            }
            Err(failure) => self.rebalance_failed(failure, "JoinGroup"),
        }
    }

    /// Learns all about the topics of the group before sharing them out.
    fn prepare_to_lead(
        &mut self,
        members: Vec<ottla_wire::api::join_group::JoinGroupResponseMember>,
        skip_assignment: bool,
    ) -> Result<(), ConsumerError> {
        let subscriptions = members_of(members.clone())?;
        let topics = subscriptions.values().flat_map(|member| &member.topics).map(|topic| topic.detach());
        self.subscription.add_group_topics(topics);
        self.want_metadata();
        let Some(group) = &mut self.group else { return Ok(()) };
        group.rebalance = Rebalance::Leading(members, skip_assignment);
        let client = self.client.clone();
        self.tasks.spawn(async move {
            let fresh = client.metadata().refresh(client.deadline()).await;
            Event::LeaderReady(fresh.map(drop))
        });
        Ok(())
    }

    pub(super) fn handle_leader_ready(
        &mut self,
        result: Result<(), ClientError>,
    ) -> Result<(), ConsumerError> {
        let Some(group) = &mut self.group else { return Ok(()) };
        let Rebalance::Leading(members, skip_assignment) = &mut group.rebalance else { return Ok(()) };
        let (members, skip_assignment) = (std::mem::take(members), *skip_assignment);
        if let Err(error) = result {
            return self.rebalance_unanswered(error);
        }
        let cluster = self.client.metadata().cluster();
        group.assigned_by = Some(group.snapshot(&self.subscription, &cluster));
        let shares = if skip_assignment {
            Vec::new()
        } else {
            let shares = members_of(members).and_then(|members| group.share_out(&members, &cluster));
            match shares {
                Ok(shares) => shares,
                Err(error) => {
                    self.wait_to_rejoin(&error.to_string());
                    return Err(error);
                }
            }
        };
        self.send_sync(shares);
        Ok(())
    }

    fn send_sync(&mut self, shares: Vec<(ottla_wire::KafkaString, bytes::Bytes)>) {
        let Some(group) = &mut self.group else { return };
        let (sent, request) = group
            .membership
            .with(|membership| (membership.generation().clone(), membership.sync_request(shares)));
        group.rebalance = Rebalance::Syncing;
        // The answer waits for the leader, for as long as the rebalance may take.
        let limit = self.config.client.request_timeout.max(self.config.max_poll_interval + JOIN_LAPSE);
        let (client, id) = (self.client.clone(), group.id.clone());
        self.tasks.spawn(async move {
            let result = call_coordinator(&client, &id, &request, limit).await;
            Event::Synced { sent, result }
        });
    }

    pub(super) async fn handle_synced(
        &mut self,
        sent: Generation,
        result: Result<SyncGroupResponse, ClientError>,
    ) -> Result<(), ConsumerError> {
        let Some(group) = &mut self.group else { return Ok(()) };
        if !matches!(group.rebalance, Rebalance::Syncing) {
            return Ok(());
        }
        let response = match result {
            Ok(response) => response,
            Err(error) => return self.rebalance_unanswered(error),
        };
        match group.membership.with(|membership| membership.handle_sync(&sent, response)) {
            Ok(bytes) => {
                group.rebalance = Rebalance::None;
                group.membership.with(|membership| membership.needs_join_prepare = true);
                match decode_assignment(bytes) {
                    Ok(assignment) => self.take_assignment(assignment).await,
                    Err(error) => {
                        let text = format!("the assignment of the group is malformed: {error}");
                        self.wait_to_rejoin(&text);
                        Err(ConsumerError::Protocol(text))
                    }
                }
            }
            Err(failure) => self.rebalance_failed(failure, "SyncGroup"),
        }
    }

    /// Takes what the group gave. A cooperative member gives up what is not among it, and joins again so that
    /// others get that.
    async fn take_assignment(&mut self, assignment: Vec<TopicPartition>) -> Result<(), ConsumerError> {
        let Some(group) = &mut self.group else { return Ok(()) };
        if !self.subscription.fits(&assignment) {
            group.request_rejoin("received assignment does not match the current subscription");
            return Ok(());
        }
        let assigned: BTreeSet<TopicPartition> = assignment.iter().cloned().collect();
        let owned: BTreeSet<TopicPartition> = self.subscription.assigned().cloned().collect();
        let added: Vec<TopicPartition> = assigned.difference(&owned).cloned().collect();
        let revoked: Vec<TopicPartition> = owned.difference(&assigned).cloned().collect();
        let is_cooperative = group.protocol == Some(RebalanceProtocol::Cooperative);
        if is_cooperative && !revoked.is_empty() {
            self.tell(Told::Revoked, &revoked).await;
            if let Some(group) = &mut self.group {
                group.request_rejoin("need to revoke partitions and re-join");
            }
        }
        let Some(group) = &mut self.group else { return Ok(()) };
        let told = group.on_assignment(&assignment);
        if let Some(auto) = &mut group.auto_commit {
            auto.next = Instant::now() + auto.interval;
        }
        self.subscription.assign_from_group(assigned);
        self.tell(Told::Assigned, &added).await;
        told
    }

    /// No answer came. The coordinator has been forgotten, if need be; begin again.
    fn rebalance_unanswered(&mut self, error: ClientError) -> Result<(), ConsumerError> {
        tracing::debug!(%error, "rebalance failed");
        self.wait_to_rejoin(&error.to_string());
        if error.is_retriable() { Ok(()) } else { Err(error.into()) }
    }

    fn rebalance_failed(&mut self, failure: GroupFailure, api: &str) -> Result<(), ConsumerError> {
        tracing::debug!(?failure, api, "rebalance failed");
        let Some(group) = &mut self.group else { return Ok(()) };
        match failure {
            GroupFailure::Again => {
                group.membership.with(|membership| membership.join_failed(api));
                group.rebalance = Rebalance::None;
            }
            GroupFailure::Later => self.wait_to_rejoin(api),
            GroupFailure::Elsewhere => {
                self.client.forget_coordinator(CoordinatorKind::Group, &group.id);
                self.wait_to_rejoin(api);
            }
            GroupFailure::Fatal(code) => {
                self.wait_to_rejoin(code.name());
                return Err(code.into());
            }
        }
        Ok(())
    }

    fn wait_to_rejoin(&mut self, reason: &str) {
        let Some(group) = &mut self.group else { return };
        group.membership.with(|membership| membership.join_failed(reason));
        group.rebalance = Rebalance::Waiting(Instant::now() + self.config.client.retry_backoff);
    }
}
