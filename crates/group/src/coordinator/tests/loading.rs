//! A coordinator takes over a log.

use bytes::BytesMut;
use ottla_coordinator::CoordinatorRecord;
use ottla_wire::ErrorCode;
use ottla_wire::group::consumer_group_metadata::{ConsumerGroupMetadataKey, ConsumerGroupMetadataValue};
use ottla_wire::group::legacy_offset_commit::{LegacyOffsetCommitKey, LegacyOffsetCommitValue};
use ottla_wire::group::{GroupKey, GroupValue};

use super::*;

#[test]
fn a_group_goes_on_where_it_was() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    scene.commit_as("g", &member, 1, "t", 5);
    let mut reloaded = scene.reload();
    assert_eq!((reloaded.state("g"), reloaded.offset("g", "t")), ("Stable", 5));
    assert_eq!(reloaded.heartbeat("g", &member, 1), ErrorCode::None);
    let token = reloaded.send_sync("g", &member, 1, &[]);
    assert_eq!(&reloaded.synced(token).assignment[..], b"all");
    reloaded.pass(10_000);
    assert_eq!(reloaded.state("g"), "Empty", "its members must be heard of");
}

#[test]
fn records_are_of_the_versions_that_kafka_writes() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    scene.commit_as("g", &member, 1, "t", 5);
    let written: Vec<_> = scene
        .log
        .iter()
        .map(|record| (record.key.key(), record.value.as_ref().map(|(_, version)| *version)))
        .collect();
    assert_eq!(written, [(2, Some(3)), (2, Some(3)), (1, Some(4))]);
    for record in &scene.log {
        let mut value = BytesMut::new();
        let key_len = record.encode(&mut value).unwrap();
        let key = GroupKey::decode(value.split_to(key_len).freeze()).unwrap();
        let (value, version) = key.decode_value(value.freeze()).unwrap();
        assert_eq!(Some((value, version)), record.value);
    }
}

#[test]
fn a_group_that_has_become_too_large_joins_again() {
    let mut scene = Scene::new();
    let first = scene.stable("g", "t");
    let (second, _) = scene.join_new("g", &[("range", "t")]);
    scene.join_again("g", &first, &[("range", "t")]);
    scene.send_sync("g", &second, 2, &[]);
    scene.send_sync("g", &first, 2, &[]);
    scene.coordinator.config.group_max_size = 1;
    let mut reloaded = scene.reload();
    assert_eq!(reloaded.state("g"), "PreparingRebalance");
    let token = reloaded.join_again("g", &second, &[("range", "t")]);
    assert_eq!(reloaded.answer(token), None);
    let token = reloaded.join_again("g", &first, &[("range", "t")]);
    assert_eq!(reloaded.joined(token).error_code, ErrorCode::GroupMaxSizeReached.number());
}

#[test]
fn the_oldest_keys_of_offsets_are_read() {
    let mut scene = Scene::new();
    let key = LegacyOffsetCommitKey { group: "g".into(), topic: "t".into(), partition: 0 };
    let value = LegacyOffsetCommitValue { offset: 3, ..LegacyOffsetCommitValue::default() };
    let record = GroupRecord { key: key.clone().into(), value: Some((value.into(), 0)) };
    scene.load(0, ProducerId::NONE, record);
    assert_eq!(scene.offset("g", "t"), 3);
    scene.load(1, ProducerId::NONE, GroupRecord { key: key.into(), value: None });
    assert_eq!(scene.offset("g", "t"), -1);
}

#[test]
fn groups_of_other_protocols_are_left_alone() {
    let mut scene = Scene::new();
    scene.send_commit(8, &commit_request("g", "t", 5));
    let key = GroupKey::from(ConsumerGroupMetadataKey { group_id: "g".into() });
    let value = GroupValue::from(ConsumerGroupMetadataValue::default());
    scene.load(1, ProducerId::NONE, GroupRecord { key, value: Some((value, 0)) });
    scene.coordinator.invariants();
    assert_eq!((scene.state("g"), scene.offset("g", "t")), ("none", 5));
    let token = scene.send_join(9, &join_request("g", "", &[("range", "t")]));
    assert_eq!(scene.joined(token).error_code, ErrorCode::InconsistentGroupProtocol.number());
    assert_eq!(scene.commit_as("g", "who", 1, "t", 6), ErrorCode::UnknownMemberId);
    scene.pass(30 * 24 * 3_600_000);
    assert_eq!(scene.offset("g", "t"), 5);
}

#[test]
fn records_that_nobody_would_write_do_no_harm() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    let mut record = scene.log.last().unwrap().clone();
    let Some((GroupValue::GroupMetadata(value), _)) = &mut record.value else { panic!() };
    value.leader = Some("who".into());
    value.protocol = None;
    value.members.push(value.members[0].clone());
    value.members[0].subscription = Bytes::from_static(b"\0");
    let mut reloaded = scene.reload();
    reloaded.load(9, ProducerId::NONE, record);
    let loaded = reloaded.coordinator.on_loaded(reloaded.now.into());
    reloaded.settle(loaded);
    let group = reloaded.coordinator.group("g").unwrap();
    assert_eq!((group.members().len(), group.leader.as_ref()), (1, Some(&member)));
    reloaded.pass(10_000);
    assert_eq!(reloaded.state("g"), "Empty");
}
