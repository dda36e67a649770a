//! What consumers of the classic protocol tell each other, within the metadata of their group.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ottla_wire::Message;
use ottla_wire::protocol::consumer_assignment::ConsumerProtocolAssignment;
use ottla_wire::protocol::consumer_subscription::ConsumerProtocolSubscription;
use ottla_wire::schema::Schema;
use serde_json::Value;

use super::message;

const GROUP_METADATA: i16 = 2;
const PROTOCOL_TYPE: &str = "consumer";

/// Puts subscriptions and assignments in the place of their bytes, if the record is a group of consumers. What cannot be read
/// stays bytes.
pub(super) fn expand(record_type: i16, value: &mut Value) {
    let is_of_consumers = value.get("protocolType").is_some_and(|kind| kind == PROTOCOL_TYPE);
    if record_type != GROUP_METADATA || !is_of_consumers {
        return;
    }
    let Some(Value::Array(members)) = value.get_mut("members") else { return };
    for member in members {
        replace(member.get_mut("subscription"), ConsumerProtocolSubscription::SCHEMA);
        replace(member.get_mut("assignment"), ConsumerProtocolAssignment::SCHEMA);
    }
}

fn replace(field: Option<&mut Value>, schema: &Schema) {
    let Some(field) = field else { return };
    let message = field.as_str().and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| {
        let (version, body) = bytes.split_first_chunk()?;
        message::read_json(schema, i16::from_be_bytes(*version), body).ok()
    });
    if let Some((message, _)) = message {
        *field = message;
    }
}
