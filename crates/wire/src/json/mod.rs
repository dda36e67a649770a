//! Messages as JSON, as Kafka's own converters print and read it.
//!
//! One walk along the schema over a message's bytes serves every message. Fields bear Kafka's names in camel
//! case, in the order of the schema. A field that the version lacks is left out, and a tagged one when it is
//! at its default. Ids are their base64 text, bytes are base64, and all numbers are numbers, 64-bit ones too.

mod read;
mod write;

use bytes::BytesMut;
use serde_json::Value;

use crate::Message;
use crate::error::EncodeError;

pub use read::{FromJsonError, JsonProblem, encode_json};
pub use write::{Records, decode_to_json};

/// The message at `version` as JSON, record batches as bytes.
///
/// # Errors
///
/// The message cannot be written at the version.
pub fn to_json<M: Message>(message: &M, version: i16) -> Result<Value, EncodeError> {
    let bytes = message.to_bytes(version)?;
    match decode_to_json(M::SCHEMA, version, bytes, Records::Bytes) {
        Ok(value) => Ok(value),
        Err(error) => panic!("{} version {version} wrote what its schema cannot read: {error}", M::NAME),
    }
}

/// The message that `value` is at `version`.
///
/// # Errors
///
/// A field is missing or holds something else than its type.
pub fn from_json<M: Message>(value: &Value, version: i16) -> Result<M, FromJsonError> {
    let mut bytes = BytesMut::new();
    encode_json(M::SCHEMA, version, value, &mut bytes)?;
    match M::decode(bytes.freeze(), version) {
        Ok(message) => Ok(message),
        Err(error) => panic!("{} version {version} cannot read what its schema wrote: {error}", M::NAME),
    }
}
