//! Requests as JSON, in which only what matters is said, and their bytes.

use anyhow::{Context, bail, ensure};
use bytes::{Bytes, BytesMut};
use ottla_wire::Message;
use ottla_wire::api::ApiKey;
use ottla_wire::header::RequestHeader;
use ottla_wire::json::encode_json;
use ottla_wire::schema::{DefaultValue, Field, StructSchema, Type};
use serde_json::{Map, Value, json};

/// The name of the client in every request, and so at the front of the ids of its members.
pub(crate) const CLIENT: &str = "differential";

/// A request without its length.
///
/// What the version does not have is left out of `body`, and what it has and `body` does not is at its default.
pub(crate) fn encode(api: ApiKey, version: i16, correlation: i32, body: &Value) -> anyhow::Result<Bytes> {
    let mut bytes = header(api.number(), version, correlation, api.request_header_version(version))?;
    let schema = api.api().context("an API without versions")?.request;
    let whole = fill(schema.root, version, body).with_context(|| format!("{api} version {version}"))?;
    encode_json(schema, version, &whole, &mut bytes)?;
    Ok(bytes.freeze())
}

/// The header alone, of any API and version.
pub(crate) fn header(
    request_api_key: i16,
    request_api_version: i16,
    correlation_id: i32,
    header_version: i16,
) -> anyhow::Result<BytesMut> {
    let header = RequestHeader {
        request_api_key,
        request_api_version,
        correlation_id,
        client_id: Some(CLIENT.into()),
        ..RequestHeader::default()
    };
    let mut bytes = BytesMut::new();
    header.encode(header_version, &mut bytes)?;
    Ok(bytes)
}

/// `said`, completed to all fields of the version.
fn fill(schema: &StructSchema, version: i16, said: &Value) -> anyhow::Result<Value> {
    let said = said.as_object().with_context(|| format!("{} is no object: {said}", schema.name))?;
    for name in said.keys() {
        ensure!(schema.fields.iter().any(|field| field.name == name), "{} has no field {name}", schema.name);
    }
    let mut whole = Map::new();
    for field in schema.fields.iter().filter(|field| field.versions.contains(version)) {
        let value = match said.get(field.name) {
            Some(value) => fill_value(field.ty, version, value)?,
            None => default(field, version),
        };
        whole.insert(field.name.to_owned(), value);
    }
    Ok(Value::Object(whole))
}

fn fill_value(ty: Type, version: i16, said: &Value) -> anyhow::Result<Value> {
    match (ty, said) {
        (_, Value::Null) => Ok(Value::Null),
        (Type::Struct(schema), said) => fill(schema, version, said),
        (Type::Array(element), Value::Array(values)) => {
            values.iter().map(|value| fill_value(*element, version, value)).collect()
        }
        (Type::Array(_), said) => bail!("{said} is no array"),
        _ => Ok(said.clone()),
    }
}

/// What the field is when nobody says it.
pub(crate) fn default(field: &Field, version: i16) -> Value {
    match field.default {
        DefaultValue::Null if field.nullable.contains(version) => Value::Null,
        DefaultValue::Int(number) => json!(number),
        DefaultValue::True => json!(true),
        DefaultValue::Zero | DefaultValue::Null => zero(field.ty, version),
    }
}

/// Nothing, of a type.
pub(crate) fn zero(ty: Type, version: i16) -> Value {
    match ty {
        Type::Bool => json!(false),
        Type::Uuid => json!("AAAAAAAAAAAAAAAAAAAAAA"),
        Type::String | Type::Bytes | Type::Records => json!(""),
        Type::Array(_) => json!([]),
        Type::Struct(schema) => Value::Object(
            schema
                .fields
                .iter()
                .filter(|field| field.versions.contains(version))
                .map(|field| (field.name.to_owned(), default(field, version)))
                .collect(),
        ),
        _ => json!(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_at_its_default() {
        let schema = ApiKey::Metadata.api().unwrap().request.root;
        let whole = fill(schema, 12, &json!({"topics": [{"name": "t"}]})).unwrap();
        assert_eq!(whole["topics"][0]["topicId"], "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(whole["allowAutoTopicCreation"], true);
        assert!(whole.get("includeClusterAuthorizedOperations").is_none(), "version 12 has no such field");
    }

    #[test]
    fn what_a_version_lacks_is_left_out() {
        let body = json!({"topics": [{"name": "t", "topicId": "AAAAAAAAAAAAAAAAAAAAAQ"}]});
        let old = encode(ApiKey::Metadata, 0, 7, &body).unwrap();
        assert_eq!(&old[old.len() - 7..], b"\0\0\0\x01\0\x01t");
    }

    #[test]
    fn a_field_that_no_version_has_is_a_mistake() {
        let error = encode(ApiKey::Metadata, 1, 7, &json!({"topic": []})).unwrap_err();
        assert!(format!("{error:#}").contains("has no field topic"), "{error:#}");
    }
}
