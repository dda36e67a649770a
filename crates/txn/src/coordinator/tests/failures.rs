//! Records that cannot be written, and a coordinator that goes.

use super::*;

#[test]
fn what_an_append_answers_is_told_in_the_coordinators_words() {
    let cases = [
        (ErrorCode::UnknownTopicOrPartition, ErrorCode::CoordinatorNotAvailable),
        (ErrorCode::NotEnoughReplicas, ErrorCode::CoordinatorNotAvailable),
        (ErrorCode::NotEnoughReplicasAfterAppend, ErrorCode::CoordinatorNotAvailable),
        (ErrorCode::RequestTimedOut, ErrorCode::CoordinatorNotAvailable),
        (ErrorCode::NotLeaderOrFollower, ErrorCode::NotCoordinator),
        (ErrorCode::KafkaStorageError, ErrorCode::NotCoordinator),
        (ErrorCode::MessageTooLarge, ErrorCode::UnknownServerError),
        (ErrorCode::RecordListTooLarge, ErrorCode::UnknownServerError),
        (ErrorCode::CorruptMessage, ErrorCode::CorruptMessage),
    ];
    for (append, told) in cases {
        let mut scene = Scene::v2();
        let producer = scene.init("t");
        scene.append_error = Some(append);
        assert_eq!(scene.add("t", producer, "a", 0), told);
        assert_eq!(scene.add_offsets(4, "t", producer, 0), told);
        assert_eq!(scene.go_on("t", producer), Err(told));
        assert_eq!(scene.end("t", producer, false), Err(told));
        assert_eq!(scene.state("t"), "Empty 1000/0 0", "nothing has changed");
        scene.append_error = None;
        assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::None);
    }
}

#[test]
fn a_transactional_id_that_could_not_be_written_is_not_there() {
    let mut scene = Scene::v2();
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    let token = scene.send_init(6, &init_request("t"));
    assert_eq!(ErrorCode::from(scene.initialized(token).error_code), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(scene.state("t"), "none");
    scene.append_error = None;
    assert_eq!(scene.init("t").id, ProducerId(1001), "the record may be there after all, with the first id");
}

#[test]
fn a_zombie_sees_that_it_is_being_fenced() {
    let mut scene = Scene::v1();
    let zombie = scene.init("t");
    scene.add("t", zombie, "a", 0);
    scene.commits_at_once = false;
    let token = scene.send_init(6, &init_request("t"));
    assert_eq!(scene.end("t", zombie, true), Err(ErrorCode::ProducerFenced));
    scene.fail(ErrorCode::NotEnoughReplicas);
    assert_eq!(ErrorCode::from(scene.initialized(token).error_code), ErrorCode::CoordinatorNotAvailable);
    scene.commits_at_once = true;
    assert_eq!(scene.end("t", zombie, true), Ok(zombie), "it was not fenced after all");
}

#[test]
fn whoever_waits_is_told_that_the_coordinator_has_moved() {
    let mut scene = Scene::v2();
    let producer = scene.init("t");
    scene.commits_at_once = false;
    let add = scene.send_add(ADD_V2, &add_request("t", producer, &[("a", 0), ("a", 1)]));
    let init = scene.send_init(6, &init_request("u"));
    scene.gives_ids_at_once = false;
    let parked = scene.send_init(6, &init_request("v"));
    for reply in std::mem::replace(&mut scene.coordinator, Scene::v2().coordinator).on_unloaded() {
        scene.answers.insert(reply.token, reply.response);
    }
    assert_eq!(scene.added(add), [ErrorCode::NotCoordinator; 2]);
    for token in [init, parked] {
        assert_eq!(ErrorCode::from(scene.initialized(token).error_code), ErrorCode::NotCoordinator);
    }
}

#[test]
fn what_nobody_asked_for_is_let_pass() {
    let mut scene = Scene::v2();
    for id in [0, 9] {
        let committed = scene.coordinator.committed(scene.now.into(), WriteId(id));
        scene.settle(committed);
        let failed = scene.coordinator.failed(scene.now.into(), WriteId(id), ErrorCode::NotEnoughReplicas);
        scene.settle(failed);
        let markers = scene.coordinator.handle_markers_written(scene.now.into(), crate::MarkersId(id), &[]);
        scene.settle(markers);
    }
    assert_eq!(scene.log.len(), 0);
}
