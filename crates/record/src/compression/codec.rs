//! Names, ids and levels of the codecs.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How the records of a batch are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Codec {
    /// Not at all.
    #[default]
    None,
    /// A gzip member.
    Gzip,
    /// Snappy blocks in the stream format of xerial's library.
    Snappy,
    /// An LZ4 frame of independent blocks.
    Lz4,
    /// A Zstandard frame.
    Zstd,
}

/// An id of a codec that none has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("compression codec {0} is unknown, 0 to 4 would be right")]
pub struct UnknownCodec(pub u8);

/// A name of a codec that none has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("compression codec {0:?} is unknown, none, gzip, snappy, lz4 or zstd would be right")]
pub struct UnknownCodecName(pub String);

impl Codec {
    /// All of them, by id.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// As the attributes have it.
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The codec with this id.
    ///
    /// # Errors
    /// If none has it.
    pub fn from_id(id: u8) -> Result<Self, UnknownCodec> {
        Self::ALL.get(usize::from(id)).copied().ok_or(UnknownCodec(id))
    }

    /// As configs have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Codec {
    type Err = UnknownCodecName;

    fn from_str(name: &str) -> Result<Self, UnknownCodecName> {
        let codec = Self::ALL.into_iter().find(|codec| codec.name() == name);
        codec.ok_or_else(|| UnknownCodecName(name.to_owned()))
    }
}

/// A codec with the level to compress at (KIP-390).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Compression {
    codec: Codec,
    level: i32,
}

/// A level that the codec has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{codec} has no compression level {level}, {} would be right", self.allowed())]
pub struct InvalidLevel {
    /// The codec.
    pub codec: Codec,
    /// The level that was asked for.
    pub level: i32,
}

impl InvalidLevel {
    const fn allowed(&self) -> &'static str {
        match self.codec {
            Codec::Gzip => "1 to 9 or -1",
            Codec::Lz4 => "1 to 17",
            Codec::Zstd => "-131072 to 22",
            Codec::None | Codec::Snappy => "none",
        }
    }
}

impl Compression {
    /// No compression.
    pub const NONE: Self = Self { codec: Codec::None, level: 0 };

    /// The codec at its default level: gzip -1 (which is 6), lz4 9, zstd 3.
    pub const fn of(codec: Codec) -> Self {
        let level = match codec {
            Codec::None | Codec::Snappy => 0,
            Codec::Gzip => -1,
            Codec::Lz4 => 9,
            Codec::Zstd => 3,
        };
        Self { codec, level }
    }

    /// The codec at a level. Levels of lz4 are accepted, as Kafka's are, and all compress alike: the library
    /// has one speed.
    ///
    /// # Errors
    /// If the codec has not this level, or no levels at all.
    pub fn with_level(codec: Codec, level: i32) -> Result<Self, InvalidLevel> {
        let is_allowed = match codec {
            Codec::None | Codec::Snappy => false,
            Codec::Gzip => level == -1 || (1..=9).contains(&level),
            Codec::Lz4 => (1..=17).contains(&level),
            Codec::Zstd => (-131_072..=22).contains(&level),
        };
        if is_allowed { Ok(Self { codec, level }) } else { Err(InvalidLevel { codec, level }) }
    }

    /// The codec.
    pub const fn codec(self) -> Codec {
        self.codec
    }

    /// The level, 0 if the codec has none.
    pub const fn level(self) -> i32 {
        self.level
    }
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        Self::of(codec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids() {
        for (id, codec) in Codec::ALL.into_iter().enumerate() {
            assert_eq!(Codec::from_id(id as u8), Ok(codec));
            assert_eq!(codec.name().parse(), Ok(codec));
        }
        assert_eq!(Codec::from_id(5), Err(UnknownCodec(5)));
        assert!("zip".parse::<Codec>().is_err());
    }

    #[test]
    fn levels() {
        assert!(Compression::with_level(Codec::Gzip, 0).is_err());
        assert!(Compression::with_level(Codec::Gzip, -1).is_ok());
        assert!(Compression::with_level(Codec::Lz4, 17).is_ok());
        assert!(Compression::with_level(Codec::Zstd, 23).is_err());
        let error = Compression::with_level(Codec::Snappy, 1).expect_err("snappy has no levels");
        assert_eq!(error.to_string(), "snappy has no compression level 1, none would be right");
    }
}
