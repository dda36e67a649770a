use ottla_wire::api::alter_partition::{
    AlterPartitionRequest, BrokerState, RequestPartitionData, RequestTopicData, ResponsePartitionData,
};
use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic,
};
use ottla_wire::api::list_partition_reassignments::ListPartitionReassignmentsRequest;

use super::*;

/// What a leader sends of a partition that it knows as the controller does.
fn proposal(cluster: &Cluster, topic: &str, partition: i32, isr: &[i32]) -> RequestPartitionData {
    let registration = cluster.partition(topic, partition);
    let state = |&broker_id: &i32| BrokerState {
        broker_id,
        broker_epoch: cluster.caught_up(broker_id).broker_epoch,
        ..BrokerState::default()
    };
    RequestPartitionData {
        partition_index: partition,
        leader_epoch: registration.leader_epoch.0,
        new_isr_with_epochs: isr.iter().map(state).collect(),
        leader_recovery_state: 0,
        partition_epoch: registration.partition_epoch,
        ..RequestPartitionData::default()
    }
}

fn alter(
    cluster: &mut Cluster,
    leader: i32,
    topic: &str,
    proposal: RequestPartitionData,
) -> ResponsePartitionData {
    let request = AlterPartitionRequest {
        broker_id: leader,
        broker_epoch: cluster.caught_up(leader).broker_epoch,
        topics: vec![RequestTopicData {
            topic_id: cluster.image().topics().topic_id(topic).unwrap_or_default(),
            partitions: vec![proposal],
            ..RequestTopicData::default()
        }],
        ..AlterPartitionRequest::default()
    };
    let outcome = cluster.controller.handle_alter_partition(cluster.now, &request, 3);
    let response = cluster.apply(outcome);
    assert_eq!(response.error_code, 0);
    response.topics[0].partitions[0].clone()
}

/// The leader reports an ISR.
pub(super) fn report_isr(cluster: &mut Cluster, topic: &str, partition: i32, isr: &[i32]) {
    let leader = cluster.partition(topic, partition).leader;
    let proposal = proposal(cluster, topic, partition, isr);
    let response = alter(cluster, leader, topic, proposal);
    assert_eq!(response.error_code, 0);
}

#[test]
fn a_leader_tells_who_is_in_sync() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2, 3]]);
    let smaller = proposal(&cluster, "t", 0, &[1, 3]);
    let response = alter(&mut cluster, 1, "t", smaller.clone());
    assert_eq!((response.error_code, response.leader_id, response.partition_epoch), (0, 1, 1));
    assert_eq!(response.isr, [1, 3]);
    assert_eq!(cluster.state("t", 0), (1, vec![1, 3], vec![]));
    let again = alter(&mut cluster, 1, "t", smaller);
    assert_code(again.error_code, ErrorCode::InvalidUpdateVersion);
    let same = proposal(&cluster, "t", 0, &[1, 3]);
    let response = alter(&mut cluster, 1, "t", same);
    assert_eq!((response.error_code, response.partition_epoch), (0, 1));
    assert!(cluster.last.is_empty());
}

#[test]
fn proposals_are_checked() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2]]);
    let valid = proposal(&cluster, "t", 0, &[1]);
    let with_isr = |isr: &[i32]| proposal(&cluster, "t", 0, isr);
    let mut unknown_epoch = with_isr(&[1, 2]);
    unknown_epoch.new_isr_with_epochs[1].broker_epoch = 1;
    use ErrorCode as E;
    let cases = [
        (1, RequestPartitionData { partition_index: 1, ..valid.clone() }, E::UnknownTopicOrPartition),
        (1, RequestPartitionData { leader_epoch: 1, ..valid.clone() }, E::NotController),
        (1, RequestPartitionData { partition_epoch: 1, ..valid.clone() }, E::NotController),
        (1, RequestPartitionData { leader_epoch: -1, ..valid.clone() }, E::FencedLeaderEpoch),
        (2, valid.clone(), E::InvalidRequest),
        (1, with_isr(&[1, 3]), E::InvalidRequest),
        (1, with_isr(&[1, 1]), E::InvalidRequest),
        (1, with_isr(&[2]), E::InvalidRequest),
        (1, with_isr(&[]), E::InvalidRequest),
        (1, RequestPartitionData { leader_recovery_state: 1, ..valid.clone() }, E::InvalidRequest),
        (1, RequestPartitionData { leader_recovery_state: 7, ..valid.clone() }, E::InvalidRequest),
        (1, unknown_epoch, E::IneligibleReplica),
    ];
    for (leader, proposal, code) in cases {
        assert_code(alter(&mut cluster, leader, "t", proposal).error_code, code);
        assert!(cluster.last.is_empty());
    }
    assert_code(alter(&mut cluster, 1, "no-such-topic", valid).error_code, E::UnknownTopicId);
}

#[test]
fn a_fenced_replica_cannot_be_in_sync() {
    let mut cluster = Cluster::with_brokers(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.fence(2);
    let both = proposal(&cluster, "t", 0, &[1, 2]);
    let response = alter(&mut cluster, 1, "t", both);
    assert_code(response.error_code, ErrorCode::IneligibleReplica);
}

fn reassign(cluster: &mut Cluster, topic: &str, replicas: Option<&[i32]>, allow: bool) -> ErrorCode {
    let partition = ReassignablePartition {
        partition_index: 0,
        replicas: replicas.map(<[i32]>::to_vec),
        ..ReassignablePartition::default()
    };
    let request = AlterPartitionReassignmentsRequest {
        allow_replication_factor_change: allow,
        topics: vec![ReassignableTopic {
            name: topic.into(),
            partitions: vec![partition],
            ..ReassignableTopic::default()
        }],
        ..AlterPartitionReassignmentsRequest::default()
    };
    let outcome = cluster.controller.handle_alter_partition_reassignments(cluster.now, &request);
    let response = cluster.apply(outcome);
    ErrorCode::from(response.responses[0].partitions[0].error_code)
}

fn reassigning(cluster: &mut Cluster) -> usize {
    let request = ListPartitionReassignmentsRequest::default();
    let outcome = cluster.controller.handle_list_partition_reassignments(cluster.now, &request);
    cluster.apply(outcome).topics.len()
}

#[test]
fn replicas_are_replaced_when_the_new_ones_are_in_sync() {
    let mut cluster = Cluster::with_brokers(4);
    cluster.create_assigned("t", &[&[1, 2]]);
    assert_eq!(reassign(&mut cluster, "t", Some(&[3, 2]), true), ErrorCode::None);
    let partition = cluster.partition("t", 0);
    assert_eq!((&partition.replicas, &partition.adding_replicas), (&vec![3, 2, 1], &vec![3]));
    assert_eq!(partition.directories, [directory(3), directory(2), directory(1)]);
    assert_eq!(reassigning(&mut cluster), 1);
    cluster.loader.publish();
    let all = proposal(&cluster, "t", 0, &[1, 2, 3]);
    let response = alter(&mut cluster, 1, "t", all);
    assert_code(response.error_code, ErrorCode::NewLeaderElected);
    let partition = cluster.partition("t", 0);
    assert_eq!((&partition.replicas, &partition.isr), (&vec![3, 2], &vec![2, 3]));
    assert_eq!(partition.leader, 3);
    assert_eq!(reassigning(&mut cluster), 0);
    let delta = cluster.loader.publish().unwrap();
    assert_eq!(delta.local_changes(1).deleted.len(), 1);
    assert_eq!(delta.local_changes(2).followers.len(), 1);
    cluster.controller.invariants();
}

#[test]
fn a_reassignment_can_be_called_off() {
    let mut cluster = Cluster::with_brokers(4);
    cluster.create_assigned("t", &[&[1, 2]]);
    assert_eq!(reassign(&mut cluster, "t", None, true), ErrorCode::NoReassignmentInProgress);
    assert_eq!(reassign(&mut cluster, "t", Some(&[3, 4]), true), ErrorCode::None);
    assert_eq!(reassign(&mut cluster, "t", None, true), ErrorCode::None);
    let partition = cluster.partition("t", 0);
    assert_eq!((&partition.replicas, &partition.isr), (&vec![1, 2], &vec![1, 2]));
    assert!(!partition.is_reassigning());
    cluster.controller.invariants();
}

#[test]
fn reassignments_are_checked() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2]]);
    use ErrorCode as E;
    assert_eq!(reassign(&mut cluster, "u", Some(&[1]), true), E::UnknownTopicOrPartition);
    assert_eq!(reassign(&mut cluster, "t", Some(&[]), true), E::InvalidReplicaAssignment);
    assert_eq!(reassign(&mut cluster, "t", Some(&[9]), true), E::InvalidReplicaAssignment);
    assert_eq!(reassign(&mut cluster, "t", Some(&[1, 1]), true), E::InvalidReplicaAssignment);
    assert_eq!(reassign(&mut cluster, "t", Some(&[1]), false), E::InvalidReplicationFactor);
    assert_eq!(reassign(&mut cluster, "t", Some(&[1]), true), E::None);
    assert_eq!(cluster.partition("t", 0).replicas, [1]);
}
