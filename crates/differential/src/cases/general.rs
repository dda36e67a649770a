//! What every request can be asked, as its definition says: all at defaults, filled, null, large, cut, with tags that
//! nobody knows.

use std::time::Duration;

use ottla_wire::api::ApiKey;
use ottla_wire::schema::{Field, StructSchema, Type};
use serde_json::{Map, Value, json};

use super::Run;
use crate::play::Play;
use crate::request::{self, default};

/// Names of the scripts that every API has.
pub(super) const KINDS: &[(&str, Run)] = &[
    ("everything at its default", defaults),
    ("one of everything", |play| shaped(play, Shape { elements: 1, ..NOTHING })),
    ("two alike of everything", |play| shaped(play, Shape { elements: 2, ..NOTHING })),
    ("null wherever it may be", |play| shaped(play, Shape { nulls: true, ..NOTHING })),
    ("null wherever it may be within one of everything", |play| {
        shaped(play, Shape { nulls: true, elements: 1, ..NOTHING })
    }),
    ("the largest numbers", |play| shaped(play, Shape { numbers: Some(i64::MAX), elements: 1, ..NOTHING })),
    ("the smallest numbers", |play| shaped(play, Shape { numbers: Some(i64::MIN), elements: 1, ..NOTHING })),
    ("long texts", |play| shaped(play, Shape { long_texts: true, elements: 1, ..NOTHING })),
    ("tags that nobody knows", unknown_tags),
    ("bodies that are cut", cut),
    ("bodies with something behind them", longer),
    ("versions beyond the last", beyond),
];

/// What a request looks like.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// In each array.
    elements: usize,
    nulls: bool,
    /// In place of the defaults, cut to their types.
    numbers: Option<i64>,
    long_texts: bool,
}

const NOTHING: Shape = Shape { elements: 0, nulls: false, numbers: None, long_texts: false };

/// How long silence is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is produced in place of the default, which no node answers.
const ACKS: i16 = 1;

/// How long a node may take, where none at all is the default.
const TIMEOUT_MS: i32 = 1000;

/// What must be said in any request of the API, so that it is answered.
fn least(api: ApiKey) -> Value {
    match api {
        ApiKey::Produce => json!({ "acks": ACKS }),
        // A list of no transactions is never answered.
        ApiKey::AddPartitionsToTxn => json!({ "transactions": [{}] }),
        _ => json!({}),
    }
}

impl Shape {
    fn fields(self, schema: &StructSchema, version: i16) -> Value {
        let fields = schema.fields.iter().filter(|field| field.versions.contains(version));
        let named = fields.map(|field| (field.name.to_owned(), self.field(field, version)));
        Value::Object(named.collect::<Map<_, _>>())
    }

    fn field(self, field: &Field, version: i16) -> Value {
        match field.name {
            "acks" => return json!(ACKS),
            "timeoutMs" => return json!(TIMEOUT_MS),
            _ => {}
        }
        if self.nulls && field.nullable.contains(version) {
            return Value::Null;
        }
        // A number of milliseconds is how long the node waits, and we with it.
        // And an isolation that nobody knows is a script of its own.
        let is_time = field.name.ends_with("Ms") || field.name == "isolationLevel";
        match (field.ty, self.numbers) {
            (Type::Array(_) | Type::Struct(_), _) => self.value(field.ty, version),
            (Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64, Some(_)) if !is_time => {
                self.value(field.ty, version)
            }
            (Type::String, _) if self.long_texts => self.value(field.ty, version),
            _ => default(field, version),
        }
    }

    fn value(self, ty: Type, version: i16) -> Value {
        let number = |least: i64, most: i64| json!(self.numbers.unwrap_or(0).clamp(least, most));
        match ty {
            Type::Array(element) => vec![self.value(*element, version); self.elements].into(),
            Type::Struct(schema) => self.fields(schema, version),
            Type::String if self.long_texts => json!("x".repeat(30_000)),
            Type::Int8 => number(i8::MIN.into(), i8::MAX.into()),
            Type::Int16 => number(i16::MIN.into(), i16::MAX.into()),
            Type::Int32 => number(i32::MIN.into(), i32::MAX.into()),
            Type::Int64 => number(i64::MIN, i64::MAX),
            other => request::zero(other, version),
        }
    }
}

fn defaults(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, _) = play.walked();
    play.patience = PATIENCE;
    play.ask(api, least(api)).map(drop)
}

fn shaped(play: &mut Play<'_, '_>, shape: Shape) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    let Some(definition) = api.api() else { return Ok(()) };
    play.patience = PATIENCE;
    let body = shape.fields(definition.request.root, version);
    play.ask(api, body).map(drop)
}

/// The body of a request at its defaults.
fn body(api: ApiKey, version: i16) -> anyhow::Result<Vec<u8>> {
    let header = request::header(api.number(), version, 0, api.request_header_version(version))?;
    Ok(request::encode(api, version, 0, &least(api))?[header.len()..].to_vec())
}

fn unknown_tags(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    if !api.api().is_some_and(|api| api.request.flexible.contains(version)) {
        return Ok(());
    }
    let body = body(api, version)?;
    play.patience = PATIENCE;
    for tags in [
        b"\x01\x7f\x02ab".as_slice(),
        b"\x01\x7f\0",
        b"\x02\x7e\x01a\x7f\x01b",
        b"\x02\x7f\x01a\x7e\x01b",
        b"\x02\x7f\x01a\x7f\x01b",
        b"\x01\x7f\x09a",
        b"\x01\x7f\xff\xff\xff\xff\x0f",
        b"\x05\x7f\x01a",
        b"\xff\xff\xff\xff\x0f",
        b"\xff\xff\xff\xff\xff\x01",
    ] {
        // The last byte says that there are no tags.
        play.ask_bytes(api, version, &[&body[..body.len() - 1], tags].concat())?;
    }
    Ok(())
}

fn cut(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    let body = body(api, version)?;
    for len in [0, 1, body.len() / 2, body.len().saturating_sub(1)] {
        if len < body.len() {
            play.ask_bytes(api, version, &body[..len])?;
        }
    }
    Ok(())
}

fn longer(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    let body = body(api, version)?;
    play.patience = PATIENCE;
    for more in [b"\0".as_slice(), b"x", b"\0\0\0\0\0\0\0\0", &[0xff; 100]] {
        play.ask_bytes(api, version, &[&body, more].concat())?;
    }
    Ok(())
}

fn beyond(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    let Some(valid) = api.api().map(|api| api.request.valid) else { return Ok(()) };
    if version == valid.last {
        let body = body(api, version)?;
        play.ask_bytes(api, version + 1, &body)?;
        play.ask_bytes(api, valid.first - 1, &body)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ottla_wire::api::APIS;

    use super::*;

    #[test]
    fn every_shape_of_every_request_can_be_written() {
        let shapes = [
            NOTHING,
            Shape { elements: 2, ..NOTHING },
            Shape { elements: 1, nulls: true, ..NOTHING },
            Shape { elements: 1, numbers: Some(i64::MIN), ..NOTHING },
            Shape { elements: 1, long_texts: true, ..NOTHING },
        ];
        for api in APIS {
            for version in api.request.valid.iter() {
                for shape in shapes {
                    let body = shape.fields(api.request.root, version);
                    request::encode(api.key, version, 1, &body).unwrap();
                }
            }
        }
    }
}
