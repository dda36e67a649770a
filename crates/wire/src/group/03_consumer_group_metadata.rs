//! ConsumerGroupMetadata, type 3 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Key of a consumer group's epoch (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 3, valid = "0", flexible = "none")]
pub struct ConsumerGroupMetadataKey {
    /// Consumer group the epoch is of.
    pub group_id: KafkaString,
}

/// Epoch of a consumer group (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 3, valid = "0", flexible = "0+")]
pub struct ConsumerGroupMetadataValue {
    /// Group epoch, raised when a new assignment is due.
    pub epoch: i32,
    /// Hash over the subscribed topics' metadata, 0 when not computed.
    #[field(tag = 0)]
    pub metadata_hash: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
