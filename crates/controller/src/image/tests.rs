use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::Uuid;
use ottla_wire::metadata::broker_registration_change::BrokerRegistrationChangeRecord;
use ottla_wire::metadata::clear_elr::ClearElrRecord;
use ottla_wire::metadata::feature_level::FeatureLevelRecord;
use ottla_wire::metadata::fence_broker::FenceBrokerRecord;
use ottla_wire::metadata::partition::PartitionRecord;
use ottla_wire::metadata::partition_change::PartitionChangeRecord;
use ottla_wire::metadata::register_broker::{BrokerEndpoint, RegisterBrokerRecord};
use ottla_wire::metadata::remove_access_control_entry::RemoveAccessControlEntryRecord;
use ottla_wire::metadata::remove_topic::RemoveTopicRecord;
use ottla_wire::metadata::topic::TopicRecord;
use ottla_wire::metadata::unfence_broker::UnfenceBrokerRecord;

use super::*;

const TOPIC: Uuid = Uuid::from_halves(7, 7);

fn topic(name: &str, topic_id: Uuid) -> MetadataRecord {
    TopicRecord { name: name.into(), topic_id, ..TopicRecord::default() }.into()
}

fn partition(partition_id: i32, replicas: &[i32]) -> PartitionRecord {
    PartitionRecord {
        partition_id,
        topic_id: TOPIC,
        replicas: replicas.to_vec(),
        isr: replicas.to_vec(),
        leader: replicas.first().copied().unwrap_or(NO_LEADER),
        leader_epoch: 0,
        partition_epoch: 0,
        ..PartitionRecord::default()
    }
}

fn broker(broker_id: i32, broker_epoch: i64) -> RegisterBrokerRecord {
    RegisterBrokerRecord { broker_id, broker_epoch, ..RegisterBrokerRecord::default() }
}

fn image(records: &[MetadataRecord]) -> MetadataImage {
    MetadataImage::of_snapshot(Provenance::NONE, records).unwrap()
}

fn small() -> MetadataImage {
    image(&[topic("t", TOPIC), partition(0, &[1, 2]).into(), broker(1, 5).into()])
}

fn at(offset: i64) -> Provenance {
    Provenance { offset: Offset(offset), epoch: LeaderEpoch(1), timestamp: Timestamp(1) }
}

#[test]
fn impossible_records_are_refused_and_change_nothing() {
    let change = PartitionChangeRecord { topic_id: TOPIC, ..PartitionChangeRecord::default() };
    let registration_change =
        BrokerRegistrationChangeRecord { broker_id: 1, broker_epoch: 5, ..Default::default() };
    let wrong_protocol = BrokerEndpoint { security_protocol: 4, ..BrokerEndpoint::default() };
    let level = |name: &str, feature_level| FeatureLevelRecord {
        name: name.into(),
        feature_level,
        ..Default::default()
    };
    let records: [MetadataRecord; 20] = [
        topic("t", Uuid::from_halves(8, 8)),
        topic("u", TOPIC),
        PartitionRecord { topic_id: Uuid::from_halves(8, 8), ..partition(0, &[1]) }.into(),
        PartitionRecord { directories: vec![TOPIC], ..partition(1, &[1, 2]) }.into(),
        PartitionRecord { leader_recovery_state: 2, ..partition(1, &[1]) }.into(),
        PartitionChangeRecord { partition_id: 1, ..change.clone() }.into(),
        PartitionChangeRecord { partition_id: 0, leader_recovery_state: 3, ..change.clone() }.into(),
        PartitionChangeRecord { partition_id: 0, directories: Some(vec![TOPIC]), ..change }.into(),
        RemoveTopicRecord { topic_id: Uuid::ZERO, ..Default::default() }.into(),
        ClearElrRecord { topic_name: "u".into(), ..Default::default() }.into(),
        FenceBrokerRecord { id: 1, epoch: 4, ..Default::default() }.into(),
        UnfenceBrokerRecord { id: 2, epoch: 4, ..Default::default() }.into(),
        BrokerRegistrationChangeRecord { fenced: 2, ..registration_change.clone() }.into(),
        BrokerRegistrationChangeRecord { in_controlled_shutdown: -1, ..registration_change }.into(),
        RegisterBrokerRecord { end_points: vec![wrong_protocol], ..broker(2, 1) }.into(),
        level("metadata.version", 6).into(),
        level("metadata.version", 32).into(),
        level("group.version", 9).into(),
        RemoveAccessControlEntryRecord::default().into(),
        MetadataRecord::BeginTransaction(Default::default()),
    ];
    let mut image = small();
    let mut loader = MetadataLoader::new();
    loader
        .load_snapshot(at(1), &[topic("t", TOPIC), partition(0, &[1, 2]).into(), broker(1, 5).into()])
        .unwrap();
    loader.publish();
    for record in records {
        let error = image.replay(&record);
        assert!(error.is_err(), "{record:?}");
        assert_eq!(image, small(), "{record:?}");
        if !matches!(record, MetadataRecord::BeginTransaction(_)) {
            assert_eq!(loader.replay(at(2), &record), error);
            assert!(loader.publish().is_none());
        }
    }
}

#[test]
fn directories_that_were_never_assigned_follow_the_replicas() {
    let mut image = small();
    let change = PartitionChangeRecord {
        partition_id: 0,
        topic_id: TOPIC,
        replicas: Some(vec![1, 2, 3]),
        ..PartitionChangeRecord::default()
    };
    image.replay(&change.into()).unwrap();
    assert_eq!(image.topics().partition(TOPIC, 0).unwrap().directories, [Uuid::MIGRATING_DIRECTORY; 3]);
}

#[test]
fn records_of_older_releases_fence_and_unfence() {
    let mut image = small();
    let unfence = UnfenceBrokerRecord { id: 1, epoch: 5, ..Default::default() };
    image.replay(&unfence.into()).unwrap();
    assert!(image.cluster().is_active(1));
    let fence = FenceBrokerRecord { id: 1, epoch: 5, ..Default::default() };
    image.replay(&fence.into()).unwrap();
    assert!(!image.cluster().is_active(1));
}

#[test]
fn a_transaction_is_published_at_its_end() {
    let mut loader = MetadataLoader::new();
    loader.replay(at(0), &topic("t", TOPIC)).unwrap();
    loader.replay(at(1), &MetadataRecord::BeginTransaction(Default::default())).unwrap();
    loader.replay(at(2), &partition(0, &[1]).into()).unwrap();
    let delta = loader.publish().expect("what went before the transaction");
    assert_eq!((delta.image.provenance, delta.created_topics().count()), (at(0), 1));
    assert_eq!(delta.changed_partitions().count(), 0);
    assert!(loader.publish().is_none() && loader.in_transaction());
    loader.replay(at(3), &MetadataRecord::EndTransaction(Default::default())).unwrap();
    let delta = loader.publish().unwrap();
    assert_eq!((delta.created_topics().count(), delta.changed_partitions().count()), (0, 1));
    assert_eq!(delta.image.provenance, at(3));
}

#[test]
fn what_came_and_went_is_not_told() {
    let mut loader = MetadataLoader::new();
    loader.replay(at(0), &topic("t", TOPIC)).unwrap();
    let remove = RemoveTopicRecord { topic_id: TOPIC, ..Default::default() };
    loader.replay(at(1), &remove.into()).unwrap();
    let delta = loader.publish().unwrap();
    assert_eq!((delta.created_topics().count(), delta.deleted_topics().count()), (0, 0));
    assert_eq!(delta.image.provenance, at(1));
}

#[test]
fn a_name_can_be_used_again() {
    let mut loader = MetadataLoader::new();
    loader.replay(at(0), &topic("t", TOPIC)).unwrap();
    loader.replay(at(1), &partition(0, &[1]).into()).unwrap();
    loader.publish();
    let remove = RemoveTopicRecord { topic_id: TOPIC, ..Default::default() };
    loader.replay(at(2), &remove.into()).unwrap();
    loader.replay(at(3), &topic("t", Uuid::from_halves(9, 9))).unwrap();
    let delta = loader.publish().unwrap();
    assert_eq!((delta.created_topics().count(), delta.deleted_topics().count()), (1, 1));
    assert_eq!(delta.local_changes(1).deleted[0].topic_id, TOPIC);
}

#[test]
fn a_snapshot_takes_the_place_of_all_before() {
    let mut loader = MetadataLoader::new();
    loader.replay(at(0), &topic("t", TOPIC)).unwrap();
    loader.replay(at(1), &partition(0, &[1]).into()).unwrap();
    loader.publish();
    loader.load_snapshot(at(9), &[topic("u", Uuid::from_halves(9, 9)), broker(1, 2).into()]).unwrap();
    let delta = loader.publish().unwrap();
    assert_eq!((delta.created_topics().count(), delta.deleted_topics().count()), (1, 1));
    assert_eq!(delta.changed_brokers().len(), 1);
    let broken = [partition(0, &[1]).into()];
    assert_eq!(loader.load_snapshot(at(10), &broken), Err(ReplayError::UnknownTopic(TOPIC)));
    assert!(loader.publish().is_none());
}

/// A published image stays as it is, and shares all that has not changed since with the next.
#[test]
fn images_share_what_is_the_same() {
    let mut loader = MetadataLoader::new();
    for record in [topic("t", TOPIC), partition(0, &[1]).into(), partition(1, &[1]).into()] {
        loader.replay(at(0), &record).unwrap();
    }
    let first = loader.publish().unwrap().image;
    let change = PartitionChangeRecord { partition_id: 0, topic_id: TOPIC, leader: 1, ..Default::default() };
    loader.replay(at(1), &change.into()).unwrap();
    let delta = loader.publish().unwrap();
    assert_eq!(first.topics().partition(TOPIC, 0).unwrap().leader_epoch, LeaderEpoch(0));
    assert_eq!(delta.image.topics().partition(TOPIC, 0).unwrap().leader_epoch, LeaderEpoch(1));
    let unchanged = |image: &MetadataImage| Arc::clone(image.topics().partition(TOPIC, 1).unwrap());
    assert!(Arc::ptr_eq(&unchanged(&first), &unchanged(&delta.image)));
    assert_eq!(delta.changed_partitions().count(), 1);
}

#[test]
fn topics_come_in_pages() {
    let image = image(&[
        topic("b", Uuid::from_halves(1, 1)),
        topic("a", Uuid::from_halves(2, 1)),
        topic("c", Uuid::from_halves(3, 1)),
    ]);
    let names = |from: &str| -> String {
        image.topics().iter_from(from).map(|topic| topic.name.to_string()).collect()
    };
    assert_eq!(
        (names(""), names("b"), names("bb"), names("d")),
        ("abc".into(), "bc".into(), "c".into(), "".into())
    );
}
