//! What can be wrong with a batch and its records. Where in a file it stands, the caller knows.

use thiserror::Error;

use crate::compression::{DecompressError, UnknownCodec};

/// Why bytes are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BatchError {
    /// The bytes end within the batch: a torn write, or a fetch cut at its size limit.
    #[error("the batch is cut off: {have} of at least {need} bytes are there")]
    Truncated {
        /// Bytes that are there.
        have: usize,
        /// Bytes that the batch has, or at least has.
        need: usize,
    },
    /// The length field cannot be true.
    #[error("batch length {length} is below {minimum}, the least that its format allows")]
    LengthTooSmall {
        /// As stored.
        length: i32,
        /// What it would have to be at least.
        minimum: usize,
    },
    /// The magic byte names no format.
    #[error("magic {0} is unknown, 0, 1 or 2 would be right")]
    UnknownMagic(i8),
    /// A message of an old format, where only a batch of magic 2 will do.
    #[error("magic {0} is too old, 2 would be right")]
    LegacyMagic(i8),
}

impl BatchError {
    /// Whether more bytes could make it a batch.
    pub const fn is_truncated(&self) -> bool {
        matches!(self, Self::Truncated { .. })
    }
}

/// A batch's bytes are not those that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("stored crc is {stored}, computed crc is {computed}")]
pub struct CrcMismatch {
    /// As the header has it.
    pub stored: u32,
    /// As the bytes have it.
    pub computed: u32,
}

/// Why the records of a batch cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordsError {
    /// The attributes name a codec that is none.
    #[error(transparent)]
    UnknownCodec(#[from] UnknownCodec),
    /// The records do not decompress.
    #[error(transparent)]
    Decompress(#[from] DecompressError),
    /// The header claims fewer than no records.
    #[error("records count {0} is negative")]
    NegativeCount(i32),
    /// A legacy message that should hold others cannot be opened.
    #[error("compressed legacy message is invalid: {0}")]
    LegacyWrapper(&'static str),
    /// The offset of a compressed message of magic 1 is below that of its last inner one.
    #[error("wrapper offset {wrapper} is below the last inner offset {inner}")]
    LegacyWrapperOffset {
        /// Offset of the wrapper.
        wrapper: i64,
        /// Relative offset of the last inner message.
        inner: i64,
    },
    /// One record is wrong.
    #[error(transparent)]
    Record(#[from] InvalidRecord),
}

/// A record that breaks the rules of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("record {index} of the batch: {cause}")]
pub struct InvalidRecord {
    /// Which record, counted from 0.
    pub index: usize,
    /// What is wrong.
    pub cause: RecordDefect,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordDefect {
    /// The bytes of the batch or of the record end within a field.
    #[error("bytes end within its {0}")]
    Truncated(Field),
    /// A number has more bytes than its type can have.
    #[error("its {0} is a varint without end")]
    EndlessVarint(Field),
    /// The record claims more bytes than the batch has left.
    #[error("its size is {declared} bytes but {left} are left in the batch")]
    SizeBeyondBatch {
        /// As the record claims.
        declared: i32,
        /// Bytes left.
        left: usize,
    },
    /// The fields do not fill the record.
    #[error("its size is {declared} bytes but its fields take {read}")]
    SizeMismatch {
        /// As the record claims.
        declared: i32,
        /// What the fields take.
        read: usize,
    },
    /// More headers than bytes.
    #[error("its header count is {count} with {left} bytes left in the batch")]
    HeaderCount {
        /// As the record claims.
        count: i32,
        /// Bytes left.
        left: usize,
    },
    /// Fewer than no headers.
    #[error("its header count is {0}")]
    NegativeHeaderCount(i32),
    /// Header keys must be there, even if empty.
    #[error("a header key has length {0}, null keys are not allowed")]
    NullHeaderKey(i32),
    /// All records that the header counts were read, and yet there are bytes.
    #[error("it should be the last, but {0} bytes follow it")]
    TrailingBytes(usize),
    /// A legacy message inside another is itself compressed.
    #[error("it is compressed within a compressed message")]
    NestedCompression,
    /// A legacy message inside another has a length or a magic that cannot be.
    #[error(transparent)]
    LegacyFraming(BatchError),
}

/// Part of a record, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the format")]
pub enum Field {
    Size,
    Attributes,
    TimestampDelta,
    OffsetDelta,
    Key,
    Value,
    HeaderCount,
    HeaderKey,
    HeaderValue,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Size => "size",
            Self::Attributes => "attributes",
            Self::TimestampDelta => "timestamp delta",
            Self::OffsetDelta => "offset delta",
            Self::Key => "key",
            Self::Value => "value",
            Self::HeaderCount => "header count",
            Self::HeaderKey => "header key",
            Self::HeaderValue => "header value",
        })
    }
}
