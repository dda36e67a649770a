//! The range assignor: topic by topic, each member a run of neighbouring partitions.
//!
//! Members in their order get equally long runs, the first ones one more if the count does not divide. Members
//! with a rack are matched with replicas on it first, as far as equal lengths allow (KIP-881); topics with equal
//! partition counts and subscribers are matched together, so that equal numbers stay with one member.

use std::collections::{BTreeMap, BTreeSet};

use ottla_wire::KafkaString;

use super::{
    AssignableTopics, GroupAssignment, GroupSubscription, PartitionAssignor, PartitionRacks, member_order,
    rack_of, racks_matter,
};
use crate::consumer::TopicPartition;

/// Shares out each topic in runs of neighbouring partitions.
#[derive(Clone, Copy, Debug, Default)]
pub struct RangeAssignor;

impl PartitionAssignor for RangeAssignor {
    fn name(&self) -> &'static str {
        "range"
    }

    fn assign(&mut self, topics: &AssignableTopics, group: &GroupSubscription) -> GroupAssignment {
        let mut assignment: GroupAssignment = group.keys().map(|id| (id.clone(), Vec::new())).collect();
        let mut states: Vec<TopicState<'_>> = topics
            .iter()
            .filter(|(_, partitions)| !partitions.is_empty())
            .map(|(topic, partitions)| TopicState::new(topic, partitions, group))
            .collect();
        let rack_aware = states.iter().any(|state| state.rack_aware);
        if rack_aware {
            assign_with_racks(&mut states, &mut assignment);
        }
        for state in &mut states {
            state.assign_runs(&mut assignment, |_, _, _| true);
        }
        if rack_aware {
            for partitions in assignment.values_mut() {
                partitions.sort();
            }
        }
        assignment
    }
}

/// What is left to do for one topic.
#[derive(Debug)]
struct TopicState<'a> {
    topic: &'a KafkaString,
    /// The subscribers in their order, each with its rack and how much it has.
    members: Vec<Member<'a>>,
    racks: &'a [PartitionRacks],
    rack_aware: bool,
    unassigned: BTreeSet<usize>,
    /// Partitions that each member gets at least.
    share: usize,
    /// Members that may still get one more.
    extra: usize,
}

#[derive(Debug)]
struct Member<'a> {
    id: &'a KafkaString,
    rack: Option<&'a KafkaString>,
    assigned: usize,
}

impl<'a> TopicState<'a> {
    fn new(topic: &'a KafkaString, racks: &'a [PartitionRacks], group: &'a GroupSubscription) -> Self {
        let mut subscribers: Vec<_> =
            group.iter().filter(|(_, member)| member.topics.contains(topic)).collect();
        subscribers.sort_by(|a, b| member_order(a.0, a.1).cmp(&member_order(b.0, b.1)));
        let members: Vec<_> = subscribers
            .into_iter()
            .map(|(id, member)| Member { id, rack: rack_of(member), assigned: 0 })
            .collect();
        let member_racks: BTreeSet<_> = members.iter().filter_map(|member| member.rack).collect();
        let count = members.len().max(1);
        Self {
            topic,
            rack_aware: !member_racks.is_empty() && racks_matter(&member_racks, racks.iter()),
            unassigned: (0..racks.len()).collect(),
            share: racks.len() / count,
            extra: racks.len() % count,
            members,
            racks,
        }
    }

    fn racks_match(&self, member: usize, partition: usize) -> bool {
        self.members[member].rack.is_none_or(|rack| self.racks[partition].contains(rack))
    }

    fn assignable(&self, member: usize) -> usize {
        (self.share + usize::from(self.extra > 0)).saturating_sub(self.members[member].assigned)
    }

    /// Gives each member in turn as many of the partitions that it may have as it has room for.
    fn assign_runs(
        &mut self,
        assignment: &mut GroupAssignment,
        may_have: impl Fn(&Self, usize, usize) -> bool,
    ) {
        for member in 0..self.members.len() {
            let run: Vec<usize> = self
                .unassigned
                .iter()
                .copied()
                .filter(|partition| may_have(self, member, *partition))
                .take(self.assignable(member))
                .collect();
            if !run.is_empty() {
                self.give(member, &run, assignment);
            }
        }
    }

    fn give(&mut self, member: usize, partitions: &[usize], assignment: &mut GroupAssignment) {
        let receiver = &mut self.members[member];
        receiver.assigned += partitions.len();
        if receiver.assigned > self.share {
            self.extra = self.extra.saturating_sub(1);
        }
        let given = assignment.entry(receiver.id.clone()).or_default();
        for partition in partitions {
            self.unassigned.remove(partition);
            given.push(TopicPartition { topic: self.topic.clone(), partition: *partition as i32 });
        }
    }
}

/// Gives away what can be given to a member on a rack of the partition.
fn assign_with_racks(states: &mut [TopicState<'_>], assignment: &mut GroupAssignment) {
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, state) in states.iter().enumerate() {
        let members: Vec<_> = state.members.iter().map(|member| member.id).collect();
        // Without a rack among the subscribers the racks of partitions are not looked at.
        let partitions =
            if state.members.iter().any(|member| member.rack.is_some()) { state.racks.len() } else { 0 };
        alike.entry((members, partitions)).or_default().push(index);
    }
    for ((_, partitions), group) in alike {
        match *group {
            [only] if states[only].rack_aware => {
                states[only].assign_runs(assignment, TopicState::racks_match);
            }
            [_] => {}
            _ => assign_together(states, &group, partitions, assignment),
        }
    }
}

/// Gives partitions of equal number in all topics of `group` to the first member that is on a rack of all.
fn assign_together(
    states: &mut [TopicState<'_>],
    group: &[usize],
    partitions: usize,
    assignment: &mut GroupAssignment,
) {
    let mut members: Vec<usize> = (0..states[group[0]].members.len()).collect();
    for partition in 0..partitions {
        let fits = |member: &usize| {
            let fits = |topic: &usize| {
                states[*topic].racks_match(*member, partition) && states[*topic].assignable(*member) > 0
            };
            group.iter().all(fits)
        };
        let Some(place) = members.iter().position(fits) else { continue };
        let member = members[place];
        for topic in group {
            states[*topic].give(member, &[partition], assignment);
        }
        if group.iter().all(|topic| states[*topic].assignable(member) == 0) {
            members.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::assignor::testing::{Group, check, racks, topics};

    fn assign(topics: &AssignableTopics, group: &Group) -> String {
        group.assign(&mut RangeAssignor, topics)
    }

    #[test]
    fn runs_differ_by_one_at_most() {
        let topics = topics(&[("t0", 3), ("t1", 3)]);
        let group = Group::default().member("c0", &["t0", "t1"]).member("c1", &["t0", "t1"]);
        check(&assign(&topics, &group), "c0: t0-0 t0-1 t1-0 t1-1\nc1: t0-2 t1-2\n");
    }

    #[test]
    fn members_beyond_the_partitions_get_none() {
        let topics = topics(&[("t", 1)]);
        let group = Group::default().member("c1", &["t"]).member("c0", &["t"]).member("c2", &["other"]);
        check(&assign(&topics, &group), "c0: t-0\nc1:\nc2:\n");
    }

    #[test]
    fn static_members_go_first_by_their_instance() {
        let topics = topics(&[("t", 3)]);
        let group = Group::default()
            .member("a", &["t"])
            .member("b", &["t"])
            .instance("i2")
            .member("c", &["t"])
            .instance("i1");
        check(&assign(&topics, &group), "a: t-2\nb: t-1\nc: t-0\n");
    }

    #[test]
    fn a_topic_is_shared_among_its_subscribers_only() {
        let topics = topics(&[("t1", 3), ("t2", 2)]);
        let group = Group::default().member("a", &["t1"]).member("b", &["t1", "t2"]).member("c", &["t1"]);
        check(&assign(&topics, &group), "a: t1-0\nb: t1-1 t2-0 t2-1\nc: t1-2\n");
    }

    #[test]
    fn racks_are_matched_where_lengths_allow() {
        let topics = racks(&[("t", &["b", "a", "b", "a"])]);
        let group = Group::default().member("x", &["t"]).rack("a").member("y", &["t"]).rack("b");
        check(&assign(&topics, &group), "x: t-1 t-3\ny: t-0 t-2\n");
        // All partitions are on one rack: balance comes first.
        let topics = racks(&[("t", &["a", "a", "a", "ab"])]);
        check(&assign(&topics, &group), "x: t-0 t-1\ny: t-2 t-3\n");
    }

    #[test]
    fn topics_alike_are_matched_together() {
        let topics = racks(&[("t1", &["b", "a", "b"]), ("t2", &["b", "a", "a"])]);
        let group =
            Group::default().member("x", &["t1", "t2"]).rack("a").member("y", &["t1", "t2"]).rack("b");
        check(&assign(&topics, &group), "x: t1-1 t1-2 t2-1 t2-2\ny: t1-0 t2-0\n");
    }
}
