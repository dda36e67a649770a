//! Commits, one after the other.

use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::Instant;

use super::error::ConsumerError;
use super::events::Event;
use super::group::{Commit, Rebalance};
use super::handle::CommitCallback;
use super::membership::{Generation, MemberState};
use super::requests::{self, Offsets};
use super::{Consumer, TopicPartition};
use crate::error::ClientError;

impl Consumer {
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
            let none = Generation { id: -1, member_id: KafkaString::EMPTY, protocol: None };
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

    pub(super) fn handle_committed(
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
