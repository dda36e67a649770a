//! Keys and values by Kafka's decoder classes.

use std::borrow::Cow;

use anyhow::anyhow;
use ottla_record::{Record, crc32c};

use super::{Decoded, Decoder};
use crate::java::decode_utf8;

/// A decoder class of Kafka's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tools::dump_log) enum Class {
    String,
    Integer,
    Long,
    Default,
}

const CLASSES: [(&str, Class); 4] = [
    ("org.apache.kafka.tools.api.StringDecoder", Class::String),
    ("org.apache.kafka.tools.api.IntegerDecoder", Class::Integer),
    ("org.apache.kafka.tools.api.LongDecoder", Class::Long),
    ("org.apache.kafka.tools.api.DefaultDecoder", Class::Default),
];

impl Class {
    pub(in crate::tools::dump_log) fn by_name(name: &str) -> Option<Self> {
        CLASSES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }

    pub(in crate::tools::dump_log) fn names() -> [&'static str; 4] {
        CLASSES.map(|(name, _)| name)
    }

    fn decode(self, bytes: &[u8]) -> anyhow::Result<Cow<'_, str>> {
        let short = || anyhow!("{} bytes are too few for the decoder class", bytes.len());
        Ok(match self {
            Self::String => decode_utf8(bytes),
            Self::Integer => i32::from_be_bytes(*bytes.first_chunk().ok_or_else(short)?).to_string().into(),
            Self::Long => i64::from_be_bytes(*bytes.first_chunk().ok_or_else(short)?).to_string().into(),
            // Java prints the type and a number that tells objects apart, here contents.
            Self::Default => format!("[B@{:x}", crc32c(bytes)).into(),
        })
    }
}

/// Key and value each by a class.
#[derive(Debug)]
pub(in crate::tools::dump_log) struct Plain {
    pub(in crate::tools::dump_log) key: Class,
    pub(in crate::tools::dump_log) value: Class,
}

impl Decoder for Plain {
    fn decode<'a>(&self, record: &Record<'a>) -> anyhow::Result<Decoded<'a>> {
        Ok(Decoded {
            key: record.key.map(|key| self.key.decode(key)).transpose()?,
            value: record.value.map(|value| self.value.decode(value)).transpose()?,
        })
    }
}
