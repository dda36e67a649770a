//! What a consumer reads: its subscription, the partitions it has by that, and where it is in each.

use std::collections::{BTreeMap, BTreeSet};

use ottla_record::Offset;
use ottla_wire::KafkaString;
use regex::Regex;
use tokio::time::Instant;

use super::TopicPartition;
use super::error::ConsumerError;
use super::offset_reset::OffsetReset;
use super::position::{Leader, PartitionPhase, PartitionState, Position};

/// How partitions come to a consumer.
#[derive(Clone, Debug)]
enum Subscription {
    None,
    /// From its group, for topics by name.
    Topics,
    /// From its group, for topics whose names match as a whole.
    Pattern(Regex),
    /// From the user.
    Manual,
}

/// What a consumer reads, and where it is. Knows no network and no clock.
#[derive(Debug)]
pub(crate) struct SubscriptionState {
    subscription: Subscription,
    /// Topics subscribed to, by name or because they match.
    topics: BTreeSet<KafkaString>,
    /// Topics of the whole group, of which the leader must know the partitions.
    group_topics: BTreeSet<KafkaString>,
    assignment: BTreeMap<TopicPartition, PartitionState>,
    default_reset: OffsetReset,
    /// Changes whenever the set of assigned partitions does.
    version: u64,
}

/// What came of the check of a position with a new leader.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Validation {
    /// The position is in the log, or no longer the one that was asked about.
    Done,
    /// The log was cut, and there is no policy for that.
    Truncated { position: Position, diverging: Option<Position> },
}

impl SubscriptionState {
    pub(crate) fn new(default_reset: OffsetReset) -> Self {
        Self {
            subscription: Subscription::None,
            topics: BTreeSet::new(),
            group_topics: BTreeSet::new(),
            assignment: BTreeMap::new(),
            default_reset,
            version: 0,
        }
    }

    /// Subscribes to topics by name. Returns whether that changes anything.
    pub(crate) fn subscribe(&mut self, topics: BTreeSet<KafkaString>) -> Result<bool, ConsumerError> {
        if !matches!(self.subscription, Subscription::None | Subscription::Topics) {
            return Err(ConsumerError::MixedSubscription);
        }
        self.subscription = Subscription::Topics;
        Ok(self.change_topics(topics))
    }

    /// Subscribes to all topics whose whole name matches.
    pub(crate) fn subscribe_pattern(&mut self, pattern: &str) -> Result<(), ConsumerError> {
        if !matches!(self.subscription, Subscription::None | Subscription::Pattern(_)) {
            return Err(ConsumerError::MixedSubscription);
        }
        let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| ConsumerError::Pattern {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        })?;
        self.subscription = Subscription::Pattern(whole);
        Ok(())
    }

    /// Takes the topics of the cluster that match the pattern as subscribed. Returns whether that changes
    /// anything.
    pub(crate) fn match_topics<'a>(&mut self, all: impl Iterator<Item = &'a KafkaString>) -> bool {
        let Subscription::Pattern(pattern) = &self.subscription else { return false };
        let matching = all.filter(|topic| pattern.is_match(topic)).map(KafkaString::detach).collect();
        self.change_topics(matching)
    }

    fn change_topics(&mut self, topics: BTreeSet<KafkaString>) -> bool {
        if self.topics == topics {
            return false;
        }
        if matches!(self.subscription, Subscription::Pattern(_)) {
            self.group_topics.clone_from(&topics);
        } else {
            self.group_topics.extend(topics.iter().cloned());
        }
        self.topics = topics;
        true
    }

    /// Reads these partitions, without a group. Those read already go on where they are.
    pub(crate) fn assign_manually(
        &mut self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Result<(), ConsumerError> {
        if !matches!(self.subscription, Subscription::None | Subscription::Manual) {
            return Err(ConsumerError::MixedSubscription);
        }
        self.subscription = Subscription::Manual;
        self.replace_assignment(partitions);
        Ok(())
    }

    pub(crate) fn unsubscribe(&mut self) {
        self.subscription = Subscription::None;
        self.topics.clear();
        self.group_topics.clear();
        self.replace_assignment([]);
    }

    /// Takes what the group gave. Partitions held already go on where they are.
    pub(crate) fn assign_from_group(&mut self, partitions: impl IntoIterator<Item = TopicPartition>) {
        self.replace_assignment(partitions);
    }

    fn replace_assignment(&mut self, partitions: impl IntoIterator<Item = TopicPartition>) {
        let mut former = std::mem::take(&mut self.assignment);
        let keep = |partition: TopicPartition| {
            let state = former.remove(&partition).unwrap_or_default();
            (partition, state)
        };
        self.assignment = partitions.into_iter().map(keep).collect();
        self.version += 1;
    }

    /// Whether what the group gave can be, given the subscription.
    pub(crate) fn fits(&self, partitions: &[TopicPartition]) -> bool {
        partitions.iter().all(|partition| match &self.subscription {
            Subscription::Pattern(pattern) => pattern.is_match(&partition.topic),
            _ => self.topics.contains(&partition.topic),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.subscription, Subscription::None)
    }

    /// Whether a group gives the partitions.
    pub(crate) fn is_by_group(&self) -> bool {
        matches!(self.subscription, Subscription::Topics | Subscription::Pattern(_))
    }

    pub(crate) fn has_pattern(&self) -> bool {
        matches!(self.subscription, Subscription::Pattern(_))
    }

    pub(crate) fn topics(&self) -> &BTreeSet<KafkaString> {
        &self.topics
    }

    /// Adds topics that other members of the group read. Returns whether any is new.
    pub(crate) fn add_group_topics(&mut self, topics: impl IntoIterator<Item = KafkaString>) -> bool {
        let before = self.group_topics.len();
        self.group_topics.extend(topics);
        self.group_topics.len() > before
    }

    /// Forgets the topics of others: this member does not lead the group any more.
    pub(crate) fn reset_group_topics(&mut self) {
        self.group_topics.clone_from(&self.topics);
    }

    /// Topics of the whole group.
    pub(crate) fn group_topics(&self) -> &BTreeSet<KafkaString> {
        &self.group_topics
    }

    /// Topics whose partitions and leaders must be known.
    pub(crate) fn needed_topics(&self) -> BTreeSet<KafkaString> {
        let assigned = self.assignment.keys().map(|partition| partition.topic.clone());
        self.group_topics.iter().cloned().chain(assigned).collect()
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn assigned(&self) -> impl ExactSizeIterator<Item = &TopicPartition> {
        self.assignment.keys()
    }

    pub(crate) fn partitions(&self) -> impl Iterator<Item = (&TopicPartition, &PartitionState)> {
        self.assignment.iter()
    }

    pub(crate) fn state(&self, partition: &TopicPartition) -> Option<&PartitionState> {
        self.assignment.get(partition)
    }

    pub(crate) fn state_mut(&mut self, partition: &TopicPartition) -> Option<&mut PartitionState> {
        self.assignment.get_mut(partition)
    }

    pub(crate) fn assigned_mut(
        &mut self,
        partition: &TopicPartition,
    ) -> Result<&mut PartitionState, ConsumerError> {
        let missing = || ConsumerError::NotAssigned(partition.clone());
        self.assignment.get_mut(partition).ok_or_else(missing)
    }

    pub(crate) fn default_reset(&self) -> OffsetReset {
        self.default_reset
    }

    /// What has been read so far, for a commit.
    pub(crate) fn consumed(&self) -> Vec<(TopicPartition, Position)> {
        let with_position = |(partition, state): (&TopicPartition, &PartitionState)| {
            state.position().map(|position| (partition.clone(), position))
        };
        self.assignment.iter().filter_map(with_position).collect()
    }

    pub(crate) fn mark_pending_revocation(&mut self) {
        for state in self.assignment.values_mut() {
            state.pending_revocation = true;
        }
    }

    /// Partitions in this phase whose time has come.
    pub(crate) fn due(&self, now: Instant, phase: impl Fn(&PartitionPhase) -> bool) -> Vec<TopicPartition> {
        let due = |(_, state): &(&TopicPartition, &PartitionState)| phase(&state.phase) && state.is_due(now);
        self.assignment.iter().filter(due).map(|(partition, _)| partition.clone()).collect()
    }

    /// The earliest time behind `now` at which a partition that waits may be asked about again.
    pub(crate) fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.assignment.values().filter_map(|state| state.retry_at).filter(|at| *at > now).min()
    }

    pub(crate) fn retry_later(&mut self, partitions: &[TopicPartition], at: Instant) {
        for partition in partitions {
            if let Some(state) = self.assignment.get_mut(partition) {
                state.retry_at = Some(at);
            }
        }
    }

    /// Partitions without a committed offset begin by the policy; without one that is an error.
    pub(crate) fn reset_uncommitted(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerError> {
        let mut lost = Vec::new();
        for partition in partitions {
            let Some(state) = self.assignment.get_mut(partition) else { continue };
            if state.phase != PartitionPhase::Initializing {
                continue;
            }
            match self.default_reset {
                OffsetReset::None => lost.push(partition.clone()),
                reset => state.reset(reset),
            }
        }
        if lost.is_empty() { Ok(()) } else { Err(ConsumerError::NoOffset(lost)) }
    }

    /// Takes the offset that stands for the policy, unless something else came first.
    pub(crate) fn complete_reset(&mut self, partition: &TopicPartition, asked: OffsetReset, to: Position) {
        if let Some(state) = self.assignment.get_mut(partition)
            && state.phase == PartitionPhase::AwaitingReset(asked)
        {
            state.seek_unvalidated(to);
        }
    }

    /// Takes a new leader's answer about the end of an epoch, unless the position has changed.
    pub(crate) fn complete_validation(
        &mut self,
        partition: &TopicPartition,
        asked: Position,
        end: Option<Position>,
    ) -> Validation {
        let reset = self.default_reset;
        let Some(state) = self.assignment.get_mut(partition) else { return Validation::Done };
        if state.phase != PartitionPhase::AwaitingValidation(asked) {
            return Validation::Done;
        }
        match end {
            Some(end) if end.offset >= asked.offset => state.seek_validated(asked),
            diverging if reset == OffsetReset::None => {
                return Validation::Truncated { position: asked, diverging };
            }
            Some(end) => state.seek_validated(Position { leader: asked.leader, ..end }),
            None => state.reset(reset),
        }
        Validation::Done
    }

    pub(crate) fn update_leaders(&mut self, leader_of: impl Fn(&TopicPartition) -> Option<Leader>) {
        for (partition, state) in &mut self.assignment {
            if let Some(leader) = leader_of(partition) {
                state.update_leader(leader);
            }
        }
    }

    /// Records left to read, as far as the last fetch tells.
    pub(crate) fn lag(&self, partition: &TopicPartition, read_committed: bool) -> Option<i64> {
        let state = self.assignment.get(partition)?;
        let end = if read_committed { state.last_stable_offset } else { state.high_watermark };
        let behind: fn(Offset, Offset) -> i64 = |end, position| (end - position).max(0);
        Some(behind(end?, state.position()?.offset))
    }
}

#[cfg(test)]
mod tests {
    use ottla_record::LeaderEpoch;

    use super::*;

    fn partition(number: i32) -> TopicPartition {
        TopicPartition::new("t", number)
    }

    fn leader(id: i32, epoch: i32) -> Leader {
        Leader { id: Some(id), epoch: Some(LeaderEpoch(epoch)) }
    }

    fn assigned(reset: OffsetReset) -> SubscriptionState {
        let mut state = SubscriptionState::new(reset);
        state.assign_manually([partition(0), partition(1)]).unwrap();
        state
    }

    #[test]
    fn ways_to_subscribe_do_not_mix() {
        let mut state = SubscriptionState::new(OffsetReset::Latest);
        assert!(state.subscribe(["a".into()].into()).unwrap());
        assert!(!state.subscribe(["a".into()].into()).unwrap());
        assert!(matches!(state.assign_manually([partition(0)]), Err(ConsumerError::MixedSubscription)));
        assert!(matches!(state.subscribe_pattern("a"), Err(ConsumerError::MixedSubscription)));
        state.unsubscribe();
        state.assign_manually([partition(0)]).unwrap();
        assert!(matches!(state.subscribe(BTreeSet::new()), Err(ConsumerError::MixedSubscription)));
    }

    #[test]
    fn patterns_match_whole_names() {
        let mut state = SubscriptionState::new(OffsetReset::Latest);
        assert!(matches!(state.subscribe_pattern("("), Err(ConsumerError::Pattern { .. })));
        state.subscribe_pattern("a|b.").unwrap();
        let all: Vec<KafkaString> = ["a", "ab", "b1", "b12"].map(KafkaString::from).into();
        assert!(state.match_topics(all.iter()));
        assert!(!state.match_topics(all.iter()));
        assert_eq!(state.topics().iter().map(KafkaString::as_str).collect::<Vec<_>>(), ["a", "b1"]);
        assert!(state.fits(&[TopicPartition::new("bx", 0)]));
        assert!(!state.fits(&[TopicPartition::new("abc", 0)]));
    }

    #[test]
    fn partitions_kept_go_on_where_they_are() {
        let mut state = assigned(OffsetReset::Latest);
        state.assigned_mut(&partition(1)).unwrap().seek_validated(Position::at(Offset(7)));
        state.assign_manually([partition(1), partition(2)]).unwrap();
        assert_eq!(state.consumed(), [(partition(1), Position::at(Offset(7)))]);
        assert!(state.state(&partition(0)).is_none());
        assert!(matches!(state.assigned_mut(&partition(0)), Err(ConsumerError::NotAssigned(_))));
    }

    #[test]
    fn without_a_policy_a_missing_offset_is_an_error() {
        let mut state = assigned(OffsetReset::None);
        let error = state.reset_uncommitted(&[partition(0)]).unwrap_err();
        assert!(matches!(error, ConsumerError::NoOffset(lost) if lost == [partition(0)]));
    }

    #[test]
    fn a_seek_in_between_beats_a_reset() {
        let mut state = assigned(OffsetReset::Latest);
        state.reset_uncommitted(&[partition(0), partition(1)]).unwrap();
        state.assigned_mut(&partition(0)).unwrap().seek_validated(Position::at(Offset(3)));
        for number in 0..2 {
            state.complete_reset(&partition(number), OffsetReset::Latest, Position::at(Offset(9)));
        }
        let offsets =
            [0, 1].map(|number| state.state(&partition(number)).unwrap().fetchable().unwrap().offset);
        assert_eq!(offsets, [Offset(3), Offset(9)]);
    }

    #[test]
    fn a_new_leader_must_confirm_the_position() {
        let mut state = assigned(OffsetReset::Earliest);
        let read = Position { offset: Offset(5), offset_epoch: Some(LeaderEpoch(1)), leader: leader(1, 1) };
        state.assigned_mut(&partition(0)).unwrap().seek_validated(read);
        state.update_leaders(|_| Some(leader(1, 1)));
        assert_eq!(state.state(&partition(0)).unwrap().fetchable(), Some(read));
        state.update_leaders(|_| Some(leader(2, 2)));
        let asked = Position { leader: leader(2, 2), ..read };
        assert_eq!(state.state(&partition(0)).unwrap().phase, PartitionPhase::AwaitingValidation(asked));
        // The log of the new leader ends before.
        let end =
            Position { offset: Offset(3), offset_epoch: Some(LeaderEpoch(0)), leader: Leader::default() };
        assert_eq!(state.complete_validation(&partition(0), asked, Some(end)), Validation::Done);
        let position = state.state(&partition(0)).unwrap().fetchable().unwrap();
        assert_eq!((position.offset, position.leader), (Offset(3), leader(2, 2)));
    }

    #[test]
    fn a_cut_log_without_a_policy_is_told() {
        let mut state = assigned(OffsetReset::None);
        let asked = Position { offset: Offset(5), offset_epoch: Some(LeaderEpoch(1)), leader: leader(2, 2) };
        state.assigned_mut(&partition(0)).unwrap().seek_unvalidated(asked);
        let told = state.complete_validation(&partition(0), asked, None);
        assert_eq!(told, Validation::Truncated { position: asked, diverging: None });
    }
}
