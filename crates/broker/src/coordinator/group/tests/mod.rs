//! Groups of a node, from the requests of clients to the log and back.

mod scene;

use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{BatchBuilder, BatchSettings, Compressor, NewRecord};
use ottla_wire::api::delete_groups::DeleteGroupsRequest;
use ottla_wire::api::describe_groups::DescribeGroupsRequest;
use ottla_wire::api::find_coordinator::FindCoordinatorRequest;
use ottla_wire::api::leave_group::{LeaveGroupRequest, MemberIdentity};
use ottla_wire::api::list_groups::ListGroupsRequest;
use ottla_wire::api::offset_commit::OffsetCommitResponse;
use ottla_wire::api::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::messages::RemoveTopicRecord;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::coordinator::CONSUMER_OFFSETS;
use crate::partitions::Append;
use crate::testing::{NODE, NOW, TOPIC, TOPIC_ID};

use scene::{CONFIG, OFFSETS_ID, Scene};

const HERE: (&str, Uuid, i32) = (TOPIC, TOPIC_ID, 0);

fn only_error(response: &OffsetCommitResponse) -> ErrorCode {
    response.topics[0].partitions[0].error_code.into()
}

#[tokio::test]
async fn a_member_lives_through_every_version() {
    let scene = Scene::new().await;
    for version in 0..=9 {
        let group = format!("g{version}");
        let mut joined = scene.join(version, &group, &KafkaString::EMPTY).await;
        if version >= 4 {
            assert_eq!(joined.error_code, ErrorCode::MemberIdRequired.number());
            joined = scene.join(version, &group, &joined.member_id).await;
        }
        assert_eq!((joined.error_code, joined.generation_id), (0, 1), "version {version}");
        assert!(joined.member_id.starts_with("test-"), "{}", joined.member_id);
        let synced = scene.sync(version.min(5), &group, &joined).await;
        assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"all"[..]));
        assert_eq!(scene.heartbeat(version.min(4), &group, &joined).await, ErrorCode::None);
        let version = version.min(5);
        let member = MemberIdentity { member_id: joined.member_id.clone(), ..MemberIdentity::default() };
        let request = LeaveGroupRequest {
            group_id: group.as_str().into(),
            member_id: if version < 3 { joined.member_id.clone() } else { KafkaString::EMPTY },
            members: if version < 3 { Vec::new() } else { vec![member] },
            ..LeaveGroupRequest::default()
        };
        let ResponseBody::LeaveGroup(left) = scene.rig.ask(ApiKey::LeaveGroup, version, &request).await
        else {
            panic!()
        };
        assert_eq!(left.error_code, 0);
        assert_eq!(scene.heartbeat(4, &group, &joined).await, ErrorCode::UnknownMemberId);
    }
}

#[tokio::test]
async fn offsets_are_stored_and_told_at_every_version() {
    let scene = Scene::new().await;
    for version in 2..=10 {
        let response = scene.commit(version, "g", HERE, version.into()).await;
        assert_eq!(only_error(&response), ErrorCode::None, "version {version}");
        for fetch_version in 1..=10 {
            let told = scene.fetch(fetch_version, "g").await;
            assert_eq!(told, (version.into(), ErrorCode::None), "versions {version} and {fetch_version}");
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_committed_for() {
    let scene = Scene::new().await;
    let unknown = ErrorCode::UnknownTopicOrPartition;
    assert_eq!(only_error(&scene.commit(9, "g", ("other", Uuid::ZERO, 0), 1).await), unknown);
    assert_eq!(only_error(&scene.commit(9, "g", (TOPIC, TOPIC_ID, 1), 1).await), unknown);
    let other = Uuid::from_halves(9, 9);
    assert_eq!(only_error(&scene.commit(10, "g", ("", other, 0), 1).await), ErrorCode::UnknownTopicId);
    assert_eq!(scene.fetch(10, "g").await, (-1, ErrorCode::None));
}

#[tokio::test]
async fn groups_and_offsets_come_back_from_the_log() {
    let mut scene = Scene::new().await;
    let joined = scene.stable("g").await;
    assert_eq!(only_error(&scene.commit(10, "simple", HERE, 5).await), ErrorCode::None);
    scene.next_epoch().await;
    assert_eq!(scene.heartbeat(4, "g", &joined).await, ErrorCode::None);
    assert_eq!(&scene.sync(5, "g", &joined).await.assignment[..], b"all");
    assert_eq!(scene.fetch(10, "simple").await, (5, ErrorCode::None));
}

#[tokio::test]
async fn compressed_offsets_come_back_from_the_log() {
    let mut scene = Scene::without_topics(&format!("{CONFIG}offsets.topic.compression.codec=4\n"));
    scene.create(CONSUMER_OFFSETS, OFFSETS_ID, 2);
    scene.create(TOPIC, TOPIC_ID, 1);
    scene.loaded().await;
    for offset in 0..20 {
        scene.commit(10, "g", HERE, offset).await;
    }
    scene.next_epoch().await;
    assert_eq!(scene.fetch(10, "g").await, (19, ErrorCode::None));
}

#[tokio::test]
async fn whoever_waits_hears_that_the_coordinator_is_elsewhere() {
    let scene = Scene::new().await;
    let joined = scene.stable("g").await;
    // A second member waits for the first to join again.
    let second = scene.join(9, "g", &KafkaString::EMPTY).await.member_id;
    let groups = scene.rig.broker.groups.clone();
    let partition = groups.partition_of("g");
    let (waited, ()) = tokio::join!(scene.join(9, "g", &second), async { groups.resign(partition) });
    assert_eq!(waited.error_code, ErrorCode::NotCoordinator.number());
    assert_eq!(scene.heartbeat(4, "g", &joined).await, ErrorCode::NotCoordinator);
    assert_eq!(scene.fetch(10, "g").await.1, ErrorCode::NotCoordinator);
    assert_eq!(scene.fetch(1, "g").await, (-1, ErrorCode::NotCoordinator));
    assert_eq!(only_error(&scene.commit(9, "g", HERE, 1).await), ErrorCode::NotCoordinator);
}

#[tokio::test]
async fn with_a_topic_its_offsets_go() {
    let mut scene = Scene::new().await;
    scene.commit(10, "g", HERE, 5).await;
    scene.apply(vec![RemoveTopicRecord { topic_id: TOPIC_ID, ..RemoveTopicRecord::default() }.into()]);
    // The name means another topic now, so the offset must not be told, whatever the coordinator has done.
    scene.create(TOPIC, Uuid::from_halves(3, 3), 1);
    assert_eq!(scene.fetch(9, "g").await, (-1, ErrorCode::None));
}

#[tokio::test]
async fn groups_are_listed_described_and_deleted_at_every_version() {
    let scene = Scene::new().await;
    scene.stable("working").await;
    scene.commit(10, "simple", HERE, 5).await;
    for version in 0..=5 {
        let request = ListGroupsRequest::default();
        let ResponseBody::ListGroups(listed) = scene.rig.ask(ApiKey::ListGroups, version, &request).await
        else {
            panic!()
        };
        let mut ids: Vec<_> = listed.groups.iter().map(|group| group.group_id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!((listed.error_code, ids), (0, vec!["simple", "working"]));
    }
    for version in 0..=6 {
        let request = DescribeGroupsRequest {
            groups: vec!["working".into(), "none".into()],
            include_authorized_operations: version >= 3,
            ..DescribeGroupsRequest::default()
        };
        let ResponseBody::DescribeGroups(described) =
            scene.rig.ask(ApiKey::DescribeGroups, version, &request).await
        else {
            panic!()
        };
        let find = |id: &str| described.groups.iter().find(|group| group.group_id == id).unwrap();
        assert_eq!((find("working").group_state.as_str(), find("working").members.len()), ("Stable", 1));
        assert_eq!(find("working").members[0].client_host, "/127.0.0.1");
        let operations = if version >= 3 { 3400 } else { i32::MIN };
        assert_eq!(find("working").authorized_operations, operations);
        let error = if version >= 6 { ErrorCode::GroupIdNotFound } else { ErrorCode::None };
        assert_eq!((find("none").group_state.as_str(), find("none").error_code), ("Dead", error.number()));
    }
    for (version, error) in
        [(0, ErrorCode::None), (1, ErrorCode::GroupIdNotFound), (2, ErrorCode::GroupIdNotFound)]
    {
        let groups_names = vec!["simple".into(), "working".into()];
        let request = DeleteGroupsRequest { groups_names, ..DeleteGroupsRequest::default() };
        let ResponseBody::DeleteGroups(deleted) =
            scene.rig.ask(ApiKey::DeleteGroups, version, &request).await
        else {
            panic!()
        };
        let find = |id: &str| deleted.results.iter().find(|result| result.group_id == id).unwrap().error_code;
        assert_eq!((find("simple"), find("working")), (error.number(), ErrorCode::NonEmptyGroup.number()));
    }
    assert_eq!(scene.fetch(10, "simple").await, (-1, ErrorCode::None));
}

#[tokio::test]
async fn offsets_can_be_deleted() {
    let scene = Scene::new().await;
    scene.commit(10, "g", HERE, 5).await;
    let topic = |name: &str, partition_index| OffsetDeleteRequestTopic {
        name: name.into(),
        partitions: vec![OffsetDeleteRequestPartition { partition_index }],
    };
    let request =
        OffsetDeleteRequest { group_id: "g".into(), topics: vec![topic(TOPIC, 0), topic("other", 0)] };
    let ResponseBody::OffsetDelete(response) = scene.rig.ask(ApiKey::OffsetDelete, 0, &request).await else {
        panic!()
    };
    let errors: Vec<_> =
        response.topics.iter().map(|topic| (topic.name.as_str(), topic.partitions[0].error_code)).collect();
    assert_eq!(errors, [("other", ErrorCode::UnknownTopicOrPartition.number()), (TOPIC, 0)]);
    assert_eq!(scene.fetch(10, "g").await, (-1, ErrorCode::None));
}

async fn find(scene: &Scene, version: i16, key_type: i8, key: &str) -> (ErrorCode, i32, String, i32) {
    let batched = version >= 4;
    let request = FindCoordinatorRequest {
        key: if batched { KafkaString::EMPTY } else { key.into() },
        key_type,
        coordinator_keys: if batched { vec![key.into()] } else { Vec::new() },
        ..FindCoordinatorRequest::default()
    };
    let ResponseBody::FindCoordinator(response) =
        scene.rig.ask(ApiKey::FindCoordinator, version, &request).await
    else {
        panic!()
    };
    match response.coordinators.first() {
        Some(found) => (found.error_code.into(), found.node_id, found.host.to_string(), found.port),
        None => (response.error_code.into(), response.node_id, response.host.to_string(), response.port),
    }
}

#[tokio::test]
async fn coordinators_are_found_at_every_version() {
    let scene = Scene::new().await;
    let nowhere = |error| (error, -1, String::new(), -1);
    for version in 0..=6 {
        let found = find(&scene, version, 0, "g").await;
        assert_eq!(found, (ErrorCode::None, NODE, "localhost".to_owned(), 9092), "version {version}");
        if version > 0 {
            let found = find(&scene, version, 1, "transaction").await;
            assert_eq!(found, nowhere(ErrorCode::CoordinatorNotAvailable));
        }
    }
    assert_eq!(find(&scene, 5, 2, "g:id:0").await, nowhere(ErrorCode::InvalidRequest));
    assert_eq!(find(&scene, 6, 2, "g:id:0").await, nowhere(ErrorCode::CoordinatorNotAvailable));
    assert_eq!(find(&scene, 6, 9, "g").await, nowhere(ErrorCode::InvalidRequest));
}

#[tokio::test]
async fn without_its_topic_there_is_no_coordinator() {
    let scene = Scene::without_topics(CONFIG);
    // The controller of the test reaches nobody.
    let found = find(&scene, 6, 0, "g").await;
    assert_eq!(found, (ErrorCode::CoordinatorNotAvailable, -1, String::new(), -1));
    let joined = scene.join(5, "g", &KafkaString::EMPTY).await;
    assert_eq!(joined.error_code, ErrorCode::NotCoordinator.number());
    assert_eq!(scene.join(5, "", &KafkaString::EMPTY).await.error_code, ErrorCode::InvalidGroupId.number());
}

#[tokio::test]
async fn records_that_no_coordinator_writes_are_told_apart() {
    let mut scene = Scene::new().await;
    scene.commit(10, "g", HERE, 5).await;
    let partition = scene.rig.broker.groups.partition_of("g");
    let log = scene.rig.broker.partitions.partition(CONSUMER_OFFSETS, partition).unwrap();
    let append = |key: &[u8]| {
        let mut batch = BatchBuilder::new(BatchSettings::default());
        let record = NewRecord { timestamp: NOW, key: Some(key), value: Some(b"?"), headers: &[] };
        batch.append(&record).unwrap();
        let mut batch = batch.build(&mut Compressor::new()).unwrap();
        let append =
            Append { leader_epoch: log.leader_epoch(), ..Append::as_client(AppendOrigin::Coordinator, NOW) };
        log.append(&mut batch, &append, &mut ValidationScratch::new()).unwrap();
    };
    // A type that a later release may have is read past.
    append(&[0, 99, 1, 2, 3]);
    scene.next_epoch().await;
    assert_eq!(scene.fetch(10, "g").await, (5, ErrorCode::None));
    // What is broken is not passed over: offsets that nobody can read must not look like none.
    append(&[0, 1, 99]);
    scene.next_epoch().await;
    assert_eq!(scene.fetch(10, "g").await.1, ErrorCode::NotCoordinator);
}
