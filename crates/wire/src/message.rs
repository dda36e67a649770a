use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::Versions;
use crate::codec::{Counter, Layout, Reader, Value, Writer, locate_fault, locate_problem};
use crate::error::{Cause, DecodeError, EncodeError, Fault};
use crate::schema::Schema;

/// What a message is, with its key among its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request of the API with this key.
    Request(i16),
    /// A response of the API with this key.
    Response(i16),
    /// The header of a request or response.
    Header,
    /// A record in a frame that names its type and version: cluster metadata or remote log metadata.
    Metadata(i16),
    /// The key of a coordinator's record, whose first two bytes are this number.
    CoordinatorKey(i16),
    /// The value of a coordinator's record, whose first two bytes are its version.
    CoordinatorValue(i16),
    /// Anything else.
    Data,
}

/// A message of Kafka's at the top of its own bytes.
///
/// Derived, never written by hand. Encoding and decoding take the version, which stands outside of the
/// message's own bytes.
pub trait Message: Value + Default + Clone + PartialEq + fmt::Debug {
    /// The message as data.
    const SCHEMA: &'static Schema;

    /// Kafka's name of the message.
    const NAME: &'static str = Self::SCHEMA.name;
    /// What the message is.
    const KIND: Kind = Self::SCHEMA.kind;
    /// The versions that can be read and written.
    const VALID: Versions = Self::SCHEMA.valid;
    /// The versions with variable-length numbers and tagged fields.
    const FLEXIBLE: Versions = Self::SCHEMA.flexible;

    /// Reads a message that takes up all of `bytes`.
    ///
    /// Strings and bytes of the message share the buffer of `bytes`.
    ///
    /// # Errors
    ///
    /// The version is unknown, the bytes are malformed, or some are left over.
    fn decode(mut bytes: Bytes, version: i16) -> Result<Self, DecodeError> {
        let start = bytes.clone();
        let message = Self::decode_prefix(&mut bytes, version)?;
        if bytes.is_empty() {
            return Ok(message);
        }
        let position = start.len() - bytes.len();
        let fault = Fault { cause: Cause::Trailing(bytes.len()), position };
        Err(locate_fault(Self::SCHEMA, version, start, fault))
    }

    /// Reads a message from the front of `bytes` and moves `bytes` behind it.
    ///
    /// # Errors
    ///
    /// The version is unknown or the bytes are malformed; then `bytes` stays where it is.
    fn decode_prefix(bytes: &mut Bytes, version: i16) -> Result<Self, DecodeError> {
        if !Self::VALID.contains(version) {
            return Err(DecodeError::unsupported(Self::SCHEMA, version));
        }
        let mut reader = Reader::new(bytes.clone());
        match Self::read(&mut reader, Layout::new(version, Self::FLEXIBLE)) {
            Ok(message) => {
                *bytes = reader.into_rest();
                Ok(message)
            }
            Err(fault) => Err(locate_fault(Self::SCHEMA, version, bytes.clone(), fault)),
        }
    }

    /// Bytes that the message takes at `version`.
    ///
    /// # Errors
    ///
    /// The message cannot be written at the version.
    fn encoded_len(&self, version: i16) -> Result<usize, EncodeError> {
        if !Self::VALID.contains(version) {
            return Err(EncodeError::unsupported(Self::SCHEMA, version));
        }
        let layout = Layout::new(version, Self::FLEXIBLE);
        let mut counter = Counter::default();
        self.write(&mut counter, layout);
        let Some((problem, position)) = counter.problem() else { return Ok(counter.len()) };
        let mut written = BytesMut::new();
        self.write(&mut Writer::new(&mut written), layout);
        Err(locate_problem(Self::SCHEMA, version, written.freeze(), problem, position))
    }

    /// Appends the message to `buffer`.
    ///
    /// # Errors
    ///
    /// The message cannot be written at the version; then `buffer` is left as it was.
    fn encode(&self, version: i16, buffer: &mut BytesMut) -> Result<(), EncodeError> {
        let len = self.encoded_len(version)?;
        buffer.reserve(len);
        let start = buffer.len();
        self.write(&mut Writer::new(buffer), Layout::new(version, Self::FLEXIBLE));
        assert_eq!(
            buffer.len() - start,
            len,
            "{} version {version} took another length than counted",
            Self::NAME
        );
        Ok(())
    }

    /// The message in bytes of its own.
    ///
    /// # Errors
    ///
    /// The message cannot be written at the version.
    fn to_bytes(&self, version: i16) -> Result<Bytes, EncodeError> {
        let mut buffer = BytesMut::new();
        self.encode(version, &mut buffer)?;
        Ok(buffer.freeze())
    }
}
