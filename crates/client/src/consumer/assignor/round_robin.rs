//! The round-robin assignor: all partitions in order, dealt to the members in turn.

use std::collections::BTreeSet;

use ottla_wire::KafkaString;

use super::{AssignableTopics, GroupAssignment, GroupSubscription, PartitionAssignor, member_order};
use crate::consumer::TopicPartition;

/// Deals all partitions to the members in turn; a member that did not subscribe to the topic is passed over.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobinAssignor;

impl PartitionAssignor for RoundRobinAssignor {
    fn name(&self) -> &'static str {
        "roundrobin"
    }

    fn assign(&mut self, topics: &AssignableTopics, group: &GroupSubscription) -> GroupAssignment {
        let members: Vec<(&KafkaString, BTreeSet<&KafkaString>)> = {
            let mut sorted: Vec<_> = group.iter().collect();
            sorted.sort_by(|a, b| member_order(a.0, a.1).cmp(&member_order(b.0, b.1)));
            sorted.into_iter().map(|(id, member)| (id, member.topics.iter().collect())).collect()
        };
        let mut assignment: GroupAssignment = group.keys().map(|id| (id.clone(), Vec::new())).collect();
        let mut next = 0;
        for (topic, partitions) in topics {
            if !members.iter().any(|(_, topics)| topics.contains(topic)) {
                continue;
            }
            for partition in 0..partitions.len() as i32 {
                while !members[next].1.contains(topic) {
                    next = (next + 1) % members.len();
                }
                let given = assignment.entry(members[next].0.clone()).or_default();
                given.push(TopicPartition { topic: topic.clone(), partition });
                next = (next + 1) % members.len();
            }
        }
        assignment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::assignor::testing::{Group, check, topics};

    #[test]
    fn partitions_are_dealt_across_topics() {
        let topics = topics(&[("t0", 3), ("t1", 3)]);
        let group = Group::default().member("c0", &["t0", "t1"]).member("c1", &["t1", "t0"]);
        check(&group.assign(&mut RoundRobinAssignor, &topics), "c0: t0-0 t0-2 t1-1\nc1: t0-1 t1-0 t1-2\n");
    }

    #[test]
    fn members_without_the_topic_are_passed_over() {
        let topics = topics(&[("t0", 1), ("t1", 2), ("t2", 3), ("unwanted", 9)]);
        let group = Group::default()
            .member("c0", &["t0"])
            .member("c1", &["t0", "t1"])
            .member("c2", &["t0", "t1", "t2", "missing"]);
        check(
            &group.assign(&mut RoundRobinAssignor, &topics),
            "c0: t0-0\nc1: t1-0\nc2: t1-1 t2-0 t2-1 t2-2\n",
        );
    }

    #[test]
    fn static_members_go_first_by_their_instance() {
        let topics = topics(&[("t", 3)]);
        let group = Group::default().member("a", &["t"]).member("z", &["t"]).instance("i");
        check(&group.assign(&mut RoundRobinAssignor, &topics), "a: t-1\nz: t-0 t-2\n");
    }
}
