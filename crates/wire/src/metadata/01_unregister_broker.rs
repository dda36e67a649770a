//! `UnregisterBrokerRecord`, type 1 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Written by the controller when a broker's registration is removed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 1, valid = "0", flexible = "0+")]
pub struct UnregisterBrokerRecord {
    /// Node id of the broker removed.
    pub broker_id: i32,
    /// Epoch of the registration removed.
    pub broker_epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
