//! The line of a record.

use std::io::Write;

use anyhow::Context;
use ottla_record::{BatchHeader, Record};

use super::batches::{Frame, timestamp_type};
use super::control;
use super::decoder::Decoded;
use super::legacy::Message;
use crate::frame::Stop;
use crate::java::decode_utf8;

/// Prints where the record stands and what kind it is.
pub(super) fn write_metadata(
    out: &mut dyn Write,
    frame: &Frame,
    header: &BatchHeader,
    record: &Record<'_>,
) -> Result<(), Stop> {
    write!(
        out,
        "| offset: {} {}: {} keySize: {} valueSize: {}",
        record.offset,
        timestamp_type(frame, header),
        record.timestamp,
        size(record.key),
        size(record.value),
    )?;
    if frame.is_current() {
        write!(out, " sequence: {} headerKeys: [", record.sequence)?;
        for (place, header) in record.headers.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(out, "{comma}{}", decode_utf8(header.key))?;
        }
        write!(out, "]")?;
    }
    if header.attributes.is_control() {
        let description = control::describe(record)
            .with_context(|| format!("control record at offset {} is unreadable", record.offset))?;
        write!(out, " {description}")?;
    }
    Ok(())
}

/// The same of a message of an old format, with the checksum that each of these has.
pub(super) fn write_legacy_metadata(
    out: &mut dyn Write,
    frame: &Frame,
    header: &BatchHeader,
    message: &Message<'_>,
) -> Result<(), Stop> {
    let (timestamp, key_size, value_size) =
        (message.timestamp()?, message.key_size()?, message.value_size()?);
    write!(
        out,
        "| offset: {} {}: {timestamp} keySize: {key_size} valueSize: {value_size} isValid: {} crc: {}",
        message.offset(),
        timestamp_type(frame, header),
        message.is_valid(),
        message.stored_crc(),
    )?;
    Ok(())
}

fn size(bytes: Option<&[u8]>) -> i64 {
    bytes.map_or(-1, |bytes| bytes.len() as i64)
}

/// Prints key and value.
pub(super) fn write_contents(
    out: &mut dyn Write,
    prefix: &str,
    decoded: &Decoded<'_>,
) -> std::io::Result<()> {
    let mut prefix = prefix;
    if let Some(key) = &decoded.key {
        write!(out, "{prefix}key: {key}")?;
        prefix = " ";
    }
    if let Some(value) = &decoded.value {
        write!(out, "{prefix}payload: {value}")?;
    }
    Ok(())
}
