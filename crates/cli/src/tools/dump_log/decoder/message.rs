//! Messages as JSON.

use ottla_wire::json::{Records, decode_to_json};
use ottla_wire::schema::Schema;
use serde_json::Value;

use super::kafka_reader::{self, Refused};

/// The message at the front of `bytes` and how many bytes follow it, or why Kafka cannot read it.
pub(super) fn read_json(schema: &Schema, version: i16, bytes: &[u8]) -> Result<(Value, usize), Refused> {
    let read = kafka_reader::read(schema, version, bytes)?;
    let value = decode_to_json(schema, read.version, read.message, Records::Bytes);
    Ok((value.map_err(|error| error.to_string())?, read.left))
}
