//! Records of the topics in which coordinators keep their state, as JSON.

use std::io::Write;

use bytes::Bytes;
use ottla_client::consumer::ConsumerRecord;
use ottla_wire::group::GroupKey;
use ottla_wire::json::{Records, decode_to_json};
use ottla_wire::schema::Schema;
use ottla_wire::share::ShareKey;
use ottla_wire::transaction::TransactionKey;
use serde_json::{Value, json};

use super::{FormatError, Formatter};
use crate::java::write_json;

/// Keys of coordinators have one version.
const KEY_VERSION: i16 = 0;

/// Prints records of some types; the others are passed over. Nothing stands between two records.
#[derive(Debug)]
pub(super) struct Coordinator {
    schemas: &'static [(i16, &'static Schema, &'static Schema)],
    /// The types that are printed; `None` for all.
    types: Option<&'static [i16]>,
}

impl Coordinator {
    pub(super) const OFFSETS: Self = Self { schemas: GroupKey::SCHEMAS, types: Some(&[0, 1]) };
    pub(super) const GROUP_METADATA: Self = Self { schemas: GroupKey::SCHEMAS, types: Some(&[2]) };
    pub(super) const TRANSACTIONS: Self = Self { schemas: TransactionKey::SCHEMAS, types: None };
    pub(super) const SHARE_GROUPS: Self =
        Self { schemas: GroupKey::SCHEMAS, types: Some(&[10, 11, 12, 13, 14, 15]) };
    pub(super) const SHARE_GROUP_STATE: Self = Self { schemas: ShareKey::SCHEMAS, types: None };

    fn json(&self, key: Bytes, value: Option<Bytes>) -> Result<Option<Value>, String> {
        let (record_type, key) = split_number(key, "key")?;
        let Some((_, key_schema, value_schema)) =
            self.schemas.iter().find(|(known, ..)| *known == record_type)
        else {
            return Ok(None);
        };
        if self.types.is_some_and(|types| !types.contains(&record_type)) {
            return Ok(None);
        }
        let key = read(key_schema, KEY_VERSION, key)?;
        let value = match value {
            None => Value::Null,
            Some(value) => {
                let (version, value) = split_number(value, "value")?;
                json!({ "version": version, "data": read(value_schema, version, value)? })
            }
        };
        Ok(Some(json!({ "key": { "type": record_type, "data": key }, "value": value })))
    }
}

impl Formatter for Coordinator {
    fn write(&mut self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<(), FormatError> {
        let Some(key) = record.key_bytes() else { return Ok(()) };
        let told = self.json(key, record.value_bytes()).map_err(|why| {
            FormatError::Record(format!("Could not read record at offset {} due to: {why}", record.offset()))
        })?;
        if let Some(told) = told {
            let mut text = String::new();
            write_json(&mut text, &told);
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

/// Takes the type or version off the front of a key or value.
fn split_number(mut bytes: Bytes, what: &str) -> Result<(i16, Bytes), String> {
    use bytes::Buf;
    let number = bytes.try_get_i16().map_err(|_| format!("Could not read version from {what}'s buffer."))?;
    Ok((number, bytes))
}

fn read(schema: &Schema, version: i16, bytes: Bytes) -> Result<Value, String> {
    decode_to_json(schema, version, bytes, Records::Bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_as_json() {
        let key = Bytes::from_static(b"\0\x01\0\x01g\0\x01t\0\0\0\x03");
        let value = Bytes::from_static(b"\0\x03\0\0\0\0\0\0\0\x07\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\x09");
        let text = |formatter: &Coordinator, value| {
            let mut text = String::new();
            write_json(&mut text, &formatter.json(key.clone(), value).unwrap().unwrap_or_default());
            text
        };
        assert_eq!(
            text(&Coordinator::OFFSETS, Some(value)),
            r#"{"key":{"type":1,"data":{"group":"g","topic":"t","partition":3}},"value":{"version":3,"data":{"offset":7,"leaderEpoch":-1,"metadata":"","commitTimestamp":9}}}"#
        );
        assert_eq!(
            text(&Coordinator::OFFSETS, None),
            r#"{"key":{"type":1,"data":{"group":"g","topic":"t","partition":3}},"value":null}"#
        );
        assert_eq!(text(&Coordinator::GROUP_METADATA, None), "null");
        assert!(Coordinator::OFFSETS.json(Bytes::from_static(b"\0"), None).is_err());
        assert_eq!(Coordinator::OFFSETS.json(Bytes::from_static(b"\x7f\xff"), None), Ok(None));
    }
}
