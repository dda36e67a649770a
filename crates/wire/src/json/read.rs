//! From JSON to bytes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::write::is_default;
use crate::codec::{Layout, STRING_MAX, Sink, Value as _, Writer};
use crate::error::EncodeError;
use crate::schema::{Field, Schema, StructSchema, Type};
use crate::{KafkaString, Uuid};

/// JSON that is not the message it should be.
#[derive(Debug, thiserror::Error)]
pub enum FromJsonError {
    /// The version is not one of the message's.
    #[error(transparent)]
    Version(EncodeError),
    /// A field is missing or wrong.
    #[error("{message} version {version}, {path}: {problem}")]
    Field {
        /// Name of the message.
        message: &'static str,
        /// The version it was read at.
        version: i16,
        /// The field, as in `topics[2].name`.
        path: String,
        /// What is wrong.
        problem: JsonProblem,
    },
}

/// What is wrong with a value in JSON.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum JsonProblem {
    /// There is no such field, but the version has it.
    #[error("is missing")]
    Missing,
    /// There is such a field, but the version lacks it and does not allow to drop it.
    #[error("is set, but this version has no such field")]
    Unsupported,
    /// The value is of another type, or does not fit.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What would be right.
        expected: &'static str,
        /// The value, cut short if it is long.
        found: String,
    },
}

/// Appends the message that `value` is at `version` to `buffer`.
///
/// # Errors
///
/// The version is unknown, or a field is missing or holds something else than its type; then `buffer` holds a
/// part of the message.
pub fn encode_json(
    schema: &Schema,
    version: i16,
    value: &Value,
    buffer: &mut BytesMut,
) -> Result<(), FromJsonError> {
    if !schema.valid.contains(version) {
        return Err(FromJsonError::Version(EncodeError::unsupported(schema, version)));
    }
    let layout = Layout::new(version, schema.flexible);
    write_fields(schema.root, value, layout, buffer).map_err(|Failure { mut path, problem }| {
        path.reverse();
        FromJsonError::Field { message: schema.name, version, path: path.concat(), problem }
    })
}

/// A problem and the way to it, innermost first.
struct Failure {
    path: Vec<String>,
    problem: JsonProblem,
}

impl From<JsonProblem> for Failure {
    fn from(problem: JsonProblem) -> Self {
        Self { path: Vec::new(), problem }
    }
}

impl Failure {
    fn within(mut self, segment: impl fmt::Display) -> Self {
        let dot = if self.path.last().is_some_and(|inner| !inner.starts_with('[')) { "." } else { "" };
        self.path.push(format!("{segment}{dot}"));
        self
    }
}

fn write_fields(
    schema: &StructSchema,
    value: &Value,
    layout: Layout,
    buffer: &mut BytesMut,
) -> Result<(), Failure> {
    let object = value.as_object().ok_or_else(|| wrong("an object", value))?;
    let mut tagged = Vec::new();
    for field in schema.fields {
        let value = object.get(field.name);
        let result = match value {
            _ if field.is_plain(layout.version) => match value {
                Some(value) => write_field(field, value, layout, buffer),
                None => Err(JsonProblem::Missing.into()),
            },
            Some(value) if is_default(field, value) => Ok(()),
            Some(value) if field.is_tagged(layout.version) => {
                write_tagged(field, value, layout).map(|bytes| tagged.push((field.tag, bytes)))
            }
            Some(_) if !field.ignorable => Err(JsonProblem::Unsupported.into()),
            _ => Ok(()),
        };
        result.map_err(|failure| failure.within(field.name))?;
    }
    if layout.flexible {
        write_tags(tagged, buffer);
    }
    Ok(())
}

fn write_tags(mut tagged: Vec<(u32, BytesMut)>, buffer: &mut BytesMut) {
    let mut writer = Writer::new(buffer);
    writer.put_varint(tagged.len() as u32);
    tagged.sort_by_key(|&(tag, _)| tag);
    for (tag, bytes) in tagged {
        writer.put_varint(tag);
        writer.put_varint(bytes.len() as u32);
        writer.put(&bytes);
    }
}

fn write_field(field: &Field, value: &Value, layout: Layout, buffer: &mut BytesMut) -> Result<(), Failure> {
    let nullable = field.nullable.contains(layout.version);
    let layout = if field.never_flexible { layout.never_flexible() } else { layout };
    if nullable && matches!(field.ty, Type::Struct(_)) {
        let marker: i8 = if value.is_null() { -1 } else { 1 };
        marker.write(&mut Writer::new(buffer), layout);
        if value.is_null() {
            return Ok(());
        }
    }
    write_value(field.ty, value, layout, nullable, buffer)
}

fn write_tagged(field: &Field, value: &Value, layout: Layout) -> Result<BytesMut, Failure> {
    let mut bytes = BytesMut::new();
    let nullable = field.nullable.contains(layout.version);
    if nullable && matches!(field.ty, Type::Struct(_)) {
        Writer::new(&mut bytes).put_varint(u32::from(!value.is_null()));
        if value.is_null() {
            return Ok(bytes);
        }
    }
    write_value(field.ty, value, layout, nullable, &mut bytes)?;
    Ok(bytes)
}

fn write_value(
    ty: Type,
    value: &Value,
    layout: Layout,
    nullable: bool,
    buffer: &mut BytesMut,
) -> Result<(), Failure> {
    let mut writer = Writer::new(buffer);
    match (ty, value) {
        (Type::String, Value::Null) if nullable => writer.put_null_string(layout),
        (Type::Bytes | Type::Records | Type::Array(_), Value::Null) if nullable => writer.put_null(layout),
        (Type::Bool, _) => {
            value.as_bool().ok_or_else(|| wrong("true or false", value))?.write(&mut writer, layout)
        }
        (Type::Int8, _) => integer::<i8>(value, "an 8-bit integer")?.write(&mut writer, layout),
        (Type::Int16, _) => integer::<i16>(value, "a 16-bit integer")?.write(&mut writer, layout),
        (Type::Uint16, _) => integer::<u16>(value, "an unsigned 16-bit integer")?.write(&mut writer, layout),
        (Type::Int32, _) => integer::<i32>(value, "a 32-bit integer")?.write(&mut writer, layout),
        (Type::Uint32, _) => integer::<u32>(value, "an unsigned 32-bit integer")?.write(&mut writer, layout),
        (Type::Int64, _) => integer::<i64>(value, "a 64-bit integer")?.write(&mut writer, layout),
        (Type::Float64, _) => float(value)?.write(&mut writer, layout),
        (Type::Uuid, _) => uuid(value)?.write(&mut writer, layout),
        (Type::String, _) => string(value)?.write(&mut writer, layout),
        (Type::Bytes | Type::Records, _) => base64(value)?.write(&mut writer, layout),
        (Type::Struct(fields), _) => {
            drop(writer);
            return write_fields(fields, value, layout, buffer);
        }
        (Type::Array(element), _) => {
            drop(writer);
            return write_array(*element, value, layout, buffer);
        }
    }
    Ok(())
}

fn write_array(element: Type, value: &Value, layout: Layout, buffer: &mut BytesMut) -> Result<(), Failure> {
    let values = value.as_array().ok_or_else(|| wrong("an array", value))?;
    Writer::new(buffer).put_len(values.len(), layout);
    for (index, value) in values.iter().enumerate() {
        write_value(element, value, layout, false, buffer)
            .map_err(|failure| failure.within(format_args!("[{index}]")))?;
    }
    Ok(())
}

fn integer<T: TryFrom<i64>>(value: &Value, expected: &'static str) -> Result<T, JsonProblem> {
    value.as_i64().and_then(|number| number.try_into().ok()).ok_or_else(|| wrong(expected, value))
}

fn float(value: &Value) -> Result<f64, JsonProblem> {
    match value.as_str() {
        Some("NaN") => Ok(f64::NAN),
        Some("Infinity") => Ok(f64::INFINITY),
        Some("-Infinity") => Ok(f64::NEG_INFINITY),
        _ => value.as_f64().ok_or_else(|| wrong("a number", value)),
    }
}

fn uuid(value: &Value) -> Result<Uuid, JsonProblem> {
    let id = value.as_str().and_then(|text| text.parse().ok());
    id.ok_or_else(|| wrong("an id in 22 characters of base64", value))
}

fn string(value: &Value) -> Result<KafkaString, JsonProblem> {
    let text = value.as_str().filter(|text| text.len() <= STRING_MAX);
    text.map(KafkaString::from).ok_or_else(|| wrong("a string of at most 32767 bytes", value))
}

fn base64(value: &Value) -> Result<Bytes, JsonProblem> {
    let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
    bytes.map(Bytes::from).ok_or_else(|| wrong("bytes in base64", value))
}

#[cold]
fn wrong(expected: &'static str, value: &Value) -> JsonProblem {
    let mut found = value.to_string();
    if let Some((end, _)) = found.char_indices().nth(80) {
        found.truncate(end);
        found.push('…');
    }
    JsonProblem::Type { expected, found }
}
