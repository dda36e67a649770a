//! StreamsGroupMetadata, type 17 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of a streams group's epoch (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 17, valid = "0", flexible = "none")]
pub struct StreamsGroupMetadataKey {
    /// Streams group the epoch is of.
    pub group_id: KafkaString,
}

/// Epoch and checked topology of a streams group (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 17, valid = "0", flexible = "0+")]
pub struct StreamsGroupMetadataValue {
    /// Group epoch, raised when a new assignment is due.
    pub epoch: i32,
    /// Hash over the metadata of the topology's topics.
    pub metadata_hash: i64,
    /// Topology version whose topics were found in order, -1 for none.
    #[field(tag = 0, default = -1)]
    pub validated_topology_epoch: i32,
    /// Group configs the last assignment was made with; null when not recorded.
    #[field(nullable = "0+", tag = 1)]
    pub last_assignment_configs: Option<Vec<LastAssignmentConfig>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One group config of the last assignment.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct LastAssignmentConfig {
    /// Name of the group config.
    pub key: KafkaString,
    /// Setting used for the assignment.
    pub value: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
