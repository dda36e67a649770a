//! StreamsGroupTargetAssignmentMetadata, type 20 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Key of a streams group's target assignment epoch (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 20, valid = "0", flexible = "none")]
pub struct StreamsGroupTargetAssignmentMetadataKey {
    /// Streams group the target assignment is of.
    pub group_id: KafkaString,
}

/// Epoch of a streams group's target assignment (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 20, valid = "0", flexible = "0+")]
pub struct StreamsGroupTargetAssignmentMetadataValue {
    /// Group epoch the assignment was computed for.
    pub assignment_epoch: i32,
    /// Unix milliseconds when the computation ended, 0 when unknown.
    #[field(tag = 0)]
    pub assignment_timestamp: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
