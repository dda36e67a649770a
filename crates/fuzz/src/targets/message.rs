//! Every message of the wire: two bytes choose it, one its version, the rest is the message.

use bytes::{Bytes, BytesMut};
use ottla_wire::error::{EncodeError, EncodeFailure, Problem};
use ottla_wire::json::{Records, decode_to_json, encode_json};
use ottla_wire::messages::{ALL, AnyMessage, MessageType};

use crate::Target;

pub(super) const TARGET: Target = Target { name: "message", run, seeds };

/// The derived code and the walk along the schema must agree on what is a message, and on what it says.
fn run(input: &[u8]) {
    let &[high, low, version, ref body @ ..] = input else { return };
    let Some(message) = ALL.get(usize::from(u16::from_be_bytes([high, low]))) else { return };
    let version = i16::from(version as i8);
    let bytes = Bytes::copy_from_slice(body);
    let json = decode_to_json(message.schema, version, bytes.clone(), Records::Bytes);
    let read = match (message.decode)(bytes, version) {
        Ok(read) => read,
        Err(error) => {
            let other = json.expect_err("no message, so no JSON").to_string();
            assert_eq!(error.to_string(), other);
            return;
        }
    };
    let json = json.expect("a message, so JSON");
    check_written(message, version, read.as_ref());

    let mut of_json = BytesMut::new();
    encode_json(message.schema, version, &json, &mut of_json).expect("we printed it");
    let printed = decode_to_json(message.schema, version, of_json.freeze(), Records::Bytes);
    assert_eq!(printed.expect("we wrote it"), json);
}

/// What was read must be written, and read again the same.
fn check_written(message: &MessageType, version: i16, read: &dyn AnyMessage) {
    let mut written = BytesMut::new();
    if let Err(error) = read.encode(version, &mut written) {
        return assert_is_of_tags(&error);
    }
    let again = (message.decode)(written.clone().freeze(), version).expect("we wrote it");
    let mut rewritten = BytesMut::new();
    again.encode(version, &mut rewritten).expect("it was written before");
    assert_eq!(rewritten, written);
}

/// Unknown tags in disorder are the only thing that can be read and not written, as with Kafka.
pub(super) fn assert_is_of_tags(error: &EncodeError) {
    let EncodeFailure::Field { problem: Problem::TagOrder { .. } | Problem::TagTooHigh(_), .. } =
        error.failure()
    else {
        panic!("read but not written: {error}");
    };
}

/// The messages with every field set that Kafka wrote, one of each kind.
fn seeds() -> Vec<Vec<u8>> {
    let vectors = include_str!("../../../wire/tests/fixtures/drawn-vectors.tsv").lines();
    let seed = |line: &str| {
        let mut columns = line.split('\t');
        let name = columns.next()?;
        let index = ALL.iter().position(|message| message.schema.name == name)?;
        let version: u8 = columns.next()?.parse().ok()?;
        let [high, low] = u16::try_from(index).ok()?.to_be_bytes();
        let mut input = vec![high, low, version];
        let hex = columns.next()?.as_bytes();
        for pair in hex.chunks(2) {
            input.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
        }
        Some(input)
    };
    vectors.filter_map(seed).collect()
}
