use ottla_wire::api::create_partitions::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
};
use ottla_wire::api::create_topics::CreatableTopicConfig;
use ottla_wire::api::delete_topics::{DeleteTopicState, DeleteTopicsRequest};

use super::*;
use crate::image::ConfigResource;

fn code_of(response: &CreateTopicsResponse, name: &str) -> ErrorCode {
    let topic = response.topics.iter().find(|topic| topic.name == *name).unwrap();
    ErrorCode::from(topic.error_code)
}

fn with_config(mut topic: CreatableTopic, name: &str, value: Option<&str>) -> CreatableTopic {
    topic.configs.push(CreatableTopicConfig {
        name: name.into(),
        value: value.map(Into::into),
        ..CreatableTopicConfig::default()
    });
    topic
}

#[test]
fn a_topic_has_its_defaults_and_overrides() {
    let mut cluster = Cluster::new("num.partitions=3\n", &[(METADATA_VERSION, 30)]);
    cluster.start_brokers(1);
    let asked = with_config(topic("t", -1, -1), "retention.ms", Some("5000"));
    let response = cluster.create(vec![asked]);
    let created = &response.topics[0];
    assert_eq!((created.error_code, created.num_partitions, created.replication_factor), (0, 3, 1));
    let configs = created.configs.as_ref().unwrap();
    let retention = configs.iter().find(|config| config.name == "retention.ms").unwrap();
    assert_eq!((retention.value.as_deref(), retention.config_source), (Some("5000"), 1));
    assert!(configs.is_sorted_by(|one, other| one.name < other.name));
    let kinds: Vec<i16> = cluster.last.iter().map(|record| record.record.key()).collect();
    assert_eq!(kinds, [2, 4, 3, 3, 3]);
    let registration = cluster.partition("t", 2);
    assert_eq!(
        (registration.leader, &registration.isr, &registration.directories),
        (1, &vec![1], &vec![directory(1)])
    );
    let delta = cluster.loader.publish().unwrap();
    assert_eq!(delta.created_topics().count(), 1);
    let local = delta.local_changes(1);
    assert_eq!((local.leaders.len(), local.followers.len(), local.deleted.len()), (3, 0, 0));
    assert!(local.leaders.iter().all(|partition| partition.is_new && partition.is_new_leader_epoch));
    assert_eq!(delta.changed_configs().count(), 1);
}

#[test]
fn what_cannot_be_created_is_refused() {
    let mut cluster = Cluster::with_brokers(2);
    cluster.create_assigned("a.b", &[&[1]]);
    let response = cluster.create(vec![
        topic("a.b", 1, 1),
        topic("a_b", 1, 1),
        topic("no/name", 1, 1),
        topic("..", 1, 1),
        topic("many", 1, 3),
        topic("zero", 1, 0),
        topic("none", 0, 1),
        topic("twice", 1, 1),
        topic("twice", 1, 1),
        topic("__cluster_metadata", 1, 1),
        with_config(topic("unknown-key", 1, 1), "no.such.key", Some("1")),
        with_config(topic("bad-value", 1, 1), "retention.ms", Some("soon")),
        with_config(topic("null", 1, 1), "retention.ms", None),
        assigned("unknown-broker", &[&[9]]),
        assigned("same-broker", &[&[1, 1]]),
        assigned("uneven", &[&[1], &[1, 2]]),
        assigned("empty", &[&[]]),
        CreatableTopic { num_partitions: 1, ..assigned("both", &[&[1]]) },
        CreatableTopic { replication_factor: 1, ..assigned("both-too", &[&[1]]) },
        topic("good", 1, 1),
    ]);
    use ErrorCode as E;
    let expected = [
        ("a.b", E::TopicAlreadyExists),
        ("a_b", E::InvalidTopicException),
        ("no/name", E::InvalidTopicException),
        ("..", E::InvalidTopicException),
        ("many", E::InvalidReplicationFactor),
        ("zero", E::InvalidReplicationFactor),
        ("none", E::InvalidPartitions),
        ("twice", E::InvalidRequest),
        ("__cluster_metadata", E::InvalidRequest),
        ("unknown-key", E::InvalidConfig),
        ("bad-value", E::InvalidConfig),
        ("null", E::InvalidConfig),
        ("unknown-broker", E::InvalidReplicaAssignment),
        ("same-broker", E::InvalidReplicaAssignment),
        ("uneven", E::InvalidReplicaAssignment),
        ("empty", E::InvalidReplicaAssignment),
        ("both", E::InvalidRequest),
        ("both-too", E::InvalidRequest),
        ("good", E::None),
    ];
    assert_eq!(response.topics.len(), expected.len());
    for (name, code) in expected {
        assert_eq!(code_of(&response, name), code, "{name}");
    }
    assert_eq!(cluster.image().topics().len(), 2);
    cluster.controller.invariants();
}

#[test]
fn partitions_must_be_numbered_from_zero() {
    let mut cluster = Cluster::with_brokers(1);
    let mut gap = assigned("gap", &[&[1], &[1]]);
    gap.assignments[1].partition_index = 2;
    let mut same = assigned("same", &[&[1], &[1]]);
    same.assignments[1].partition_index = 0;
    let response = cluster.create(vec![gap, same]);
    assert!(response.topics.iter().all(|topic| topic.error_code == 39));
}

#[test]
fn to_validate_is_not_to_create() {
    let mut cluster = Cluster::with_brokers(1);
    let request =
        CreateTopicsRequest { topics: vec![topic("t", 1, 1)], validate_only: true, ..Default::default() };
    let outcome = cluster.controller.handle_create_topics(cluster.now, &request, Via::Broker);
    assert!(outcome.records.is_empty());
    assert_eq!(outcome.response.topics[0].error_code, 0);
}

#[test]
fn a_request_cannot_ask_for_the_moon() {
    let mut cluster = Cluster::with_brokers(1);
    let response = cluster.create(vec![topic("t", i32::MAX, 1), topic("u", i32::MAX, 1)]);
    assert!(response.topics.iter().all(|topic| topic.error_code == 44));
    let response = cluster.create(vec![topic("t", 10_000, 1)]);
    assert_code(response.topics[0].error_code, ErrorCode::PolicyViolation);
    assert_eq!(cluster.create(vec![topic("t", 9999, 1)]).topics[0].error_code, 0);
    let response = create_partitions(&mut cluster, "t", i32::MAX, None);
    assert_eq!(response, ErrorCode::PolicyViolation);
}

#[test]
fn replicas_are_striped_over_racks() {
    let mut cluster = Cluster::new("", &[(METADATA_VERSION, 30)]);
    for broker in 1..=6 {
        let rack = format!("r{}", broker % 3);
        cluster.register(&BrokerRegistrationRequest { rack: Some(rack.into()), ..registration(broker, 1) });
        cluster.unfence(broker);
    }
    cluster.create(vec![topic("t", 60, 3)]);
    let mut leaders = BTreeMap::new();
    for partition in 0..60 {
        let registration = cluster.partition("t", partition);
        let racks: std::collections::BTreeSet<i32> =
            registration.replicas.iter().map(|broker| broker % 3).collect();
        assert_eq!(racks.len(), 3, "{:?}", registration.replicas);
        *leaders.entry(registration.leader).or_insert(0) += 1;
    }
    assert!(leaders.values().all(|&count| (5..=15).contains(&count)), "{leaders:?}");
}

#[test]
fn fenced_brokers_only_follow() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.fence(2);
    cluster.create(vec![topic("t", 6, 2), topic("u", 6, 3)]);
    for name in ["t", "u"] {
        for partition in 0..6 {
            let registration = cluster.partition(name, partition);
            assert_ne!(registration.leader, 2);
            assert!(!registration.isr.contains(&2));
        }
    }
    (1..=3).for_each(|broker| drop(cluster.fence(broker)));
    let response = cluster.create(vec![topic("v", 1, 1), assigned("w", &[&[1]])]);
    assert_code(response.topics[0].error_code, ErrorCode::InvalidReplicationFactor);
    assert_code(response.topics[1].error_code, ErrorCode::InvalidReplicaAssignment);
}

#[test]
fn topics_are_deleted_by_name_and_id() {
    let mut cluster = Cluster::with_brokers(1);
    let id = cluster.create_assigned("by-id", &[&[1], &[1]]);
    cluster.create(vec![with_config(topic("by-name", 1, 1), "retention.ms", Some("1"))]);
    cluster.loader.publish();
    let by = |name: Option<&str>, topic_id| DeleteTopicState {
        name: name.map(Into::into),
        topic_id,
        ..DeleteTopicState::default()
    };
    let request = DeleteTopicsRequest {
        topics: vec![
            by(Some("by-name"), Uuid::ZERO),
            by(None, id),
            by(None, Uuid::from_halves(8, 8)),
            by(Some("unknown"), Uuid::ZERO),
            by(Some("both"), id),
            by(None, Uuid::ZERO),
            by(Some("twice"), Uuid::ZERO),
            by(Some("twice"), Uuid::ZERO),
        ],
        ..DeleteTopicsRequest::default()
    };
    let outcome = cluster.controller.handle_delete_topics(cluster.now, &request, 6);
    let response = cluster.apply(outcome);
    let mut codes: Vec<i16> = response.responses.iter().map(|result| result.error_code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 3, 42, 42, 42, 100]);
    assert!(cluster.image().topics().is_empty());
    assert_eq!(cluster.image().configs().values(&ConfigResource::topic("by-name")), None);
    let delta = cluster.loader.publish().unwrap();
    assert_eq!(delta.deleted_topics().count(), 2);
    assert_eq!(delta.local_changes(1).deleted.len(), 3);
    assert_eq!(delta.changed_configs().count(), 1);
    cluster.controller.invariants();
}

#[test]
fn a_topic_by_name_and_by_id_is_asked_for_twice() {
    let mut cluster = Cluster::with_brokers(1);
    let id = cluster.create_assigned("t", &[&[1]]);
    let by_id = DeleteTopicState { topic_id: id, ..DeleteTopicState::default() };
    let by_name = DeleteTopicState { name: Some("t".into()), ..DeleteTopicState::default() };
    let request = DeleteTopicsRequest { topics: vec![by_id, by_name], ..DeleteTopicsRequest::default() };
    let outcome = cluster.controller.handle_delete_topics(cluster.now, &request, 6);
    assert!(outcome.records.is_empty());
    assert_code(outcome.response.responses[0].error_code, ErrorCode::InvalidRequest);
}

#[test]
fn deletion_can_be_turned_off() {
    let mut cluster = Cluster::new("delete.topic.enable=false\n", &[(METADATA_VERSION, 30)]);
    cluster.start_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    let request = DeleteTopicsRequest { topic_names: vec!["t".into()], ..DeleteTopicsRequest::default() };
    for (version, code) in [(2, ErrorCode::InvalidRequest), (3, ErrorCode::TopicDeletionDisabled)] {
        let outcome = cluster.controller.handle_delete_topics(cluster.now, &request, version);
        assert!(outcome.records.is_empty());
        assert_code(outcome.response.responses[0].error_code, code);
    }
}

fn create_partitions(
    cluster: &mut Cluster,
    name: &str,
    count: i32,
    assignments: Option<&[&[i32]]>,
) -> ErrorCode {
    let assignment = |replicas: &&[i32]| CreatePartitionsAssignment {
        broker_ids: replicas.to_vec(),
        ..CreatePartitionsAssignment::default()
    };
    let topic = CreatePartitionsTopic {
        name: name.into(),
        count,
        assignments: assignments.map(|assignments| assignments.iter().map(assignment).collect()),
        ..CreatePartitionsTopic::default()
    };
    let request = CreatePartitionsRequest { topics: vec![topic], ..Default::default() };
    let outcome = cluster.controller.handle_create_partitions(cluster.now, &request);
    ErrorCode::from(cluster.apply(outcome).results[0].error_code)
}

#[test]
fn partitions_are_added() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2]]);
    assert_eq!(create_partitions(&mut cluster, "t", 3, None), ErrorCode::None);
    assert_eq!(cluster.partition("t", 2).replicas.len(), 2);
    assert_eq!(create_partitions(&mut cluster, "t", 4, Some(&[&[3, 1]])), ErrorCode::None);
    assert_eq!(cluster.partition("t", 3).replicas, [3, 1]);
    use ErrorCode as E;
    assert_eq!(create_partitions(&mut cluster, "t", 4, None), E::InvalidPartitions);
    assert_eq!(create_partitions(&mut cluster, "t", 1, None), E::InvalidPartitions);
    assert_eq!(create_partitions(&mut cluster, "t", i32::MIN, None), E::InvalidPartitions);
    assert_eq!(create_partitions(&mut cluster, "u", 4, None), E::UnknownTopicOrPartition);
    assert_eq!(create_partitions(&mut cluster, "t", 6, Some(&[&[1, 2]])), E::InvalidReplicaAssignment);
    assert_eq!(create_partitions(&mut cluster, "t", 5, Some(&[&[1]])), E::InvalidReplicaAssignment);
    cluster.controller.invariants();
}
