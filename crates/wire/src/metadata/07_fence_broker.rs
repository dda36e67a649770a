//! `FenceBrokerRecord`, type 7 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Tells that a broker was fenced; older metadata versions wrote it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 7, valid = "0", flexible = "0+")]
pub struct FenceBrokerRecord {
    /// Node id of the broker fenced.
    pub id: i32,
    /// Registration epoch the fencing applies to.
    pub epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
