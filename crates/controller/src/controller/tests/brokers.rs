use ottla_wire::api::allocate_producer_ids::AllocateProducerIdsRequest;
use ottla_wire::api::assign_replicas_to_dirs::{
    AssignReplicasToDirsRequest, RequestDirectoryData, RequestPartitionData, RequestTopicData,
};
use ottla_wire::api::controller_registration::ControllerRegistrationRequest;
use ottla_wire::api::unregister_broker::UnregisterBrokerRequest;

use super::*;
use crate::features::GROUP_VERSION;
use crate::image::NO_LEADER;

#[test]
fn a_broker_serves_once_it_has_caught_up() {
    let mut cluster = Cluster::new("", &[(METADATA_VERSION, 30)]);
    let epoch = cluster.register(&registration(1, 1)).broker_epoch;
    let registered_at = cluster.next_offset.0 - 1;
    assert_eq!(epoch, registered_at);
    assert!(cluster.image().cluster().broker(1).unwrap().fenced);
    let behind =
        BrokerHeartbeatRequest { current_metadata_offset: registered_at - 1, ..cluster.caught_up(1) };
    let response = cluster.heartbeat(&behind);
    assert!(response.is_fenced && !response.is_caught_up);
    let response = cluster.unfence(1);
    assert!(!response.is_fenced && response.is_caught_up);
    assert!(cluster.image().cluster().is_active(1));
    assert!(cluster.unfence(1).is_caught_up);
    assert!(cluster.last.is_empty(), "nothing has changed since");
}

#[test]
fn another_incarnation_waits_for_the_end_of_the_session() {
    let mut cluster = Cluster::with_brokers(1);
    let old_epoch = cluster.caught_up(1).broker_epoch;
    let refused = cluster.register(&registration(1, 2));
    assert_code(refused.error_code, ErrorCode::DuplicateBrokerRegistration);
    cluster.now = Timestamp(cluster.now.0 + 9001);
    let epoch = cluster.register(&registration(1, 2)).broker_epoch;
    assert!(epoch > old_epoch);
    let stale = BrokerHeartbeatRequest { broker_epoch: old_epoch, ..cluster.caught_up(1) };
    assert_code(cluster.heartbeat(&stale).error_code, ErrorCode::StaleBrokerEpoch);
    cluster.controller.invariants();
}

#[test]
fn the_same_incarnation_amends_its_registration() {
    let mut cluster = Cluster::with_brokers(1);
    let epoch = cluster.caught_up(1).broker_epoch;
    let amended = BrokerRegistrationRequest { rack: Some("r1".into()), ..registration(1, 1) };
    assert_eq!(cluster.register(&amended).broker_epoch, epoch);
    let broker = cluster.image().cluster().broker(1).unwrap();
    assert_eq!(broker.rack.as_ref().unwrap().as_str(), "r1");
    assert!(!broker.fenced);
}

#[test]
fn registrations_are_checked() {
    let levels = [(METADATA_VERSION, 30), (GROUP_VERSION, 1)];
    let mut cluster = Cluster::new("", &levels);
    cluster.register(&registration(2, 1));
    let valid = registration(1, 1);
    let without = |name: &str| {
        let mut request = valid.clone();
        request.features.retain(|feature| feature.name != *name);
        request
    };
    let cases = [
        (
            BrokerRegistrationRequest { cluster_id: "other".into(), ..valid.clone() },
            ErrorCode::InconsistentClusterId,
        ),
        (
            BrokerRegistrationRequest { is_migrating_zk_broker: true, ..valid.clone() },
            ErrorCode::BrokerIdNotRegistered,
        ),
        (BrokerRegistrationRequest { log_dirs: Vec::new(), ..valid.clone() }, ErrorCode::InvalidRegistration),
        (
            BrokerRegistrationRequest { log_dirs: vec![Uuid::from_halves(0, 99)], ..valid.clone() },
            ErrorCode::InvalidRegistration,
        ),
        (
            BrokerRegistrationRequest { log_dirs: vec![directory(1); 2], ..valid.clone() },
            ErrorCode::InvalidRegistration,
        ),
        (
            BrokerRegistrationRequest { log_dirs: vec![directory(2)], ..valid.clone() },
            ErrorCode::InvalidRegistration,
        ),
        (without(METADATA_VERSION), ErrorCode::InvalidRegistration),
        (without(GROUP_VERSION), ErrorCode::UnsupportedVersion),
    ];
    for (request, code) in cases {
        assert_code(cluster.register(&request).error_code, code);
        assert!(cluster.last.is_empty());
    }
    let mut unknown_protocol = valid.clone();
    unknown_protocol.listeners[0].security_protocol = 9;
    assert_code(cluster.register(&unknown_protocol).error_code, ErrorCode::UnknownServerError);
    let mut old = valid.clone();
    old.features.iter_mut().for_each(|feature| {
        if feature.name == *METADATA_VERSION {
            feature.max_supported_version = 29;
        }
    });
    assert_code(cluster.register(&old).error_code, ErrorCode::UnsupportedVersion);
    assert_eq!(cluster.register(&valid).error_code, 0);
}

#[test]
fn silent_brokers_are_fenced_one_by_one() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2, 3], &[2, 3, 1]]);
    let begin = cluster.now;
    cluster.now = Timestamp(begin.0 + 8000);
    cluster.unfence(3);
    cluster.now = Timestamp(begin.0 + 9001);
    let mut fenced = Vec::new();
    while cluster.controller.poll_timeout().is_some_and(|due| due <= cluster.now) {
        let outcome = cluster.controller.handle_timeout(cluster.now);
        cluster.apply(outcome);
        fenced.push(cluster.image().cluster().unfenced().count());
    }
    assert!(fenced.contains(&2) && fenced.ends_with(&[1]) || fenced.contains(&1));
    assert_eq!(cluster.state("t", 0), (3, vec![3], vec![]));
    assert_eq!(cluster.state("t", 1), (3, vec![3], vec![]));
    cluster.controller.invariants();
}

#[test]
fn a_lone_broker_is_fenced_too_and_leads_again() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    assert!(cluster.fence(1).is_fenced);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![1], vec![]));
    let epoch = cluster.partition("t", 0).leader_epoch;
    cluster.unfence(1);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![]));
    assert!(cluster.partition("t", 0).leader_epoch > epoch);
}

#[test]
fn a_stopping_broker_hands_over_first() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2]]);
    let stop = |cluster: &Cluster| BrokerHeartbeatRequest { want_shut_down: true, ..cluster.caught_up(1) };
    let response = cluster.heartbeat(&stop(&cluster));
    assert!(!response.should_shut_down && !response.is_fenced);
    assert!(cluster.image().cluster().broker(1).unwrap().in_controlled_shutdown);
    assert_eq!(cluster.state("t", 0), (2, vec![2], vec![]));
    // The others have not seen it yet.
    assert!(!cluster.heartbeat(&stop(&cluster)).should_shut_down);
    cluster.unfence(2);
    assert!(!cluster.heartbeat(&stop(&cluster)).should_shut_down);
    cluster.unfence(3);
    let response = cluster.heartbeat(&stop(&cluster));
    assert!(response.should_shut_down && response.is_fenced);
    assert!(cluster.image().cluster().broker(1).unwrap().fenced);
}

#[test]
fn a_lone_broker_stops_at_its_second_heartbeat() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    let stop = |cluster: &Cluster| BrokerHeartbeatRequest { want_shut_down: true, ..cluster.caught_up(1) };
    assert!(!cluster.heartbeat(&stop(&cluster)).should_shut_down);
    assert!(cluster.heartbeat(&stop(&cluster)).should_shut_down);
    // It comes back and leads again.
    cluster.now = Timestamp(cluster.now.0 + 20_000);
    cluster.register(&registration(1, 2));
    cluster.unfence(1);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![]));
    cluster.controller.invariants();
}

#[test]
fn a_broker_without_leaderships_stops_at_once() {
    let mut cluster = Cluster::with_brokers(1);
    let request = BrokerHeartbeatRequest { want_shut_down: true, ..cluster.caught_up(1) };
    assert!(cluster.heartbeat(&request).should_shut_down);
}

#[test]
fn a_failed_directory_takes_its_replicas_out_of_sync() {
    let mut cluster = Cluster::with_brokers(1);
    let (good, bad) = (directory(20), directory(21));
    let two = BrokerRegistrationRequest { log_dirs: vec![bad, good], ..registration(2, 1) };
    cluster.register(&two);
    cluster.unfence(2);
    let topic = cluster.create_assigned("t", &[&[2, 1], &[2, 1]]);
    assert_eq!(cluster.partition("t", 0).directories, [Uuid::UNASSIGNED_DIRECTORY, directory(1)]);
    let in_directory = |id, partition_index| RequestDirectoryData {
        id,
        topics: vec![RequestTopicData {
            topic_id: topic,
            partitions: vec![RequestPartitionData { partition_index, ..Default::default() }],
            ..Default::default()
        }],
        ..Default::default()
    };
    let request = AssignReplicasToDirsRequest {
        broker_id: 2,
        broker_epoch: cluster.caught_up(2).broker_epoch,
        directories: vec![in_directory(bad, 0), in_directory(good, 1), in_directory(good, 7)],
        ..Default::default()
    };
    let outcome = cluster.controller.handle_assign_replicas_to_dirs(cluster.now, &request);
    let response = cluster.apply(outcome);
    let code = |index: usize| response.directories[index].topics[0].partitions[0].error_code;
    assert_eq!((code(0), code(1)), (0, 0));
    assert_code(code(2), ErrorCode::UnknownTopicOrPartition);
    assert_eq!(cluster.partition("t", 0).directories, [bad, directory(1)]);
    let failing = BrokerHeartbeatRequest { offline_log_dirs: vec![bad], ..cluster.caught_up(2) };
    cluster.heartbeat(&failing);
    assert_eq!(cluster.image().cluster().broker(2).unwrap().directories, [good]);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![]));
    assert_eq!(cluster.state("t", 1), (2, vec![2, 1], vec![]));
    cluster.heartbeat(&failing);
    assert!(cluster.last.is_empty());
    cluster.controller.invariants();
}

#[test]
fn cordoned_directories_get_no_replicas() {
    let mut cluster = Cluster::with_brokers(2);
    let cordoned =
        BrokerHeartbeatRequest { cordoned_log_dirs: Some(vec![directory(2)]), ..cluster.caught_up(2) };
    cluster.heartbeat(&cordoned);
    cluster.heartbeat(&cordoned);
    assert!(cluster.last.is_empty());
    cluster.create(vec![topic("t", 4, 1)]);
    assert!((0..4).all(|partition| cluster.partition("t", partition).replicas == [1]));
    let response = cluster.create(vec![topic("u", 1, 2), assigned("v", &[&[2]])]);
    assert_code(response.topics[0].error_code, ErrorCode::InvalidReplicationFactor);
    assert_code(response.topics[1].error_code, ErrorCode::InvalidReplicaAssignment);
}

#[test]
fn an_unregistered_broker_is_gone() {
    let mut cluster = Cluster::with_brokers(2);
    cluster.create_assigned("t", &[&[2, 1]]);
    let unregister = |broker_id| UnregisterBrokerRequest { broker_id, ..Default::default() };
    let outcome = cluster.controller.handle_unregister_broker(cluster.now, &unregister(3));
    assert_code(cluster.apply(outcome).error_code, ErrorCode::BrokerIdNotRegistered);
    let outcome = cluster.controller.handle_unregister_broker(cluster.now, &unregister(2));
    assert_eq!(cluster.apply(outcome).error_code, 0);
    assert_eq!(cluster.image().cluster().broker(2), None);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![]));
    let delta = cluster.loader.publish().unwrap();
    assert_eq!(delta.image.cluster().brokers.len(), 1);
    cluster.controller.invariants();
}

#[test]
fn producer_ids_come_in_blocks() {
    let mut cluster = Cluster::with_brokers(1);
    let request = AllocateProducerIdsRequest {
        broker_id: 1,
        broker_epoch: cluster.caught_up(1).broker_epoch,
        ..Default::default()
    };
    for start in [0, 1000, 2000] {
        let outcome = cluster.controller.handle_allocate_producer_ids(cluster.now, &request);
        let response = cluster.apply(outcome);
        assert_eq!((response.producer_id_start, response.producer_id_len), (start, 1000));
    }
    let stale = AllocateProducerIdsRequest { broker_epoch: 0, ..request };
    let outcome = cluster.controller.handle_allocate_producer_ids(cluster.now, &stale);
    assert_code(cluster.apply(outcome).error_code, ErrorCode::StaleBrokerEpoch);
    assert_eq!(cluster.image().next_producer_id(), 3000);
}

#[test]
fn controllers_register() {
    let mut cluster = Cluster::with_brokers(1);
    let request = ControllerRegistrationRequest { controller_id: 1, ..Default::default() };
    let outcome = cluster.controller.handle_controller_registration(cluster.now, &request);
    assert_eq!(cluster.apply(outcome).error_code, 0);
    assert!(cluster.image().cluster().controllers.contains_key(&1));
    let mut old = Cluster::new("", &[(METADATA_VERSION, 14)]);
    let outcome = old.controller.handle_controller_registration(old.now, &request);
    assert_code(old.apply(outcome).error_code, ErrorCode::UnsupportedVersion);
}
