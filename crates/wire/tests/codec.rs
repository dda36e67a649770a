//! How messages behave where bytes alone do not show it: versions that lack a field, tags, nulls, errors.

use bytes::{Bytes, BytesMut};
use expect_test::{Expect, expect};
use ottla_wire::api::fetch::{FetchPartition, FetchTopic, ReplicaState};
use ottla_wire::api::produce::{PartitionProduceData, TopicProduceData};
use ottla_wire::api::{APIS, ApiKey, Listener, Property};
use ottla_wire::codec::UnknownTaggedFields;
use ottla_wire::json::{from_json, to_json};
use ottla_wire::messages::*;
use ottla_wire::{KafkaString, Message, Uuid, Versions};

fn write_error(message: &impl Message, version: i16, expected: Expect) {
    let mut buffer = BytesMut::from(&b"before"[..]);
    let error = message.encode(version, &mut buffer).expect_err("it cannot be written");
    assert_eq!(buffer, &b"before"[..]);
    expected.assert_eq(&error.to_string());
}

fn read_error<M: Message>(bytes: &[u8], version: i16, expected: Expect) {
    let error = M::decode(Bytes::copy_from_slice(bytes), version).expect_err("it cannot be read");
    expected.assert_eq(&error.to_string());
}

#[test]
fn strings_and_bytes_share_the_buffer() {
    let message = SaslAuthenticateRequest { auth_bytes: Bytes::from_static(b"token"), ..Default::default() };
    let bytes = message.to_bytes(0).unwrap();
    let read = SaslAuthenticateRequest::decode(bytes.clone(), 0).unwrap();
    assert_eq!(read.auth_bytes.as_ptr(), bytes[4..].as_ptr());
}

#[test]
fn a_prefix_is_read_up_to_where_the_message_ends() {
    let mut bytes = Bytes::from_static(&[0, 0, 0, 7, 9, 9]);
    let header = ResponseHeader::decode_prefix(&mut bytes, 0).unwrap();
    assert_eq!((header.correlation_id, &bytes[..]), (7, &[9, 9][..]));
    assert!(ResponseHeader::decode_prefix(&mut bytes, 0).is_err());
    assert_eq!(bytes, &[9, 9][..]);
}

#[test]
fn an_ignorable_field_is_dropped_where_the_version_lacks_it() {
    let request = FetchRequest { rack_id: "r1".into(), max_bytes: 1, ..Default::default() };
    assert_eq!(FetchRequest::decode(request.to_bytes(11).unwrap(), 11).unwrap(), request);
    let older = FetchRequest::decode(request.to_bytes(10).unwrap(), 10).unwrap();
    assert_eq!(older, FetchRequest { rack_id: KafkaString::EMPTY, ..request });
}

#[test]
fn a_field_that_the_version_lacks_is_an_error_that_names_it() {
    let partition = FetchPartition { last_fetched_epoch: 3, ..Default::default() };
    let topics = vec![
        FetchTopic::default(),
        FetchTopic { partitions: vec![FetchPartition::default(), partition], ..Default::default() },
    ];
    let request = FetchRequest { topics, ..Default::default() };
    assert!(request.encoded_len(12).is_ok());
    write_error(
        &request,
        11,
        expect![
            "FetchRequest version 11, topics[1].partitions[1].lastFetchedEpoch is set, but this version has no such field"
        ],
    );

    let replica_state = ReplicaState { replica_id: 1, ..Default::default() };
    let request = FetchRequest { replica_state, ..Default::default() };
    write_error(
        &request,
        14,
        expect!["FetchRequest version 14, replicaState is set, but this version has no such field"],
    );
}

#[test]
fn null_where_the_version_does_not_allow_it() {
    let request = MetadataRequest { topics: None, ..Default::default() };
    assert!(request.encoded_len(1).is_ok());
    write_error(
        &request,
        0,
        expect!["MetadataRequest version 0, topics is null, which this version does not allow"],
    );
    read_error::<MetadataRequest>(
        &[0xff; 4],
        0,
        expect!["MetadataRequest version 0, topics: null, which this version does not allow, at byte 0"],
    );
}

#[test]
fn a_string_too_long() {
    let group_id = KafkaString::from("x".repeat(32768));
    let request = HeartbeatRequest { group_id, ..Default::default() };
    for version in [0, 4] {
        assert!(request.to_bytes(version).is_err());
    }
    write_error(
        &request,
        4,
        expect!["HeartbeatRequest version 4, groupId is a string of 32768 bytes, at most 32767 are allowed"],
    );
    let longest = HeartbeatRequest { group_id: "x".repeat(32767).into(), ..Default::default() };
    assert_eq!(HeartbeatRequest::decode(longest.to_bytes(4).unwrap(), 4).unwrap(), longest);
    read_error::<HeartbeatRequest>(
        &[0x81, 0x80, 0x02],
        4,
        expect![
            "HeartbeatRequest version 4, groupId: a string of 32768 bytes, at most 32767 are allowed, at byte 0"
        ],
    );
}

#[test]
fn errors_of_malformed_bytes_say_where() {
    let partition_data = vec![PartitionProduceData { index: 1, ..Default::default() }];
    let topic_data = vec![
        TopicProduceData::default(),
        TopicProduceData { topic_id: Uuid::METADATA_TOPIC_ID, partition_data, ..Default::default() },
    ];
    let bytes = ProduceRequest { topic_data, ..Default::default() }.to_bytes(13).unwrap();
    read_error::<ProduceRequest>(
        &bytes[..bytes.len() - 5],
        13,
        expect![
            "ProduceRequest version 13, topicData[1].partitionData[0].index: 4 bytes expected, only 3 are left, at byte 43"
        ],
    );
    read_error::<ProduceRequest>(
        &[0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 7],
        13,
        expect![
            "ProduceRequest version 13, topicData: 2147483646 elements announced, but only 0 bytes are left, at byte 7"
        ],
    );
    read_error::<ProduceRequest>(
        &[0x80, 0x80, 0x80, 0x80, 0x80, 1],
        13,
        expect!["ProduceRequest version 13, transactionalId: a varint longer than 5 bytes, at byte 0"],
    );
    read_error::<LeaveGroupRequest>(
        &[0, 0, 0x7f, 0xff, 0xff, 0xff],
        3,
        expect![
            "LeaveGroupRequest version 3, members: 2147483647 elements announced, but only 0 bytes are left, at byte 2"
        ],
    );
}

/// The default request at version 12, with these bytes in place of its count of tagged fields.
fn fetch_with_tags(tags: &[u8]) -> Bytes {
    let empty = FetchRequest::default().to_bytes(12).expect("defaults can be written");
    [&empty[..empty.len() - 1], tags].concat().into()
}

#[test]
fn known_tags_may_come_in_any_order_at_any_size_and_more_than_once() {
    let canonical = fetch_with_tags(&[2, 0, 2, 2, b'c', 9, 1, 7]);
    let huge = &[0xff, 0xff, 0xff, 0xff, 0x0f];
    for tags in [
        &[2, 0, 2, 2, b'c', 9, 1, 7][..],
        &[2, 9, 1, 7, 0, 2, 2, b'c'],
        &[3, 0, 2, 2, b'b', 9, 1, 7, 0, 2, 2, b'c'],
        &[3, 0, 1, 0, 0, 99, 2, b'c', 9, 1, 7],
        &[&[2, 0][..], huge, &[2, b'c', 9, 1, 7]].concat(),
    ] {
        let request = FetchRequest::decode(fetch_with_tags(tags), 12).unwrap();
        assert_eq!(request.cluster_id.as_deref(), Some("c"), "{tags:?}");
        assert_eq!(request.to_bytes(12).unwrap(), canonical, "{tags:?}");
        assert_eq!(to_json(&request, 12).unwrap()["clusterId"], "c");
    }
    let reset = FetchRequest::decode(fetch_with_tags(&[2, 0, 2, 2, b'c', 0, 1, 0]), 12).unwrap();
    assert_eq!(reset, FetchRequest::default());
}

#[test]
fn a_negative_count_of_tags_is_none() {
    for count in [&[0x80, 0x80, 0x80, 0x80, 0x08], &[0xff, 0xff, 0xff, 0xff, 0x0f]] {
        assert_eq!(FetchRequest::decode(fetch_with_tags(count), 12).unwrap(), FetchRequest::default());
    }
}

#[test]
fn unknown_tags_that_do_not_ascend_are_read_but_not_written() {
    let descending = FetchRequest::decode(fetch_with_tags(&[3, 9, 1, 7, 0, 2, 2, b'c', 8, 0]), 12).unwrap();
    let fields = [(9, Bytes::from_static(&[7])), (8, Bytes::new())];
    assert_eq!(descending.unknown_tagged_fields.as_slice(), fields);
    write_error(
        &descending,
        12,
        expect!["FetchRequest version 12, (tagged fields) hold tag 8 after tag 9, tags must ascend"],
    );
    let twice = FetchRequest::decode(fetch_with_tags(&[2, 9, 0, 9, 1, 7]), 12).unwrap();
    assert_eq!(twice.unknown_tagged_fields.as_slice().len(), 2);
    write_error(
        &twice,
        12,
        expect!["FetchRequest version 12, (tagged fields) hold tag 9 after tag 9, tags must ascend"],
    );
    let highest = &[1, 0xff, 0xff, 0xff, 0xff, 0x07, 0];
    write_error(
        &FetchRequest::decode(fetch_with_tags(highest), 12).unwrap(),
        12,
        expect!["FetchRequest version 12, (tagged fields) hold tag 2147483647, the highest is 2147483646"],
    );
    let mut mended = twice;
    mended.unknown_tagged_fields.insert(9, Bytes::from_static(&[7]));
    assert_eq!(mended.to_bytes(12).unwrap(), fetch_with_tags(&[1, 9, 1, 7]));
}

#[test]
fn tags_must_be_whole_and_known_to_the_version() {
    read_error::<FetchRequest>(
        &fetch_with_tags(&[1, 0, 1, 2]),
        12,
        expect!["FetchRequest version 12, clusterId: 1 bytes expected, only 0 are left, at byte 32"],
    );
    read_error::<FetchRequest>(
        &fetch_with_tags(&[1, 9, 2, 7]),
        12,
        expect!["FetchRequest version 12, (tagged fields): 2 bytes expected, only 1 are left, at byte 31"],
    );
    read_error::<FetchRequest>(
        &fetch_with_tags(&[1, 1, 0]),
        12,
        expect!["FetchRequest version 12, (tagged fields): tag 1 is not known to this version, at byte 31"],
    );
    read_error::<FetchRequest>(
        &fetch_with_tags(&[0xff, 0xff, 0xff, 0xff, 0x07]),
        12,
        expect![
            "FetchRequest version 12, (tagged fields): 2147483647 elements announced, but only 0 bytes are left, at byte 28"
        ],
    );
}

#[test]
fn unknown_tags_are_kept_between_the_known_ones() {
    let mut unknown_tagged_fields = UnknownTaggedFields::default();
    unknown_tagged_fields.insert(2000, Bytes::from_static(b"late"));
    unknown_tagged_fields.insert(7, Bytes::from_static(b"early"));
    assert_eq!(unknown_tagged_fields.as_slice()[0].0, 7);
    assert_eq!(size_of::<UnknownTaggedFields>(), 8);
    let change = PartitionChangeRecord { leader: 3, unknown_tagged_fields, ..Default::default() };
    // Tag 7 is LastKnownElr from version 2 on, but nobody's in version 0.
    assert!(change.to_bytes(0).is_err());

    let mut request = FetchRequest { cluster_id: Some("c".into()), ..Default::default() };
    request.unknown_tagged_fields.insert(1, Bytes::from_static(b"x"));
    write_error(
        &request,
        12,
        expect!["FetchRequest version 12, (tagged fields) hold tag 1, which belongs to a known field"],
    );
    let mut request = FetchRequest::default();
    request.unknown_tagged_fields.insert(99, Bytes::from_static(b"x"));
    assert_eq!(FetchRequest::decode(request.to_bytes(12).unwrap(), 12).unwrap(), request);
    write_error(
        &request,
        11,
        expect!["FetchRequest version 11, (tagged fields) are set, but this version is not flexible"],
    );
}

#[test]
fn malformed_utf8_is_replaced_as_in_java() {
    let request = FindCoordinatorRequest::decode(Bytes::from_static(b"\x00\x03a\xffb"), 0).unwrap();
    assert_eq!(request.key, "a\u{fffd}b");
}

#[test]
fn any_byte_but_zero_is_true() {
    let bytes = Bytes::from_static(&[0, 0, 0, 0, 5]);
    assert!(MetadataRequest::decode(bytes, 4).unwrap().allow_auto_topic_creation);
}

#[test]
fn json_drops_and_demands_what_the_version_does() {
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let heartbeat = json(
        r#"{"brokerId":1,"brokerEpoch":2,"currentMetadataOffset":3,"wantFence":true,"wantShutDown":false}"#,
    );
    let request: BrokerHeartbeatRequest = from_json(&heartbeat, 0).unwrap();
    assert_eq!(to_json(&request, 0).unwrap(), heartbeat);
    let error = |text: &str, version| {
        from_json::<BrokerHeartbeatRequest>(&json(text), version).unwrap_err().to_string()
    };
    expect!["BrokerHeartbeatRequest version 0, currentMetadataOffset: is missing"]
        .assert_eq(&error(r#"{"brokerId":1,"brokerEpoch":2}"#, 0));
    expect!["BrokerHeartbeatRequest version 0, brokerId: expected a 32-bit integer, found 1.5"]
        .assert_eq(&error(r#"{"brokerId":1.5}"#, 0));
    expect!["BrokerHeartbeatRequest has versions 0-2, not 9"].assert_eq(&error(r#"{}"#, 9));
    let nested = json(
        r#"{"groupId":"g","topics":[{"name":"t","partitions":[{"partitionIndex":0},{"partitionIndex":"x"}]}]}"#,
    );
    expect![[r#"OffsetDeleteRequest version 0, topics[0].partitions[1].partitionIndex: expected a 32-bit integer, found "x""#]].assert_eq(&from_json::<OffsetDeleteRequest>(&nested, 0).unwrap_err().to_string());
    let set = to_json(&FetchRequest { cluster_id: Some("c".into()), ..Default::default() }, 18).unwrap();
    assert_eq!(set["clusterId"], "c");
    expect!["DescribeTopicPartitionsRequest version 0, topics: expected an array, found {}"].assert_eq(
        &from_json::<DescribeTopicPartitionsRequest>(&json(r#"{"topics":{}}"#), 0).unwrap_err().to_string(),
    );
}

#[test]
fn the_table_of_apis() {
    assert_eq!(APIS.len(), 93 - 4);
    assert!(APIS.is_sorted_by_key(|api| api.key.number()));
    for api in APIS {
        assert_eq!(api.request.name, format!("{}Request", api.key));
        assert_eq!(api.response.name, format!("{}Response", api.key));
        assert_eq!(api.request.valid, api.response.valid);
        assert_eq!(ApiKey::from_number(api.key.number()), Some(api.key));
    }
    assert!(ApiKey::StopReplica.api().is_none());
    assert_eq!(ApiKey::from_number(93), None);

    let produce = ApiKey::Produce.api().unwrap();
    assert_eq!(produce.versions(), Versions::new(3, 13));
    assert_eq!(produce.advertised_versions(Listener::Broker, true), Versions::new(0, 13));
    let init = ApiKey::InitProducerId.api().unwrap();
    assert_eq!((init.served_versions(true).last, init.served_versions(false).last), (6, 5));
    assert!(init.is(Property::LatestVersionUnstable) && !init.is_on(Listener::Controller));
}
