use proptest::prelude::*;

use super::*;
use crate::consumer::assignor::testing::{Group, check, partitions_of, racks, topics};

fn assign(topics: &AssignableTopics, group: &Group) -> String {
    group.assign(&mut StickyAssignor::default(), topics)
}

/// What a member of the eager assignor says that it held.
fn held(generation: i32, partitions: &str) -> Option<Bytes> {
    StickyAssignorUserData::new(&partitions_of(partitions), generation).to_bytes(1).ok()
}

impl Group {
    fn held(self, generation: i32, partitions: &str) -> Self {
        self.edit(|member| {
            member.user_data = held(generation, partitions);
            member.generation_id = Some(generation);
        })
    }
}

#[test]
fn a_new_group_is_balanced() {
    let topics = topics(&[("t1", 2), ("t2", 2), ("t3", 2)]);
    let all = ["t1", "t2", "t3"];
    let group = Group::default().member("c0", &all).member("c1", &all);
    check(&assign(&topics, &group), "c0: t1-0 t2-0 t3-0\nc1: t1-1 t2-1 t3-1\n");
}

#[test]
fn a_lost_members_partitions_go_round() {
    let topics = topics(&[("t", 6)]);
    let group =
        Group::default().member("c0", &["t"]).held(1, "t-0 t-3").member("c2", &["t"]).held(1, "t-2 t-5");
    check(&assign(&topics, &group), "c0: t-0 t-1 t-3\nc2: t-2 t-4 t-5\n");
}

#[test]
fn a_new_member_takes_from_those_with_most() {
    let topics = topics(&[("t", 5)]);
    let group = Group::default()
        .member("c0", &["t"])
        .held(1, "t-0 t-2 t-4")
        .member("c1", &["t"])
        .held(1, "t-1 t-3")
        .member("c2", &["t"]);
    check(&assign(&topics, &group), "c0: t-0 t-2\nc1: t-1 t-3\nc2: t-4\n");
}

#[test]
fn a_claim_of_an_older_generation_loses() {
    let topics = topics(&[("t", 3)]);
    let group = Group::default()
        .member("c0", &["t"])
        .held(1, "t-0 t-1")
        .member("c1", &["t"])
        .held(2, "t-1")
        .member("c2", &["t"])
        .held(2, "t-2");
    check(&assign(&topics, &group), "c0: t-0\nc1: t-1\nc2: t-2\n");
}

#[test]
fn two_claims_of_one_generation_count_for_none() {
    let topics = topics(&[("t", 3)]);
    let group =
        Group::default().member("c0", &["t"]).held(1, "t-0 t-1").member("c1", &["t"]).held(1, "t-0 t-2");
    check(&assign(&topics, &group), "c0: t-0 t-1\nc1: t-2\n");
}

#[test]
fn different_subscriptions_balance_as_far_as_they_can() {
    let topics = topics(&[("t1", 1), ("t2", 2), ("t3", 3)]);
    let group =
        Group::default().member("c0", &["t1"]).member("c1", &["t1", "t2"]).member("c2", &["t1", "t2", "t3"]);
    check(&assign(&topics, &group), "c0: t1-0\nc1: t2-0 t2-1\nc2: t3-0 t3-1 t3-2\n");
    let group = Group::default()
        .member("c1", &["t1", "t2"])
        .held(1, "t2-0 t2-1")
        .member("c2", &["t1", "t2", "t3"])
        .held(1, "t3-0 t3-1 t3-2");
    check(&assign(&topics, &group), "c1: t1-0 t2-0 t2-1\nc2: t3-0 t3-1 t3-2\n");
}

#[test]
fn racks_are_matched_where_balance_allows() {
    let topics = racks(&[("t", &["a", "b", "a", "b", "a"])]);
    let group = Group::default().member("x", &["t"]).rack("b").member("y", &["t"]).rack("a");
    check(&assign(&topics, &group), "x: t-1 t-3\ny: t-0 t-2 t-4\n");
}

#[test]
fn user_data_of_both_versions_and_of_none() {
    let bytes = held(5, "u-2 t-1 t-0").expect("bytes");
    let expected = b"\0\0\0\x02\0\x01t\0\0\0\x02\0\0\0\x01\0\0\0\0\0\x01u\0\0\0\x01\0\0\0\x02\0\0\0\x05";
    assert_eq!(bytes.as_ref(), expected);
    let partitions = partitions_of("t-1 t-0 u-2");
    assert_eq!(
        StickyAssignorUserData::read(&bytes),
        MemberData { partitions: partitions.clone(), generation: Some(5) }
    );
    let old = bytes.slice(..bytes.len() - 4);
    assert_eq!(StickyAssignorUserData::read(&old), MemberData { partitions, generation: None });
    for end in 0..old.len() {
        let cut = StickyAssignorUserData::read(&bytes.slice(..end));
        assert_eq!(cut, MemberData { partitions: Vec::new(), generation: Some(DEFAULT_GENERATION) });
    }
}

#[test]
fn claims_of_what_does_not_exist_are_ignored() {
    let topics = topics(&[("t", 2)]);
    let group = Group::default().member("a", &["t"]).held(3, "t--1 t-2 gone-0 t-1 t-1");
    check(&assign(&topics, &group), "a: t-0 t-1\n");
    let group = Group::default().member("a", &["missing"]).member("b", &["t", "missing"]);
    check(&assign(&topics, &group), "a:\nb: t-0 t-1\n");
    assert!(StickyAssignor::default().assign(&topics, &GroupSubscription::new()).is_empty());
}

/// For each member a set of topics by bits and the partitions that it claims, with a generation.
type RandomMember = (u8, Vec<(u8, u8)>, i32, Option<u8>);

fn random_group(members: &[RandomMember], equal: bool) -> Group {
    let mut group = Group::default();
    for (index, (topics, claims, generation, rack)) in members.iter().enumerate() {
        let bits = if equal { 0xff } else { *topics };
        let names: Vec<String> =
            (0..4).filter(|bit| bits >> bit & 1 == 1).map(|bit| format!("t{bit}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        group = group.member(&format!("m{index}"), &names).owns(*generation, "").edit(|member| {
            let claims = claims
                .iter()
                .map(|(topic, number)| TopicPartition::new(format!("t{topic}"), (*number).into()));
            member.owned_partitions = claims.collect();
            member.rack_id = rack.map(|rack| format!("r{rack}").into());
        });
    }
    group
}

fn members() -> impl Strategy<Value = Vec<RandomMember>> {
    let member =
        (1u8..16, proptest::collection::vec((0u8..5, 0u8..8), 0..8), -1i32..3, proptest::option::of(0u8..3));
    proptest::collection::vec(member, 1..7)
}

proptest! {
    #[test]
    fn every_partition_goes_to_one_subscriber_and_equals_balance(
        members in members(),
        counts in proptest::collection::vec(1usize..8, 4),
        with_racks in any::<bool>(),
        equal in any::<bool>(),
    ) {
        let rack = |number: usize| [KafkaString::from(format!("r{}", number % 3))].into();
        let topics: AssignableTopics = counts
            .iter()
            .enumerate()
            .map(|(topic, count)| {
                let racks = (0..*count).map(|number| if with_racks { rack(number) } else { Default::default() });
                (KafkaString::from(format!("t{topic}")), racks.collect())
            })
            .collect();
        let group = random_group(&members, equal);
        let data = |member: &MemberSubscription| MemberData {
            partitions: member.owned_partitions.clone(),
            generation: member.generation_id,
        };
        let mut stickiness = Stickiness::default();
        let (assignment, _) = stickiness.assign(&topics, &group.members, data);
        prop_assert_eq!(assignment.len(), group.members.len());
        let mut given: Vec<_> = assignment.values().flatten().cloned().collect();
        given.sort();
        let mut expected = Vec::new();
        for (topic, partitions) in &topics {
            if group.members.values().any(|member| member.topics.contains(topic)) {
                expected.extend((0..partitions.len()).map(|number| TopicPartition::new(topic.clone(), number as i32)));
            }
        }
        prop_assert_eq!(given, expected);
        for (id, partitions) in &assignment {
            prop_assert!(partitions.iter().all(|partition| group.members[id].topics.contains(&partition.topic)));
        }
        if equal {
            let sizes = assignment.values().map(Vec::len);
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        }
        // What is balanced stays where it is.
        let mut again = group;
        for (id, member) in &mut again.members {
            member.owned_partitions = assignment[id].clone();
            member.generation_id = Some(5);
        }
        if !with_racks {
            prop_assert_eq!(stickiness.assign(&topics, &again.members, data).0, assignment);
        }
    }
}
