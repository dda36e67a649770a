//! The sticky assignors: as balanced as can be, and of all such assignments one that moves little.
//!
//! [`StickyAssignor`] remembers in its user data what the member held, since eager members own nothing when
//! they join. The cooperative one, a file beside this, builds on the same.

mod constrained;
mod general;
mod movements;
mod ownership;
mod racks;
#[cfg(test)]
mod tests;
mod universe;

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_wire::{KafkaString, Message, Struct};

use super::{AssignableTopics, GroupAssignment, GroupSubscription, MemberSubscription, PartitionAssignor};
use crate::consumer::TopicPartition;

use constrained::Constrained;
use general::General;
use ownership::Ownership;
use racks::Racks;
use universe::Universe;

/// The generation of a member that was in none yet.
pub(super) const DEFAULT_GENERATION: i32 = -1;

/// What a member claims to hold, and since which generation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MemberData {
    pub(super) partitions: Vec<TopicPartition>,
    pub(super) generation: Option<i32>,
}

/// An assignment, and the partitions of it that another member must first give up: `None` if that is not yet known.
pub(super) type StickyAssignment = (GroupAssignment, Option<BTreeMap<TopicPartition, KafkaString>>);

/// What the sticky assignors have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stickiness {
    /// The newest generation that any member ever knew.
    max_generation: i32,
}

impl Default for Stickiness {
    fn default() -> Self {
        Self { max_generation: DEFAULT_GENERATION }
    }
}

impl Stickiness {
    pub(super) fn assign(
        &mut self,
        topics: &AssignableTopics,
        group: &GroupSubscription,
        member_data: impl Fn(&MemberSubscription) -> MemberData,
    ) -> StickyAssignment {
        if group.is_empty() {
            return (GroupAssignment::new(), Some(BTreeMap::new()));
        }
        let universe = Universe::new(topics, group);
        let racks = Racks::new(&universe, group);
        let claims: Vec<MemberData> = group.values().map(member_data).collect();
        let ownership = Ownership::of(&universe, group, &claims);
        self.max_generation = self.max_generation.max(ownership.max_generation);
        if ownership.subscriptions_equal {
            let (assignment, transferring) = Constrained::assign(&universe, &racks, ownership);
            let named = |(partition, member): (usize, usize)| {
                (universe.name(partition), universe.members[member].clone())
            };
            let transferring = transferring.into_iter().map(named).collect();
            return (universe.assignment(assignment), Some(transferring));
        }
        let assignment = General::assign(&universe, &racks, group, ownership, &claims, self.max_generation);
        (universe.assignment(assignment), None)
    }
}

/// What the sticky assignor's members tell their leader. Version 0 ends before the generation.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-1", flexible = "none")]
pub(super) struct StickyAssignorUserData {
    /// What the member was given.
    pub(super) previous_assignment: Vec<PreviousTopic>,
    /// The generation that gave it.
    #[field(versions = "1+", default = -1, ignorable)]
    pub(super) generation: i32,
}

/// Partitions of one topic that the member was given.
#[derive(Clone, Debug, PartialEq, Struct)]
pub(super) struct PreviousTopic {
    /// Name of the topic.
    pub(super) topic: KafkaString,
    /// Numbers of the partitions.
    pub(super) partitions: Vec<i32>,
}

impl StickyAssignorUserData {
    fn new(partitions: &[TopicPartition], generation: i32) -> Self {
        let mut topics: BTreeMap<&KafkaString, Vec<i32>> = BTreeMap::new();
        for partition in partitions {
            topics.entry(&partition.topic).or_default().push(partition.partition);
        }
        let previous_assignment = topics
            .into_iter()
            .map(|(topic, partitions)| PreviousTopic { topic: topic.clone(), partitions })
            .collect();
        Self { previous_assignment, generation }
    }

    /// Version 1 if the bytes suffice, else version 0, else nothing, as Kafka takes it.
    fn read(bytes: &Bytes) -> MemberData {
        let (data, generation) = match Self::decode_prefix(&mut bytes.clone(), 1) {
            Ok(data) => {
                let generation = data.generation;
                (data, Some(generation))
            }
            Err(_) => match Self::decode_prefix(&mut bytes.clone(), 0) {
                Ok(data) => (data, None),
                Err(_) => (Self::default(), Some(DEFAULT_GENERATION)),
            },
        };
        MemberData { partitions: Self::flat(data.previous_assignment), generation }
    }

    fn flat(topics: Vec<PreviousTopic>) -> Vec<TopicPartition> {
        let flat = |topic: PreviousTopic| {
            let name = topic.topic;
            topic
                .partitions
                .into_iter()
                .map(move |partition| TopicPartition { topic: name.clone(), partition })
        };
        topics.into_iter().flat_map(flat).collect()
    }
}

/// Balances and keeps what was, with members that give up all at each rebalance.
#[derive(Clone, Debug, Default)]
pub struct StickyAssignor {
    stickiness: Stickiness,
    /// What this member was given last, and in which generation.
    last: Option<(Vec<TopicPartition>, i32)>,
}

impl PartitionAssignor for StickyAssignor {
    fn name(&self) -> &'static str {
        "sticky"
    }

    fn subscription_user_data(&self) -> Option<Bytes> {
        let (partitions, generation) = self.last.as_ref()?;
        StickyAssignorUserData::new(partitions, *generation).to_bytes(1).ok()
    }

    fn assign(&mut self, topics: &AssignableTopics, group: &GroupSubscription) -> GroupAssignment {
        let member_data = |member: &MemberSubscription| match &member.user_data {
            Some(bytes) if !bytes.is_empty() => StickyAssignorUserData::read(bytes),
            _ => MemberData::default(),
        };
        self.stickiness.assign(topics, group, member_data).0
    }

    fn on_assignment(&mut self, partitions: &[TopicPartition], generation: i32) {
        self.last = Some((partitions.to_vec(), generation));
    }
}
