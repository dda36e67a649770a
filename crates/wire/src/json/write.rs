//! From bytes to JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Number, Value};

use crate::codec::{Layout, Reader, Tags, Value as _, locate_fault};
use crate::error::{Cause, DecodeError, Fault};
use crate::schema::{DefaultValue, Field, Schema, StructSchema, Type};
use crate::{KafkaString, Uuid};

/// How record batches appear in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// As base64 of their bytes. Kafka's converters print an empty text here, and lose the records.
    Bytes,
    /// As their size, in a field whose name ends in `SizeInBytes`, as in Kafka's request log (KIP-673).
    Size,
}

/// The message in `bytes` as JSON.
///
/// The JSON of hostile bytes may be some tens of times their size.
///
/// # Errors
///
/// The version is unknown or the bytes are malformed.
pub fn decode_to_json(
    schema: &Schema,
    version: i16,
    bytes: Bytes,
    records: Records,
) -> Result<Value, DecodeError> {
    if !schema.valid.contains(version) {
        return Err(DecodeError::unsupported(schema, version));
    }
    let mut walk = Walk { reader: Reader::new(bytes.clone()), records };
    walk.message(schema, version).map_err(|fault| locate_fault(schema, version, bytes, fault))
}

struct Walk {
    reader: Reader,
    records: Records,
}

impl Walk {
    fn message(&mut self, schema: &Schema, version: i16) -> Result<Value, Fault> {
        let value = self.fields(schema.root, Layout::new(version, schema.flexible))?;
        match self.reader.remaining() {
            0 => Ok(value),
            left => Err(self.reader.fault(Cause::Trailing(left))),
        }
    }

    /// The tagged fields come last in the bytes but stand in their place in JSON.
    fn fields(&mut self, schema: &StructSchema, layout: Layout) -> Result<Value, Fault> {
        let mut values = vec![None; schema.fields.len()];
        for (field, value) in schema.fields.iter().zip(&mut values) {
            if field.is_plain(layout.version) {
                *value = Some(self.field(field, layout)?);
            }
        }
        let mut tags = Tags::begin(&mut self.reader, layout)?;
        while let Some(tag) = tags.next(&mut self.reader)? {
            match schema.fields.iter().position(|field| !field.tagged.is_empty() && field.tag == tag) {
                Some(index) => {
                    let field = &schema.fields[index];
                    let value = self.tagged(field, layout, &tags)?;
                    values[index] = Some(value).filter(|value| !is_default(field, value));
                }
                None => tags.skip(&mut self.reader)?,
            }
        }
        let named = schema
            .fields
            .iter()
            .zip(values)
            .filter_map(|(field, value)| Some((self.name(field, value.as_ref()?), value?)));
        Ok(Value::Object(named.collect()))
    }

    fn name(&self, field: &Field, value: &Value) -> String {
        match (field.ty, self.records) {
            (Type::Records, Records::Size) if !value.is_null() => format!("{}SizeInBytes", field.name),
            _ => field.name.to_owned(),
        }
    }

    fn field(&mut self, field: &Field, layout: Layout) -> Result<Value, Fault> {
        let nullable = field.nullable.contains(layout.version);
        let layout = if field.never_flexible { layout.never_flexible() } else { layout };
        match field.ty {
            Type::Struct(_) if nullable && i8::from_be_bytes(self.reader.array()?) < 0 => Ok(Value::Null),
            ty => self.value(ty, layout, nullable),
        }
    }

    fn tagged(&mut self, field: &Field, layout: Layout, tags: &Tags) -> Result<Value, Fault> {
        let known = field.is_tagged(layout.version);
        let nullable = field.nullable.contains(layout.version);
        tags.check_known(&self.reader, known)?;
        match field.ty {
            Type::Struct(_) if nullable && self.reader.varint()? as i32 <= 0 => Ok(Value::Null),
            ty => self.value(ty, layout, nullable),
        }
    }

    fn value(&mut self, ty: Type, layout: Layout, nullable: bool) -> Result<Value, Fault> {
        let reader = &mut self.reader;
        let start = reader.position();
        let value = match ty {
            Type::Bool => Some(bool::read(reader, layout)?.into()),
            Type::Int8 => Some(i8::read(reader, layout)?.into()),
            Type::Int16 => Some(i16::read(reader, layout)?.into()),
            Type::Uint16 => Some(u16::read(reader, layout)?.into()),
            Type::Int32 => Some(i32::read(reader, layout)?.into()),
            Type::Uint32 => Some(u32::read(reader, layout)?.into()),
            Type::Int64 => Some(i64::read(reader, layout)?.into()),
            Type::Float64 => Some(float(f64::read(reader, layout)?)),
            Type::Uuid => Some(Uuid::read(reader, layout)?.to_string().into()),
            Type::String => Option::<KafkaString>::read(reader, layout)?.map(|text| text.as_str().into()),
            Type::Bytes => Option::<Bytes>::read(reader, layout)?.map(|bytes| STANDARD.encode(bytes).into()),
            Type::Records => Option::<Bytes>::read(reader, layout)?.map(|bytes| self.records(&bytes)),
            Type::Struct(fields) => Some(self.fields(fields, layout)?),
            Type::Array(element) => self.array(*element, layout)?,
        };
        match value {
            None if !nullable => Err(Fault { cause: Cause::Null, position: start }),
            value => Ok(value.unwrap_or(Value::Null)),
        }
    }

    fn array(&mut self, element: Type, layout: Layout) -> Result<Option<Value>, Fault> {
        let Some(count) = self.reader.count(layout)? else { return Ok(None) };
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.value(element, layout, false)?);
        }
        Ok(Some(Value::Array(values)))
    }

    fn records(&self, bytes: &Bytes) -> Value {
        match self.records {
            Records::Bytes => STANDARD.encode(bytes).into(),
            Records::Size => bytes.len().into(),
        }
    }
}

/// JSON has no infinities and no NaN; Kafka prints them as texts.
fn float(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

/// Whether the JSON of a field is that of its default.
pub(super) fn is_default(field: &Field, value: &Value) -> bool {
    match field.default {
        DefaultValue::Null => value.is_null(),
        DefaultValue::True => *value == true,
        DefaultValue::Int(number) => *value == number,
        DefaultValue::Zero => is_zero(field.ty, value),
    }
}

fn is_zero(ty: Type, value: &Value) -> bool {
    match ty {
        Type::Bool => *value == false,
        Type::Float64 => *value == 0.0,
        Type::Uuid => *value == Uuid::ZERO.to_string(),
        Type::String | Type::Bytes | Type::Records => *value == "",
        Type::Array(_) => value.as_array().is_some_and(Vec::is_empty),
        Type::Struct(schema) => value.as_object().is_some_and(|object| {
            let fields = schema.fields.iter();
            fields
                .filter_map(|field| Some((field, object.get(field.name)?)))
                .all(|(field, value)| is_default(field, value))
        }),
        _ => *value == 0,
    }
}
