//! The prefixes that tell a log's record what message it holds, and the enums over the messages of each log.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::codec::{Reader, Sink, Writer, varint_len};
use crate::error::{Cause, DecodeError, DecodeFailure, Fault};

/// The only version of the frame around records of metadata; version 0 was never released for use.
const FRAME_VERSION: u32 = 1;

/// The type and version in the frame of a metadata record: three unsigned varints, of which the first is the
/// version of the frame itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) key: i16,
    pub(crate) version: i16,
}

impl Frame {
    /// Reads the frame from the front of `bytes`.
    pub(crate) fn read(family: &'static str, bytes: &mut Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes.clone());
        let frame = match (reader.varint(), reader.varint(), reader.varint()) {
            (Ok(FRAME_VERSION), Ok(key), Ok(version)) => {
                i16::try_from(key).ok().zip(i16::try_from(version).ok())
            }
            (Ok(other), _, _) if other != FRAME_VERSION => {
                let reason = format!("frame version {other}, expected {FRAME_VERSION}");
                return Err(DecodeFailure::Frame { frame: family, reason }.into());
            }
            (Err(fault), ..) | (_, Err(fault), _) | (.., Err(fault)) => {
                return Err(frame_fault(family, fault));
            }
            _ => None,
        };
        let Some((key, version)) = frame else {
            let reason = format!("a type or version above {}", i16::MAX);
            return Err(DecodeFailure::Frame { frame: family, reason }.into());
        };
        *bytes = reader.into_rest();
        Ok(Self { key, version })
    }

    /// Bytes that the frame takes.
    pub(crate) fn len(self) -> usize {
        1 + varint_len(self.key as u32) + varint_len(self.version as u32)
    }

    /// Appends the frame.
    pub(crate) fn write(self, buffer: &mut BytesMut) {
        let mut writer = Writer::new(buffer);
        writer.put_varint(FRAME_VERSION);
        writer.put_varint(self.key as u32);
        writer.put_varint(self.version as u32);
    }
}

/// Takes the 16-bit number before a coordinator's key or value.
pub(crate) fn take_prefix(family: &'static str, bytes: &mut Bytes) -> Result<i16, DecodeError> {
    let remaining = bytes.len();
    bytes.try_get_i16().map_err(|_| {
        frame_fault(family, Fault { cause: Cause::Truncated { needed: 2, remaining }, position: 0 })
    })
}

/// Puts the 16-bit number before a coordinator's key or value.
pub(crate) fn put_prefix(prefix: i16, buffer: &mut BytesMut) {
    buffer.put_i16(prefix);
}

pub(crate) fn frame_fault(frame: &'static str, fault: Fault) -> DecodeError {
    DecodeFailure::Frame { frame, reason: fault.to_string() }.into()
}

pub(crate) fn unknown_type(family: &'static str, key: i16) -> DecodeError {
    DecodeFailure::UnknownType { family, key: key.into() }.into()
}

/// An enum over the messages of a metadata log, which carry type and version in a frame.
macro_rules! framed_records {
    (
        $(#[$doc:meta])*
        $name:ident ($family:literal)
        $($key:literal $variant:ident($module:ident::$message:ident);)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at the message it holds")]
        pub enum $name {
            $($variant($module::$message),)+
        }

        $(
            impl From<$module::$message> for $name {
                fn from(message: $module::$message) -> Self {
                    Self::$variant(message)
                }
            }
        )+

        impl $name {
            /// The schemas of all of them, by type.
            pub const SCHEMAS: &'static [&'static $crate::schema::Schema] =
                &[$(<$module::$message as $crate::Message>::SCHEMA),+];

            /// Reads a record's value: frame and message. Returns the version it was written at, too.
            ///
            /// # Errors
            ///
            /// The frame or the message is malformed, or its type or version is unknown.
            pub fn decode(mut bytes: bytes::Bytes) -> Result<(Self, i16), $crate::DecodeError> {
                let frame = $crate::records::Frame::read($family, &mut bytes)?;
                let message = match frame.key {
                    $($key => Self::$variant($crate::Message::decode(bytes, frame.version)?),)+
                    key => return Err($crate::records::unknown_type($family, key)),
                };
                Ok((message, frame.version))
            }

            /// Bytes of the record's value at `version`, frame included.
            ///
            /// # Errors
            ///
            /// The message cannot be written at the version.
            pub fn encoded_len(&self, version: i16) -> Result<usize, $crate::EncodeError> {
                let len = match self {
                    $(Self::$variant(message) => $crate::Message::encoded_len(message, version)?,)+
                };
                Ok(len + self.frame(version).len())
            }

            /// Appends the record's value at `version`: frame and message.
            ///
            /// # Errors
            ///
            /// The message cannot be written at the version; then `buffer` is left as it was.
            pub fn encode(&self, version: i16, buffer: &mut bytes::BytesMut) -> Result<(), $crate::EncodeError> {
                let start = buffer.len();
                self.frame(version).write(buffer);
                let result = match self {
                    $(Self::$variant(message) => $crate::Message::encode(message, version, buffer),)+
                };
                if result.is_err() {
                    buffer.truncate(start);
                }
                result
            }

            /// The number that stands for the type in the frame.
            pub fn key(&self) -> i16 {
                match self {
                    $(Self::$variant(_) => $key,)+
                }
            }

            /// The schema of the message.
            pub fn schema(&self) -> &'static $crate::schema::Schema {
                match self {
                    $(Self::$variant(_) => <$module::$message as $crate::Message>::SCHEMA,)+
                }
            }

            fn frame(&self, version: i16) -> $crate::records::Frame {
                $crate::records::Frame { key: self.key(), version }
            }
        }
    };
}

/// The enums over the keys and the values of a coordinator's topic.
macro_rules! coordinator_records {
    (
        $(#[$key_doc:meta])*
        $key_name:ident
        $(#[$value_doc:meta])*
        $value_name:ident ($family:literal)
        $($type:literal $variant:ident($module:ident::{$key:ident, $value:ident});)+
    ) => {
        $(#[$key_doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at the message it holds")]
        pub enum $key_name {
            $($variant($module::$key),)+
        }

        $(#[$value_doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at the message it holds")]
        pub enum $value_name {
            $($variant($module::$value),)+
        }

        $(
            impl From<$module::$key> for $key_name {
                fn from(message: $module::$key) -> Self {
                    Self::$variant(message)
                }
            }

            impl From<$module::$value> for $value_name {
                fn from(message: $module::$value) -> Self {
                    Self::$variant(message)
                }
            }
        )+

        impl $key_name {
            /// The types, each with the schema of its keys and that of its values.
            pub const SCHEMAS: &'static [(i16, &'static $crate::schema::Schema, &'static $crate::schema::Schema)] = &[
                $((
                    $type,
                    <$module::$key as $crate::Message>::SCHEMA,
                    <$module::$value as $crate::Message>::SCHEMA,
                ),)+
            ];

            /// Reads a record's key: its type in 16 bits and the message, in the only version it has.
            ///
            /// # Errors
            ///
            /// The type is unknown ([`UnknownType`](crate::error::DecodeFailure::UnknownType), perhaps of a
            /// newer release), or the message is malformed.
            pub fn decode(mut bytes: bytes::Bytes) -> Result<Self, $crate::DecodeError> {
                match $crate::records::take_prefix($family, &mut bytes)? {
                    $($type => $crate::Message::decode_prefix(&mut bytes, 0).map(Self::$variant),)+
                    key => Err($crate::records::unknown_type($family, key)),
                }
            }

            /// Reads the value of the record with this key: its version in 16 bits and the message. Returns
            /// the version, too.
            ///
            /// # Errors
            ///
            /// The version is unknown or the message is malformed.
            pub fn decode_value(&self, mut bytes: bytes::Bytes) -> Result<($value_name, i16), $crate::DecodeError> {
                let version = $crate::records::take_prefix($family, &mut bytes)?;
                let value = match self {
                    $(Self::$variant(_) => {
                        $value_name::$variant($crate::Message::decode_prefix(&mut bytes, version)?)
                    })+
                };
                Ok((value, version))
            }

            /// Appends the record's key: its type in 16 bits and the message.
            ///
            /// # Errors
            ///
            /// A string is too long; then `buffer` is left as it was.
            pub fn encode(&self, buffer: &mut bytes::BytesMut) -> Result<(), $crate::EncodeError> {
                let start = buffer.len();
                $crate::records::put_prefix(self.key(), buffer);
                let result = match self {
                    $(Self::$variant(message) => $crate::Message::encode(message, 0, buffer),)+
                };
                if result.is_err() {
                    buffer.truncate(start);
                }
                result
            }

            /// The number that stands for the type.
            pub fn key(&self) -> i16 {
                match self {
                    $(Self::$variant(_) => $type,)+
                }
            }

            /// The schema of the key's message.
            pub fn schema(&self) -> &'static $crate::schema::Schema {
                match self {
                    $(Self::$variant(_) => <$module::$key as $crate::Message>::SCHEMA,)+
                }
            }

            /// The schema of the message in values with this key.
            pub fn value_schema(&self) -> &'static $crate::schema::Schema {
                match self {
                    $(Self::$variant(_) => <$module::$value as $crate::Message>::SCHEMA,)+
                }
            }
        }

        impl $value_name {
            /// Appends the record's value: its version in 16 bits and the message.
            ///
            /// # Errors
            ///
            /// The message cannot be written at the version; then `buffer` is left as it was.
            pub fn encode(&self, version: i16, buffer: &mut bytes::BytesMut) -> Result<(), $crate::EncodeError> {
                let start = buffer.len();
                $crate::records::put_prefix(version, buffer);
                let result = match self {
                    $(Self::$variant(message) => $crate::Message::encode(message, version, buffer),)+
                };
                if result.is_err() {
                    buffer.truncate(start);
                }
                result
            }

            /// The number that stands for the type in the record's key.
            pub fn key(&self) -> i16 {
                match self {
                    $(Self::$variant(_) => $type,)+
                }
            }

            /// The schema of the message.
            pub fn schema(&self) -> &'static $crate::schema::Schema {
                match self {
                    $(Self::$variant(_) => <$module::$value as $crate::Message>::SCHEMA,)+
                }
            }
        }
    };
}

pub(crate) use {coordinator_records, framed_records};
