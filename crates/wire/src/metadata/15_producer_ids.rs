//! `ProducerIdsRecord`, type 15 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// Written by the controller when a block of producer ids is handed to a broker (KIP-730).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 15, valid = "0", flexible = "0+")]
pub struct ProducerIdsRecord {
    /// Broker that received the block.
    pub broker_id: i32,
    /// Registration epoch of that broker.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// First producer id not handed out yet.
    pub next_producer_id: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
