//! The frame around the records of metadata logs: three unsigned varints for its own version, the record's type and the
//! record's version.

use ottla_wire::Kind;
use ottla_wire::schema::Schema;

use super::kafka_reader::read_varint;

const FRAME_VERSION: i16 = 1;

/// A record out of its frame.
#[derive(Debug)]
pub(super) struct Framed<'a> {
    pub(super) schema: &'static Schema,
    pub(super) key: i16,
    pub(super) version: i16,
    pub(super) body: &'a [u8],
}

/// Takes the frame off a record of one of `schemas`; fails with the words of Kafka's exception.
pub(super) fn open<'a>(schemas: &[&'static Schema], value: &'a [u8]) -> Result<Framed<'a>, String> {
    let mut rest = value;
    match number(&mut rest, "frame version")? {
        FRAME_VERSION => (),
        0 => {
            return Err(
                "Could not deserialize metadata record with frame version 0. Note that upgrades from the \
                        preview release of KRaft in 2.8 to newer versions are not supported."
                    .to_owned(),
            );
        }
        version => {
            return Err(format!(
                "Could not deserialize metadata record due to unknown frame version {version}(only frame version \
                 {FRAME_VERSION} is supported)"
            ));
        }
    }
    let key = number(&mut rest, "type")?;
    let version = number(&mut rest, "version")?;
    match schemas.iter().find(|schema| schema.kind == Kind::Metadata(key)) {
        Some(schema) => Ok(Framed { schema, key, version, body: rest }),
        None => Err(format!(
            "org.apache.kafka.common.errors.UnsupportedVersionException: Unknown metadata id {key}"
        )),
    }
}

fn number(rest: &mut &[u8], what: &str) -> Result<i16, String> {
    let number = read_varint(rest).map_err(|_| format!("Error while reading {what}"))?;
    if number > i32::from(i16::MAX) {
        return Err(format!("Value for {what} was too large."));
    }
    Ok(number as i16)
}

impl Framed<'_> {
    /// Kafka's words for a body that is not the message which the frame names.
    pub(super) fn unreadable(&self) -> String {
        format!("Failed to deserialize record with type {}", self.key)
    }

    /// Fails with Kafka's words if bytes follow the message.
    pub(super) fn check_end(&self, left: usize) -> Result<(), String> {
        if left == 0 { Ok(()) } else { Err(format!("Found {left} byte(s) of garbage after {}", self.key)) }
    }
}
