//! Offsets expire, and groups with them.

use super::*;

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn offsets_from_outside_of_groups_expire_a_week_after_their_commit() {
    let mut scene = Scene::new();
    scene.send_commit(8, &commit_request("g", "old", 1));
    scene.pass(DAY_MS);
    scene.send_commit(8, &commit_request("g", "new", 1));
    scene.pass(6 * DAY_MS + 600_000);
    assert_eq!((scene.offset("g", "old"), scene.offset("g", "new")), (-1, 1));
    scene.pass(DAY_MS);
    assert_eq!(scene.state("g"), "none", "nothing is left of it");
    assert_eq!(scene.reload().state("g"), "none");
}

#[test]
fn offsets_of_a_group_are_kept_a_week_after_it_has_lost_its_last_member() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    scene.commit_as("g", &member, 1, "t", 5);
    for _ in 0..8 * 24 * 3_600 / 9 {
        scene.pass(9_000);
        scene.heartbeat("g", &member, 1);
    }
    assert_eq!(scene.offset("g", "t"), 5, "it reads the topic still");
    scene.leave(5, "g", &[(&member, None)]);
    scene.pass(7 * DAY_MS - 1);
    assert_eq!(scene.offset("g", "t"), 5);
    scene.pass(600_001);
    assert_eq!((scene.offset("g", "t"), scene.state("g")), (-1, "none"));
}

#[test]
fn offsets_of_topics_that_a_group_does_not_read_any_more_expire() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    scene.commit_as("g", &member, 1, "t", 5);
    scene.commit_as("g", &member, 1, "former", 5);
    for _ in 0..8 * 24 * 3_600 / 9 {
        scene.pass(9_000);
        scene.heartbeat("g", &member, 1);
    }
    assert_eq!((scene.offset("g", "t"), scene.offset("g", "former")), (5, -1));
    assert_eq!(scene.state("g"), "Stable");
}

#[test]
fn old_clients_say_how_long_offsets_are_kept() {
    let mut scene = Scene::new();
    let mut request = commit_request("g", "t", 5);
    request.retention_time_ms = 3_600_000;
    scene.send_commit(4, &request);
    assert_eq!(scene.log.last().unwrap().value.as_ref().unwrap().1, 1, "only version 1 has a place for it");
    scene.pass(3_000_000);
    assert_eq!(scene.offset("g", "t"), 5);
    scene.pass(1_200_000);
    assert_eq!(scene.offset("g", "t"), -1);
}

#[test]
fn pending_transactions_keep_offsets_and_group() {
    let mut scene = Scene::new();
    scene.send_commit(8, &commit_request("g", "t", 5));
    let record = scene.log[0].clone();
    scene.load(1, ProducerId(1), record);
    scene.pass(8 * DAY_MS);
    assert_eq!(scene.coordinator.offsets().iter().count(), 1);
    scene.coordinator.replay_end_transaction(ProducerId(1), false);
    scene.pass(600_000);
    assert_eq!(scene.state("g"), "none");
}

#[test]
fn an_empty_group_without_offsets_goes_at_the_next_look() {
    let mut scene = Scene::new();
    scene.send_join(9, &join_request("g", "", &[("range", "t")]));
    assert_eq!(scene.state("g"), "Empty");
    scene.pass(600_000);
    assert_eq!(scene.state("g"), "none");
}
