//! The attribute bits of a batch.

use std::fmt;

use crate::compression::{Codec, UnknownCodec};

const CODEC_MASK: i16 = 0x07;
const TIMESTAMP_TYPE_BIT: i16 = 0x08;
const TRANSACTIONAL_BIT: i16 = 0x10;
const CONTROL_BIT: i16 = 0x20;
const DELETE_HORIZON_BIT: i16 = 0x40;
const KNOWN_BITS: i16 = 0x7f;

/// Who gave the records of a batch their timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum TimestampType {
    /// The producer: each record has its own.
    #[default]
    CreateTime,
    /// The leader when it appended: all records share the batch's `max_timestamp`.
    LogAppendTime,
}

impl fmt::Display for TimestampType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateTime => "CreateTime",
            Self::LogAppendTime => "LogAppendTime",
        })
    }
}

/// Attributes of a batch.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0–2 | codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd |
/// | 3 | timestamp type: 0 create time, 1 log append time |
/// | 4 | transactional |
/// | 5 | control |
/// | 6 | the base timestamp is a delete horizon (KIP-534) |
/// | 7–15 | zero; ignored when read |
///
/// Legacy messages have the bits 0–3 alone, magic 0 only 0–2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Attributes(pub i16);

impl Attributes {
    /// The codec of the records.
    ///
    /// # Errors
    /// For the ids 5, 6 and 7, which no codec has.
    pub fn codec(self) -> Result<Codec, UnknownCodec> {
        Codec::from_id((self.0 & CODEC_MASK) as u8)
    }

    /// Whether the records are compressed, be it by a codec we know or not.
    pub const fn is_compressed(self) -> bool {
        self.0 & CODEC_MASK != 0
    }

    /// Who gave the timestamps.
    pub const fn timestamp_type(self) -> TimestampType {
        if self.0 & TIMESTAMP_TYPE_BIT == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Whether the batch belongs to a transaction.
    pub const fn is_transactional(self) -> bool {
        self.0 & TRANSACTIONAL_BIT != 0
    }

    /// Whether the records are for the cluster and not for consumers.
    pub const fn is_control(self) -> bool {
        self.0 & CONTROL_BIT != 0
    }

    /// Whether the base timestamp tells when tombstones and markers may go.
    pub const fn has_delete_horizon(self) -> bool {
        self.0 & DELETE_HORIZON_BIT != 0
    }

    /// The same with another codec.
    #[must_use]
    pub const fn with_codec(self, codec: Codec) -> Self {
        Self(self.0 & !CODEC_MASK | codec.id() as i16)
    }

    /// The same with another timestamp type.
    #[must_use]
    pub const fn with_timestamp_type(self, timestamp_type: TimestampType) -> Self {
        match timestamp_type {
            TimestampType::CreateTime => Self(self.0 & !TIMESTAMP_TYPE_BIT),
            TimestampType::LogAppendTime => Self(self.0 | TIMESTAMP_TYPE_BIT),
        }
    }

    /// The same, transactional.
    #[must_use]
    pub const fn transactional(self) -> Self {
        Self(self.0 | TRANSACTIONAL_BIT)
    }

    /// The same, of a control batch.
    #[must_use]
    pub const fn control(self) -> Self {
        Self(self.0 | CONTROL_BIT)
    }

    /// The same, with a delete horizon as base timestamp.
    #[must_use]
    pub const fn with_delete_horizon(self) -> Self {
        Self(self.0 | DELETE_HORIZON_BIT)
    }

    /// Without the bits that have no meaning: Kafka drops them whenever it rewrites attributes.
    #[must_use]
    pub const fn known(self) -> Self {
        Self(self.0 & KNOWN_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_kafkas() {
        let attributes = Attributes::default()
            .with_codec(Codec::Zstd)
            .with_timestamp_type(TimestampType::LogAppendTime)
            .transactional()
            .control()
            .with_delete_horizon();
        assert_eq!(attributes.0, 0x7c);
        assert_eq!(attributes.codec(), Ok(Codec::Zstd));
        assert_eq!(attributes.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(attributes.with_codec(Codec::None).0, 0x78);
        assert_eq!(attributes.with_timestamp_type(TimestampType::CreateTime).0, 0x74);
    }

    #[test]
    fn unknown_codecs_and_bits() {
        assert_eq!(Attributes(5).codec(), Err(UnknownCodec(5)));
        assert!(Attributes(7).is_compressed());
        assert_eq!(Attributes(-1).known().0, 0x7f);
    }
}
