//! Bytes and JSON that Kafka's own serializers wrote, for every message and version.
//!
//! Each line of the fixture: message, version, the bytes of the message at its defaults (`-` where it cannot
//! be written), the bytes of one with every field set, and the JSON of that one.

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use ottla_wire::json::{Records, decode_to_json, encode_json};
use ottla_wire::messages::{ALL, AnyMessage, MessageType};
use serde_json::Value;

struct Vector {
    message: &'static MessageType,
    version: i16,
    default: Option<Bytes>,
    filled: Bytes,
    json: Value,
}

fn vectors() -> impl Iterator<Item = Vector> {
    include_str!("fixtures/wire-vectors.tsv").lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [name, version, default, filled, json] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("five columns expected: {line}");
        };
        Vector {
            message: MessageType::named(name).unwrap_or_else(|| panic!("no message {name}")),
            version: version.parse().expect("a version"),
            default: (default != "-").then(|| bytes(default)),
            filled: bytes(filled),
            json: serde_json::from_str(json).expect("JSON"),
        }
    })
}

fn bytes(hex: &str) -> Bytes {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
        .collect()
}

fn encode(message: &dyn AnyMessage, version: i16) -> Bytes {
    let mut buffer = BytesMut::new();
    message.encode(version, &mut buffer).unwrap_or_else(|error| panic!("{error}"));
    buffer.freeze()
}

#[test]
fn defaults_are_kafkas() {
    for Vector { message, version, default, .. } in vectors() {
        if let Some(default) = default {
            let written = encode((message.default)().as_ref(), version);
            assert_eq!(written, default, "{} version {version}", message.schema.name);
        }
    }
}

#[test]
fn bytes_come_back_as_they_were() {
    for Vector { message, version, filled, .. } in vectors() {
        let read = (message.decode)(filled.clone(), version).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(encode(read.as_ref(), version), filled, "{} version {version}", message.schema.name);
    }
}

#[test]
fn json_is_kafkas() {
    for Vector { message, version, filled, json, .. } in vectors() {
        let printed = decode_to_json(message.schema, version, filled, Records::Bytes)
            .unwrap_or_else(|error| panic!("{error}"));
        // As texts: the order of the fields counts, too.
        assert_eq!(printed.to_string(), json.to_string(), "{} version {version}", message.schema.name);
    }
}

#[test]
fn json_becomes_the_bytes() {
    for Vector { message, version, filled, json, .. } in vectors() {
        let mut buffer = BytesMut::new();
        encode_json(message.schema, version, &json, &mut buffer).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(buffer.freeze(), filled, "{} version {version}", message.schema.name);
    }
}

#[test]
fn drawn_messages_are_kafkas() {
    let mut lines = 0;
    for line in include_str!("fixtures/drawn-vectors.tsv").lines().filter(|line| !line.starts_with('#')) {
        let [name, version, hex, json] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns expected: {line}");
        };
        let (message, version) =
            (MessageType::named(name).expect("a message"), version.parse().expect("a version"));
        let read = (message.decode)(bytes(hex), version).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(encode(read.as_ref(), version), bytes(hex), "{name} version {version}");
        let printed = decode_to_json(message.schema, version, bytes(hex), Records::Size).expect("a message");
        assert_eq!(printed.to_string(), json, "{name} version {version}");
        lines += 1;
    }
    assert_eq!(lines, 739);
}

/// Of the first two, Kafka cannot write the default; the third was drawn only; the last two have no schema in
/// Kafka, and their own test.
#[test]
fn every_version_of_every_message_has_a_vector_but_five() {
    let seen: BTreeSet<_> = vectors().map(|vector| (vector.message.schema.name, vector.version)).collect();
    let all = ALL
        .iter()
        .flat_map(|message| message.schema.valid.iter().map(|version| (message.schema.name, version)));
    let unseen: BTreeSet<_> = all.filter(|pair| !seen.contains(pair)).map(|(name, _)| name).collect();
    let expected = [
        "ConnectAssignment",
        "ConnectWorkerState",
        "FetchSnapshotResponse",
        "ShareFetchResponse",
        "SubscriptionInfoData",
    ];
    assert_eq!(unseen.into_iter().collect::<Vec<_>>(), expected);
}
