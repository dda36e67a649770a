use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn member() -> (Membership, Instant) {
    let now = Instant::now();
    let settings = MemberSettings {
        group_id: "g".into(),
        instance_id: None,
        session_timeout: 45 * SECOND,
        heartbeat_interval: 3 * SECOND,
        max_poll_interval: 300 * SECOND,
        retry_backoff: SECOND / 10,
    };
    (Membership::new(settings, now), now)
}

fn answer(code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: code.number(),
        generation_id: 4,
        member_id: "m".into(),
        leader: "m".into(),
        protocol_name: Some("range".into()),
        ..Default::default()
    }
}

fn join(member: &mut Membership, now: Instant, code: ErrorCode) -> Result<Joined, GroupFailure> {
    let sent = member.generation().clone();
    member.join_request(Vec::new());
    member.handle_join(now, &sent, answer(code))
}

fn stable() -> (Membership, Instant) {
    let (mut member, now) = member();
    join(&mut member, now, ErrorCode::None).unwrap();
    let sent = member.generation().clone();
    member.handle_sync(&sent, SyncGroupResponse::default()).unwrap();
    assert_eq!(member.state(), MemberState::Stable);
    (member, now)
}

#[test]
fn a_new_member_joins_with_the_id_it_is_given() {
    let (mut member, now) = member();
    assert_eq!(join(&mut member, now, ErrorCode::MemberIdRequired), Err(GroupFailure::Again));
    let request = member.join_request(Vec::new());
    assert_eq!((&*request.member_id, request.rebalance_timeout_ms), ("m", 300_000));
    assert_eq!(request.reason.unwrap(), "need to re-join with the given member-id: m");
    let joined = member.handle_join(now, &member.generation().clone(), answer(ErrorCode::None));
    assert_eq!(joined, Ok(Joined::Leader { members: Vec::new(), skip_assignment: false }));
    assert_eq!(member.sync_request(Vec::new()).generation_id, 4);
}

#[test]
fn errors_of_joining() {
    let failure = |code| {
        let (mut member, now) = member();
        join(&mut member, now, code).unwrap_err()
    };
    assert_eq!(failure(ErrorCode::CoordinatorLoadInProgress), GroupFailure::Later);
    assert_eq!(failure(ErrorCode::NotCoordinator), GroupFailure::Elsewhere);
    assert_eq!(failure(ErrorCode::RebalanceInProgress), GroupFailure::Again);
    for code in [
        ErrorCode::FencedInstanceId,
        ErrorCode::InconsistentGroupProtocol,
        ErrorCode::GroupMaxSizeReached,
        ErrorCode::GroupAuthorizationFailed,
    ] {
        assert_eq!(failure(code), GroupFailure::Fatal(code));
    }
}

#[test]
fn errors_of_syncing() {
    for (code, member_id) in [(ErrorCode::IllegalGeneration, "m"), (ErrorCode::UnknownMemberId, "")] {
        let (mut member, now) = member();
        join(&mut member, now, ErrorCode::None).unwrap();
        let sent = member.generation().clone();
        let response = SyncGroupResponse { error_code: code.number(), ..Default::default() };
        assert_eq!(member.handle_sync(&sent, response), Err(GroupFailure::Again));
        assert!(member.is_rejoin_needed() && member.generation().is_none());
        assert_eq!(&*member.generation().member_id, member_id);
    }
    let (mut member, now) = member();
    join(&mut member, now, ErrorCode::None).unwrap();
    let sent = member.generation().clone();
    let other = SyncGroupResponse { protocol_name: Some("sticky".into()), ..Default::default() };
    let expected = Err(GroupFailure::Fatal(ErrorCode::InconsistentGroupProtocol));
    assert_eq!(member.handle_sync(&sent, other), expected);
}

#[test]
fn heartbeats_go_on_in_their_time() {
    let (mut member, now) = stable();
    assert_eq!(member.heartbeat(now), HeartbeatAction::WaitUntil(now + 3 * SECOND));
    let HeartbeatAction::Send(request, sent) = member.heartbeat(now + 3 * SECOND) else {
        panic!("no heartbeat")
    };
    assert_eq!((request.generation_id, &*request.member_id), (4, "m"));
    assert_eq!(member.heartbeat(now + 6 * SECOND), HeartbeatAction::WaitUntil(now + 45 * SECOND));
    assert!(!member.handle_heartbeat(now + 4 * SECOND, &sent, ErrorCode::None));
    assert!(matches!(member.heartbeat(now + 6 * SECOND), HeartbeatAction::Send(..)));
    member.heartbeat_failed(now + 7 * SECOND);
    assert!(matches!(member.heartbeat(now + 8 * SECOND), HeartbeatAction::Send(..)));
    assert_eq!(member.heartbeat(now + 49 * SECOND), HeartbeatAction::CoordinatorLost);
}

#[test]
fn a_rebalance_is_heard_of_once() {
    let (mut member, now) = stable();
    let sent = member.generation().clone();
    assert!(!member.is_rejoin_needed());
    member.handle_heartbeat(now, &sent, ErrorCode::RebalanceInProgress);
    assert!(member.is_rejoin_needed());
    assert_eq!(member.state(), MemberState::Stable);
}

#[test]
fn an_answer_to_an_old_generation_does_no_harm() {
    let (mut member, now) = stable();
    let old = Generation { id: 3, ..member.generation().clone() };
    member.handle_heartbeat(now, &old, ErrorCode::UnknownMemberId);
    assert_eq!(member.state(), MemberState::Stable);
    let sent = member.generation().clone();
    member.handle_heartbeat(now, &sent, ErrorCode::FencedInstanceId);
    assert_eq!(member.polled(now), Err(ErrorCode::FencedInstanceId));
}

#[test]
fn who_does_not_poll_leaves() {
    let (mut member, now) = stable();
    member.session_end = now + 400 * SECOND;
    let HeartbeatAction::Leave(Some(request)) = member.heartbeat(now + 300 * SECOND) else {
        panic!("still there")
    };
    assert_eq!(&*request.members[0].member_id, "m");
    assert_eq!(member.heartbeat(now + 300 * SECOND), HeartbeatAction::Rest);
    assert!(member.generation().is_none() && member.is_rejoin_needed());
}

#[test]
fn static_members_stay() {
    let (mut member, _) = stable();
    member.settings.instance_id = Some("i".into());
    assert_eq!(member.leave("closed"), None);
}
