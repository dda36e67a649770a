//! `UnfenceBrokerRecord`, type 8 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Tells that a broker was unfenced; older metadata versions wrote it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 8, valid = "0", flexible = "0+")]
pub struct UnfenceBrokerRecord {
    /// Node id of the broker unfenced.
    pub id: i32,
    /// Registration epoch the unfencing applies to.
    pub epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
