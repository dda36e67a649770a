//! Records cannot be written.

use ottla_wire::ErrorCode;

use super::*;

#[test]
fn a_commit_that_cannot_be_written_changes_nothing() {
    let mut scene = Scene::new();
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    let token = scene.send_commit(8, &commit_request("g", "t", 7));
    assert_eq!(scene.committed(token), ErrorCode::CoordinatorNotAvailable);
    assert_eq!((scene.offset("g", "t"), scene.state("g")), (-1, "none"));
    scene.append_error = Some(ErrorCode::NotLeaderOrFollower);
    let token = scene.send_commit(8, &commit_request("g", "t", 7));
    assert_eq!(scene.committed(token), ErrorCode::NotCoordinator);
    scene.append_error = Some(ErrorCode::MessageTooLarge);
    let token = scene.send_commit(8, &commit_request("g", "t", 7));
    assert_eq!(scene.committed(token), ErrorCode::UnknownServerError);
}

#[test]
fn what_was_fetched_meanwhile_fails_along() {
    let mut scene = Scene::new();
    scene.commits_at_once = false;
    scene.send_commit(8, &commit_request("g", "t", 7));
    let fetch = scene.send_fetch("g", Some(&["t"]), true);
    let id = scene.uncommitted.remove(0);
    let outcome = scene.coordinator.failed(scene.now.into(), id, ErrorCode::RequestTimedOut);
    scene.settle(outcome);
    let fetched = scene.fetched(fetch);
    assert_eq!((fetched.error_code, fetched.topics.len()), (ErrorCode::NotCoordinator.number(), 0));
}

#[test]
fn a_group_that_cannot_be_written_is_gone() {
    let mut scene = Scene::new();
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    let token = scene.send_join(3, &join_request("g", "", &[("range", "t")]));
    assert_eq!(scene.joined(token).error_code, ErrorCode::CoordinatorNotAvailable.number());
    assert_eq!(scene.state("g"), "none");
    assert_eq!(scene.coordinator.poll_timeout().unwrap().0 - scene.now.0, 600_000, "nothing is due for it");
}

#[test]
fn an_assignment_that_cannot_be_written_makes_members_join_again() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, _) = scene.join_new("g", &[("range", "t")]);
    scene.join_again("g", &first, &[("range", "t")]);
    let waiting = scene.send_sync("g", &second, 2, &[]);
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    let token = scene.send_sync("g", &first, 2, &[(&second, "b")]);
    assert_eq!(scene.synced(token).error_code, ErrorCode::CoordinatorNotAvailable.number());
    assert_eq!(scene.synced(waiting).error_code, ErrorCode::CoordinatorNotAvailable.number());
    assert_eq!(scene.state("g"), "PreparingRebalance");
}

#[test]
fn an_assignment_that_a_rebalance_overtakes_is_not_handed_out() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, _) = scene.join_new("g", &[("range", "t")]);
    scene.join_again("g", &first, &[("range", "t")]);
    scene.commits_at_once = false;
    let waiting = scene.send_sync("g", &first, 2, &[]);
    assert_eq!(scene.answer(waiting), None);
    scene.join_again("g", &second, &[("range", "other")]);
    assert_eq!(scene.synced(waiting).error_code, ErrorCode::RebalanceInProgress.number());
    scene.commit();
    assert_eq!(scene.state("g"), "PreparingRebalance");
}

#[test]
fn a_static_member_whose_new_id_cannot_be_written_keeps_its_former_one() {
    let mut scene = Scene::new();
    let mut request = join_request("g", "", &[("range", "t")]);
    request.group_instance_id = Some("a".into());
    let token = scene.send_join(9, &request);
    scene.pass(3_000);
    let member = scene.joined(token).member_id;
    scene.send_sync("g", &member, 1, &[(&member, "all")]);
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    let token = scene.send_join(9, &request);
    let refused = scene.joined(token);
    assert_eq!(
        (refused.error_code, refused.member_id.as_str()),
        (ErrorCode::CoordinatorNotAvailable.number(), "")
    );
    assert_eq!(scene.heartbeat("g", &member, 1), ErrorCode::None);
    let token = scene.send_sync("g", &member, 1, &[]);
    assert_eq!(&scene.synced(token).assignment[..], b"all");
}

#[test]
fn whoever_waits_is_told_when_the_partition_moves() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    scene.stable("h", "t");
    let (_, joining) = scene.join_new("g", &[("range", "t")]);
    let (second, _) = scene.join_new("h", &[("range", "t")]);
    let leader = scene.coordinator.group("h").unwrap().leader.clone().unwrap();
    scene.join_again("h", &leader, &[("range", "t")]);
    let syncing = scene.send_sync("h", &second, 2, &[]);
    scene.commits_at_once = false;
    let mut request = commit_request("g", "t", 5);
    request.member_id = first;
    request.generation_id_or_member_epoch = 1;
    let committing = scene.send_commit(8, &request);
    let mut told: Vec<Token> = Vec::new();
    for reply in scene.coordinator.on_unloaded() {
        let error = match reply.response {
            Response::JoinGroup(response) => response.error_code,
            Response::SyncGroup(response) => response.error_code,
            Response::OffsetCommit(response) => response.topics[0].partitions[0].error_code,
            other => panic!("{other:?}"),
        };
        assert_eq!(error, ErrorCode::NotCoordinator.number());
        told.push(reply.token);
    }
    told.sort();
    assert_eq!(told, [joining, syncing, committing]);
}
