//! What can be wrong with a message: in bytes ([`DecodeError`]) and in memory ([`EncodeError`]).

use crate::Versions;
use crate::schema::Schema;

/// What is wrong with the bytes of a message, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{cause}, at byte {position}")]
pub struct Fault {
    /// What is wrong.
    pub cause: Cause,
    /// Offset of the value that is wrong, from the first byte of the message.
    pub position: usize,
}

/// A way in which bytes fail to be a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The message ends within a value.
    #[error("{needed} bytes expected, only {remaining} are left")]
    Truncated {
        /// Bytes the value takes.
        needed: usize,
        /// Bytes the message still has.
        remaining: usize,
    },
    /// A variable-length number does not end after 5 bytes.
    #[error("a varint longer than 5 bytes")]
    VarintTooLong,
    /// Null for a field which cannot be null in this version.
    #[error("null, which this version does not allow")]
    Null,
    /// A string longer than any string may be.
    #[error("a string of {0} bytes, at most 32767 are allowed")]
    StringTooLong(usize),
    /// An array or tagged fields of more elements than the bytes that are left could hold.
    #[error("{count} elements announced, but only {remaining} bytes are left")]
    CountTooLarge {
        /// Elements announced.
        count: usize,
        /// Bytes the message still has.
        remaining: usize,
    },
    /// A known tag in a version that does not know it yet.
    #[error("tag {0} is not known to this version")]
    TagVersion(u32),
    /// Bytes behind the message.
    #[error("{0} bytes follow the end of the message")]
    Trailing(usize),
}

/// Bytes that are not the message they should be.
///
/// One word wide, so that results stay small.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DecodeError(Box<DecodeFailure>);

/// What went wrong in decoding a message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecodeFailure {
    /// The version is not one of the message's.
    #[error("{message} has versions {valid}, not {version}")]
    UnsupportedVersion {
        /// Name of the message.
        message: &'static str,
        /// The version asked for.
        version: i16,
        /// The versions there are.
        valid: Versions,
    },
    /// The bytes are malformed.
    #[error("{message} version {version}, {path}: {fault}")]
    Malformed {
        /// Name of the message.
        message: &'static str,
        /// The version it was read at.
        version: i16,
        /// The field, as in `topics[2].name`; `(end)` behind the message.
        path: String,
        /// What is wrong, and where.
        fault: Fault,
    },
    /// The prefix that frames a record is not one that Kafka writes.
    #[error("{frame}: {reason}")]
    Frame {
        /// The kind of frame.
        frame: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The prefix names a kind of message that is unknown, perhaps one of a newer release.
    #[error("unknown {family} type {key}")]
    UnknownType {
        /// The family of messages.
        family: &'static str,
        /// The number that should name one of them.
        key: i32,
    },
}

impl DecodeError {
    /// What went wrong.
    pub fn failure(&self) -> &DecodeFailure {
        &self.0
    }

    pub(crate) fn unsupported(schema: &Schema, version: i16) -> Self {
        let failure =
            DecodeFailure::UnsupportedVersion { message: schema.name, version, valid: schema.valid };
        failure.into()
    }
}

impl From<DecodeFailure> for DecodeError {
    fn from(failure: DecodeFailure) -> Self {
        Self(Box::new(failure))
    }
}

/// Why a field cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The field is set, but the version lacks it and does not allow to drop it.
    #[error("is set, but this version has no such field")]
    Unsupported {
        /// Name of the field in JSON.
        field: &'static str,
    },
    /// The field is null, which the version does not allow.
    #[error("is null, which this version does not allow")]
    Null,
    /// The string is longer than any string may be.
    #[error("is a string of {0} bytes, at most 32767 are allowed")]
    StringTooLong(usize),
    /// The value is longer than the 32-bit length before it can say.
    #[error("is of length {0}, more than its length field can say")]
    TooLong(usize),
    /// Unknown tagged fields in a version that has no tagged fields.
    #[error("are set, but this version is not flexible")]
    TagsUnsupported,
    /// The unknown tagged fields do not ascend by tag, as they may when they are read.
    #[error("hold tag {tag} after tag {previous}, tags must ascend")]
    TagOrder {
        /// The tag that is not higher than the one before.
        tag: u32,
        /// The tag before it.
        previous: u32,
    },
    /// An unknown tagged field bears a tag that can be read but not written.
    #[error("hold tag {0}, the highest is 2147483646")]
    TagTooHigh(u32),
    /// An unknown tagged field bears the tag of a known field.
    #[error("hold tag {0}, which belongs to a known field")]
    TagClash(u32),
}

/// A message that cannot be written at the version asked for.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct EncodeError(Box<EncodeFailure>);

/// What went wrong in encoding a message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EncodeFailure {
    /// The version is not one of the message's.
    #[error("{message} has versions {valid}, not {version}")]
    UnsupportedVersion {
        /// Name of the message.
        message: &'static str,
        /// The version asked for.
        version: i16,
        /// The versions there are.
        valid: Versions,
    },
    /// A field's value cannot be written at the version.
    #[error("{message} version {version}, {path} {problem}")]
    Field {
        /// Name of the message.
        message: &'static str,
        /// The version it was written at.
        version: i16,
        /// The field, as in `topics[2].name`.
        path: String,
        /// Why not.
        problem: Problem,
    },
}

impl EncodeError {
    /// What went wrong.
    pub fn failure(&self) -> &EncodeFailure {
        &self.0
    }

    pub(crate) fn unsupported(schema: &Schema, version: i16) -> Self {
        let failure =
            EncodeFailure::UnsupportedVersion { message: schema.name, version, valid: schema.valid };
        failure.into()
    }
}

impl From<EncodeFailure> for EncodeError {
    fn from(failure: EncodeFailure) -> Self {
        Self(Box::new(failure))
    }
}
