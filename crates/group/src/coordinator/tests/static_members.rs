//! Members with a name of their own (KIP-345).

use ottla_wire::ErrorCode;

use super::*;

fn static_join(member: &str, instance: &str) -> JoinGroupRequest {
    let mut request = join_request("g", member, &[("range", "t")]);
    request.group_instance_id = Some(instance.into());
    request
}

/// A stable group of two static members, `a` that leads and `b`; their member ids.
fn two_static(scene: &mut Scene) -> (KafkaString, KafkaString) {
    let a = scene.send_join(9, &static_join("", "a"));
    let b = scene.send_join(9, &static_join("", "b"));
    scene.pass(6_000);
    let (a, b) = (scene.joined(a).member_id, scene.joined(b).member_id);
    let waiting = scene.send_sync("g", &b, 1, &[]);
    scene.send_sync("g", &a, 1, &[(&a, "for a"), (&b, "for b")]);
    assert_eq!(&scene.synced(waiting).assignment[..], b"for b");
    (a, b)
}

#[test]
fn a_static_member_that_comes_back_gets_its_work_without_a_rebalance() {
    let mut scene = Scene::new();
    let (a, b) = two_static(&mut scene);
    assert!(b.starts_with("b-"), "{b}");
    let token = scene.send_join(9, &static_join("", "b"));
    let joined = scene.joined(token);
    assert_eq!((joined.error_code, joined.generation_id, joined.skip_assignment), (0, 1, false));
    assert_eq!((joined.leader, joined.members.len()), (a, 0));
    assert_ne!(joined.member_id, b);
    let token = scene.send_sync("g", &joined.member_id, 1, &[]);
    assert_eq!(&scene.synced(token).assignment[..], b"for b");
    assert_eq!(scene.state("g"), "Stable");
    // A reload knows it by its new id.
    let reloaded = scene.reload();
    assert!(reloaded.coordinator.group("g").unwrap().member(&joined.member_id).is_some());
}

#[test]
fn a_leader_that_comes_back_is_told_not_to_assign_or_not_that_it_leads() {
    let mut scene = Scene::new();
    let (a, _) = two_static(&mut scene);
    let token = scene.send_join(9, &static_join("", "a"));
    let joined = scene.joined(token);
    assert!(joined.skip_assignment);
    assert_eq!((&joined.leader, joined.members.len()), (&joined.member_id, 2));
    let token = scene.send_join(8, &static_join("", "a"));
    let again = scene.joined(token);
    assert!(!again.skip_assignment);
    assert_eq!((again.leader, again.members.len()), (joined.member_id, 0));
    assert_ne!(again.member_id, a);
}

#[test]
fn the_former_self_of_a_static_member_is_fenced() {
    let mut scene = Scene::new();
    let (a, b) = two_static(&mut scene);
    let token = scene.send_join(9, &static_join("", "b"));
    scene.joined(token);
    let fenced = ErrorCode::FencedInstanceId;
    let token = scene.send_join(9, &static_join(&b, "b"));
    let refused = scene.joined(token);
    assert_eq!((refused.error_code, refused.protocol_name), (fenced.number(), None));
    let mut commit = commit_request("g", "t", 1);
    commit.group_instance_id = Some("b".into());
    commit.member_id = b.clone();
    commit.generation_id_or_member_epoch = 1;
    let token = scene.send_commit(8, &commit);
    assert_eq!(scene.committed(token), fenced);
    assert_eq!(scene.leave(5, "g", &[(&b, Some("b"))]).members[0].error_code, fenced.number());
    let request = HeartbeatRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: b,
        group_instance_id: Some("nobody".into()),
        ..HeartbeatRequest::default()
    };
    let token = scene.token();
    let outcome = scene.coordinator.handle_heartbeat(scene.now.into(), &request, token);
    scene.settle(outcome);
    let Some(Response::Heartbeat(response)) = scene.answer(token) else { panic!() };
    assert_eq!(response.error_code, ErrorCode::UnknownMemberId.number());
    assert_eq!(scene.heartbeat("g", &a, 1), ErrorCode::None);
}

#[test]
fn one_that_waits_is_fenced_when_its_successor_comes() {
    let mut scene = Scene::new();
    let former = scene.send_join(9, &static_join("", "a"));
    let latter = scene.send_join(9, &static_join("", "a"));
    let refused = scene.joined(former);
    assert_eq!(refused.error_code, ErrorCode::FencedInstanceId.number());
    scene.pass(6_000);
    let joined = scene.joined(latter);
    assert_eq!((joined.error_code, joined.members.len()), (0, 1));

    let waiting = scene.send_sync("g", &joined.member_id, 1, &[]);
    assert_eq!(scene.synced(waiting).error_code, 0);
}

#[test]
fn coming_back_in_the_sync_phase_begins_a_rebalance() {
    let mut scene = Scene::new();
    let (a, b) = two_static(&mut scene);
    let token = scene.send_join(9, &static_join(&a, "a"));
    scene.send_join(9, &static_join(&b, "b"));
    assert_eq!(scene.joined(token).generation_id, 2);
    let waiting = scene.send_sync("g", &a, 2, &[]);
    scene.synced(waiting);
    assert_eq!(scene.state("g"), "Stable");

    scene.send_join(9, &static_join(&a, "a"));
    scene.send_join(9, &static_join(&b, "b"));
    let waiting = scene.send_sync("g", &b, 3, &[]);
    let token = scene.send_join(9, &static_join("", "a"));
    assert_eq!(scene.synced(waiting).error_code, ErrorCode::RebalanceInProgress.number());
    assert_eq!((scene.answer(token), scene.state("g")), (None, "PreparingRebalance"));
}

#[test]
fn a_static_member_that_changes_the_protocol_begins_a_rebalance() {
    let mut scene = Scene::new();
    let token = scene.send_join(9, &static_join("", "a"));
    scene.pass(3_000);
    let a = scene.joined(token).member_id;
    scene.send_sync("g", &a, 1, &[]);
    let mut request = static_join("", "a");
    request.protocols.insert(0, JoinGroupRequestProtocol { name: "sticky".into(), ..Default::default() });
    let token = scene.send_join(9, &request);
    let joined = scene.joined(token);
    assert_eq!((joined.generation_id, joined.protocol_name.as_deref()), (2, Some("sticky")));
}

#[test]
fn static_members_stay_until_their_sessions_end() {
    let mut scene = Scene::new();
    let mut slow = static_join("", "a");
    slow.session_timeout_ms = 500_000;
    let token = scene.send_join(9, &slow);
    scene.pass(3_000);
    let a = scene.joined(token).member_id;
    scene.send_sync("g", &a, 1, &[]);
    let (b, token) = scene.join_new("g", &[("range", "t")]);
    scene.pass(60_000);
    let joined = scene.joined(token);
    assert_eq!((joined.members.len(), joined.leader), (2, b.clone()), "`a` keeps its place, not its lead");
    scene.send_sync("g", &b, 2, &[]);
    assert_eq!(scene.leave(5, "g", &[("", Some("a"))]).members[0].error_code, 0, "by its name alone");
    assert_eq!(scene.coordinator.group("g").unwrap().members().len(), 1);
}

#[test]
fn a_join_phase_that_no_static_member_comes_to_goes_on_until_they_are_gone() {
    let mut scene = Scene::new();
    let mut request = static_join("", "a");
    request.session_timeout_ms = 200_000;
    let token = scene.send_join(9, &request);
    scene.pass(3_000);
    let a = scene.joined(token).member_id;
    scene.send_sync("g", &a, 1, &[]);
    let (b, _) = scene.join_new("g", &[("range", "t")]);
    scene.leave(5, "g", &[(&b, None)]);
    scene.pass(150_000);
    assert_eq!(scene.state("g"), "PreparingRebalance");
    scene.pass(60_000);
    assert_eq!(scene.state("g"), "Empty");
}
