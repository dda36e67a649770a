//! Records of the log on which the controllers agree.

use ottla_record::Record;
use ottla_wire::metadata::MetadataRecord;
use serde_json::json;

use super::{Decoded, Decoder, frame, message};
use crate::java::write_json;

/// Prints values as JSON; keys there are none.
#[derive(Debug)]
pub(in crate::tools::dump_log) struct ClusterMetadata;

impl Decoder for ClusterMetadata {
    fn decode<'a>(&self, record: &Record<'a>) -> anyhow::Result<Decoded<'a>> {
        let text = decode(record.value.unwrap_or_default())
            .unwrap_or_else(|why| format!("Error at {}, skipping. {why}", record.offset));
        Ok(Decoded { key: None, value: Some(text.into()) })
    }
}

fn decode(value: &[u8]) -> Result<String, String> {
    let framed = frame::open(MetadataRecord::SCHEMAS, value)?;
    let (data, left) =
        message::read_json(framed.schema, framed.version, framed.body).map_err(|_| framed.unreadable())?;
    framed.check_end(left)?;
    let mut text = String::new();
    let record = json!({ "type": type_name(framed.schema.name), "version": framed.version, "data": data });
    write_json(&mut text, &record);
    Ok(text)
}

/// The name of a message as that of a constant: `NoOpRecord` is `NO_OP_RECORD`.
fn type_name(message: &str) -> String {
    let mut name = String::with_capacity(message.len() + 8);
    let mut after_capital = true;
    for char in message.chars() {
        if char.is_ascii_uppercase() && !after_capital {
            name.push('_');
        }
        after_capital = char.is_ascii_uppercase();
        name.push(char.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use ottla_wire::Message;
    use ottla_wire::messages::ClientQuotaRecord;

    use super::*;

    /// The prefix is a frame of version 1, the key of the record and its version.
    fn quota(value: f64) -> String {
        let record = ClientQuotaRecord { key: "producer_byte_rate".into(), value, ..Default::default() };
        let mut bytes = BytesMut::from(&[1, 14, 0][..]);
        record.encode(0, &mut bytes).unwrap();
        decode(&bytes).unwrap()
    }

    #[test]
    fn quotas_are_printed_as_in_java() {
        let printed = |value: &str| {
            let entity = r#"{"type":"CLIENT_QUOTA_RECORD","version":0,"data":{"entity":[],"#;
            format!(r#"{entity}"key":"producer_byte_rate","value":{value},"remove":false}}}}"#)
        };
        for (value, text) in [
            (1e10, "1.0E10"),
            (1e-5, "1.0E-5"),
            (100.0, "100.0"),
            (1_234_567.5, "1234567.5"),
            (f64::NAN, "\"NaN\""),
            (f64::INFINITY, "\"Infinity\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
        ] {
            assert_eq!(quota(value), printed(text));
        }
    }

    #[test]
    fn type_names_are_kafkas() {
        assert_eq!(type_name("NoOpRecord"), "NO_OP_RECORD");
        assert_eq!(type_name("ClearElrRecord"), "CLEAR_ELR_RECORD");
        assert_eq!(type_name("ZkMigrationStateRecord"), "ZK_MIGRATION_STATE_RECORD");
    }
}
