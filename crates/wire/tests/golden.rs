//! Bytes that Kafka's own code wrote around and within messages: prefixes, frames, files.

use bytes::{Bytes, BytesMut};
use ottla_wire::api::{
    ApiKey, RequestBody, ResponseBody, decode_request_header, encode_request, encode_response,
};
use ottla_wire::control::{ControlRecord, ControlRecordType};
use ottla_wire::files::producer_snapshot::ProducerEntry;
use ottla_wire::files::quorum_state::Voter;
use ottla_wire::group::{GroupKey, GroupValue};
use ottla_wire::json::{from_json, to_json};
use ottla_wire::messages::*;
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::protocol::connect::ConnectorAssignment;
use ottla_wire::{Message, Uuid};

fn bytes(hex: &str) -> Bytes {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
        .collect()
}

fn written<E: std::fmt::Debug>(write: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> Bytes {
    let mut buffer = BytesMut::new();
    write(&mut buffer).expect("it can be written");
    buffer.freeze()
}

#[test]
fn a_metadata_record_stands_in_its_frame() {
    let topic: MetadataRecord =
        TopicRecord { name: "t".into(), topic_id: Uuid::from_halves(0, 5), ..Default::default() }.into();
    let frame = bytes("01020002740000000000000000000000000000000500");
    assert_eq!(topic.encoded_len(0).unwrap(), frame.len());
    assert_eq!(written(|buffer| topic.encode(0, buffer)), frame);
    assert_eq!(MetadataRecord::decode(frame).unwrap(), (topic, 0));

    let (feature, version) =
        MetadataRecord::decode(bytes("010c00116d657461646174612e76657273696f6e001e00")).unwrap();
    let level =
        FeatureLevelRecord { name: "metadata.version".into(), feature_level: 30, ..Default::default() };
    assert_eq!((feature, version), (level.into(), 0));
}

#[test]
fn a_metadata_frame_that_kafka_would_not_write_is_an_error() {
    let error = |hex| MetadataRecord::decode(bytes(hex)).unwrap_err().to_string();
    assert_eq!(error("00020000"), "metadata record: frame version 0, expected 1");
    assert_eq!(error("01ffff0300"), "metadata record: a type or version above 32767");
    assert_eq!(error("0102"), "metadata record: 1 bytes expected, only 0 are left, at byte 2");
    assert_eq!(error("010600"), "unknown metadata record type 6");
    assert_eq!(error("010201"), "TopicRecord has versions 0, not 1");
    assert_eq!(
        error("0102000274000000000000000000000000000000050000"),
        "TopicRecord version 0, (end): 1 bytes follow the end of the message, at byte 19"
    );
}

#[test]
fn a_coordinators_record_has_its_type_in_the_key_and_its_version_in_the_value() {
    let key: GroupKey = ConsumerGroupMetadataKey { group_id: "g".into() }.into();
    let value: GroupValue =
        ConsumerGroupMetadataValue { epoch: 3, metadata_hash: 77, ..Default::default() }.into();
    assert_eq!(written(|buffer| key.encode(buffer)), bytes("0003000167"));
    assert_eq!(written(|buffer| value.encode(0, buffer)), bytes("000000000003010008000000000000004d"));
    assert_eq!(GroupKey::decode(bytes("0003000167")).unwrap(), key);
    assert_eq!(key.decode_value(bytes("000000000003010008000000000000004d")).unwrap(), (value, 0));
    assert_eq!(
        GroupKey::decode(bytes("7fff")).unwrap_err().to_string(),
        "unknown __consumer_offsets record type 32767"
    );
}

#[test]
fn quorum_state_is_kafkas_json() {
    let leader = QuorumStateData { leader_id: 1, leader_epoch: 5, ..Default::default() };
    assert_eq!(
        to_json(&leader, 1).unwrap().to_string(),
        r#"{"leaderId":1,"leaderEpoch":5,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA"}"#
    );
    let voters = [1, 2, 3].map(|voter_id| Voter { voter_id, ..Default::default() });
    let leader = QuorumStateData { current_voters: Some(voters.to_vec()), ..leader };
    let json = r#"{"clusterId":"","leaderId":1,"leaderEpoch":5,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1},{"voterId":2},{"voterId":3}]}"#;
    assert_eq!(to_json(&leader, 0).unwrap().to_string(), json);
    assert_eq!(from_json::<QuorumStateData>(&serde_json::from_str(json).unwrap(), 0).unwrap(), leader);
}

#[test]
fn a_producer_snapshot_stands_behind_its_version() {
    let snapshot = bytes(concat!(
        "0001702113e500000001000000000000000700030000000900000000000000080000000400000000000003e800000004",
        "0000000000000005"
    ));
    let read = ProducerSnapshot::decode(snapshot.slice(2..), 1).unwrap();
    let entry = ProducerEntry {
        producer_id: 7,
        epoch: 3,
        last_sequence: 9,
        last_offset: 8,
        offset_delta: 4,
        timestamp: 1000,
        coordinator_epoch: 4,
        current_txn_first_offset: 5,
    };
    assert_eq!(read, ProducerSnapshot { crc: 0x7021_13e5, producer_entries: vec![entry] });
    assert_eq!(read.to_bytes(1).unwrap(), snapshot.slice(2..));
}

#[test]
fn control_records() {
    let check = |record_type: ControlRecordType, key: &str, value: &str, expected: ControlRecord| {
        assert_eq!(ControlRecordType::from_key(bytes(key)).unwrap(), Some(record_type));
        assert_eq!(record_type.to_key(), *bytes(key));
        assert_eq!(ControlRecord::decode(record_type, bytes(value)).unwrap(), expected);
        assert_eq!(expected.record_type(), record_type);
        assert_eq!(written(|buffer| expected.encode(buffer)), bytes(value));
    };
    let marker = EndTxnMarker { coordinator_epoch: 4 };
    check(ControlRecordType::Commit, "00000001", "000000000004", ControlRecord::Commit(marker));
    let header =
        SnapshotHeaderRecord { last_contained_log_timestamp: 0x01a1_fba6_b594, ..Default::default() };
    let value = "0000000001a1fba6b59400";
    check(ControlRecordType::SnapshotHeader, "00000003", value, ControlRecord::SnapshotHeader(header));
    let version = KRaftVersionRecord { kraft_version: 1, ..Default::default() };
    check(ControlRecordType::KraftVersion, "00000005", "0000000100", ControlRecord::KraftVersion(version));
    let voters = concat!(
        "0000020000000100000000000000000000000000000001020b434f4e54524f4c4c45520a6c6f63616c686f7374238500",
        "00000001000000"
    );
    let ControlRecord::KraftVoters(read) =
        ControlRecord::decode(ControlRecordType::KraftVoters, bytes(voters)).unwrap()
    else {
        panic!("voters are voters");
    };
    assert_eq!((read.voters[0].voter_id, read.voters[0].endpoints[0].port), (1, 9093));
    check(ControlRecordType::KraftVoters, "00000006", voters, ControlRecord::KraftVoters(read));
    let footer = ControlRecord::SnapshotFooter(SnapshotFooterRecord::default());
    check(ControlRecordType::SnapshotFooter, "00000004", "000000", footer);
}

#[test]
fn control_types_of_later_releases_are_passed_over() {
    assert_eq!(ControlRecordType::from_key(bytes("00000007")).unwrap(), None);
    assert_eq!(ControlRecordType::from_key(bytes("0001000100ff")).unwrap(), Some(ControlRecordType::Commit));
    assert!(ControlRecordType::from_key(bytes("ffff0001")).is_err());
    assert!(ControlRecordType::from_key(bytes("0000")).is_err());
}

/// Written by Kafka's own code for the Connect protocol.
#[test]
fn connect_workers_are_kafkas() {
    let state = ConnectWorkerState { url: "http://a:8083/".into(), config_offset: 7, allocation: None };
    assert_eq!(state.to_bytes(0).unwrap(), bytes("000e687474703a2f2f613a383038332f0000000000000007"));
    assert_eq!(state.to_bytes(1).unwrap(), bytes("000e687474703a2f2f613a383038332f0000000000000007ffffffff"));
    let work = |connector: &str, tasks: &[i32]| {
        Some(vec![ConnectorAssignment { connector: connector.into(), tasks: tasks.to_vec() }])
    };
    let assignment = ConnectAssignment {
        leader: "leader".into(),
        leader_url: "http://a:8083/".into(),
        config_offset: 7,
        assignment: work("c", &[-1, 0]),
        revoked: work("d", &[3]),
        delay: 300_000,
        ..Default::default()
    };
    let hex = concat!(
        "000000066c6561646572000e687474703a2f2f613a383038332f00000000000000070000000100016300000002ffffff",
        "ff00000000000000010001640000000100000003000493e0"
    );
    assert_eq!(assignment.to_bytes(2).unwrap(), bytes(hex));
    assert_eq!(ConnectAssignment::decode(bytes(hex), 2).unwrap(), assignment);
}

#[test]
fn header_versions_follow_the_body_but_for_api_versions() {
    let versions =
        |key: ApiKey, version| (key.request_header_version(version), key.response_header_version(version));
    assert_eq!(versions(ApiKey::Produce, 8), (1, 0));
    assert_eq!(versions(ApiKey::Produce, 9), (2, 1));
    assert_eq!(versions(ApiKey::ApiVersions, 2), (1, 0));
    assert_eq!(versions(ApiKey::ApiVersions, 4), (2, 0));
    assert_eq!(versions(ApiKey::SaslHandshake, 1), (1, 0));
    assert_eq!(versions(ApiKey::ControlledShutdown, 3), (1, 0));
}

#[test]
fn a_request_and_its_response_with_their_headers() {
    let header = RequestHeader {
        request_api_key: 18,
        request_api_version: 4,
        correlation_id: 9,
        client_id: Some("me".into()),
        ..Default::default()
    };
    let body: RequestBody = ApiVersionsRequest {
        client_software_name: "a".into(),
        client_software_version: "1".into(),
        ..Default::default()
    }
    .into();
    let mut request = written(|buffer| encode_request(&header, &body, buffer));
    // The client id keeps its 16-bit length among the varints of a flexible header.
    assert_eq!(request, bytes("001200040000000900026d65000261023100"));
    assert_eq!(decode_request_header(&mut request).unwrap(), (ApiKey::ApiVersions, header));
    assert_eq!(RequestBody::decode(ApiKey::ApiVersions, 4, request).unwrap(), body);

    let body: ResponseBody = ApiVersionsResponse { error_code: 35, ..Default::default() }.into();
    let response = written(|buffer| encode_response(9, &body, 0, buffer));
    assert_eq!(response, bytes("00000009002300000000"));
    assert_eq!(
        decode_request_header(&mut bytes("03e70000")).unwrap_err().to_string(),
        "unknown request type 999"
    );
}
