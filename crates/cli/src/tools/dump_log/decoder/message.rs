//! Messages as JSON, or what Kafka says where it cannot read one.

use bytes::Bytes;
use ottla_wire::error::{Cause, DecodeError, DecodeFailure, Fault};
use ottla_wire::json::{Records, decode_to_json};
use ottla_wire::schema::Schema;
use serde_json::Value;

use super::refusal;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// They are, but so many follow it.
    Trailing(usize),
    /// The words of Kafka's exception.
    Refused(String),
}

/// The version to read `bytes` at, which is the last known one for many a later one.
pub(super) fn readable_version(schema: &Schema, version: i16, bytes: &Bytes) -> Result<i16, Unreadable> {
    if schema.valid.contains(version) {
        return Ok(version);
    }
    match refusal::of(schema, version, bytes) {
        Some(why) => Err(Unreadable::Refused(why)),
        None => Ok(version.clamp(schema.valid.first, schema.valid.last)),
    }
}

/// The message that takes up all of `bytes`.
pub(super) fn read_whole(schema: &Schema, version: i16, bytes: &Bytes) -> Result<Value, Unreadable> {
    let version = readable_version(schema, version, bytes)?;
    decode_to_json(schema, version, bytes.clone(), Records::Bytes).map_err(|error| match trailing(&error) {
        Some(len) => Unreadable::Trailing(len),
        None => Unreadable::Refused(refusal::of(schema, version, bytes).unwrap_or_else(|| error.to_string())),
    })
}

/// The message at the front of `bytes`, whatever follows it.
pub(super) fn read_front(schema: &Schema, version: i16, bytes: &Bytes) -> Result<Value, String> {
    let unreadable = match read_whole(schema, version, bytes) {
        Ok(value) => return Ok(value),
        Err(unreadable) => unreadable,
    };
    match unreadable {
        Unreadable::Refused(why) => Err(why),
        Unreadable::Trailing(len) => {
            read_whole(schema, version, &bytes.slice(..bytes.len() - len)).map_err(|unreadable| {
                match unreadable {
                    Unreadable::Refused(why) => why,
                    Unreadable::Trailing(len) => {
                        unreachable!("{len} bytes follow a message that was cut at its end")
                    }
                }
            })
        }
    }
}

fn trailing(error: &DecodeError) -> Option<usize> {
    match error.failure() {
        DecodeFailure::Malformed { fault: Fault { cause: Cause::Trailing(len), .. }, .. } => Some(*len),
        _ => None,
    }
}
