//! Values of the first and the last record of a snapshot.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Control record that opens a metadata snapshot (KIP-630).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "0+")]
pub struct SnapshotHeaderRecord {
    /// Version of this record's layout.
    pub version: i16,
    /// Unix milliseconds of the last log record the snapshot covers.
    pub last_contained_log_timestamp: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Control record that closes a metadata snapshot (KIP-630).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "0+")]
pub struct SnapshotFooterRecord {
    /// Version of this record's layout.
    pub version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
