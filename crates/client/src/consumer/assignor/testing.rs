//! What the tests of all assignors share: groups and topics in few words, assignments as text.

use std::collections::BTreeSet;

use super::*;

/// A group under construction; later calls speak of the member named last.
#[derive(Default)]
pub(super) struct Group {
    pub(super) members: GroupSubscription,
    last: KafkaString,
}

impl Group {
    pub(super) fn member(mut self, id: &str, topics: &[&str]) -> Self {
        self.last = id.into();
        let topics = topics.iter().map(|topic| KafkaString::from(*topic)).collect();
        self.members.insert(id.into(), MemberSubscription { topics, ..Default::default() });
        self
    }

    pub(super) fn edit(mut self, change: impl FnOnce(&mut MemberSubscription)) -> Self {
        change(self.members.get_mut(&self.last).expect("a member comes first"));
        self
    }

    pub(super) fn instance(self, id: &str) -> Self {
        self.edit(|member| member.group_instance_id = Some(id.into()))
    }

    pub(super) fn rack(self, rack: &str) -> Self {
        self.edit(|member| member.rack_id = Some(rack.into()))
    }

    pub(super) fn owns(self, generation: i32, partitions: &str) -> Self {
        self.edit(|member| {
            member.generation_id = Some(generation);
            member.owned_partitions = partitions_of(partitions);
        })
    }

    pub(super) fn assign(&self, assignor: &mut dyn PartitionAssignor, topics: &AssignableTopics) -> String {
        text(&assignor.assign(topics, &self.members))
    }
}

/// Partitions from text such as `t-0 t-1`.
pub(super) fn partitions_of(text: &str) -> Vec<TopicPartition> {
    let parse = |word: &str| {
        let (topic, partition) = word.rsplit_once('-').expect("a hyphen");
        TopicPartition::new(topic, partition.parse().expect("a number"))
    };
    text.split_whitespace().map(parse).collect()
}

pub(super) fn topics(counts: &[(&str, usize)]) -> AssignableTopics {
    counts.iter().map(|(topic, count)| ((*topic).into(), vec![BTreeSet::new(); *count])).collect()
}

/// Topics with the racks of each partition, a letter each.
pub(super) fn racks(topics: &[(&str, &[&str])]) -> AssignableTopics {
    let racks = |racks: &&str| racks.chars().map(|rack| rack.to_string().into()).collect();
    topics
        .iter()
        .map(|(topic, partitions)| ((*topic).into(), partitions.iter().map(racks).collect()))
        .collect()
}

pub(super) fn text(assignment: &GroupAssignment) -> String {
    let mut text = String::new();
    for (member, partitions) in assignment {
        text += &format!("{member}:");
        for partition in partitions {
            text += &format!(" {partition}");
        }
        text += "\n";
    }
    text
}

#[track_caller]
pub(super) fn check(actual: &str, expected: &str) {
    assert!(actual == expected, "got\n{actual}instead of\n{expected}");
}
