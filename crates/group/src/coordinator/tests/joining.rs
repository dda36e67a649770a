//! Members come together.

use ottla_wire::ErrorCode;

use super::*;

#[test]
fn a_first_member_gets_an_id_waits_a_while_and_leads() {
    let mut scene = Scene::new();
    let (member, token) = scene.join_new("g", &[("range", "t"), ("roundrobin", "t")]);
    assert!(member.starts_with("client-00000000-0000-4000-8"), "{member}");
    scene.pass(2_999);
    assert_eq!(scene.answer(token), None, "others may come yet");
    scene.pass(1);
    let joined = scene.joined(token);
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    assert_eq!(joined.leader, member);
    assert_eq!(joined.protocol_name.as_deref(), Some("range"));
    assert_eq!(joined.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(joined.members.len(), 1);
    assert_eq!(joined.members[0].metadata, subscription("t"));

    let token = scene.send_sync("g", &member, 1, &[(&member, "t-0")]);
    let synced = scene.synced(token);
    assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"t-0"[..]));
    assert_eq!(scene.state("g"), "Stable");
    assert_eq!(scene.heartbeat("g", &member, 1), ErrorCode::None);
}

#[test]
fn old_clients_join_without_asking_for_an_id() {
    let mut scene = Scene::new();
    let mut request = join_request("g", "", &[("range", "t")]);
    request.rebalance_timeout_ms = -1;
    let token = scene.send_join(0, &request);
    assert_eq!(
        scene.coordinator.group("g").unwrap().members().next().unwrap().rebalance_timeout_ms,
        SESSION_MS
    );
    scene.pass(3_000);
    assert_eq!(scene.joined(token).generation_id, 1);
}

#[test]
fn the_first_wait_is_made_longer_by_members_that_come_but_not_beyond_their_patience() {
    let mut scene = Scene::new();
    let (_, first) = scene.join_new("g", &[("range", "t")]);
    for _ in 0..30 {
        scene.pass(2_000);
        let (_, token) = scene.join_new("g", &[("range", "t")]);
        if let Some(joined) = scene.answers.get(&first) {
            assert!(matches!(joined, Response::JoinGroup(joined) if joined.error_code == 0));
            assert_eq!(scene.now, Timestamp(1_000_000 + 60_000), "the rebalance timeout at the latest");
            return;
        }
        assert_eq!(scene.answers.get(&token), None);
    }
    panic!("the first member waits for ever");
}

#[test]
fn a_second_member_makes_the_first_join_again() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, second_join) = scene.join_new("g", &[("range", "t")]);
    assert_eq!(scene.state("g"), "PreparingRebalance");
    assert_eq!(scene.heartbeat("g", &first, 1), ErrorCode::RebalanceInProgress);
    assert_eq!(scene.commit_as("g", &first, 1, "t", 5), ErrorCode::None, "work done may be committed");
    let first_join = scene.join_again("g", &first, &[("range", "t")]);
    let (leader, follower) = (scene.joined(first_join), scene.joined(second_join));
    assert_eq!((leader.generation_id, leader.members.len()), (2, 2));
    assert_eq!((follower.leader, follower.members.len()), (first.clone(), 0));

    let waiting = scene.send_sync("g", &second, 2, &[]);
    assert_eq!(scene.answer(waiting), None, "the leader has not decided");
    assert_eq!(scene.commit_as("g", &first, 2, "t", 6), ErrorCode::RebalanceInProgress);
    let decided = scene.send_sync("g", &first, 2, &[(&first, "a"), (&second, "b")]);
    assert_eq!(&scene.synced(decided).assignment[..], b"a");
    assert_eq!(&scene.synced(waiting).assignment[..], b"b");
}

#[test]
fn who_does_not_join_again_is_dropped_after_the_rebalance_timeout() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, token) = scene.join_new("g", &[("range", "t")]);
    for _ in 0..12 {
        scene.pass(5_000);
        scene.heartbeat("g", &first, 1);
    }
    let joined = scene.joined(token);
    assert_eq!((joined.generation_id, joined.leader, joined.members.len()), (2, second, 1));
    assert_eq!(scene.heartbeat("g", &first, 1), ErrorCode::UnknownMemberId);
}

#[test]
fn the_protocol_is_the_one_that_most_prefer_among_those_that_all_support() {
    let mut scene = Scene::new();
    let (_, first) = scene.join_new("g", &[("only-here", "t"), ("b", "t"), ("a", "t")]);
    scene.join_new("g", &[("a", "t"), ("b", "t")]);
    scene.join_new("g", &[("a", "t"), ("b", "t")]);
    let token = scene.send_join(9, &join_request("g", "", &[("neither", "t")]));
    assert_eq!(scene.joined(token).error_code, ErrorCode::InconsistentGroupProtocol.number());
    scene.pass(10_000);
    assert_eq!(scene.joined(first).protocol_name.as_deref(), Some("a"));
}

#[test]
fn of_protocols_with_as_many_votes_it_is_the_one_that_kafka_takes() {
    let mut scene = Scene::new();
    let (_, first) = scene.join_new("g", &[("roundrobin", "t"), ("sticky", "t")]);
    scene.join_new("g", &[("sticky", "t"), ("roundrobin", "t")]);
    scene.pass(10_000);
    // Buckets 10 and 8 of Java's hash map.
    assert_eq!(scene.joined(first).protocol_name.as_deref(), Some("sticky"));
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let mut scene = Scene::new();
    let good = join_request("g", "", &[("range", "t")]);
    let mut expect = |request: JoinGroupRequest, error: ErrorCode| {
        let token = scene.send_join(9, &request);
        assert_eq!(scene.joined(token).error_code, error.number());
    };
    expect(JoinGroupRequest { group_id: "".into(), ..good.clone() }, ErrorCode::InvalidGroupId);
    expect(JoinGroupRequest { session_timeout_ms: 5_999, ..good.clone() }, ErrorCode::InvalidSessionTimeout);
    expect(
        JoinGroupRequest { session_timeout_ms: 1_800_001, ..good.clone() },
        ErrorCode::InvalidSessionTimeout,
    );
    expect(JoinGroupRequest { member_id: "who".into(), ..good.clone() }, ErrorCode::UnknownMemberId);
    expect(JoinGroupRequest { protocols: Vec::new(), ..good.clone() }, ErrorCode::InconsistentGroupProtocol);
    expect(JoinGroupRequest { protocol_type: "".into(), ..good }, ErrorCode::InconsistentGroupProtocol);
}

#[test]
fn a_full_group_takes_no_more() {
    let mut scene = Scene::with(GroupCoordinatorConfig { group_max_size: 1, ..config() });
    let member = scene.stable("g", "t");
    let token = scene.send_join(9, &join_request("g", "", &[("range", "t")]));
    assert_eq!(scene.joined(token).error_code, ErrorCode::GroupMaxSizeReached.number());
    let token = scene.join_again("g", &member, &[("range", "t")]);
    assert_eq!(scene.joined(token).generation_id, 2, "who has a place keeps it");
}

#[test]
fn a_follower_with_nothing_new_causes_no_rebalance_but_a_leader_does() {
    let mut scene = Scene::new();
    let leader = scene.stable("g", "t");
    let (follower, waiting) = scene.join_new("g", &[("range", "t")]);
    scene.join_again("g", &leader, &[("range", "t")]);
    scene.joined(waiting);
    // In the sync phase, who joins again is told again.
    let token = scene.join_again("g", &leader, &[("range", "t")]);
    assert_eq!((scene.joined(token).members.len(), scene.state("g")), (2, "CompletingRebalance"));
    scene.send_sync("g", &follower, 2, &[]);
    scene.send_sync("g", &leader, 2, &[]);

    let token = scene.join_again("g", &follower, &[("range", "t")]);
    assert_eq!((scene.joined(token).generation_id, scene.state("g")), (2, "Stable"));
    let token = scene.join_again("g", &follower, &[("range", "other")]);
    assert_eq!((scene.answer(token), scene.state("g")), (None, "PreparingRebalance"));
    scene.join_again("g", &leader, &[("range", "t")]);
    assert_eq!(scene.joined(token).generation_id, 3);
}

#[test]
fn a_member_that_sends_twice_is_answered_twice() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, former) = scene.join_new("g", &[("range", "t")]);
    let latter = scene.join_again("g", &second, &[("range", "t")]);
    assert_eq!(scene.joined(former).error_code, ErrorCode::RebalanceInProgress.number());
    scene.join_again("g", &first, &[("range", "t")]);
    assert_eq!(scene.joined(latter).error_code, 0);

    let former = scene.send_sync("g", &second, 2, &[]);
    let latter = scene.send_sync("g", &second, 2, &[]);
    assert_eq!(scene.synced(former).error_code, ErrorCode::RebalanceInProgress.number());
    scene.send_sync("g", &first, 2, &[(&second, "b")]);
    assert_eq!(&scene.synced(latter).assignment[..], b"b");
}

#[test]
fn a_member_that_names_a_protocol_twice_is_refused() {
    let mut scene = Scene::new();
    let (member, _) = scene.join_new("g", &[("range", "t")]);
    let token = scene.join_again("g", &member, &[("range", "t"), ("range", "u")]);
    assert_eq!(scene.joined(token).error_code, ErrorCode::UnknownServerError.number());
}

#[test]
fn a_group_without_a_name_holds_offsets_and_no_members() {
    let mut scene = Scene::new();
    let token = scene.send_commit(2, &commit_request("", "t", 5));
    assert_eq!(scene.committed(token), ErrorCode::None);
    let token = scene.send_sync("", "", 0, &[]);
    assert_eq!(scene.synced(token).error_code, ErrorCode::InvalidGroupId.number());
}

#[test]
fn sync_is_for_members_of_the_generation_and_its_protocol() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    let mut expect = |group: &str, member: &str, generation, error: ErrorCode| {
        let token = scene.send_sync(group, member, generation, &[]);
        assert_eq!(scene.synced(token).error_code, error.number());
    };
    expect("", &member, 1, ErrorCode::InvalidGroupId);
    expect("other", &member, 1, ErrorCode::UnknownMemberId);
    expect("g", "other", 1, ErrorCode::UnknownMemberId);
    expect("g", &member, 2, ErrorCode::IllegalGeneration);
    expect("g", &member, 1, ErrorCode::None);
    let request = SyncGroupRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: member,
        protocol_name: Some("roundrobin".into()),
        ..SyncGroupRequest::default()
    };
    let token = scene.token();
    let outcome = scene.coordinator.handle_sync_group(scene.now.into(), &request, token);
    scene.settle(outcome);
    assert_eq!(scene.synced(token).error_code, ErrorCode::InconsistentGroupProtocol.number());
}
