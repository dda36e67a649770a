//! Records of the topics in which coordinators keep their state.

use anyhow::bail;
use ottla_record::Record;
use ottla_wire::group::GroupKey;
use ottla_wire::schema::Schema;
use ottla_wire::share::ShareKey;
use ottla_wire::transaction::TransactionKey;
use serde_json::{Value, json};

use super::{Decoded, Decoder, consumer_protocol, message};
use crate::java::write_json;

/// Keys of coordinators have one version.
const KEY_VERSION: i16 = 0;
/// What stands for the value of a record that deletes its key's.
const DELETED: &str = "<DELETE>";

/// A type of record with the schemas of its keys and values.
type RecordSchemas = (i16, &'static Schema, &'static Schema);

/// Prints keys and values as JSON.
#[derive(Debug)]
pub(in crate::tools::dump_log) struct Coordinator {
    schemas: &'static [RecordSchemas],
    /// Changes what a type's values look like in JSON.
    adjust: fn(i16, &mut Value),
}

/// Why there is no text of a record.
enum Untold {
    UnknownType(i16),
    /// The words of Kafka's exception.
    Refused(String),
}

impl Coordinator {
    pub(in crate::tools::dump_log) const OFFSETS: Self =
        Self { schemas: GroupKey::SCHEMAS, adjust: consumer_protocol::expand };
    pub(in crate::tools::dump_log) const TRANSACTIONS: Self =
        Self { schemas: TransactionKey::SCHEMAS, adjust: |_, _| () };
    pub(in crate::tools::dump_log) const SHARE_GROUPS: Self =
        Self { schemas: ShareKey::SCHEMAS, adjust: |_, _| () };

    fn texts(&self, key: &[u8], value: Option<&[u8]>) -> Result<(String, String), Untold> {
        let (record_type, key) = split_number(key, "key")?;
        let schemas = self.schemas.iter().find(|(known, ..)| *known == record_type);
        let &(_, key_schema, value_schema) = schemas.ok_or(Untold::UnknownType(record_type))?;
        let key = read(key_schema, KEY_VERSION, key).map_err(|why| unreadable("key", record_type, &why))?;
        let key = text(&json!({ "type": record_type.to_string(), "data": key }));
        let Some(value) = value else { return Ok((key, DELETED.to_owned())) };

        let (version, value) = split_number(value, "value")?;
        if !value_schema.valid.contains(version) {
            let why = format!("Found an unknown record version {version} for {record_type} type");
            return Err(Untold::Refused(why));
        }
        let mut value =
            read(value_schema, version, value).map_err(|why| unreadable("value", version, &why))?;
        (self.adjust)(record_type, &mut value);
        Ok((key, text(&json!({ "version": version.to_string(), "data": value }))))
    }
}

impl Decoder for Coordinator {
    fn decode<'a>(&self, record: &Record<'a>) -> anyhow::Result<Decoded<'a>> {
        let offset = record.offset;
        let Some(key) = record.key else {
            bail!("the record at offset {offset} has no key, which the decoder needs");
        };
        Ok(match self.texts(key, record.value) {
            Ok((key, value)) => Decoded { key: Some(key.into()), value: Some(value.into()) },
            Err(Untold::UnknownType(record_type)) => {
                let text = format!("Unknown record type {record_type} at offset {offset}, skipping.");
                Decoded { key: Some(text.into()), value: None }
            }
            Err(Untold::Refused(why)) => Decoded {
                key: Some(format!("Error at offset {offset}, skipping. {why}").into()),
                value: None,
            },
        })
    }
}

/// Takes the type or version off the front of a key or value.
fn split_number<'a>(bytes: &'a [u8], what: &str) -> Result<(i16, &'a [u8]), Untold> {
    match bytes.split_first_chunk() {
        Some((number, rest)) => Ok((i16::from_be_bytes(*number), rest)),
        None => Err(Untold::Refused(format!("Could not read version from {what}'s buffer."))),
    }
}

/// Bytes behind the message do not matter here.
fn read(schema: &Schema, version: i16, bytes: &[u8]) -> Result<Value, String> {
    message::read_json(schema, version, bytes).map(|(value, _)| value)
}

fn unreadable(what: &str, version: i16, why: &str) -> Untold {
    Untold::Refused(format!(
        "Could not read record with version {version} from {what}'s buffer due to: {why}."
    ))
}

fn text(value: &Value) -> String {
    let mut text = String::new();
    write_json(&mut text, value);
    text
}
