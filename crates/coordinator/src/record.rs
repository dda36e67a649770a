//! Records of the topics that coordinators keep their state in.

use bytes::BytesMut;
use ottla_wire::EncodeError;

/// A record of a coordinator's topic, which whoever appends it need not understand.
pub trait CoordinatorRecord {
    /// Appends the key and behind it the value, if there is one, to `buffer`; returns the length of the key.
    ///
    /// # Errors
    /// A string is too long, or the value cannot be written at its version.
    fn encode(&self, buffer: &mut BytesMut) -> Result<usize, EncodeError>;

    /// Whether the record has no value: it deletes what its key names.
    fn is_tombstone(&self) -> bool;
}
