//! ShareGroupMetadata, type 11 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Key of a share group's epoch (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 11, valid = "0", flexible = "none")]
pub struct ShareGroupMetadataKey {
    /// Share group the epoch is of.
    pub group_id: KafkaString,
}

/// Epoch of a share group (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 11, valid = "0", flexible = "0+")]
pub struct ShareGroupMetadataValue {
    /// Group epoch, raised when a new assignment is due.
    pub epoch: i32,
    /// Hash over the subscribed topics' metadata, 0 when not computed.
    pub metadata_hash: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
