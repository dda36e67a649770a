//! What a node answered, as a tree of fields.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ottla_record::{Batch, Batches};
use ottla_wire::Message;
use ottla_wire::api::ApiKey;
use ottla_wire::header::ResponseHeader;
use ottla_wire::json::{Records, decode_to_json};
use serde_json::{Value, json};

use crate::connection::Received;

/// One node's answer to one request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Its body, by Kafka's names.
    Body(Value),
    /// Bytes that are no answer to the request, and why.
    Garbled(String),
    /// The connection was closed.
    Closed,
    /// Nothing came.
    Silence,
}

impl Answer {
    /// Reads what came back, as the answer to a request of this API, version and number.
    pub(crate) fn read(received: &Received, api: ApiKey, version: i16, correlation: i32) -> Self {
        match received {
            Received::Closed => Self::Closed,
            Received::Silence => Self::Silence,
            Received::Frame(frame) => match decode(frame.clone(), api, version, correlation) {
                Ok(body) => Self::Body(body),
                Err(why) => Self::Garbled(why),
            },
        }
    }

    /// The field that this pointer names, null if there is none.
    pub(crate) fn field(&self, pointer: &str) -> &Value {
        match self {
            Self::Body(body) => body.pointer(pointer).unwrap_or(&Value::Null),
            _ => &Value::Null,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(body) => body.fmt(f),
            Self::Garbled(why) => write!(f, "garbled: {why}"),
            Self::Closed => f.write_str("closed"),
            Self::Silence => f.write_str("silence"),
        }
    }
}

/// The body of a frame, behind a header that must be the right one; and the version that it is written in.
pub(crate) fn body(
    mut frame: Bytes,
    api: ApiKey,
    version: i16,
    correlation: i32,
) -> Result<(i16, Bytes), String> {
    let header = ResponseHeader::decode_prefix(&mut frame, api.response_header_version(version))
        .map_err(|error| error.to_string())?;
    if header.correlation_id != correlation {
        return Err(format!("an answer to request {} in place of {correlation}", header.correlation_id));
    }
    // A version of ApiVersions that the node does not know is answered in version 0 (KIP-511).
    let is_fallback = api == ApiKey::ApiVersions && (frame.starts_with(&[0, 35]));
    Ok((if is_fallback { 0 } else { version }, frame))
}

fn decode(frame: Bytes, api: ApiKey, version: i16, correlation: i32) -> Result<Value, String> {
    let (version, bytes) = body(frame, api, version, correlation)?;
    let schema = api.api().ok_or("an API without versions")?.response;
    let mut tree =
        decode_to_json(schema, version, bytes, Records::Bytes).map_err(|error| error.to_string())?;
    if api == ApiKey::Fetch {
        open_records(&mut tree);
    }
    Ok(tree)
}

/// Puts the batches of a Fetch in place of their bytes.
fn open_records(tree: &mut Value) {
    match tree {
        Value::Array(values) => values.iter_mut().for_each(open_records),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "records" => *value = batches(text),
                    value => open_records(value),
                }
            }
        }
        _ => {}
    }
}

fn batches(text: &str) -> Value {
    let Ok(bytes) = STANDARD.decode(text) else { return json!(text) };
    let mut opened = Vec::new();
    let mut taken = 0;
    for batch in Batches::new(&bytes).flatten() {
        taken += batch.as_bytes().len();
        opened.push(open(&batch));
    }
    if bytes.len() > taken {
        opened.push(json!({ "brokenOffAfter": bytes.len() - taken }));
    }
    Value::Array(opened)
}

/// A batch by its fields. The checksum is left out, as it hangs on times and ids of producers; whether it is right is not.
fn open(batch: &Batch<'_>) -> Value {
    json!({
        "baseOffset": batch.base_offset.0,
        "partitionLeaderEpoch": batch.partition_leader_epoch.0,
        "magic": batch.magic as i8,
        "attributes": batch.attributes.0,
        "lastOffsetDelta": batch.last_offset_delta,
        "baseTimestamp": batch.base_timestamp.0,
        "maxTimestamp": batch.max_timestamp.0,
        "producerId": batch.producer_id.0,
        "producerEpoch": batch.producer_epoch,
        "baseSequence": batch.base_sequence,
        "recordsCount": batch.records_count,
        "checksumIsRight": batch.verify().is_ok(),
        "bytes": STANDARD.encode(batch.records_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use ottla_record::{BatchBuilder, BatchSettings, Compressor, NewRecord, Timestamp};

    use super::*;

    #[test]
    fn batches_are_told_apart_field_by_field() {
        let mut builder = BatchBuilder::new(BatchSettings::default());
        let record = NewRecord { timestamp: Timestamp(5), key: None, value: Some(b"v"), headers: &[] };
        builder.append(&record).unwrap();
        let mut bytes = builder.build(&mut Compressor::new()).unwrap();
        bytes.extend_from_slice(b"half");
        let opened = batches(&STANDARD.encode(&bytes));
        assert_eq!(opened[0]["maxTimestamp"], 5);
        assert_eq!(opened[0]["checksumIsRight"], true);
        assert_eq!(opened[1]["brokenOffAfter"], 4);
    }

    #[test]
    fn an_answer_to_another_request_is_none() {
        let frame = Received::Frame(Bytes::from_static(b"\0\0\0\x07\0\0"));
        let read = |number| Answer::read(&frame, ApiKey::Heartbeat, 0, number);
        assert_eq!(read(7), Answer::Body(json!({ "errorCode": 0 })));
        assert!(matches!(read(8), Answer::Garbled(_)));
    }

    #[test]
    fn a_node_that_does_not_know_a_version_of_api_versions_answers_in_version_0() {
        let frame = Received::Frame(Bytes::from_static(b"\0\0\0\x07\0\x23\0\0\0\0"));
        let read = Answer::read(&frame, ApiKey::ApiVersions, 99, 7);
        assert_eq!(read, Answer::Body(json!({ "errorCode": 35, "apiKeys": [] })));
    }
}
