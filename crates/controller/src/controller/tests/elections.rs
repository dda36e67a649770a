use ottla_wire::api::elect_leaders::{ElectLeadersRequest, ElectLeadersResponse, TopicPartitions};
use ottla_wire::metadata::config::ConfigRecord;

use super::*;
use crate::image::{LeaderRecoveryState, NO_LEADER};

fn elect(
    cluster: &mut Cluster,
    election_type: i8,
    partitions: Option<(&str, &[i32])>,
) -> ElectLeadersResponse {
    let named = |(topic, partitions): (&str, &[i32])| {
        vec![TopicPartitions {
            topic: topic.into(),
            partitions: partitions.to_vec(),
            ..TopicPartitions::default()
        }]
    };
    let request = ElectLeadersRequest {
        election_type,
        topic_partitions: partitions.map(named),
        ..ElectLeadersRequest::default()
    };
    let outcome = cluster.controller.handle_elect_leaders(cluster.now, &request);
    cluster.apply(outcome)
}

fn codes(response: &ElectLeadersResponse) -> Vec<i16> {
    let results = response.replica_election_results.iter();
    results.flat_map(|topic| topic.partition_result.iter().map(|result| result.error_code)).collect()
}

fn allow_unclean(cluster: &mut Cluster, topic: &str) {
    let record = ConfigRecord {
        resource_type: 2,
        resource_name: topic.into(),
        name: "unclean.leader.election.enable".into(),
        value: Some("true".into()),
        ..ConfigRecord::default()
    };
    cluster.replay(&record.into());
}

/// A restart that the broker did not announce.
fn crash_and_return(cluster: &mut Cluster, broker: i32, start: u64) {
    cluster.now = Timestamp(cluster.now.0 + 20_000);
    assert_eq!(cluster.register(&registration(broker, start)).error_code, 0);
}

#[test]
fn a_fenced_leader_is_followed_by_one_in_sync() {
    let mut cluster = Cluster::with_brokers(3);
    cluster.create_assigned("t", &[&[1, 2, 3]]);
    cluster.fence(1);
    assert_eq!(cluster.state("t", 0), (2, vec![2, 3], vec![]));
    assert_eq!(cluster.partition("t", 0).leader_epoch, LeaderEpoch(1));
    cluster.fence(3);
    assert_eq!(cluster.state("t", 0), (2, vec![2], vec![]));
    assert_eq!(cluster.partition("t", 0).leader_epoch, LeaderEpoch(1), "the leader is the same");
    cluster.fence(2);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![2], vec![]));
    cluster.unfence(1);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![2], vec![]));
    cluster.unfence(2);
    assert_eq!(cluster.state("t", 0), (2, vec![2], vec![]));
}

#[test]
fn a_smaller_isr_meant_a_new_epoch_once() {
    let mut cluster = Cluster::new("", &[(METADATA_VERSION, 11)]);
    cluster.start_brokers(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.fence(2);
    assert_eq!(cluster.partition("t", 0).leader_epoch, LeaderEpoch(1));
}

#[test]
fn eligible_replicas_lead_when_none_is_in_sync() {
    let mut cluster = Cluster::with_elr(3);
    cluster.create_assigned("t", &[&[1, 2, 3]]);
    cluster.fence(1);
    assert_eq!(cluster.state("t", 0), (2, vec![2, 3], vec![]));
    cluster.fence(2);
    assert_eq!(cluster.state("t", 0), (3, vec![3], vec![2]));
    cluster.fence(3);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![], vec![2, 3]));
    assert_eq!(cluster.partition("t", 0).last_known_elr, [3]);
    cluster.unfence(1);
    assert_eq!(cluster.state("t", 0).0, NO_LEADER, "it is not eligible");
    cluster.unfence(2);
    assert_eq!(cluster.state("t", 0), (2, vec![2], vec![3]));
    assert!(cluster.partition("t", 0).last_known_elr.is_empty());
    cluster.controller.invariants();
}

#[test]
fn who_crashed_is_no_longer_eligible_but_led_last() {
    let mut cluster = Cluster::with_elr(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.fence(2);
    cluster.fence(1);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![], vec![1, 2]));
    crash_and_return(&mut cluster, 1, 2);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![], vec![2]));
    crash_and_return(&mut cluster, 2, 2);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![], vec![]));
    cluster.unfence(2);
    assert_eq!(cluster.state("t", 0).0, NO_LEADER);
    cluster.unfence(1);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![]));
    assert_eq!(cluster.partition("t", 0).leader_recovery_state, LeaderRecoveryState::Recovering);
    cluster.controller.invariants();
}

#[test]
fn an_orderly_restart_keeps_eligibility() {
    let mut cluster = Cluster::with_elr(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.fence(2);
    cluster.fence(1);
    let epoch = cluster.caught_up(1).broker_epoch;
    cluster.now = Timestamp(cluster.now.0 + 20_000);
    cluster.register(&BrokerRegistrationRequest { previous_broker_epoch: epoch, ..registration(1, 2) });
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![], vec![1, 2]));
    cluster.unfence(1);
    assert_eq!(cluster.state("t", 0).0, 1);
}

#[test]
fn preferred_replicas_are_given_leadership_back() {
    let mut cluster = Cluster::with_brokers(2);
    cluster.create_assigned("t", &[&[1, 2], &[1, 2]]);
    cluster.fence(1);
    cluster.unfence(1);
    let response = elect(&mut cluster, 0, Some(("t", &[0])));
    assert_eq!(codes(&response), [80], "it is not in sync yet");
    // Replica 1 catches up.
    for partition in [0, 1] {
        partitions::report_isr(&mut cluster, "t", partition, &[2, 1]);
    }
    assert_eq!(codes(&elect(&mut cluster, 0, Some(("t", &[0])))), [0]);
    assert_eq!(cluster.state("t", 0), (1, vec![2, 1], vec![]));
    assert_eq!(codes(&elect(&mut cluster, 0, Some(("t", &[0])))), [84]);
    assert_eq!(codes(&elect(&mut cluster, 0, Some(("t", &[7])))), [3]);
    assert_eq!(codes(&elect(&mut cluster, 0, Some(("u", &[0])))), [3]);
    assert_eq!(elect(&mut cluster, 5, Some(("t", &[0]))).error_code, 42);
    // The rest is done unasked in time.
    cluster.now = Timestamp(cluster.now.0 + 300_000);
    (1..=2).for_each(|broker| drop(cluster.unfence(broker)));
    let mut rounds = 0;
    while cluster.controller.poll_timeout().is_some_and(|due| due <= cluster.now) {
        let outcome = cluster.controller.handle_timeout(cluster.now);
        cluster.apply(outcome);
        rounds += 1;
    }
    assert_eq!(rounds, 3, "each timer once");
    assert_eq!(cluster.state("t", 1).0, 1);
    assert_eq!(elect(&mut cluster, 0, None).replica_election_results[0].partition_result, []);
}

#[test]
fn unclean_elections_lose_records_only_if_allowed() {
    let mut cluster = Cluster::with_brokers(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.create_assigned("u", &[&[1, 2]]);
    allow_unclean(&mut cluster, "u");
    cluster.fence(2);
    cluster.fence(1);
    cluster.unfence(2);
    assert_eq!(cluster.state("t", 0), (NO_LEADER, vec![1], vec![]));
    assert_eq!(cluster.state("u", 0), (2, vec![2], vec![]));
    assert_eq!(cluster.partition("u", 0).leader_recovery_state, LeaderRecoveryState::Recovering);
    let response = elect(&mut cluster, 1, None);
    assert_eq!(codes(&response), [0], "an election of its own is always allowed");
    assert_eq!(cluster.state("t", 0), (2, vec![2], vec![]));
    cluster.fence(2);
    assert_eq!(codes(&elect(&mut cluster, 1, Some(("t", &[0])))), [83]);
    cluster.controller.invariants();
}

#[test]
fn what_becomes_allowed_is_done_in_time() {
    let mut cluster = Cluster::with_brokers(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.fence(2);
    cluster.fence(1);
    cluster.unfence(2);
    allow_unclean(&mut cluster, "t");
    assert_eq!(cluster.state("t", 0).0, NO_LEADER);
    cluster.now = Timestamp(cluster.now.0 + 300_000);
    cluster.unfence(2);
    while cluster.controller.poll_timeout().is_some_and(|due| due <= cluster.now) {
        let outcome = cluster.controller.handle_timeout(cluster.now);
        cluster.apply(outcome);
    }
    assert_eq!(cluster.state("t", 0), (2, vec![2], vec![]));
}
