//! Value of the record that sets the version of the quorum protocol.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Control record that fixes the `kraft.version` of the metadata log (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "0+")]
pub struct KRaftVersionRecord {
    /// Version of this record's layout.
    pub version: i16,
    /// Level in force from here on; 1 allows dynamic voters.
    #[field(name = "kRaftVersion")]
    pub kraft_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
