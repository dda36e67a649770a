//! Members go, or are not heard of any more.

use ottla_wire::ErrorCode;

use super::*;

#[test]
fn a_member_that_is_silent_is_dropped_and_the_group_becomes_empty() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    scene.pass(9_000);
    assert_eq!(scene.heartbeat("g", &member, 1), ErrorCode::None);
    scene.pass(9_999);
    assert_eq!(scene.state("g"), "Stable");
    scene.pass(1);
    assert_eq!(scene.state("g"), "Empty");
    let group = scene.coordinator.group("g").unwrap();
    assert_eq!((group.generation, group.protocol_type.as_deref()), (2, Some("consumer")));
    assert_eq!(scene.heartbeat("g", &member, 1), ErrorCode::UnknownMemberId);
}

#[test]
fn heartbeats_tell_what_is_wrong() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    assert_eq!(scene.heartbeat("", &member, 1), ErrorCode::InvalidGroupId);
    assert_eq!(scene.heartbeat("other", &member, 1), ErrorCode::UnknownMemberId);
    assert_eq!(scene.heartbeat("g", "other", 1), ErrorCode::UnknownMemberId);
    assert_eq!(scene.heartbeat("g", &member, 0), ErrorCode::IllegalGeneration);
}

#[test]
fn an_id_that_is_never_used_is_forgotten() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let token = scene.send_join(9, &join_request("g", "", &[("range", "t")]));
    let pending = scene.joined(token).member_id;
    // While it is pending, a rebalance waits for it.
    let token = scene.join_again("g", &first, &[("range", "t")]);
    assert_eq!(scene.answer(token), None);
    scene.pass(10_000);
    assert_eq!(scene.joined(token).generation_id, 2);
    let token = scene.join_again("g", &pending, &[("range", "t")]);
    assert_eq!(scene.joined(token).error_code, ErrorCode::UnknownMemberId.number());
}

#[test]
fn a_new_member_that_waits_too_long_is_told_to_begin_anew() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let mut request = join_request("g", "", &[("range", "t")]);
    request.rebalance_timeout_ms = 1_000_000;
    let token = scene.send_join(3, &request);
    for _ in 0..60 {
        scene.pass(5_000);
        scene.heartbeat("g", &first, 1);
    }
    assert_eq!(scene.joined(token).error_code, ErrorCode::UnknownMemberId.number());
}

#[test]
fn who_does_not_ask_for_its_assignment_is_dropped() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, _) = scene.join_new("g", &[("range", "t")]);
    scene.join_again("g", &first, &[("range", "t")]);
    let waiting = scene.send_sync("g", &second, 2, &[]);
    for _ in 0..12 {
        scene.pass(5_000);
        scene.heartbeat("g", &first, 2);
    }
    assert_eq!(scene.synced(waiting).error_code, ErrorCode::RebalanceInProgress.number());
    let token = scene.join_again("g", &second, &[("range", "t")]);
    assert_eq!(scene.joined(token).members.len(), 1, "the leader is gone, it leads alone");
}

#[test]
fn a_member_that_leaves_makes_the_others_join_again() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, waiting) = scene.join_new("g", &[("range", "t")]);
    let response = scene.leave(5, "g", &[(&second, None), ("who", None)]);
    assert_eq!(scene.joined(waiting).error_code, ErrorCode::UnknownMemberId.number());
    assert_eq!(response.error_code, 0);
    assert_eq!(response.members[0].error_code, 0);
    assert_eq!(response.members[1].error_code, ErrorCode::UnknownMemberId.number());
    let token = scene.join_again("g", &first, &[("range", "t")]);
    assert_eq!(scene.joined(token).generation_id, 2);
    assert_eq!(scene.leave(5, "g", &[(&first, None)]).members[0].error_code, 0);
    assert_eq!(scene.state("g"), "Empty");
}

#[test]
fn leaving_is_answered_in_the_form_of_its_version() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    let unknown = ErrorCode::UnknownMemberId.number();
    assert_eq!(scene.leave(2, "g", &[("who", None)]).error_code, unknown);
    assert_eq!(scene.leave(2, "other", &[("who", None)]).error_code, unknown);
    let response = scene.leave(3, "other", &[("who", None)]);
    assert_eq!((response.error_code, response.members[0].error_code), (0, unknown));
    assert_eq!(scene.leave(3, "", &[("who", None)]).error_code, ErrorCode::InvalidGroupId.number());
    let response = scene.leave(2, "g", &[(&member, None)]);
    assert_eq!((response.error_code, response.members.len()), (0, 0));
    assert_eq!(scene.state("g"), "Empty");
}

#[test]
fn an_id_that_was_given_out_can_be_given_back() {
    let mut scene = Scene::new();
    let token = scene.send_join(9, &join_request("g", "", &[("range", "t")]));
    let pending = scene.joined(token).member_id;
    assert_eq!(scene.leave(5, "g", &[(&pending, None)]).members[0].error_code, 0);
    assert_eq!(
        scene.leave(5, "g", &[(&pending, None)]).members[0].error_code,
        ErrorCode::UnknownMemberId.number()
    );
}

#[test]
fn all_may_leave_before_the_first_wait_is_over() {
    let mut scene = Scene::new();
    let (member, token) = scene.join_new("g", &[("range", "t")]);
    scene.leave(5, "g", &[(&member, None)]);
    assert_eq!(scene.joined(token).error_code, ErrorCode::UnknownMemberId.number());
    scene.pass(3_000);
    assert_eq!(scene.state("g"), "Empty");
}
