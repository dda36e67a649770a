//! Offsets are committed and fetched.

use ottla_wire::{ErrorCode, Uuid};

use super::*;

#[test]
fn anybody_may_commit_while_a_group_has_no_members() {
    let mut scene = Scene::new();
    let token = scene.send_commit(8, &commit_request("g", "t", 7));
    assert_eq!(scene.committed(token), ErrorCode::None);
    assert_eq!(scene.offset("g", "t"), 7);
    assert_eq!(scene.state("g"), "Empty");
    let token = scene.send_fetch("g", Some(&["t", "other"]), false);
    let fetched = scene.fetched(token);
    assert_eq!(fetched.topics[0].partitions[0].metadata.as_deref(), Some("note"));
    let none = &fetched.topics[1].partitions[0];
    assert_eq!((none.committed_offset, none.committed_leader_epoch, none.error_code), (-1, -1, 0));
    assert_eq!(none.metadata.as_deref(), Some(""));

    let member = scene.stable("g", "t");
    let token = scene.send_commit(8, &commit_request("g", "t", 8));
    assert_eq!(scene.committed(token), ErrorCode::UnknownMemberId);
    assert_eq!(scene.commit_as("g", &member, 1, "t", 8), ErrorCode::None);
}

#[test]
fn commits_of_members_are_checked() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    assert_eq!(scene.commit_as("g", "who", 1, "t", 1), ErrorCode::UnknownMemberId);
    assert_eq!(scene.commit_as("g", &member, 2, "t", 1), ErrorCode::IllegalGeneration);
    assert_eq!(scene.commit_as("g", &member, -1, "t", 1), ErrorCode::IllegalGeneration);
    assert_eq!(scene.commit_as("none", &member, 1, "t", 1), ErrorCode::IllegalGeneration);
    let mut request = commit_request("none", "t", 1);
    request.generation_id_or_member_epoch = 1;
    let token = scene.send_commit(9, &request);
    assert_eq!(scene.committed(token), ErrorCode::GroupIdNotFound);
    assert_eq!(scene.offset("g", "t"), -1);
    assert_eq!(scene.state("none"), "none");
}

#[test]
fn who_commits_is_alive() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    for offset in 0..10 {
        scene.pass(9_000);
        assert_eq!(scene.commit_as("g", &member, 1, "t", offset), ErrorCode::None);
    }
}

#[test]
fn notes_may_not_be_too_long_in_javas_characters() {
    let mut scene = Scene::new();
    let mut request = commit_request("g", "t", 1);
    let partitions = &mut request.topics[0].partitions;
    partitions[0].committed_metadata = Some("0123456789abcdefg".into());
    partitions.push(OffsetCommitRequestPartition {
        partition_index: 1,
        committed_offset: 2,
        committed_metadata: Some("ßßßßßßßßßßßßßßßß".into()),
        ..OffsetCommitRequestPartition::default()
    });
    let token = scene.send_commit(8, &request);
    let Some(Response::OffsetCommit(response)) = scene.answer(token) else { panic!() };
    let errors: Vec<_> = response.topics[0].partitions.iter().map(|partition| partition.error_code).collect();
    assert_eq!(errors, [ErrorCode::OffsetMetadataTooLarge.number(), 0]);
    assert_eq!(scene.coordinator.offsets().iter().count(), 1);
}

#[test]
fn an_offset_of_an_earlier_topic_of_the_name_is_not_told() {
    let mut scene = Scene::new();
    let mut request = commit_request("g", "t", 7);
    request.topics[0].topic_id = Uuid::from_halves(1, 1);
    scene.send_commit(10, &request);
    let mut fetch = |id| {
        let token = scene.token();
        let topic = OffsetFetchRequestTopics {
            name: "t".into(),
            topic_id: id,
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        };
        let request = OffsetFetchRequestGroup {
            group_id: "g".into(),
            topics: Some(vec![topic]),
            ..OffsetFetchRequestGroup::default()
        };
        let outcome = scene.coordinator.handle_offset_fetch(&request, false, token);
        scene.settle(outcome);
        scene.fetched(token).topics[0].partitions[0].committed_offset
    };
    assert_eq!(fetch(Uuid::from_halves(1, 1)), 7);
    assert_eq!(fetch(Uuid::ZERO), 7);
    assert_eq!(fetch(Uuid::from_halves(2, 2)), -1);
}

#[test]
fn all_offsets_of_a_group_can_be_fetched() {
    let mut scene = Scene::new();
    for (topic, offset) in [("b", 1), ("a", 2), ("b", 3)] {
        scene.send_commit(8, &commit_request("g", topic, offset));
    }
    let token = scene.send_fetch("g", None, false);
    let fetched = scene.fetched(token);
    let told = fetched.topics.iter().map(|topic| (topic.name.as_str(), topic.partitions[0].committed_offset));
    assert_eq!(told.collect::<Vec<_>>(), [("a", 2), ("b", 3)]);
    let token = scene.send_fetch("none", None, false);
    assert_eq!(scene.fetched(token).topics, []);
}

#[test]
fn offsets_of_open_transactions_are_unstable_and_count_once_committed() {
    let mut scene = Scene::new();
    scene.send_commit(8, &commit_request("g", "t", 7));
    let mut record = scene.log[0].clone();
    let Some((ottla_wire::group::GroupValue::OffsetCommit(value), _)) = &mut record.value else { panic!() };
    value.offset = 9;
    scene.load(1, ProducerId(5), record.clone());
    let token = scene.send_fetch("g", Some(&["t"]), true);
    let told = scene.fetched(token).topics[0].partitions[0].clone();
    assert_eq!((told.committed_offset, told.error_code), (-1, ErrorCode::UnstableOffsetCommit.number()));
    let token = scene.send_fetch("g", None, false);
    assert_eq!(scene.fetched(token).topics[0].partitions[0].committed_offset, 7);

    scene.coordinator.replay_end_transaction(ProducerId(5), false);
    assert_eq!(scene.offset("g", "t"), 7);
    scene.load(2, ProducerId(5), record.clone());
    scene.coordinator.replay_end_transaction(ProducerId(5), true);
    assert_eq!(scene.offset("g", "t"), 9);
    // A commit from outside that came later stands.
    scene.load(3, ProducerId(5), record.clone());
    let mut later = record.clone();
    let Some((ottla_wire::group::GroupValue::OffsetCommit(value), _)) = &mut later.value else { panic!() };
    value.offset = 11;
    scene.load(4, ProducerId::NONE, later);
    scene.coordinator.replay_end_transaction(ProducerId(5), true);
    assert_eq!(scene.offset("g", "t"), 11);
}

#[test]
fn nobody_is_told_before_it_is_safe() {
    let mut scene = Scene::new();
    scene.commits_at_once = false;
    let commit = scene.send_commit(8, &commit_request("g", "t", 7));
    let fetch = scene.send_fetch("g", Some(&["t"]), false);
    assert_eq!((scene.answer(commit), scene.answer(fetch)), (None, None));
    scene.commit();
    assert_eq!(scene.committed(commit), ErrorCode::None);
    assert_eq!(scene.fetched(fetch).topics[0].partitions[0].committed_offset, 7);
}
