use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::begin_transaction::BeginTransactionRecord;
use ottla_wire::metadata::no_op::NoOpRecord;

use super::*;
use crate::controller::ActivationError;
use crate::features::{ELIGIBLE_LEADER_REPLICAS_VERSION, TRANSACTION_VERSION};
use crate::image::{ConfigResource, ReplayError};

fn names(records: &[VersionedRecord]) -> Vec<String> {
    records.iter().map(|record| record.record.schema().name.to_owned()).collect()
}

#[test]
fn a_new_cluster_begins_with_a_transaction() {
    let levels = [(METADATA_VERSION, 30), (ELIGIBLE_LEADER_REPLICAS_VERSION, 1), (TRANSACTION_VERSION, 2)];
    let mut cluster = Cluster::new("min.insync.replicas=3\n", &levels);
    assert_eq!(
        names(&cluster.last),
        [
            "BeginTransactionRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "ConfigRecord",
            "EndTransactionRecord"
        ]
    );
    let min_isr = cluster.image().configs().value(&ConfigResource::ALL_BROKERS, "min.insync.replicas");
    assert_eq!(min_isr.unwrap().as_str(), "3");
    let delta = cluster.loader.publish().expect("the transaction has ended");
    assert!(delta.features_changed());
    assert_eq!(delta.image.features().level(TRANSACTION_VERSION), 2);
}

#[test]
fn before_transactions_the_first_records_are_one_batch() {
    let mut controller = Controller::new(options("", &[(METADATA_VERSION, 7)]), random_bytes(1));
    let outcome = controller.activate(Timestamp(0)).unwrap();
    assert_eq!(names(&outcome.records), ["FeatureLevelRecord"]);
    assert!(outcome.atomic);
}

#[test]
fn without_a_level_nothing_can_begin() {
    let mut controller = Controller::new(options("", &[(TRANSACTION_VERSION, 1)]), random_bytes(1));
    assert_eq!(controller.activate(Timestamp(0)), Err(ActivationError::NoMetadataVersion));
    assert!(!controller.is_active());
}

#[test]
fn a_transaction_left_open_is_aborted() {
    let mut cluster = Cluster::with_brokers(1);
    let before = cluster.image().clone();
    cluster.replay(&BeginTransactionRecord::default().into());
    cluster.create_assigned("lost", &[&[1]]);
    assert!(cluster.controller.in_transaction());
    cluster.controller.deactivate();
    let outcome = cluster.controller.activate(cluster.now).unwrap();
    cluster.apply(outcome);
    assert_eq!(names(&cluster.last), ["AbortTransactionRecord"]);
    assert_eq!(at(before.provenance, cluster.image()), before);
    cluster.controller.invariants();
    let delta = cluster.loader.publish().unwrap();
    assert_eq!(*delta.image, *cluster.image());
    // Another start of the same finds nothing to abort.
    let outcome = cluster.controller.activate(cluster.now).unwrap();
    assert_eq!(outcome, Outcome::atomic(Vec::new(), ()));
}

#[test]
fn a_bootstrap_that_broke_off_is_begun_anew() {
    let mut controller = Controller::new(options("", &[(METADATA_VERSION, 30)]), random_bytes(1));
    let provenance =
        |offset| Provenance { offset: Offset(offset), epoch: LeaderEpoch(1), timestamp: Timestamp(0) };
    controller.replay(provenance(0), &BeginTransactionRecord::default().into()).unwrap();
    let outcome = controller.activate(Timestamp(0)).unwrap();
    assert_eq!(
        names(&outcome.records),
        ["AbortTransactionRecord", "BeginTransactionRecord", "FeatureLevelRecord", "EndTransactionRecord"]
    );
}

#[test]
fn transactions_do_not_nest() {
    let mut cluster = Cluster::with_brokers(1);
    let begin = MetadataRecord::from(BeginTransactionRecord::default());
    let end = MetadataRecord::EndTransaction(Default::default());
    let provenance = Provenance { offset: Offset(99), ..Provenance::NONE };
    assert_eq!(cluster.controller.replay(provenance, &end), Err(ReplayError::NoTransaction));
    assert_eq!(cluster.loader.replay(provenance, &end), Err(ReplayError::NoTransaction));
    cluster.replay(&begin);
    assert_eq!(cluster.controller.replay(provenance, &begin), Err(ReplayError::NestedTransaction));
    assert_eq!(cluster.loader.replay(provenance, &begin), Err(ReplayError::NestedTransaction));
}

#[test]
fn the_log_moves_even_if_nothing_happens() {
    let mut cluster = Cluster::new("", &[(METADATA_VERSION, 30)]);
    let due = cluster.controller.poll_timeout().unwrap();
    assert_eq!(due, Timestamp(1500));
    assert!(cluster.controller.handle_timeout(Timestamp(1499)).records.is_empty());
    let outcome = cluster.controller.handle_timeout(due);
    assert_eq!(outcome.records, [VersionedRecord::new(NoOpRecord::default(), 0)]);
    assert_eq!(cluster.controller.poll_timeout(), Some(Timestamp(2000)));
    cluster.controller.deactivate();
    assert_eq!(cluster.controller.poll_timeout(), None);
}

#[test]
fn only_an_active_controller_decides() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.controller.deactivate();
    assert_code(cluster.unfence(1).error_code, ErrorCode::NotController);
    assert_code(cluster.register(&registration(1, 2)).error_code, ErrorCode::NotController);
    assert_code(cluster.create(vec![topic("t", 1, 1)]).topics[0].error_code, ErrorCode::NotController);
}
