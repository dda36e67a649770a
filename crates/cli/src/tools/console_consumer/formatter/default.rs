//! Parts of a message in columns, as they are or by a deserializer.

use std::io::{self, Write};

use ottla_client::consumer::ConsumerRecord;
use ottla_record::TimestampType;

use super::deserializer::Deserializer;
use super::{FormatError, Formatter};
use crate::frame::{ClientProperties, Console};
use crate::java::decode_utf8;

/// `DefaultMessageFormatter`.
#[derive(Debug)]
pub(super) struct Default {
    timestamp: bool,
    partition: bool,
    offset: bool,
    delivery: bool,
    epoch: bool,
    headers: bool,
    key: bool,
    value: bool,
    key_separator: Vec<u8>,
    line_separator: Vec<u8>,
    headers_separator: Vec<u8>,
    null_literal: Vec<u8>,
    key_deserializer: Option<Deserializer>,
    value_deserializer: Option<Deserializer>,
    headers_deserializer: Option<Deserializer>,
}

impl Default {
    pub(super) fn new(settings: &ClientProperties, console: &mut Console<'_>) -> io::Result<Self> {
        let flag = |name: &str, default: bool| {
            settings.get(name).map_or(default, |text| text.trim().eq_ignore_ascii_case("true"))
        };
        let text = |name: &str, default: &str| {
            settings.get(name).map_or(default, String::as_str).as_bytes().to_vec()
        };
        let mut deserializer = |name: &str| -> io::Result<Option<Deserializer>> {
            let Some(class) = settings.get(name) else { return Ok(None) };
            let found = Deserializer::by_class(class);
            if found.is_none() {
                writeln!(console.err()?, "Unable to instantiate a deserializer from {class}")?;
            }
            Ok(found)
        };
        Ok(Self {
            key_deserializer: deserializer("key.deserializer")?,
            value_deserializer: deserializer("value.deserializer")?,
            headers_deserializer: deserializer("headers.deserializer")?,
            timestamp: flag("print.timestamp", false),
            partition: flag("print.partition", false),
            offset: flag("print.offset", false),
            delivery: flag("print.delivery", false),
            epoch: flag("print.epoch", false),
            headers: flag("print.headers", false),
            key: flag("print.key", false),
            value: flag("print.value", true),
            key_separator: text("key.separator", "\t"),
            line_separator: text("line.separator", "\n"),
            headers_separator: text("headers.separator", ","),
            null_literal: text("null.literal", "null"),
        })
    }

    /// Null goes through the deserializer as well, by the literal that stands for it.
    fn write_bytes(
        &self,
        deserializer: Option<Deserializer>,
        bytes: Option<&[u8]>,
        out: &mut dyn Write,
    ) -> Result<(), FormatError> {
        let bytes = bytes.unwrap_or(&self.null_literal);
        match deserializer {
            None => out.write_all(bytes)?,
            Some(deserializer) => {
                out.write_all(deserializer.text(bytes).map_err(FormatError::Record)?.as_bytes())?
            }
        }
        Ok(())
    }

    /// Behind a column: whether another one follows.
    fn separate(&self, more: bool, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if more { &self.key_separator } else { &self.line_separator })
    }

    fn write_headers(&self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<(), FormatError> {
        if record.headers_len() == 0 {
            write!(out, "NO_HEADERS")?;
        }
        for (index, (key, value)) in record.headers().enumerate() {
            if index > 0 {
                out.write_all(&self.headers_separator)?;
            }
            write!(out, "{}:", decode_utf8(key))?;
            self.write_bytes(self.headers_deserializer, value, out)?;
        }
        Ok(())
    }
}

impl Formatter for Default {
    fn write(&mut self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<(), FormatError> {
        let columns = [
            self.timestamp,
            self.partition,
            self.offset,
            self.delivery,
            self.epoch,
            self.headers,
            self.key,
            self.value,
        ];
        let more_behind = |column: usize| columns[column + 1..].contains(&true);
        if self.timestamp {
            match record.timestamp_type() {
                TimestampType::CreateTime if record.timestamp().is_some() => {
                    write!(out, "CreateTime:{}", record.timestamp())?;
                }
                TimestampType::LogAppendTime => write!(out, "LogAppendTime:{}", record.timestamp())?,
                _ => write!(out, "CreateTime:{}", record.timestamp())?,
            }
            self.separate(more_behind(0), out)?;
        }
        if self.partition {
            write!(out, "Partition:{}", record.partition())?;
            self.separate(more_behind(1), out)?;
        }
        if self.offset {
            write!(out, "Offset:{}", record.offset())?;
            self.separate(more_behind(2), out)?;
        }
        if self.delivery {
            write!(out, "Delivery:NOT_PRESENT")?;
            self.separate(more_behind(3), out)?;
        }
        if self.epoch {
            // Kafka's tool does not hand the epoch on to its formatter.
            write!(out, "Epoch:NOT_PRESENT")?;
            self.separate(more_behind(4), out)?;
        }
        if self.headers {
            self.write_headers(record, out)?;
            self.separate(more_behind(5), out)?;
        }
        if self.key {
            self.write_bytes(self.key_deserializer, record.key(), out)?;
            self.separate(more_behind(6), out)?;
        }
        if self.value {
            self.write_bytes(self.value_deserializer, record.value(), out)?;
            out.write_all(&self.line_separator)?;
        }
        Ok(())
    }
}
